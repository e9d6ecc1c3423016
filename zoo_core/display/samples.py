"""The curves that show single parts, as numbers: activations, schedules, initializers, losses."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from zoo_core.contract import checked_rate
from zoo_core.errors import SpecError
from zoo_core.nn import central_difference, set_up
from zoo_core.parts import Activation, Array, Initializer, Loss, Part, Schedule

MOST_UNITS = 65  # that an activation is tried with
LOW, HIGH, POINTS = -4.0, 4.0, 801
FIXED_INPUTS = (1.0, 0.0, -1.0, 2.0)  # values of the inputs that do not vary, where outputs depend on several
MAX_SCHEDULE_POINTS = 4000
KINK_DISTANCE = 1e-9  # of the points beside a kink
STEP = 1e-4  # of the central differences for activations that are random in training
MATRIX = (256, 128)  # inputs and units of the matrix that an initializer fills
BINS = 41  # of an initializer's histogram


@dataclass(frozen=True)
class ActivationSamples:
    """An activation on [-4, 4]: `inputs` (points,), `outputs` and `slopes` (points, units), and `kinks` inside.

    If outputs depend on the whole row (softmax), the first input varies and each output has a column. If an output
    combines several inputs (maxout, glu), the last of them varies. Of an activation that is random in training, this
    is the form used for inference. NaN marks a jump.
    """

    inputs: Array
    outputs: Array
    slopes: Array
    kinks: list[float]
    varied: int  # the index of the input that varies
    held: list[float]  # the values of the other inputs


def sample_activation(activation: Activation) -> ActivationSamples:
    """Return an activation and its derivative, computed by the part itself in float64."""
    units = _drawn_units(activation)
    part = _set_up_copy(activation, units)
    z = _input_rows(part.input_width(units), units, part.kinks)
    a = _call(part.forward, z, units)
    is_fixed = np.array_equal(a, _call(part.forward, z, units), equal_nan=True)
    a = a if is_fixed else _call(part.infer, z, units)
    slopes = _slopes(part, z, units) if is_fixed else _numeric_slopes(part, z, units)
    kinks = [kink for kink in part.kinks if z.shape[1] == 1 and LOW < kink < HIGH]
    at = _varied_column(z, units)
    inputs = z[:, at]
    outputs = _mark_jumps(inputs, a, kinks)
    slopes = _mark_kinks(inputs, slopes, kinks, KINK_DISTANCE / 2 if is_fixed else STEP)
    return ActivationSamples(inputs, outputs, slopes, kinks, at, np.delete(z[0], at).tolist())


def _drawn_units(activation: Activation) -> int:
    """Return how many outputs to draw: three if each depends on a whole row of as many inputs, else one.

    For an activation that refuses one unit it is the least number that it takes.
    """
    if not _takes(activation, 1):
        return next((units for units in range(2, MOST_UNITS) if _takes(activation, units)), 1)
    if activation.input_width(1) != 1 or not _takes(activation, 3):
        return 1
    part = _set_up_copy(activation, 3)
    z = np.array([[0.3, -0.7, 0.5], [0.3, 0.9, 0.5]])
    if part.input_width(3) != 3:
        return 1
    first, second = _call(part.infer, z, 3)[:, 0]
    return 1 if first == second else 3


def _takes(activation: Activation, units: int) -> bool:
    """Return whether an activation takes a number of units."""
    try:
        return _set_up_copy(activation, units).input_width(units) > 0
    except (ValueError, SpecError):
        return False


def _set_up_copy(activation: Activation, units: int) -> Activation:
    part = copy.deepcopy(activation)
    set_up(part, units, np.float64, np.random.default_rng(0), part.gain)
    return part


def _varied_column(z: Array, units: int) -> int:
    """Return the column that varies: the first, or the last if there are more inputs than outputs."""
    return 0 if z.shape[1] == units else z.shape[1] - 1


def _input_rows(width: int, units: int, kinks: Sequence[float]) -> Array:
    """Return rows in which one column runs over the range, with points at each kink and beside it."""
    beside = [kink + shift for kink in kinks if LOW < kink < HIGH for shift in (-KINK_DISTANCE, 0.0, KINK_DISTANCE)]
    points = np.unique(np.concatenate([np.linspace(LOW, HIGH, POINTS), beside]))
    z = np.empty((len(points), width))
    at = _varied_column(z, units)
    z[:, np.arange(width) != at] = np.resize(FIXED_INPUTS, width - 1)
    z[:, at] = points
    return z


def _call(method: Callable[[Array, Array], None], z: Array, units: int) -> Array:
    out = np.empty((len(z), units))
    method(z, out)
    return out


def _slopes(part: Activation, z: Array, units: int) -> Array:
    """Return d output / d varied input, a column for each output, from the part's own derivative."""
    a = _call(part.forward, z, units)
    slopes, out = np.empty_like(a), np.empty_like(z)
    if type(part).derivative is not Activation.derivative:
        part.derivative(z, a, out)
        return out
    for unit in range(units):
        grad = np.zeros_like(a)
        grad[:, unit] = 1
        part.backward(z, a, grad, out)
        slopes[:, unit] = out[:, _varied_column(z, units)]
    return slopes


