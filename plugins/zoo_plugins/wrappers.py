"""Optimizers around any other optimizer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from zoo_core.parts import Array, Batch, Layout, Optimizer
from zoo_plugins.optimizers import Sgd


@dataclass
class Wrapper(Optimizer):
    """A base for optimizers around another: override `update`, and let `pass_on` take the base's step.

    Name the wrapper's own arrays in `state`; those of the base are saved with it.
    """

    base: Optimizer = field(default_factory=Sgd)

    @property
    def learning_rate(self) -> Any:
        """The base's."""
        return self.base.learning_rate

    def start(self, layout: Layout) -> None:
        """Start the base."""
        self.base.start(layout)

    def pass_on(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Let the base take a step, the latest of as many as this one counts."""
        self.base.steps = self.steps
        self.base.update(parameters, gradients, learning_rate, batch)


@dataclass
class Sam(Wrapper):
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
        self.pass_on(parameters, gradients, learning_rate, batch)


@dataclass
class Clip(Wrapper):
    """Gradient clipping before the step of `base`: g *= min(1, limit / |g|).

    `by` says whose Euclidean norm counts: that of all gradients ("global_norm") or of each array ("norm"); with
    "value" each number is clipped to [-limit, limit].
    Source: Pascanu et al., "On the difficulty of training recurrent neural networks" (2013), algorithm 1.
    """

    name = "clip"

    limit: Annotated[float, Gt(0)] = 1.0
    by: Literal["global_norm", "norm", "value"] = "global_norm"

    def start(self, layout: Layout) -> None:
        """Start the base and learn where each array lies."""
        super().start(layout)
        self._arrays = [segment.where for segment in layout.segments]

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Clip, and let the base step."""
        if self.by == "value":
            np.clip(gradients, -self.limit, self.limit, out=gradients)
        elif self.by == "norm":
            for where in self._arrays:
                self._shorten(gradients[where])
        else:
            self._shorten(gradients)
        self.pass_on(parameters, gradients, learning_rate, batch)

    def _shorten(self, gradients: Array) -> None:
        norm = float(np.linalg.norm(gradients))
        if norm > self.limit:
            gradients *= self.limit / norm


@dataclass
class Accumulate(Wrapper):
    """Gradient accumulation: `base` steps once in `every` steps, with the mean of the gradients since.

    As batches `every` times larger would do, in the memory of small ones.
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
class Ema(Wrapper):
    """Exponential moving average of weights: a = decay a + (1 - decay) p after each step of `base`, a = p at first.

    Every `every` steps the average takes the place of the parameters; choose it so that the last step of the run
    is one of them. Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992), in
    the forms of PyTorch (the average) and Keras (its use).
    """

    name = "ema"
    state = ("average",)

    decay: Annotated[float, Gt(0), Lt(1)] = 0.99
    every: Annotated[int, Ge(1)] = 100

    def start(self, layout: Layout) -> None:
        """Start the base and make the average."""
        super().start(layout)
        self.average, self._work = layout.vector(), layout.vector()

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Let the base step, then take the parameters into the average."""
        self.pass_on(parameters, gradients, learning_rate, batch)
        if self.steps == 1:
            self.average[...] = parameters
        np.subtract(parameters, self.average, out=self._work)
        self._work *= 1 - self.decay
        self.average += self._work
        if self.steps % self.every == 0:
            parameters[...] = self.average


PARTS = (Sam, Clip, Accumulate, Ema)
