"""Plots of single parts: an activation with its derivative, a learning-rate schedule, or any part that has curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from zoo_core.display.plots._style import MARKERS, colours, new_figure, plain_log_scale, styled
from zoo_core.display.samples import (
    HIGH,
    LOW,
    ActivationSamples,
    PartCurves,
    part_curves,
    sample_activation,
    sample_schedule,
)
from zoo_core.display.text import format_count, printable
from zoo_core.errors import UsageError
from zoo_core.parts import Activation, Array, Part, Schedule

MIN_WHOLE = 3  # epochs from which on the ticks of a schedule stand at whole epochs alone

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def part_figure(part: Part, epochs: int = 20, steps_per_epoch: int = 100) -> Figure:
    """Draw a part. Raises UsageError for a kind of part that has no curves."""
    if isinstance(part, Activation):
        return activation_curve(part)
    if isinstance(part, Schedule):
        return schedule_curve(part, epochs, steps_per_epoch, is_real=False)
    found = part_curves(part)
    if found is None:
        raise UsageError(f"{part.kind} {part.name!r} has no picture; activations, schedules, initializers, losses do")
    return _draw_lines(found, printable(part.name))


@styled
def _draw_lines(shown: PartCurves, title: str) -> Figure:
    """Draw the curves of a part in one plot."""
    figure = new_figure(6.5, 3.6)
    axes = figure.subplots()
    axes.axhline(0, color="#808080", lw=0.8)
    for (name, (xs, ys)), colour, style in zip(shown.lines.items(), colours(len(shown.lines)), "-:", strict=False):
        axes.plot(xs, ys, color=colour, ls=style, label=name)
    axes.set(xlabel=shown.x_label, ylabel=shown.y_label if len(shown.lines) == 1 else "")
    axes.set_title(title, loc="left")
    if len(shown.lines) > 1:
        axes.legend()
    return figure


@styled
def activation_curve(activation: Activation) -> Figure:
    """Draw an activation above its derivative on [-4, 4], both computed by the part itself: see `sample_activation`."""
    found = sample_activation(activation)
    figure = new_figure(6.0, 5.6)
    upper, lower = figure.subplots(2, 1, sharex=True)
    _draw_outputs(upper, found.inputs, found.outputs, found.kinks)
    _draw_outputs(lower, found.inputs, found.slopes, found.kinks)
    _label_axes(upper, lower, activation, found)
    units = found.outputs.shape[1]
    if units > 1:
        figure.legend(*upper.get_legend_handles_labels(), loc="outside lower left", ncols=units)
    return figure


def _draw_outputs(axes: Axes, z: Array, values: Array, kinks: Sequence[float]) -> None:
    axes.axhline(0, color="#808080", lw=0.8)
    for kink in kinks:
        axes.axvline(kink, color="#404040", lw=1.0, ls=":")
    count = values.shape[1]
    for unit, (colour, column) in enumerate(zip(colours(count), values.T, strict=True)):
        marker = MARKERS[unit] if count > 1 else ""
        name = f"output {unit + 1}"
        axes.plot(z, column, color=colour, marker=marker, markevery=(20 * unit, 100), label=name)


def _label_axes(upper: Axes, lower: Axes, part: Activation, found: ActivationSamples) -> None:
    name, kinks = printable(part.name or type(part).__name__), found.kinks
    places = ", ".join(f"{kink:g}" for kink in kinks)
    name = f"{name} (kink{'s' if len(kinks) > 1 else ''} at {places})" if kinks else name
    is_finite = bool(np.isfinite(found.outputs).any(axis=1).all()) or bool(kinks)
    upper.set_title(name if is_finite else f"{name}: not finite where nothing is drawn", loc="left")
    upper.set_ylabel("output a")
    lower.set(ylabel="derivative da / dz", xlim=(LOW, HIGH), xlabel="input z")
    if found.held:
        held = ", ".join(f"{value:g}" for value in found.held)
        lower.set_xlabel(f"input {found.varied + 1} of {len(found.held) + 1} (the others: {held})")


@styled
def schedule_curve(schedule: Schedule, epochs: int, steps_per_epoch: int, *, is_real: bool = True) -> Figure:
    """Draw the learning rate over the epochs of a run, as long as no metric makes the schedule react.

    `is_real` says whether the number of steps is that of a run, and not just an example.
    """
    from matplotlib.ticker import MaxNLocator

    found = sample_schedule(schedule, epochs, steps_per_epoch)
    figure = new_figure(6.5, 3.4)
    axes = figure.subplots()
    times, rates = np.append(found.times, epochs), np.append(found.rates, found.rates[-1:])  # the last step ends, too
    axes.plot(times, rates, color=colours(1)[0], drawstyle="steps-post")
    axes.xaxis.set_major_locator(MaxNLocator(integer=epochs >= MIN_WHOLE, min_n_ticks=1))
    steps = f"{format_count(steps_per_epoch, 'step')} each"
    steps = steps if is_real else f"drawn with {steps}"
    axes.set(xlabel=f"epochs trained ({steps})", ylabel="learning rate", xlim=(0, epochs))
    name = printable(schedule.name or type(schedule).__name__)
    axes.set_title(f"{name} (before it reacts to metrics)" if found.reacts else name, loc="left")
    if found.is_wide:
        plain_log_scale(axes)
    else:
        low, high = axes.get_ylim()
        axes.set_ylim(bottom=min(low, -0.02 * (high - low)))  # so that a rate of zero is not hidden by the axis
    return figure
