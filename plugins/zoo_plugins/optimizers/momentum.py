"""Other forms of momentum: its sign, Nesterov's form with second moments, and averaging instead of a schedule."""

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

    Every parameter moves by the same amount, so the rate should be about ten times smaller than Adam's. beta1, beta2,
    weight_decay: 0 or more and below 1.
    Source: Chen et al., "Symbolic discovery of optimization algorithms" (2023), algorithm 2.
    """

    name = "lion"
    state = ("mean",)
    is_elementwise = True

    learning_rate: Rate = 1e-4
    beta1: Decay = 0.9
    beta2: Decay = 0.99
    weight_decay: WeightDecay = 0.0

    def start(self, layout: Layout) -> None:
        """Allocate the running mean and a scratch vector."""
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

    The change of g is c = g - g_before, 0 in the first step. m', d' and n' are bias-corrected running means of g, of c
    and of (g + beta2 c)^2. beta1, beta2, beta3: their decays, 0 or more and below 1; epsilon: between 0 and 1;
    weight_decay: 0 or more and below 1.
    Source: Xie et al., "Adan: adaptive Nesterov momentum algorithm for faster optimizing deep models" (2022),
    algorithm 1. As in the authors' code, the betas are 1 minus those of the paper.
    """

    name = "adan"
    state = ("mean", "change", "square", "before")
    is_elementwise = True

    learning_rate: Rate = 0.001
    beta1: Decay = 0.98
    beta2: Decay = 0.92
    beta3: Decay = 0.99
    epsilon: Epsilon = 1e-8
    weight_decay: WeightDecay = 0.0

    def start(self, layout: Layout) -> None:
        """Allocate the three running means, and room for the previous gradients."""
        self.mean, self.change, self.square = layout.vector(), layout.vector(), layout.vector()
        self.before, self._work = layout.vector(), layout.vector()

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step."""
        self._update_means(gradients)
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

    def _update_means(self, gradients: Array) -> None:
        """Update the means; the gradients become those of the previous step."""
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

    u = g / (sqrt(v') + epsilon) + weight_decay y, with v' as in Adam. x is a weighted average of z. The weight of a
    step is the square of the largest rate so far, and c is its share in the sum of all weights. The parameters are y in
    training, and x when the model is measured, saved or used. No schedule is needed, except a warm-up.
    beta1: between 0 and 1; beta2: 0 or more and below 1; weight_decay: 0 or more and below 1.
    Source: Defazio et al., "The road less scheduled" (2024), equations 3 to 5 and algorithm 1, as in the authors'
    schedulefree.
    """

    name = "schedule_free_adamw"
    state = ("fast", "square", "largest_rate", "weight")
    is_elementwise = True

    learning_rate: Rate = 0.0025
    beta1: Annotated[float, Gt(0), Lt(1)] = 0.9
    weight_decay: WeightDecay = 0.0

    def start(self, layout: Layout) -> None:
        """Allocate z, the running mean of squares and a scratch vector."""
        self.fast, self.square, self._work = layout.vector(), layout.vector(), layout.vector()
        self.make_numbers(layout)
        self.largest_rate = self.weight = 0.0

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Take one step; the parameters are y before and after it."""
        if self.steps == 1:
            self.fast[...] = parameters
        self._normalize(parameters, gradients)
        share = self._averaging_weight(learning_rate)
        self._move_towards_fast(parameters, share)
        np.multiply(gradients, learning_rate * (1 - self.beta1 * (1 - share)), out=self._work)
        parameters -= self._work
        gradients *= learning_rate
        self.fast -= gradients

    def start_epoch(self, parameters: Array) -> None:
        """Turn x into y."""
        if self.steps:
            self._move_towards_fast(parameters, 1 - self.beta1)

    def end_epoch(self, parameters: Array) -> None:
        """Turn y into x."""
        if self.steps:
            self._move_towards_fast(parameters, 1 - 1 / self.beta1)

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

    def _averaging_weight(self, learning_rate: float) -> float:
        """Return c."""
        self.largest_rate = max(float(self.largest_rate), learning_rate)
        now = self.largest_rate**2
        self.weight = float(self.weight) + now
        return now / self.weight if self.weight else 0.0

    def _move_towards_fast(self, parameters: Array, share: float) -> None:
        """Move the parameters towards z by a share of the way, which may be negative."""
        np.subtract(self.fast, parameters, out=self._work)
        self._work *= share
        parameters += self._work


PARTS = (Lion, Adan, ScheduleFreeAdamW)
