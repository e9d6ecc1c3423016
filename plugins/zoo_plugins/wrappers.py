"""Optimizers around any other optimizer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

import numpy as np
from annotated_types import Gt, Le

from zoo_core.parts import Array, Batch, Layout, Optimizer
from zoo_plugins.optimizers import Sgd


@dataclass
class Sam(Optimizer):
    """Sharpness-aware minimization: the base's step with the gradient at p + rho g / |g|.

    Two evaluations a step. Source: Foret et al., "Sharpness-aware minimization" (2021), algorithm 1.
    """

    name = "sam"

    base: Optimizer = field(default_factory=Sgd)
    rho: Annotated[float, Gt(0), Le(10)] = 0.05

    @property
    def learning_rate(self) -> Any:
        """The base's."""
        return self.base.learning_rate

    def start(self, layout: Layout) -> None:
        """Start the base and make room for the parameters."""
        self.base.start(layout)
        self._here = layout.vector()

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Climb, evaluate, come back exactly, and let the base step."""
        self._here[...] = parameters
        norm = float(np.linalg.norm(gradients))
        if norm > 0:
            gradients *= self.rho / norm
            parameters += gradients
            batch.evaluate()
            parameters[...] = self._here
        self.base.steps = self.steps
        self.base.update(parameters, gradients, learning_rate, batch)


@dataclass
class Clip(Optimizer):
    """Gradient clipping by global norm: g *= min(1, norm / |g|), then the base's step.

    Source: Pascanu et al., "On the difficulty of training recurrent neural networks" (2013), algorithm 1.
    """

    name = "clip"

    base: Optimizer = field(default_factory=Sgd)
    norm: Annotated[float, Gt(0)] = 1.0

    @property
    def learning_rate(self) -> Any:
        """The base's."""
        return self.base.learning_rate

    def start(self, layout: Layout) -> None:
        """Start the base."""
        self.base.start(layout)

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Clip, and let the base step."""
        norm = float(np.linalg.norm(gradients))
        if norm > self.norm:
            gradients *= self.norm / norm
        self.base.steps = self.steps
        self.base.update(parameters, gradients, learning_rate, batch)


PARTS = (Sam, Clip)
