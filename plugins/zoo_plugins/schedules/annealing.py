"""Schedules that depend on the length of the run, or rise and fall."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt

from zoo_core.parts import Schedule
from zoo_plugins.schedules.decay import NotNegative, Positive, Warmed

Share = Annotated[float, Gt(0), Lt(1)]
Shape = Literal["cosine", "linear"]


def between(start: float, end: float, done: float, shape: str) -> float:
    """Return the rate between `start` and `end` at the share `done` of the way, along a named curve."""
    if shape == "cosine":
        left = (1 + math.cos(math.pi * done)) / 2
    else:
        left = 1 - (done if shape == "linear" else math.sqrt(done))
    return end + (start - end) * left


@dataclass
class Cosine(Warmed):
    """Linear warm-up from 0, then half a cosine from `initial` to `final` at the end of the run.

    `warmup` is in epochs. Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017),
    equation 5. As PyTorch's CosineAnnealingLR.
    """

    name = "cosine"

    initial: Positive = 0.001
    final: NotNegative = 0.0

    def after(self, epoch: float) -> float:
        """Return the rate."""
        return between(self.initial, self.final, min(1.0, epoch / self.length), "cosine")


@dataclass
class CosineRestarts(Warmed):
    """Repeated half cosines from `initial` to `final`; the first takes `period` epochs.

    Each cycle is `growth` times as long as the one before, and starts `decay` times as high above `final`. Source:
    Loshchilov and Hutter, "SGDR" (2017), section 3. As PyTorch's CosineAnnealingWarmRestarts; decay is that of
    Keras's CosineDecayRestarts.
    """

    name = "cosine_restarts"

    initial: Positive = 0.001
    final: NotNegative = 0.0
    period: Positive = 10.0
    growth: Annotated[float, Ge(1), Le(100)] = 1.0
    decay: Annotated[float, Gt(0), Le(1)] = 1.0

    def after(self, epoch: float) -> float:
        """Return the rate."""
        number, start = self._cycle(epoch)
        peak = self.final + (self.initial - self.final) * self.decay**number
        return between(peak, self.final, (epoch - start) / (self.period * self.growth**number), "cosine")

    def _cycle(self, epoch: float) -> tuple[int, float]:
        """Return the number of the cycle, from 0, and the epoch where it started."""
        number, start, length = 0, 0.0, self.period
        if self.growth == 1:
            number = int(epoch // length)
            return number, number * length
        while epoch >= start + length:
            number, start, length = number + 1, start + length, length * self.growth
        return number, start


@dataclass
class Polynomial(Warmed):
    """final + (initial - final) (1 - t / T)^power, at t of T epochs after the warm-up. As Keras's PolynomialDecay.

    final: 0 or more; power: above 0 and up to 100.
    """

    name = "polynomial"

    final: NotNegative = 0.0001
    power: Annotated[float, Gt(0), Le(100)] = 1.0

    def after(self, epoch: float) -> float:
        """Return the rate."""
        left = max(0.0, 1 - epoch / self.length)
        return float(self.final + (self.initial - self.final) * left**self.power)


@dataclass
class WarmupLinear(Warmed):
    """Linear rise from 0 to `initial` in `warmup` epochs, then linear fall to 0 at the end of the run.

    Source: Devlin et al., "BERT" (2019), appendix A.2. As thinc's `warmup_linear`.
    """

    name = "warmup_linear"

    initial: Positive = 0.001
    warmup: NotNegative = 1.0

    def after(self, epoch: float) -> float:
        """Return the rate."""
        return self.initial * max(0.0, 1 - epoch / self.length)


@dataclass
class Wsd(Warmed):
    """Warm-up, stable, decay: constant at `initial`; the last share `decay` of the run falls to `final` by a `shape`.

    The shape "sqrt" is 1 - sqrt(t / T). Sources: Hu et al., "MiniCPM" (2024), section 4; Haegele et al., "Scaling
    laws and compute-optimal training beyond fixed training durations" (2024), equation 1, for the square root.
    """

    name = "wsd"

    initial: Positive = 0.001
    final: NotNegative = 0.0
    decay: Annotated[float, Gt(0), Le(1)] = 0.2
    shape: Literal["linear", "cosine", "sqrt"] = "linear"

    def after(self, epoch: float) -> float:
        """Return the rate."""
        falling = min(self.decay * self._epochs, self.length)
        done = (epoch + self.warmup - (self._epochs - falling)) / falling
        return between(self.initial, self.final, min(max(done, 0.0), 1.0), self.shape)


@dataclass
class OneCycle(Schedule):
    """One rise from maximum / start_factor to `maximum` in a share `rise` of the run, then one fall to the end.

    The end is maximum / (start_factor end_factor). Rise and fall have the same `shape`. Source: Smith and Topin,
    "Super-convergence" (2019), in the form of PyTorch's OneCycleLR.
    """

    name = "one_cycle"

    maximum: Positive = 0.01
    rise: Share = 0.3
    start_factor: Annotated[float, Ge(1), Le(1e6)] = 25.0
    end_factor: Annotated[float, Ge(1), Le(1e9)] = 1e4
    shape: Shape = "cosine"

    def start(self, epochs: int, steps_per_epoch: int) -> None:
        """Compute the time of the last step."""
        self._last = max(epochs - 1 / steps_per_epoch, 1e-12)
        self._top = max(self.rise * epochs - 1 / steps_per_epoch, 0.0)

    def rate(self, epoch: float) -> float:
        """Return the rate."""
        first = self.maximum / self.start_factor
        if epoch < self._top:
            return between(first, self.maximum, epoch / self._top, self.shape)
        done = min(1.0, (epoch - self._top) / max(self._last - self._top, 1e-12))
        return between(self.maximum, first / self.end_factor, done, self.shape)


@dataclass
class Triangular(Schedule):
    """Linear rise and fall between `minimum` and `maximum`, once in `period` epochs.

    In each cycle the height above minimum is `decay` times that of the one before; 0.5 is the policy "triangular2".
    Source: Smith, "Cyclical learning rates for training neural networks" (2017), section 3.1; PyTorch's CyclicLR.
    """

    name = "triangular"

    minimum: Positive = 0.001
    maximum: Positive = 0.01
    period: Positive = 4.0
    decay: Annotated[float, Gt(0), Le(1)] = 1.0

    def __post_init__(self) -> None:
        """Check that `minimum` is below `maximum`."""
        if self.maximum < self.minimum:
            raise ValueError("maximum must not be below minimum")

    def rate(self, epoch: float) -> float:
        """Return the rate."""
        cycle, done = divmod(epoch / self.period, 1)
        height = (self.maximum - self.minimum) * self.decay**cycle
        return float(self.minimum + height * (1 - abs(2 * done - 1)))


PARTS = (Cosine, CosineRestarts, Polynomial, WarmupLinear, Wsd, OneCycle, Triangular)
