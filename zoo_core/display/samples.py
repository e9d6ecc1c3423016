"""What single parts compute over a range, as numbers to draw: activations, schedules, initializers, losses."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from zoo_core.nn import central_difference, set_up
from zoo_core.parts import Activation, Array, Initializer, Loss, Part, Schedule

LOW, HIGH, POINTS = -4.0, 4.0, 801
OTHERS = (1.0, 0.0, -1.0, 2.0)  # what the inputs beside the varying one are held at, where rows mix
MOST = 4000  # points of a schedule; more would not be seen
NEAR = 1e-9  # how close to a kink the lines go
STEP = 1e-4  # half the width of the central differences for activations that are random in training
DRAWN = (256, 128)  # inputs and units of the matrix that an initializer fills
BINS = 41  # of an initializer's histogram


@dataclass(frozen=True)
class Response:
    """An activation on [-4, 4]: `varied` (points,), `outputs` and `slopes` (points, units), `kinks` inside.

    Where the values of a row mix (softmax), the first input varies, the others are held, and each output has
    a column; where an output comes from several inputs (maxout, glu), the last of them varies. Of an activation
    that is random in training, it is the form used outside training. NaN marks a jump.
    """

    varied: Array
    outputs: Array
    slopes: Array
    kinks: list[float]
    input: int  # the number of the input that varies
    held: list[float]  # the other inputs


def response(activation: Activation) -> Response:
    """Return an activation and its derivative as the part itself computes them, in float64."""
    units = _units(activation)
    part = _prepared(activation, units)
    z = _inputs(part.input_width(units), units, part.kinks)
    a = _run(part.forward, z, units)
    fixed = np.array_equal(a, _run(part.forward, z, units), equal_nan=True)
    a = a if fixed else _run(part.infer, z, units)
    slopes = _slopes(part, z, units) if fixed else _numeric_slopes(part, z, units)
    kinks = [kink for kink in part.kinks if z.shape[1] == 1 and LOW < kink < HIGH]
    at = _varied(z, units)
    varied = z[:, at]
    broken, gapped = _broken(varied, a, kinks), _gapped(varied, slopes, kinks, NEAR / 2 if fixed else STEP)
    return Response(varied, broken, gapped, kinks, at, np.delete(z[0], at).tolist())


def _units(activation: Activation) -> int:
    """Return how many outputs to draw: one, or three of a row whose values mix without changing in number."""
    if activation.input_width(1) != 1:
        return 1
    part = _prepared(activation, 3)
    z = np.array([[0.3, -0.7, 0.5], [0.3, 0.9, 0.5]])
    if part.input_width(3) != 3:
        return 1
    first, second = _run(part.infer, z, 3)[:, 0]
    return 1 if first == second else 3


def _prepared(activation: Activation, units: int) -> Activation:
    """Return a copy as the core would set it up for a layer of that many units."""
    part = copy.deepcopy(activation)
    set_up(part, units, np.float64, np.random.default_rng(0), part.gain)
    return part


def _varied(z: Array, units: int) -> int:
    """Return the column that varies: the first, or the last where there are more inputs than outputs."""
    return 0 if z.shape[1] == units else z.shape[1] - 1


def _inputs(width: int, units: int, kinks: Sequence[float]) -> Array:
    """Return rows of which one column runs over the range, with points at and beside each kink."""
    beside = [kink + shift for kink in kinks if LOW < kink < HIGH for shift in (-NEAR, 0.0, NEAR)]
    points = np.unique(np.concatenate([np.linspace(LOW, HIGH, POINTS), beside]))
    z = np.empty((len(points), width))
    at = _varied(z, units)
    z[:, np.arange(width) != at] = np.resize(OTHERS, width - 1)
    z[:, at] = points
    return z


def _run(method: Callable[[Array, Array], None], z: Array, units: int) -> Array:
    out = np.empty((len(z), units))
    method(z, out)
    return out


def _slopes(part: Activation, z: Array, units: int) -> Array:
    """Return d output / d varied input, a column for each output, from the part's own derivative."""
    a = _run(part.forward, z, units)
    slopes, out = np.empty_like(a), np.empty_like(z)
    if type(part).derivative is not Activation.derivative:
        part.derivative(z, a, out)
        return out
    for unit in range(units):
        grad = np.zeros_like(a)
        grad[:, unit] = 1
        part.backward(z, a, grad, out)
        slopes[:, unit] = out[:, _varied(z, units)]
    return slopes


def _numeric_slopes(part: Activation, z: Array, units: int) -> Array:
    moved = z.copy()
    slopes: Array = central_difference(
        lambda: _run(part.infer, moved, units), moved, (slice(None), _varied(z, units)), STEP
    )
    return slopes


