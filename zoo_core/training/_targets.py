"""What is wrong with the targets of a regression: out of reach of the last activation, badly scaled, or all equal.

Targets are judged as the network learns them. What is said of their size is in the units of the data.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from zoo_core.model import Model
from zoo_core.nn import is_identity, sample_outputs, scales_targets
from zoo_core.parts import Activation, Table
from zoo_core.spec import Spec

FAR = 3.0  # standard deviations between the targets and 0, above which the first outputs are far away
LARGE, SMALL = 10.0, 0.01  # standard deviations that are unlike those of the first outputs
OUT_OF_REACH = 0.05  # share of the targets
NEAR = 30.0  # a bounded activation has reached its limits for such z, and exp does not overflow
ROWS = 512  # of random z
ROUNDING = 1e-5  # of the limits of an activation


def learnt_targets(model: Model, table: Table) -> Table:
    """Return a table with its targets as the network learns them, in double precision; classes stay as they are."""
    return dataclasses.replace(table, y=model.units.learnt(table.y, np.dtype(np.float64)))


def badly_scaled(model: Model, train: Table) -> str:
    """Return how the targets of a regression are badly scaled, with the remedy, or ''."""
    if model.about.task != "regression":
        return ""
    learnt = learnt_targets(model, train).y
    mean, deviation = learnt.mean(axis=0), learnt.std(axis=0)
    varies = deviation > 0
    size = np.where(varies, deviation, 1.0)
    badness = np.max([np.abs(mean) / size / FAR, size / LARGE, SMALL / size], axis=0) * varies
    at = int(np.argmax(badness))
    if badness[at] <= 1:
        return ""
    how = "are small" if size[at] < SMALL and abs(mean[at]) <= FAR * size[at] else "are far from 0 or large"
    shown = f"mean {mean[at]:.4g}, standard deviation {size[at]:.4g}"
    return f"the targets {how} ({shown}); {_scaling(model.spec, abs(mean[at]) + size[at])}"


def _scaling(spec: Spec, size: float) -> str:
    """Return how the targets of a spec, about as large as `size`, get a scale that suits its network."""
    layer, last = spec.model.layers[-1], len(spec.model.layers) - 1
    if not scales_targets(spec.model.loss):
        return f"scale them, such as with data.target_preprocessor = {{ name = 'fixed', scale = {size:.1g} }}"
    if is_identity(layer.activation, layer.units):
        return "set data.target_preprocessor = 'standard'"
    return f"set data.target_preprocessor = 'standard' and model.layers.{last}.activation = 'identity'"


def equal_targets(model: Model, train: Table) -> str:
    """Return that a target has one value in all training rows, so that nothing is learnt of it, or ''."""
    names = model.about.target_names or [f"target {i + 1}" for i in range(train.y.shape[1])]
    equal = [f"{names[i]!r} is {train.y[0, i]:g}" for i in np.flatnonzero(np.ptp(train.y, axis=0) == 0)]
    if not equal:
        return ""
    return f"in all rows of the train split {', '.join(equal[:3])}: there is nothing to learn of it"


def unreachable_targets(model: Model, train: Table) -> str:
    """Return that the last activation cannot give many of the targets, with the remedy, or ''."""
    spec, y = model.spec, learnt_targets(model, train).y
    last = len(spec.model.layers) - 1
    layer = spec.model.layers[last]
    limits = _output_limits(layer.activation, layer.units)
    if limits is None or layer.units != train.y.shape[1]:  # other outputs than a value for each target
        return ""
    low, high = limits
    share = float(np.mean((y < low - ROUNDING) | (y > high + ROUNDING), axis=0).max())
    if share <= OUT_OF_REACH:
        return ""
    if np.isfinite(low) and np.isfinite(high):
        gives = f"numbers from {low:.4g} to {high:.4g}" if low < high else f"nothing but {low:.4g}"
    else:
        gives = f"no number below {low:.4g}" if np.isfinite(low) else f"no number above {high:.4g}"
    return (
        f"model.layers.{last}.activation is {layer.activation.name!r}, which gives {gives}, and {share:.0%} of the "
        f"{'scaled ' if model.units.name else ''}targets lie outside; {_reach(model, low, high)}"
    )


def _reach(model: Model, low: float, high: float) -> str:
    """Return how the targets come into the reach of the last activation, from `low` to `high`."""
    if model.units.name and scales_targets(model.spec.model.loss):
        return "use 'identity', or data.target_preprocessor = 'none'"
    return "use 'identity'" + (", or data.target_preprocessor = 'min_max'" if low <= 0 and high >= 1 else "")


def _output_limits(activation: Activation, units: int) -> tuple[float, float] | None:
    """Return the least and the largest output of an activation for any z; -inf or inf where they grow with z.

    None if it fails, or gives numbers that are not finite.
    """
    found = [sample_outputs(activation, units, rows=ROWS, spread=spread) for spread in (NEAR, 2 * NEAR)]
    if any(outputs is None or not np.isfinite(outputs).all() for outputs in found):
        return None
    (low, high), (low2, high2) = ((float(y.min()), float(y.max())) for y in found if y is not None)
    grows = 1e-3 * max(1.0, abs(low), abs(high))
    low, high = (-math.inf if low2 < low - grows else low2), (math.inf if high2 > high + grows else high2)
    return round(low, 6), round(high, 6)
