"""Momentum in other forms: its sign, its Nesterov form with second moments, and an average in place of a schedule."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Gt, Lt

from zoo_core.parts import Array, Layout, Optimizer, Rate
from zoo_plugins.optimizers.basic import AdamFamily, Decay, Epsilon, WeightDecay


@dataclass
class Lion(Optimizer):
    """Lion: p -= learning_rate (sign(beta1 m + (1 - beta1) g) + weight_decay p); then m = beta2 m + (1 - beta2) g.

    Every parameter moves by the same amount, so the rate is some ten times smaller than Adam's.
    Source: Chen et al., "Symbolic discovery of optimization algorithms" (2023), algorithm 2.
    """

    name = "lion"
    state = ("mean",)

    learning_rate: Rate = 1e-4
    beta1: Decay = 0.9
    beta2: Decay = 0.99
    weight_decay: WeightDecay = 0.0

    def start(self, layout: Layout) -> None:
        """Make the running mean and a vector to work in."""
        self.mean, self._work = layout.vector(), layout.vector()

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        work = self._work
        np.multiply(self.mean, self.beta1 * (1 - self.beta2) / (1 - self.beta1), out=work)
        work += gradients
        self.mean *= self.beta2
        self.mean += gradients
        np.sign(work, out=work)
        work *= learning_rate
        if self.weight_decay:
            parameters *= 1 - learning_rate * self.weight_decay
        parameters -= work


@dataclass
class Adan(Optimizer):
    """Adan: p -= learning_rate (m' + beta2 d') / (sqrt(n') + epsilon); then p /= 1 + learning_rate weight_decay.

    m', d' and n' are bias-corrected running means, with decays `beta1`, `beta2` and `beta3`, of g, of its change
    g - g_before (0 at first) and of (g + beta2 (g - g_before))^2.
    Source: Xie et al., "Adan: adaptive Nesterov momentum algorithm for faster optimizing deep models" (2022),
    algorithm 1, whose betas are 1 minus these, as in the authors' own code.
    """

    name = "adan"
    state = ("mean", "change", "square", "before")

    learning_rate: Rate = 0.001
    beta1: Decay = 0.98
    beta2: Decay = 0.92
    beta3: Decay = 0.99
    epsilon: Epsilon = 1e-8
    weight_decay: WeightDecay = 0.0

    def start(self, layout: Layout) -> None:
        """Make the three running means, and room for the gradients of the step before."""
        self.mean, self.change, self.square = layout.vector(), layout.vector(), layout.vector()
        self.before, self._work = layout.vector(), layout.vector()

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        self._take_in(gradients)
        work, root = self._work, math.sqrt((1 - self.beta3) / (1 - self.beta3**self.steps))
        np.multiply(self.mean, (1 - self.beta1) / (1 - self.beta1**self.steps), out=gradients)
        np.multiply(self.change, self.beta2 * (1 - self.beta2) / (1 - self.beta2**self.steps), out=work)
        gradients += work
        np.sqrt(self.square, out=work)
        work += self.epsilon / root
        gradients /= work
        gradients *= learning_rate / root
        parameters -= gradients
        if self.weight_decay:
            parameters *= 1 / (1 + learning_rate * self.weight_decay)

    def _take_in(self, gradients: Array) -> None:
        """Bring the means up to date; `gradients` become the next step's `before`."""
        work, before = self._work, self.before
        if self.steps == 1:
            before[...] = gradients
        np.subtract(gradients, before, out=work)
        before[...] = gradients
        self.mean *= self.beta1
        self.mean += gradients
        self.change *= self.beta2
        self.change += work
        work *= self.beta2
        work += gradients
        work *= work
        self.square *= self.beta3
        self.square += work


@dataclass
class ScheduleFreeAdamW(AdamFamily):
    """Schedule-free AdamW: z -= learning_rate u; x += c (z - x); the gradient is taken at y = x + (1 - beta1) (z - x).

    u = g / (sqrt(v') + epsilon) + weight_decay y, with v' as in Adam, and c is the share of this step's squared
    rate, the largest so far, in the sum of all: x averages the z. In training the parameters are y; for
    measuring, keeping and use they are x. It needs no schedule but a warm-up.
    Source: Defazio et al., "The road less scheduled" (2024), equations 3 to 5 and algorithm 1, as in the authors'
    schedulefree.
    """

    name = "schedule_free_adamw"
    state = ("fast", "square", "largest_rate", "weight")

    learning_rate: Rate = 0.0025
    beta1: Annotated[float, Gt(0), Lt(1)] = 0.9
    weight_decay: WeightDecay = 0.0

    def start(self, layout: Layout) -> None:
        """Make z, the running mean of squares and a vector to work in."""
        self.fast, self.square, self._work = layout.vector(), layout.vector(), layout.vector()
        self.make_numbers(layout)
        self.largest_rate = self.weight = 0.0

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step, from y to y."""
        if self.steps == 1:
            self.fast[...] = parameters
        self._normalize(parameters, gradients)
        share = self._share(learning_rate)
        self._approach(parameters, share)
        np.multiply(gradients, learning_rate * (1 - self.beta1 * (1 - share)), out=self._work)
        parameters -= self._work
        gradients *= learning_rate
        self.fast -= gradients

    def start_epoch(self, parameters: Array) -> None:
        """Go from x to y."""
        if self.steps:
            self._approach(parameters, 1 - self.beta1)

    def end_epoch(self, parameters: Array) -> None:
        """Go from y to x."""
        if self.steps:
            self._approach(parameters, 1 - 1 / self.beta1)

    def _normalize(self, parameters: Array, gradients: Array) -> None:
        """Turn the gradients into u."""
        work, factor = self._work, self.second_factor()
        self.add_square(gradients, out=work)
        np.sqrt(self.square, out=work)
        work *= factor
        work += self.epsilon
        gradients /= work
        if self.weight_decay:
            np.multiply(parameters, self.weight_decay, out=work)
            gradients += work

    def _share(self, learning_rate: float) -> float:
        """Return c."""
        self.largest_rate = max(float(self.largest_rate), learning_rate)
        now = self.largest_rate**2
        self.weight = float(self.weight) + now
        return now / self.weight if self.weight else 0.0

    def _approach(self, parameters: Array, share: float) -> None:
        """Bring the parameters nearer to z by a share of the way, which may be negative."""
        np.subtract(self.fast, parameters, out=self._work)
        self._work *= share
        parameters += self._work


PARTS = (Lion, Adan, ScheduleFreeAdamW)
