"""Plots of single parts: an activation with its derivative, a learning-rate schedule over the epochs."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from zoo_core.display.drawing import MARKERS, colours, new_figure, plain_log_scale, styled
from zoo_core.display.tables import printable
from zoo_core.parts import Activation, Array, Initializer, Schedule

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOW, HIGH, POINTS = -4.0, 4.0, 801
OTHERS = (1.0, 0.0, -1.0, 2.0)  # what the inputs beside the varying one are held at, where rows mix
MOST = 4000  # points of a schedule; more would not be seen
NEAR = 1e-9  # how close to a kink the lines go
STEP = 1e-4  # half the width of the central differences for activations that are random in training


@styled
def activation_curve(activation: Activation) -> Figure:
    """Draw an activation above its derivative on [-4, 4], both as the part computes them, in float64.

    Where the values of a row mix (softmax), the first input varies, the others are held, and each output has
    a line; where an output comes from several inputs (maxout, glu), the last of them varies. Of an activation
    that is random in training, the form used outside training is drawn.
    """
    units = _units(activation)
    part = _prepared(activation, units)
    z = _inputs(part.input_width(units), units, part.kinks)
    a = _run(part.forward, z, units)
    fixed = np.array_equal(a, _run(part.forward, z, units), equal_nan=True)
    a = a if fixed else _run(part.infer, z, units)
    slopes = _slopes(part, z, units) if fixed else _numeric_slopes(part, z, units)
    elementwise = z.shape[1] == 1
    figure = new_figure(6.0, 5.6)
    upper, lower = figure.subplots(2, 1, sharex=True)
    kinks = [kink for kink in part.kinks if elementwise and LOW < kink < HIGH]
    varied = z[:, _varied(z, units)]
    _lines(upper, varied, _broken(varied, a, kinks), kinks)
    _lines(lower, varied, _gapped(varied, slopes, kinks, NEAR / 2 if fixed else STEP), kinks)
    _label(upper, lower, part, z, kinks)
    if units > 1:
        figure.legend(*upper.get_legend_handles_labels(), loc="outside lower left", ncols=units)
    return figure


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
    part.rng = np.random.default_rng(0)
    part.weights, part.gradients = {}, {}
    for name, parameter in part.parameters(units).items():
        weights = part.weights[name] = np.empty(parameter.shape)
        part.gradients[name] = np.empty(parameter.shape)
        if isinstance(parameter.initial, Initializer):
            parameter.initial.fill(weights, part.rng, part.gain)
        else:
            weights[...] = parameter.initial
    part.start(units, np.float64)
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
    shift = np.zeros_like(z)
    shift[:, _varied(z, units)] = STEP
    slopes: Array = (_run(part.infer, z + shift, units) - _run(part.infer, z - shift, units)) / (2 * STEP)
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


def _lines(axes: Axes, z: Array, values: Array, kinks: Sequence[float]) -> None:
    axes.axhline(0, color="#808080", lw=0.8)
    for kink in kinks:
        axes.axvline(kink, color="#404040", lw=1.0, ls=":")
    count = values.shape[1]
    for unit, (colour, column) in enumerate(zip(colours(count), values.T, strict=True)):
        marker = MARKERS[unit] if count > 1 else ""
        name = f"output {unit + 1}"
        axes.plot(z, column, color=colour, marker=marker, markevery=(20 * unit, 100), label=name)


def _label(upper: Axes, lower: Axes, part: Activation, z: Array, kinks: Sequence[float]) -> None:
    name = printable(part.name or type(part).__name__)
    places = ", ".join(f"{kink:g}" for kink in kinks)
    upper.set_title(f"{name} (kink{'s' if len(kinks) > 1 else ''} at {places})" if kinks else name, loc="left")
    upper.set_ylabel("output a")
    lower.set(ylabel="derivative da / dz", xlim=(LOW, HIGH), xlabel="input z")
    width = z.shape[1]
    if width > 1:
        at = int(np.argmax(np.ptp(z, axis=0)))
        held = ", ".join(f"{value:g}" for value in np.delete(z[0], at))
        lower.set_xlabel(f"input {at + 1} of {width} (the others: {held})")


@styled
def schedule_curve(schedule: Schedule, epochs: int, steps_per_epoch: int) -> Figure:
    """Draw the learning rate over the epochs of a run, as it is when no figure makes the schedule react."""
    from matplotlib.ticker import MaxNLocator

    part = copy.deepcopy(schedule)
    part.start(epochs, steps_per_epoch)
    total = epochs * steps_per_epoch
    steps = np.unique(np.linspace(0, total - 1, min(total, MOST)).astype(int))
    times = steps / steps_per_epoch
    rates = np.array([part.rate(float(time)) for time in times])
    figure = new_figure(6.5, 3.4)
    axes = figure.subplots()
    axes.plot(times, rates, color=colours(1)[0], drawstyle="steps-post")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    axes.set(xlabel=f"epoch ({steps_per_epoch:,} steps each)", ylabel="learning rate", xlim=(0, epochs))
    reacts = type(part).observe is not Schedule.observe
    name = printable(part.name or type(part).__name__)
    axes.set_title(f"{name} (before it reacts to figures)" if reacts else name, loc="left")
    if rates.min() > 0 and rates.max() > 100 * rates.min():
        plain_log_scale(axes)
    else:
        axes.set_ylim(bottom=min(0.0, float(rates.min())))
    return figure
