"""The parameters of a small network with an objective, for an optimizer to minimize."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zoo_core.parts import Array, Layout, Optimizer, Rate, Schedule

SHAPES = {
    "layers.0.weights": (4, 3),
    "layers.0.bias": (3,),
    "layers.0.activation.slope": (3,),
    "layers.1.weights": (3, 2),
    "layers.1.bias": (2,),
}


@dataclass(frozen=True)
class WatchedLayout(Layout):
    """A layout whose vectors record operations with float64."""

    watched: Callable[[Array], Array] = lambda array: array

    def vector(self, fill: float = 0.0) -> Array:
        """Return a new flat vector."""
        return self.watched(super().vector(fill))


def sample_layout(dtype: Any = np.float64, paths: Sequence[str] = tuple(SHAPES)) -> Layout:
    """Return a layout with the segments in the order of `paths`."""
    return Layout.of({path: SHAPES[path] for path in paths}, dtype)


def random_vector(at: Layout, purpose: str) -> Array:
    """Return random numbers that depend on the segment, but not on the order of segments."""
    found = np.empty(at.size)
    for segment in at.segments:
        seed = zlib.crc32(f"{purpose} {segment.path}".encode())
        segment.view(found)[...] = np.random.default_rng(seed).normal(0, 1, segment.shape)
    return found


class OptimizerHarness:
    """The batch that an optimizer sees, and the trainer's loop around it.

    The objective is convex. Its curvature and the distance to its minimum suit the learning rate, so that descent with
    any rate stays finite: steps of the gradient need rate * curvature below 1, steps of a fixed size need a distance of
    several steps. With `slope`, it is a plane with slopes of this size.
    """

    rows = 4

    def __init__(self, part: Optimizer, at: Layout, *, slope: float | None = None, share: float = 1.0) -> None:
        self.part, self.layout, self.slope = part, at, slope
        self.parameters = random_vector(at, "start").astype(at.dtype)
        self.gradients = at.vector()
        self.evaluations = 0
        self.loss = 0.0
        part.start(at)
        self.rate = self._rate() * share
        self.distance, self.curvature = max(1.0, 10 * self.rate), 1 / max(1.0, 2 * self.rate)
        self.signs = np.sign(random_vector(at, "c"))
        self.minimum = random_vector(at, "start") + self.distance * (random_vector(at, "b") + self.signs)
        self.bends = np.clip(np.abs(random_vector(at, "a")), 0.2, 0.8)
        along = random_vector(at, "c")
        self.along = along / np.linalg.norm(along) / 3

    def _rate(self) -> float:
        rate = self.part.learning_rate
        if isinstance(rate, Schedule):
            rate.start(10, 10)
            return max(rate.rate(0.0), 1e-3)
        return float(rate)

    def evaluate(self) -> float:
        """Compute the objective and its gradient."""
        self.evaluations += 1
        p = np.asarray(self.parameters, np.float64)
        self.loss, self.gradients[...] = self._convex(p) if self.slope is None else self._plane(p)
        return self.loss

    def _convex(self, p: Array) -> tuple[float, Array]:
        """Return curvature * distance^2 * (sum(b u^2 / 2 + log(cosh(u)) / 10) + (c u)^2 / 2), and its gradient.

        u is p - minimum in units of the distance.
        """
        u = (p - self.minimum) / self.distance
        along = float(self.along @ u)
        log_cosh = np.abs(u) + np.log1p(np.exp(-2 * np.abs(u)))
        value = float((self.bends * u * u / 2 + log_cosh / 10).sum()) + along**2 / 2
        slopes = self.bends * u + np.tanh(u) / 10 + along * self.along
        return self.curvature * self.distance**2 * value, self.curvature * self.distance * slopes

    def _plane(self, p: Array) -> tuple[float, Array]:
        slopes = self.signs * float(self.slope or 0)
        return float(slopes @ p), slopes

    def backward(self) -> None:
        """Compute the gradient again."""
        self.evaluate()

    def step(self) -> Array:
        """Take one step; return a copy of the parameters."""
        self.evaluate()
        self.part.steps += 1
        self.part.update(self.parameters, self.gradients, self.rate, self)
        return np.array(self.parameters)

    def take_steps(self, steps: int) -> Array:
        """Take the steps of an epoch; return the parameters after each."""
        self.part.start_epoch(self.parameters)
        moved = np.array([self.step() for _ in range(steps)])
        self.part.end_epoch(self.parameters)
        return moved


def watched_layout(at: Layout, watched: Callable[[Array], Array]) -> Layout:
    """Return the layout with vectors that record operations with float64."""
    return WatchedLayout(**{**vars(at), "watched": watched})


def reversed_layout(at: Layout) -> Layout:
    """Return the layout with its segments in reverse order."""
    return sample_layout(at.dtype, [s.path for s in reversed(at.segments)])


def arrays_by_path(vector: Array, at: Layout) -> dict[str, Array]:
    """Return views of the arrays in a flat vector, by path."""
    return {s.path: s.view(vector) for s in at.segments}


@dataclass
class EpochRecorder(Optimizer):
    """Gradient descent that records the calls at the start and the end of an epoch."""

    name = "epoch_recorder"

    learning_rate: Rate = 0.01

    def start(self, layout: Layout) -> None:
        """Reset the record."""
        self.calls: list[str] = []

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        gradients *= learning_rate
        parameters -= gradients

    def start_epoch(self, parameters: Array) -> None:
        """Record the call."""
        self.calls.append("start_epoch")

    def end_epoch(self, parameters: Array) -> None:
        """Record the call."""
        self.calls.append("end_epoch")
