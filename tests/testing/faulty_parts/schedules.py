"""Schedules with one mistake each."""

import numpy as np

from tests.testing.faulty_parts import faulty
from zoo_core.parts import Schedule


@faulty("rates", "the rate is negative")
class Falling(Schedule):
    """A line that continues below zero."""

    name = "falling"

    def rate(self, epoch):
        return 0.1 - 0.01 * epoch


@faulty("rates", "the rate is not finite")
class Growing(Schedule):
    """0 / 0 in the first epoch."""

    name = "growing"

    def rate(self, epoch):
        return float(np.float64(epoch) / np.float64(epoch))


@faulty("calls", "rate counts its calls")
class Counting(Schedule):
    """Falls at each call."""

    name = "counting"

    def start(self, epochs, steps_per_epoch):
        self.current = 0.1

    def rate(self, epoch):
        self.current *= 0.99
        return self.current


@faulty("state", "`state` lacks an attribute that `observe` changes")
class Reacting(Schedule):
    """Reacts to records, but names no state."""

    name = "reacting"

    def start(self, epochs, steps_per_epoch):
        self.current = 0.1

    def rate(self, epoch):
        return self.current

    def observe(self, record):
        self.current *= 0.9


@faulty("restart", "a second run gives other rates")
class Unending(Reacting):
    """Continues where the last run ended."""

    state = ("current",)

    def start(self, epochs, steps_per_epoch):
        self.current = getattr(self, "current", 0.1)


@faulty("rates", "the rate is negative")
class LateFalling(Schedule):
    """A line to zero at epoch 50, whatever the length of the run is."""

    name = "late_falling"

    def rate(self, epoch):
        return 0.1 * (1 - epoch / 50)


@faulty("rates", "every rate of a run is 0")
class Resting(Schedule):
    """Integer division."""

    name = "resting"

    def start(self, epochs, steps_per_epoch):
        self.epochs = epochs

    def rate(self, epoch):
        return 0.1 * (epoch // self.epochs)
