"""Lookahead: slow weights that follow the fast weights of any optimizer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Gt, Le

from zoo_core.hookspecs import hookimpl
from zoo_core.parts import Array, Batch, Layout, OptimizerWrapper, Part


@dataclass
class Lookahead(OptimizerWrapper):
    """Every `sync_period` steps of the base: slow += slow_step (fast - slow); fast = slow.

    sync_period: 1 to 10,000 steps; slow_step: above 0 and up to 1.
    Source: Zhang et al., "Lookahead optimizer: k steps forward, 1 step back" (2019), algorithm 1.
    """

    name = "lookahead"
    state = ("slow",)

    sync_period: Annotated[int, Ge(1), Le(10_000)] = 5
    slow_step: Annotated[float, Gt(0), Le(1)] = 0.5

    def start(self, layout: Layout) -> None:
        """Start the base; allocate the slow weights."""
        super().start(layout)
        self.slow = layout.vector()

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Let the base take its step; every `sync_period` steps, synchronize both weights."""
        if self.steps == 1:
            self.slow[...] = parameters
        self.update_base(parameters, gradients, learning_rate, batch)
        if self.steps % self.sync_period == 0:
            self.slow += self.slow_step * (parameters - self.slow)
            parameters[...] = self.slow


@hookimpl
def zoo_parts() -> Iterable[type[Part]]:
    """Return the parts of this plugin."""
    return [Lookahead]
