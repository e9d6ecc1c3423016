"""Wrappers around any optimizer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from zoo_core.parts import Array, Batch, Layout, Optimizer, OptimizerWrapper
from zoo_plugins.optimizers.basic import Sgd

WITH_STATE = {"name": "sgd", "momentum": 0.8}  # a base that has state


@dataclass
class SgdWrapper(OptimizerWrapper):
    """Base of the wrappers: `base` is plain gradient descent unless a spec names another optimizer."""

    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ({"base": WITH_STATE},)

    base: Optimizer = field(default_factory=Sgd)


@dataclass
class Sam(SgdWrapper):
    """Sharpness-aware minimization: the step of `base` with the gradient at p + rho g / |g|.

    A step evaluates the batch twice. rho: above 0 and up to 10. Source: Foret et al., "Sharpness-aware minimization for
    efficiently improving generalization" (2021), algorithm 1 and equation 2 with p = 2.
    """

    name = "sam"

    rho: Annotated[float, Gt(0), Le(10)] = 0.05

    def start(self, layout: Layout) -> None:
        """Start the base; allocate room for the parameters."""
        super().start(layout)
        self._here = layout.vector()

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Move up the gradient, evaluate, restore the parameters exactly, and let the base take its step."""
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

    norm: the largest norm of all gradients; array_norm: the largest norm of each array; value: the largest size of each
    number; all above 0. Limits that are given are applied in the order value, array_norm, norm. Without any, norm is 1.
    Source: Pascanu et al., "On the difficulty of training recurrent neural networks" (2013), algorithm 1.
    """

    name = "clip"

    norm: Annotated[float, Gt(0)] | None = None
    array_norm: Annotated[float, Gt(0)] | None = None
    value: Annotated[float, Gt(0)] | None = None

    def __post_init__(self) -> None:
        """Set norm to 1 if no limit is given."""
        if self.norm is None and self.array_norm is None and self.value is None:
            self.norm = 1.0

    def start(self, layout: Layout) -> None:
        """Start the base; store where each array lies."""
        super().start(layout)
        self._arrays = [segment.where for segment in layout.segments]

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Clip, and let the base take its step."""
        if self.value is not None:
            np.clip(gradients, -self.value, self.value, out=gradients)
        if self.array_norm is not None:
            for where in self._arrays:
                _limit_norm(gradients[where], self.array_norm)
        if self.norm is not None:
            _limit_norm(gradients, self.norm)
        self.update_base(parameters, gradients, learning_rate, batch)


def _limit_norm(gradients: Array, limit: float) -> None:
    norm = float(np.linalg.norm(gradients))
    if norm > limit:
        gradients *= limit / norm


@dataclass
class Accumulate(SgdWrapper):
    """Gradient accumulation: `base` takes one step in `every` steps, with the mean of the gradients since its last one.

    The effect is that of batches `every` times as large, in the memory of small ones. every: 1 to 100,000. As Keras's
    `gradient_accumulation_steps`.
    """

    name = "accumulate"
    state = ("total",)

    every: Annotated[int, Ge(1), Le(100_000)] = 4

    def start(self, layout: Layout) -> None:
        """Start the base; allocate the sum of gradients."""
        super().start(layout)
        self.total = layout.vector()

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Add the gradients, and let the base take its step when it is due."""
        self.total += gradients
        if self.steps % self.every == 0:
            np.multiply(self.total, 1 / self.every, out=gradients)
            self.total.fill(0)
            self.base.steps = self.steps // self.every
            self.base.update(parameters, gradients, learning_rate, batch)


@dataclass
class Ema(SgdWrapper):
    """Exponential moving average of weights: a = decay a + (1 - decay) p after each step of `base`, first a = p.

    The average is measured, saved and used; training continues from the parameters themselves. Running statistics of
    a normalizer are not averaged. decay: between 0 and 1. Source: Polyak and Juditsky, "Acceleration of stochastic
    approximation by averaging" (1992), in the form of PyTorch.
    """

    name = "ema"
    state = ("average", "trained")

    decay: Annotated[float, Gt(0), Lt(1)] = 0.99

    def start(self, layout: Layout) -> None:
        """Start the base; allocate the average, the trained parameters and a scratch vector."""
        super().start(layout)
        self.average, self.trained = layout.vector(), layout.vector()
        self._work = layout.vector()

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Let the base take its step, then update the average."""
        self.update_base(parameters, gradients, learning_rate, batch)
        if self.steps == 1:
            self.average[...] = parameters
        np.subtract(parameters, self.average, out=self._work)
        self._work *= 1 - self.decay
        self.average += self._work

    def start_epoch(self, parameters: Array) -> None:
        """Restore the trained parameters."""
        if self.steps:
            parameters[...] = self.trained
        super().start_epoch(parameters)

    def end_epoch(self, parameters: Array) -> None:
        """Replace the parameters by their average."""
        super().end_epoch(parameters)
        if self.steps:
            self.trained[...] = parameters
            parameters[...] = self.average


PARTS = (Sam, Clip, Accumulate, Ema)
