"""A small network's worth of parameters with an objective on them, for an optimizer to walk over."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo_core.parts import Array, Layout, Optimizer, Schedule, Segment

SHAPES = {
    "layers.0.weights": (4, 3),
    "layers.0.bias": (3,),
    "layers.0.activation.slope": (3,),
    "layers.1.weights": (3, 2),
    "layers.1.bias": (2,),
}


@dataclass(frozen=True)
class WatchedLayout(Layout):
    """A layout whose vectors are watched for float64."""

    watched: Callable[[Array], Array] = lambda array: array

    def vector(self, fill: float = 0.0) -> Array:
        """Return a new flat vector."""
        return self.watched(super().vector(fill))


def layout(dtype: Any = np.float64, paths: Sequence[str] = tuple(SHAPES)) -> Layout:
    """Return a layout with the segments in the order of `paths`."""
    segments, at = [], 0
    for path in paths:
        size = int(np.prod(SHAPES[path]))
        segments.append(Segment(path, SHAPES[path], slice(at, at + size)))
        at += size
    return Layout(tuple(segments), at, np.dtype(dtype))


def numbers(at: Layout, purpose: str) -> Array:
    """Return random numbers that belong to the segments, whatever their order."""
    found = np.empty(at.size)
    for segment in at.segments:
        seed = zlib.crc32(f"{purpose} {segment.path}".encode())
        segment.view(found)[...] = np.random.default_rng(seed).normal(0, 1, segment.shape)
    return found


class OptimizerHarness:
    """The batch at hand, and the trainer's few lines around an optimizer.

    The objective is convex: sum cosh(a p - b) + (c p)^2 / 2; or a plane whose slopes are `slope` in size.
    """

    rows = 4

    def __init__(self, part: Optimizer, at: Layout, *, slope: float | None = None) -> None:
        self.part, self.layout, self.slope = part, at, slope
        self.a, self.b, self.c = np.abs(numbers(at, "a")) + 0.2, numbers(at, "b"), numbers(at, "c") / 5
        self.parameters = numbers(at, "start").astype(at.dtype)
        self.gradients = at.vector()
        self.evaluations = 0
        self.loss = 0.0
        part.start(at)
        self.rate = self._rate()

    def _rate(self) -> float:
        rate = self.part.learning_rate
        if isinstance(rate, Schedule):
            rate.start(10, 10)
            return max(rate.rate(0.0), 1e-3)
        return float(rate)

    def evaluate(self) -> float:
        """Compute objective and gradient."""
        self.evaluations += 1
        p = np.asarray(self.parameters, np.float64)
        self.loss, self.gradients[...] = self._convex(p) if self.slope is None else self._plane(p)
        return self.loss

    def _convex(self, p: Array) -> tuple[float, Array]:
        along = float(self.c @ p)
        value = float(np.cosh(self.a * p - self.b).sum()) + along**2 / 2
        return value, self.a * np.sinh(self.a * p - self.b) + along * self.c

    def _plane(self, p: Array) -> tuple[float, Array]:
        slopes = np.sign(self.c) * float(self.slope or 0)
        return float(slopes @ p), slopes

    def backward(self) -> None:
        """Refresh the gradient."""
        self.evaluate()

    def step(self) -> Array:
        """Take a step; returns a copy of the parameters."""
        self.evaluate()
        self.part.steps += 1
        self.part.update(self.parameters, self.gradients, self.rate, self)
        return np.array(self.parameters)

    def walk(self, steps: int) -> Array:
        """Take the steps of an epoch; returns the parameters after each."""
        self.part.start_epoch(self.parameters)
        moved = np.array([self.step() for _ in range(steps)])
        self.part.end_epoch(self.parameters)
        return moved


def watching(at: Layout, watched: Callable[[Array], Array]) -> Layout:
    """Return the layout with vectors that are watched."""
    return WatchedLayout(**{**vars(at), "watched": watched})


def permuted(at: Layout) -> Layout:
    """Return the layout with its segments in another order."""
    return layout(at.dtype, [s.path for s in reversed(at.segments)])


def ordered(vector: Array, at: Layout) -> dict[str, Array]:
    """Return the arrays in a flat vector by path."""
    return {s.path: s.view(vector) for s in at.segments}
