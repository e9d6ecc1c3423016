"""Checks what parts give back, where the core takes it: a wrong answer is named at once, with its part and method."""

from __future__ import annotations

import math
import traceback
from collections.abc import Mapping
from dataclasses import replace
from types import FrameType
from typing import Any

import numpy as np

from zoo_core.errors import PluginError
from zoo_core.parts import (
    Array,
    BatchAugmentation,
    Callback,
    Data,
    Dataset,
    Initializer,
    Metric,
    Part,
    Penalty,
    Preprocessor,
    Schedule,
    Table,
)

IN_PLACE = "it writes its result into `out`, as in `out[...] = ...`"


def declares(part: Part, name: str, method: str) -> bool:
    """Tell whether the class that writes a method says something of it; that holds for no override in a subclass."""
    author = next(kind for kind in type(part).__mro__ if method in vars(kind))
    return name in vars(author) and bool(getattr(part, name))


def contract_error(part: Part, method: str, wrong: str, right: str) -> PluginError:
    """Return the error for a method that does not do what the contract says, and what it should do."""
    return PluginError(f"{part.kind} {part.name!r}: its method {method!r} {wrong}; {right}")


def initialize(initializer: Initializer, out: Array, rng: np.random.Generator, gain: float) -> None:
    """Have an initializer fill `out`. Raises PluginError where it does not write there."""
    out.fill(np.nan)
    initializer.fill(out, rng, gain)
    if out.size and np.isnan(out).all():
        raise contract_error(initializer, "fill", "left `out` as it was", IN_PLACE)


def check_prepares(preprocessor: Preprocessor, x: Any, inputs: int, dtype: np.dtype[Any]) -> None:
    """Have a preprocessor write the first row of `x`. Raises PluginError where it does not."""
    out = np.full((1, inputs), np.nan, dtype)
    preprocessor.transform(x.take(np.arange(1), axis=0), out)
    if out.size and np.isnan(out).all():
        raise contract_error(preprocessor, "transform", "left `out` as it was", IN_PLACE)


def checked_change(change: BatchAugmentation, answer: Any, x: Array, targets: Array) -> tuple[Array, Array]:
    """Return the batch that a change gave. Raises PluginError unless it is two arrays of the shapes that it got."""
    shapes = tuple(map(np.shape, answer)) if isinstance(answer, tuple) else type(answer).__name__
    if shapes != (x.shape, targets.shape):
        right = f"it returns inputs {x.shape} and targets {targets.shape}"
        raise contract_error(change, "augment", f"returned {shapes}", right)
    changed: tuple[Array, Array] = answer
    return changed


def checked_term(penalty: Penalty, value: Any) -> float:
    """Return what a penalty adds to the loss, as it came. Raises PluginError unless it is a number."""
    if not _is_number(value):
        raise contract_error(penalty, "value", f"returned {type(value).__name__}", "it returns a number")
    term: float = value
    return term


def checked_losses(loss: Part, values: Any, rows: int) -> Array:
    """Return the losses of the rows. Raises PluginError unless their shape is (rows,)."""
    if getattr(values, "shape", None) != (rows,):
        raise contract_error(
            loss, "value", f"gave shape {np.shape(values)} for {rows} rows", "it returns one number a row"
        )
    losses: Array = values
    return losses


def checked_rate(schedule: Schedule, rate: Any) -> float:
    """Return a schedule's learning rate. Raises PluginError unless it is a finite number of 0 or more."""
    if type(rate) is float and 0 <= rate < math.inf:
        return rate  # what nearly every step meets
    if not _is_number(rate) or not 0 <= rate < math.inf:
        raise contract_error(schedule, "rate", f"returned {rate!r}", "a learning rate is a finite number, 0 or more")
    return float(rate)


def checked_reason(callback: Callback, answer: Any) -> str:
    """Return why a callback wants to stop, or ''; True is an answer without a reason. Raises PluginError for others."""
    if answer is None or answer is False:
        return ""
    if answer is True:
        return f"callback {callback.name!r} asked to stop"
    if not isinstance(answer, str):
        raise contract_error(
            callback, "on_epoch_end", f"returned {type(answer).__name__}", "it returns a text, to stop, or None"
        )
    return answer


def checked_figures(metric: Metric) -> dict[str, float]:
    """Return a metric's figures by name. Raises PluginError unless each is a number."""
    figures = metric.figures()
    for name, value in figures.items() if isinstance(figures, Mapping) else [("", figures)]:
        if not _is_number(value):
            raise contract_error(metric, "result", f"gave {value!r} for {name!r}", "it returns a number")
    return {name: float(value) for name, value in figures.items()}


def checked_data(source: Dataset, data: Any) -> Data:
    """Return what a data set loaded, with values as columns. Raises PluginError where it is not what Data says."""
    if not isinstance(data, Data):
        raise contract_error(source, "load", f"returned {type(data).__name__}", "it returns a zoo_core.parts.Data")
    train = _checked_table(source, data, data.train)
    return replace(data, train=train, test=data.test and _checked_table(source, data, data.test))


def _checked_table(source: Dataset, data: Data, table: Table) -> Table:
    x = table.x if hasattr(table.x, "shape") and hasattr(table.x, "take") else np.asarray(table.x)
    y = np.asarray(table.y)
    y = y.astype(np.uint8) if y.dtype.kind == "b" else y  # yes and no are classes 1 and 0
    if len(x.shape) != 2:
        raise contract_error(source, "load", f"gave x of shape {x.shape}", "x has shape (rows, features)")
    if y.shape[:1] != x.shape[:1]:
        raise contract_error(
            source, "load", f"gave {x.shape[0]} rows and y of shape {y.shape}", "each row has a target"
        )
    if data.task == "regression":
        return replace(table, x=x, y=y[:, None] if y.ndim == 1 else y)
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise contract_error(
            source, "load", f"gave labels {y.dtype} of shape {y.shape}", "labels are integers (rows,) from 0"
        )
    y = y.astype(np.int64) if y.dtype == np.uint64 else y  # which NumPy takes for no index
    classes = len(data.class_names) or math.inf
    if y.size and not 0 <= y.min() <= y.max() < classes:
        raise contract_error(source, "load", f"gave labels {y.min()} to {y.max()}", "labels count the classes, from 0")
    return replace(table, x=x, y=y)


def _is_number(value: Any) -> bool:
    return np.ndim(value) == 0 and np.asarray(value).dtype.kind in "biuf"


def part_that_raised(error: BaseException) -> tuple[Part, str] | None:
    """Return the innermost named part on an exception's way, and the line of it, or None where it was in no part."""
    found = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        owner = frame.f_locals.get("self")
        if isinstance(owner, Part) and owner.name:
            found = owner, f"{_module(frame)}.{frame.f_code.co_qualname}, line {line}"
    return found


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
