"""The learning rate of each step, and the part of it by which gradients are multiplied."""

from __future__ import annotations

import math
from collections.abc import Mapping

from zoo_core.contract import checked_rate, declares
from zoo_core.nn import Network
from zoo_core.parts import Optimizer, Record, Schedule
from zoo_core.spec import walk_parts

SMALLEST_FACTOR = 1e-9  # of gradients: smaller ones could vanish, and displays divide by it


class LearningRate:
    """The rate of an optimizer: a number, or a schedule for a run of `epochs` epochs of `steps` steps.

    `directions` tells for each value of a record whether higher is better.

    Plain gradient descent subtracts rate * gradient. Then the loss's gradient, a far smaller array, is multiplied by
    the rate instead, and the optimizer takes the rate 1.
    """

    def __init__(
        self, optimizer: Optimizer, network: Network, epochs: int, steps: int, directions: Mapping[str, bool]
    ) -> None:
        self._optimizer, self._is_plain = optimizer, _is_plain(optimizer, network)
        rate = optimizer.learning_rate
        self._schedule = rate if isinstance(rate, Schedule) else None
        for _, part in walk_parts(optimizer, ""):
            if isinstance(part, Schedule):
                part.set_directions(directions)
        self._epochs, self._steps, self._before = epochs, steps, 0
        self.begin_after(0)

    def begin_after(self, epochs: int) -> None:
        """Start the schedule for a run that continues others of `epochs` epochs in all; it covers these too."""
        self._before = epochs
        if self._schedule is not None:
            self._schedule.start(epochs + self._epochs, self._steps)

    def rate(self, epochs: float) -> float:
        """Return the learning rate after a number of epochs. Raises PluginError if a schedule gives no rate."""
        return math.prod(self.factors(epochs))

    def factors(self, epochs: float) -> tuple[float, float]:
        """Return the factor of the gradients and the optimizer's rate; their product is the learning rate."""
        schedule = self._schedule
        rate = self._optimizer.learning_rate
        if schedule is not None:
            rate = checked_rate(schedule, schedule.rate(self._before + epochs))
        return (rate, 1.0) if self._is_plain and rate > SMALLEST_FACTOR else (1.0, rate)

    def end_epoch(self, record: Record) -> None:
        """Add a schedule's rate to the record of an epoch, and let the schedule react to the record."""
        if self._schedule is not None:
            record["learning_rate"] = self.rate(float(record["epoch"]))
            self._schedule.observe(record)


def _is_plain(optimizer: Optimizer, network: Network) -> bool:
    """Return whether a factor of the loss's gradient acts as the same factor of the parameters' gradient."""
    inherited = type(optimizer).update is Optimizer.update
    linear = all(declares(stage.transform, "backward_is_linear", "backward") for stage in network.stages)
    return linear and inherited and declares(optimizer, "is_plain_gradient_step", "step")
