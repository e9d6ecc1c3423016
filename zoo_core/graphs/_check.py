"""Compares what was exported with the model, on rows that the model may meet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from zoo_core.contract import is_built_in, named_error, naming_parts
from zoo_core.errors import DataError, PluginError
from zoo_core.graphs._node import Graph
from zoo_core.graphs._rows import typical_rows
from zoo_core.model import Model
from zoo_core.model.answers import named_answers
from zoo_core.parts import Array

ROWS = 257
FLOORS = {"float32": 2e-6, "float64": 1e-13}  # of a value, or of 1 if it is smaller
JITTER = 16  # roundings: by so much each stage may differ, in the model as in an export
DRAWS = 3


@naming_parts
def check_export(model: Model, graph: Graph, run: Callable[[Array], Mapping[str, Array]], what: str) -> None:
    """Raise PluginError unless an export gives what the model gives, for 257 rows.

    Values may differ by rounding: by 2e-6 in float32 and 1e-13 in float64, of the value or of 1. Where the model's own
    values change more if each stage rounds 16 times as much, so may those of the export. Labels are equal where those
    of the model do not change then.

    Args:
        model: the model.
        graph: its graph.
        run: gives the outputs of the export for rows, by the names in the graph; "label" are labels, (rows,).
        what: how messages call the export.
    """
    causes = _causes(model)
    with model.lock:
        x = _accepted(model, typical_rows(model, ROWS).astype(graph.input.dtype))
        expected = _answers(model, x, 0)
        _check_constancy(expected, _answers(model, x, 0), "a second time", what, causes)
        alone = {name: values[:1] for name, values in expected.items()}
        close = FLOORS[model.network.dtype.name]
        _check_constancy(alone, _answers_alone(model, x[:1]), "for a row alone", what, causes, close)
        drawn = [_answers(model, x, seed) for seed in range(1, DRAWS + 1)]
    kept = np.all([np.isfinite(a).reshape(len(x), -1).all(axis=1) for a in _numbers(expected)], axis=0)
    if not kept.any():
        raise PluginError(f"{what}: the model gives no finite values for {ROWS} rows, so nothing can be compared")
    found = run(x)
    for name, values in expected.items():
        limits = _limits(values, [draw[name] for draw in drawn], model.network.dtype.name)
        _compare(what, name, _shaped(found, name, values, what)[kept], values[kept], limits[kept], causes)


def _check_constancy(
    expected: Mapping[str, Array], other: Mapping[str, Array], when: str, what: str, causes: str, close: float = 0.0
) -> None:
    """Raise PluginError if a model gives other values for the same rows: no export can give both."""
    for name, values in expected.items():
        same = values == other[name]
        if values.dtype.kind == "f":
            same = np.isclose(values, other[name], rtol=50 * close, atol=50 * close, equal_nan=True)
        if not np.all(same) and (values.dtype.kind == "f" or not close):
            raise PluginError(
                f"{what} is not written: the model gives other {name} {when}; a part of it draws random numbers, "
                f"changes what it keeps, or looks at other rows{causes}"
            )


def _causes(model: Model) -> str:
    """Return an end of a message that names the parts of plugins, which may be the cause; "" without such."""
    transforms = [stage.transform for stage in model.network.stages if not stage.training_only]
    parts = [*transforms, *(part for _, part in model.preprocessors.parts)]
    own = [part for part in parts if not is_built_in(type(part))]
    names = dict.fromkeys(f"{p.kind} {p.name!r} ({type(p).__module__}.{type(p).__qualname__})" for p in own)
    return f"; look at {', '.join(names)}" if names else ""


def _accepted(model: Model, x: Array) -> Array:
    """Return the rows that the preprocessor does not refuse."""
    out = np.empty((1, model.network.inputs), model.network.dtype)

    def is_accepted(row: Array) -> bool:
        try:
            model.preprocessor.prepare(row[None], out)
        except DataError:
            return False
        return True

    return x[[is_accepted(row) for row in x]]


@np.errstate(all="ignore")
def _answers(model: Model, x: Array, seed: int) -> dict[str, Array]:
    """Return what the model gives, by the names in a graph; with a seed, each stage is changed by rounding."""
    rng, epsilon = np.random.default_rng(seed), JITTER * np.finfo(model.network.dtype).eps if seed else 0.0
    y = model.preprocessor.prepare(x, np.empty((len(x), model.network.inputs), model.network.dtype))
    for stage in (s for s in model.network.stages if not s.training_only):
        given = (y * (1 + epsilon * rng.uniform(-1, 1, y.shape))).astype(y.dtype)
        y = np.empty((len(x), stage.width), model.network.dtype)
        stage.transform.infer(given, y)
    return named_answers(model, model.units.own(y))


def _answers_alone(model: Model, x: Array) -> dict[str, Array]:
    try:
        return _answers(model, x, 0)
    except Exception as error:
        if named := named_error(error, " for a row alone"):
            raise named from error
        raise


def _numbers(answers: Mapping[str, Array]) -> list[Array]:
    return [values for values in answers.values() if values.dtype.kind == "f"]


@np.errstate(all="ignore")
def _limits(values: Array, drawn: list[Array], dtype: str) -> Array:
    """Return how far each value may be off; infinite for labels of which the model is not sure."""
    if values.dtype.kind != "f":
        return np.where(np.all([values == other for other in drawn], axis=0), 0.0, np.inf)
    moved = np.max([np.abs(other - values) for other in drawn], axis=0)
    found: Array = FLOORS[dtype] * np.maximum(1, np.abs(values)) + np.nan_to_num(moved)
    return found


def _shaped(found: Mapping[str, Any], name: str, like: Array, what: str) -> Array:
    values = np.asarray(found.get(name))
    if values.shape != like.shape:
        raise PluginError(f"{what}: {name!r} has shape {values.shape}, and the model gives {like.shape}")
    return values


@np.errstate(all="ignore")
def _compare(what: str, name: str, found: Array, expected: Array, limits: Array, causes: str) -> None:
    if expected.dtype.kind == "f":
        apart = np.abs(found.astype(np.float64) - expected)
        wrong = ~(apart <= limits)
    else:
        wrong = (found.astype(expected.dtype) != expected) & (limits == 0)
    if not wrong.any():
        return
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    size = f"by up to {np.nanmax(np.where(wrong, apart, 0)):.2g}, " if expected.dtype.kind == "f" else ""
    raise PluginError(
        f"{what} differs from the model, so it is not written: {name} are wrong {size}in {int(wrong.sum())} of "
        f"{wrong.size} places; the first is row {at[0]} (from 0), with {found[at].item()!r} for "
        f"{expected[at].item()!r}{causes}"
    )