def _broken(z: Array, a: Array, kinks: Sequence[float]) -> Array:
    """Return the values with a gap at each kink where the function itself jumps."""
    a = a.copy()
    for at in (int(np.searchsorted(z, kink)) for kink in kinks):
        a[at, abs(a[at + 1] - a[at - 1]) > 1e-3] = np.nan
    return a


def _gapped(z: Array, slopes: Array, kinks: Sequence[float], room: float) -> Array:
    """Return the slopes with a gap at each kink."""
    slopes = slopes.copy()
    for kink in kinks:
        slopes[np.abs(z - kink) <= room] = np.nan
    return slopes


@dataclass(frozen=True)
class Rates:
    """A learning rate over a run: `times` in epochs, `rates`, both (points,); `reacts` to figures of the run."""

    times: Array
    rates: Array
    reacts: bool

    @property
    def wide(self) -> bool:
        """Whether a tenth of the run or more has rates so small that only a logarithmic scale shows them."""
        return bool(self.rates.min() > 0 and self.rates.max() > 100 * np.quantile(self.rates, 0.1))


def rates(schedule: Schedule, epochs: int, steps_per_epoch: int) -> Rates:
    """Return the learning rate of each step of a run, as it is when no figure makes the schedule react."""
    part = copy.deepcopy(schedule)
    part.start(epochs, steps_per_epoch)
    total = epochs * steps_per_epoch
    steps = np.unique(np.linspace(0, total - 1, min(total, MOST)).astype(int))
    times = steps / steps_per_epoch
    values = np.array([part.rate(float(time)) for time in times])
    return Rates(times, values, type(part).observe is not Schedule.observe)


@dataclass(frozen=True)
class Picture:
    """What can be drawn of any part in one plot: named lines of (xs, ys), and what the axes mean."""

    lines: dict[str, tuple[Array, Array]]
    x: str
    y: str
    log: bool = False  # a logarithmic scale for the values


def picture(part: Part, epochs: int = 20, steps_per_epoch: int = 100) -> Picture | None:
    """Return the lines that show a part: an activation, a schedule, an initializer or a loss; None for others."""
    if isinstance(part, Activation):
        return _activation(response(part))
    if isinstance(part, Schedule):
        found = rates(part, epochs, steps_per_epoch)
        x = "epoch (before it reacts to figures)" if found.reacts else "epoch"
        return Picture({"learning rate": (found.times, found.rates)}, x, "learning rate", found.wide)
    if isinstance(part, Initializer):
        return _histogram(part)
    return _costs(part) if isinstance(part, Loss) else None


def _activation(found: Response) -> Picture:
    one = found.outputs.shape[1] == 1
    lines = {"f(z)" if one else f"output {i + 1}": (found.varied, a) for i, a in enumerate(found.outputs.T)}
    lines |= {"f'(z)": (found.varied, found.slopes[:, 0])} if one else {}
    held = f", the others {', '.join(f'{v:g}' for v in found.held)}" if found.held else ""
    return Picture(lines, f"input {found.input + 1}{held}" if held else "input z", "output a")


def _histogram(initializer: Initializer) -> Picture:
    """Show how often which value is drawn for a matrix of 256 inputs and 128 units, from seed 0."""
    drawn = np.empty(DRAWN)
    copy.deepcopy(initializer).fill(drawn, np.random.default_rng(0), 1.0)
    reach = float(np.abs(drawn).max()) or 1.0
    counts, edges = np.histogram(drawn, BINS, (-reach, reach))
    xs, shares = np.repeat(edges, 2), np.repeat(np.concatenate([[0], counts / drawn.size, [0]]), 2)[1:-1]
    x = f"weight ({DRAWN[0]} inputs, {DRAWN[1]} units, gain 1: mean {drawn.mean():.2g}, std {drawn.std():.2g})"
    return Picture({"share": (xs, shares)}, x, "share")


def _costs(loss: Loss) -> Picture | None:
    """Show a loss and its gradient against one output, with a target of 1; for classes, against its probability."""
    classes = loss.task == "classification"
    y = np.linspace(0.01, 0.99 if classes else 3.0, POINTS)
    if loss.targets == "labels":
        outputs, targets = np.stack([1 - y, y], axis=1), np.ones(POINTS, int)
    else:
        outputs, targets = y[:, None], np.ones((POINTS, 1))
    slopes = np.empty_like(outputs)
    values = loss.value(outputs, targets)
    loss.gradient(outputs, targets, slopes)
    if np.ptp(values) == 0:  # one output alone does not show what this loss looks at
        return None
    x = "output for the true class" if classes else "output, where the target is 1"
    return Picture({"loss": (y, values), "gradient": (y, slopes[:, -1])}, x, "loss of a row")
