"""Optimizers for large batches: they scale the step of each array by the norm of its parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt, Le

from zoo_core.parts import Array, Layout, Optimizer, Rate
from zoo_plugins.optimizers.basic import AdamFamily, Decay, Epsilon, WeightDecay


def scale_to_norms(moves: Array, parameters: Array, arrays: Iterable[slice], trust: float = 1.0) -> None:
    """Multiply each array's step by trust |p| / |step|, or by 1 if either norm is zero."""
    for where in arrays:
        size, length = float(np.linalg.norm(parameters[where])), float(np.linalg.norm(moves[where]))
        if size and length:
            moves[where] *= trust * size / length


@dataclass
class Lars(Optimizer):
    """LARS: u = g + weight_decay p; v = momentum v + learning_rate trust (|p| / |u|) u for each array; p -= v.

    The factor trust |p| / |u| is replaced by 1 if either norm is zero. momentum, weight_decay: 0 or more and below 1;
    trust: above 0 and up to 1; nesterov: the step is the new term plus momentum v.
    Source: You, Gitman and Ginsburg, "Large batch training of convolutional networks" (2017), equation 6 and
    algorithm 1. As in optax, the norm is that of the sum u.
    """

    name = "lars"
    state = ("velocity",)

    learning_rate: Rate = 1.0
    momentum: Decay = 0.9
    trust: Annotated[float, Gt(0), Le(1)] = 0.001
    weight_decay: WeightDecay = 0.0
    nesterov: bool = False

    def start(self, layout: Layout) -> None:
        """Allocate the velocity; store where each array lies."""
        self.velocity, self._work = layout.vector(), layout.vector()
        self._arrays = [segment.where for segment in layout.segments]

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        if self.weight_decay:
            np.multiply(parameters, self.weight_decay, out=self._work)
            gradients += self._work
        scale_to_norms(gradients, parameters, self._arrays, self.trust)
        gradients *= learning_rate
        self.velocity *= self.momentum
        self.velocity += gradients
        if self.nesterov:
            np.multiply(self.velocity, self.momentum, out=self._work)
            gradients += self._work
            parameters -= gradients
        else:
            parameters -= self.velocity


@dataclass
class Lamb(AdamFamily):
    """LAMB: u = m' / (sqrt(v') + epsilon) + weight_decay p; p -= learning_rate (|p| / |u|) u for each array.

    m' and v' are as in Adam. The factor |p| / |u| is replaced by 1 if either norm is zero. weight_decay: 0 or more and
    below 1.
    Source: You et al., "Large batch optimization for deep learning: training BERT in 76 minutes" (2020),
    algorithm 2, as in optax.
    """

    name = "lamb"

    epsilon: Epsilon = 1e-6
    weight_decay: WeightDecay = 0.0

    def start(self, layout: Layout) -> None:
        """Allocate the running means; store where each array lies."""
        super().start(layout)
        self._work = layout.vector()
        self._arrays = [segment.where for segment in layout.segments]

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        self.add_mean(gradients)
        self.add_square(gradients, out=gradients)
        self.write_move(self.square, 1.0, out=gradients)
        if self.weight_decay:
            np.multiply(parameters, self.weight_decay, out=self._work)
            gradients += self._work
        scale_to_norms(gradients, parameters, self._arrays)
        gradients *= learning_rate
        parameters -= gradients


PARTS = (Lars, Lamb)