def _numeric_slopes(part: Activation, z: Array, units: int) -> Array:
    column = np.s_[:, _varied_column(z, units)]
    slopes: Array = central_difference(lambda: _call(part.infer, z, units), z, column, STEP)
    return slopes


def _mark_jumps(z: Array, a: Array, kinks: Sequence[float]) -> Array:
    """Return the outputs with NaN at each kink where the function itself jumps."""
    a = a.copy()
    for at in (int(np.searchsorted(z, kink)) for kink in kinks):
        a[at, abs(a[at + 1] - a[at - 1]) > 1e-3] = np.nan
    return a


def _mark_kinks(z: Array, slopes: Array, kinks: Sequence[float], distance: float) -> Array:
    """Return the slopes with NaN at each kink."""
    slopes = slopes.copy()
    for kink in kinks:
        slopes[np.abs(z - kink) <= distance] = np.nan
    return slopes


@dataclass(frozen=True)
class ScheduleSamples:
    """A learning rate over a run: `times` in epochs, `rates`, both (points,); `reacts` to metrics of the run."""

    times: Array
    rates: Array
    reacts: bool

    @property
    def is_wide(self) -> bool:
        """Whether, for a tenth of the run or more, rates are visible only on a logarithmic scale."""
        return bool(self.rates.min() > 0 and self.rates.max() > 100 * np.quantile(self.rates, 0.1))


def sample_schedule(schedule: Schedule, epochs: int, steps_per_epoch: int) -> ScheduleSamples:
    """Return the learning rate at the steps of a run, as long as no metric makes the schedule react."""
    part = copy.deepcopy(schedule)
    part.start(epochs, steps_per_epoch)
    total = epochs * steps_per_epoch
    steps = np.unique(np.linspace(0, total - 1, min(total, MAX_SCHEDULE_POINTS)).astype(int))
    times = steps / steps_per_epoch
    rates = np.array([checked_rate(part, part.rate(float(time))) for time in times])
    return ScheduleSamples(times, rates, type(part).observe is not Schedule.observe)


@dataclass(frozen=True)
class PartCurves:
    """The curves of any part in one plot: lines of (xs, ys) by name, and the labels of the axes."""

    lines: dict[str, tuple[Array, Array]]
    x_label: str
    y_label: str
    log: bool = False  # a logarithmic scale for the values


def part_curves(part: Part, epochs: int = 20, steps_per_epoch: int = 100) -> PartCurves | None:
    """Return the curves of an activation, a schedule, an initializer or a loss; None for other kinds."""
    if isinstance(part, Activation):
        return _activation_curves(sample_activation(part))
    if isinstance(part, Schedule):
        found = sample_schedule(part, epochs, steps_per_epoch)
        x = "epoch (before it reacts to metrics)" if found.reacts else "epoch"
        return PartCurves({"learning rate": (found.times, found.rates)}, x, "learning rate", found.is_wide)
    if isinstance(part, Initializer):
        return _initializer_histogram(part)
    return _loss_curves(part) if isinstance(part, Loss) else None


def _activation_curves(found: ActivationSamples) -> PartCurves:
    one = found.outputs.shape[1] == 1
    lines = {"f(z)" if one else f"output {i + 1}": (found.inputs, a) for i, a in enumerate(found.outputs.T)}
    lines |= {"f'(z)": (found.inputs, found.slopes[:, 0])} if one else {}
    held = f", the others {', '.join(f'{v:g}' for v in found.held)}" if found.held else ""
    return PartCurves(lines, f"input {found.varied + 1}{held}" if held else "input z", "output a")


def _initializer_histogram(initializer: Initializer) -> PartCurves:
    """Return the shares of the values drawn for a matrix of 256 inputs and 128 units, from seed 0."""
    drawn = np.empty(MATRIX)
    copy.deepcopy(initializer).fill(drawn, np.random.default_rng(0), 1.0)
    reach = float(np.abs(drawn).max()) or 1.0
    counts, edges = np.histogram(drawn, BINS, (-reach, reach))
    xs, shares = np.repeat(edges, 2), np.repeat(np.concatenate([[0], counts / drawn.size, [0]]), 2)[1:-1]
    x = f"weight: mean {drawn.mean():.2g}, std {drawn.std():.2g} ({MATRIX[0]} x {MATRIX[1]}, gain 1)"
    return PartCurves({"share": (xs, shares)}, x, "share")


def _loss_curves(loss: Loss) -> PartCurves | None:
    """Return a loss and its gradient by one output with target 1, or by the probability of the true class."""
    classes = loss.task == "classification"
    if not classes and 1 not in loss.value_widths(1):
        return None
    y = np.linspace(0.01, 0.99 if classes else 3.0, POINTS)
    if loss.targets == "labels":
        outputs, targets = np.stack([1 - y, y], axis=1), np.ones(POINTS, int)
    else:
        outputs, targets = y[:, None], np.ones((POINTS, 1))
    slopes = np.empty_like(outputs)
    values = loss.value(outputs, targets)
    loss.gradient(outputs, targets, slopes)
    if np.ptp(values) == 0:  # this loss does not depend on one output alone
        return None
    x = "output for the true class" if classes else "output, where the target is 1"
    return PartCurves({"loss": (y, values), "gradient": (y, slopes[:, -1])}, x, "loss of a row")
