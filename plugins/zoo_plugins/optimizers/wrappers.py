"""Optimizers around any other optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from zoo_core.parts import Array, Batch, Layout, Optimizer, OptimizerWrapper
from zoo_plugins.optimizers.basic import Sgd

WITH_STATE = {"name": "sgd", "momentum": 0.8}  # a base that keeps something


@dataclass
class SgdWrapper(OptimizerWrapper):
    """A wrapper whose base is plain gradient descent unless a spec names another optimizer."""

    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ({"base": WITH_STATE},)

    base: Optimizer = field(default_factory=Sgd)


@dataclass
class Sam(SgdWrapper):
    """Sharpness-aware minimization: the step of `base` with the gradient at p + rho g / |g|.

    Two evaluations a step. Source: Foret et al., "Sharpness-aware minimization for efficiently improving
    generalization" (2021), algorithm 1 and equation 2 with p = 2.
    """

    name = "sam"

    rho: Annotated[float, Gt(0), Le(10)] = 0.05

    def start(self, layout: Layout) -> None:
        """Start the base and make room for the parameters."""
        super().start(layout)
        self._here = layout.vector()

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Climb, evaluate, come back exactly, and let the base step."""
        norm = float(np.linalg.norm(gradients))
        if norm > 0:
            self._here[...] = parameters
            gradients *= self.rho / norm
            parameters += gradients
            batch.evaluate()
            parameters[...] = self._here
        self.update_base(parameters, gradients, learning_rate, batch)


@dataclass
class Clip(SgdWrapper):
    """Gradient clipping before the step of `base`: g *= min(1, norm / |g|), over all gradients together.

    `array_norm` does the same for each array alone, and `value` clips each number to [-value, value]. What is not
    given is not done; with none of the three, norm is 1; the order is value, array_norm, norm.
    Source: Pascanu et al., "On the difficulty of training recurrent neural networks" (2013), algorithm 1.
    """

    name = "clip"

    norm: Annotated[float, Gt(0)] | None = None
    array_norm: Annotated[float, Gt(0)] | None = None
    value: Annotated[float, Gt(0)] | None = None

    def __post_init__(self) -> None:
        """Choose the common form where none is chosen."""
        if self.norm is None and self.array_norm is None and self.value is None:
            self.norm = 1.0

    def start(self, layout: Layout) -> None:
        """Start the base and learn where each array lies."""
        super().start(layout)
        self._arrays = [segment.where for segment in layout.segments]

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Clip, and let the base step."""
        if self.value is not None:
            np.clip(gradients, -self.value, self.value, out=gradients)
        if self.array_norm is not None:
            for where in self._arrays:
                _shorten(gradients[where], self.array_norm)
        if self.norm is not None:
            _shorten(gradients, self.norm)
        self.update_base(parameters, gradients, learning_rate, batch)


def _shorten(gradients: Array, limit: float) -> None:
    norm = float(np.linalg.norm(gradients))
    if norm > limit:
        gradients *= limit / norm


@dataclass
class Accumulate(SgdWrapper):
    """Gradient accumulation: `base` steps once in `every` steps, with the mean of the gradients since.

    As batches `every` times larger would do, in the memory of small ones. As Keras's `gradient_accumulation_steps`.
    """

    name = "accumulate"
    state = ("total",)

    every: Annotated[int, Ge(1), Le(100_000)] = 4

    def start(self, layout: Layout) -> None:
        """Start the base and make the sum of gradients."""
        super().start(layout)
        self.total = layout.vector()

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Add up, and let the base step when it is time."""
        self.total += gradients
        if self.steps % self.every == 0:
            np.multiply(self.total, 1 / self.every, out=gradients)
            self.total.fill(0)
            self.base.steps = self.steps // self.every
            self.base.update(parameters, gradients, learning_rate, batch)


@dataclass
class Ema(SgdWrapper):
    """Exponential moving average of weights: a = decay a + (1 - decay) p after each step of `base`, a = p at first.

    The average is what is measured, kept and used; training goes on from the parameters themselves. Running means of a
    normalizer are not averaged. Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging"
    (1992), in the form of PyTorch.
    """

    name = "ema"
    state = ("average", "trained")

    decay: Annotated[float, Gt(0), Lt(1)] = 0.99

    def start(self, layout: Layout) -> None:
        """Start the base, and make room for the average and for the parameters that it hides."""
        super().start(layout)
        self.average, self.trained = layout.vector(), layout.vector()
        self._work = layout.vector()

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Let the base step, then take the parameters into the average."""
        self.update_base(parameters, gradients, learning_rate, batch)
        if self.steps == 1:
            self.average[...] = parameters
        np.subtract(parameters, self.average, out=self._work)
        self._work *= 1 - self.decay
        self.average += self._work

    def start_epoch(self, parameters: Array) -> None:
        """Put the parameters back."""
        if self.steps:
            parameters[...] = self.trained
        super().start_epoch(parameters)

    def end_epoch(self, parameters: Array) -> None:
        """Put the average in their place."""
        super().end_epoch(parameters)
        if self.steps:
            self.trained[...] = parameters
            parameters[...] = self.average


PARTS = (Sam, Clip, Accumulate, Ema)
