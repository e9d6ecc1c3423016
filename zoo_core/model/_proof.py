"""Proves that a model file gives back its model: the same spec, and the same outputs on a few rows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from zoo_core.basics import ONE_BLAS_THREAD
from zoo_core.contract import raise_named
from zoo_core.errors import ModelFileError, PluginError, SpecError
from zoo_core.model._header import read_model_header
from zoo_core.model._loading import build_model
from zoo_core.model._model import Model
from zoo_core.parts import Array, Part
from zoo_core.registry import Registry
from zoo_core.spec import Spec, find_class, validate
from zoo_core.storage import ModelFile, contents_from_bytes, to_bytes

ROWS = 4


def prove(model: Model, contents: ModelFile | None = None) -> None:
    """Raise PluginError unless its file gives back a model: `contents`, or what would be written now.

    Parts are taken from the model itself, so the proof needs no registry.
    """
    name = f"model {model.name!r}"
    try:
        _compare(model, _contents(model, name) if contents is None else contents, name)
    except (ModelFileError, SpecError) as error:
        raise_named(error.__cause__ or error)  # the arrays are those of the model: a part is at fault, not a file
        reason = str(error).removesuffix("; get another file").removeprefix(f"{name}: ")
        raise PluginError(f"{name} cannot be saved and loaded: {reason}") from error


def _contents(model: Model, name: str) -> ModelFile:
    data = to_bytes(*model.contents(), name)
    return contents_from_bytes(data, name, limit=len(data))


def _compare(model: Model, contents: ModelFile, name: str) -> None:
    """Raise PluginError where the model in a file has another spec or other outputs."""
    registry = Registry(discover=False)
    header, find = read_model_header(contents, name), find_class(model.spec, registry)
    read_spec = partial(validate, Spec, header.spec, registry, "spec", {}, find=find)
    spec = read_spec()
    if place := _difference(model.spec.to_dict(), spec.to_dict()):
        raise PluginError(f"{name} cannot be saved: it would load with another value of {place}")
    if (part := _first_that_differs(model, build_model(contents, name, header, read_spec, spec))) is not None:
        raise PluginError(
            f"{name} cannot be saved: it would give other outputs after loading. {part.kind} {part.name!r} is the "
            "first part that differs; it depends on something that is neither an option nor named in its `state`"
        )


def _difference(given: Any, stored: Any, place: str = "") -> str:
    """Return the key of the first difference between two plain values, or ''."""
    if isinstance(given, dict) and isinstance(stored, dict) and given.keys() == stored.keys():
        pairs = [(key, given[key], stored[key]) for key in given]
    elif isinstance(given, list) and isinstance(stored, list) and len(given) == len(stored):
        pairs = [(i, *pair) for i, pair in enumerate(zip(given, stored, strict=True))]
    else:
        return "" if given == stored else f"{place or 'spec'}: {stored!r} for {given!r}"
    found = (_difference(a, b, f"{place}.{key}" if place else str(key)) for key, a, b in pairs)
    return next(filter(None, found), "")


def _first_that_differs(model: Model, other: Model) -> Part | None:
    """Return the first part whose output differs between two models; None if there is none.

    A part that draws random numbers outside training differs from itself, and nothing is compared after it.
    """
    with model.lock, ONE_BLAS_THREAD, np.errstate(all="ignore"):
        if not np.array_equal(_in_own_units(model), _in_own_units(other), equal_nan=True):
            return model.target_preprocessor
        rows = next(filter(None, map(partial(_prepared, model), _sample_rows(model))), None)
        if rows is None:
            return None  # no row that is made up is one of its data
        x, prepared = rows
        if not np.array_equal(prepared, _prepare(other, x), equal_nan=True):
            return model.preprocessor
        pairs = zip(_stage_outputs(model, prepared), _stage_outputs(other, prepared), strict=True)
        for (part, a), (_, b) in pairs:
            if not np.array_equal(a, b, equal_nan=True):
                again = next(y for p, y in _stage_outputs(model, prepared) if p is part)
                return part if part.name and np.array_equal(a, again, equal_nan=True) else None
    return None


def _sample_rows(model: Model) -> Iterator[Array]:
    """Yield rows to compare outputs on: of several sizes, else zeros, which nearly every preprocessor takes."""
    rng, inputs = np.random.default_rng(0), model.about.inputs
    rows = rng.normal(size=(ROWS, inputs))
    rows[0], rows[-1] = 0, 100 * np.abs(rows[-1])
    for at, column in enumerate(model.about.described_columns):
        if column.kind != "number":
            most = {"boolean": 2, "date": 2**31}.get(column.kind, max(1, len(column.categories)))
            rows[:, at] = rng.integers(0, most, ROWS)
    if model.preprocessor.wants_columns:
        yield np.vstack([rows, np.full((1, inputs), np.nan)])
    yield rows
    yield np.zeros((ROWS, inputs))


def _prepared(model: Model, x: Array) -> tuple[Array, Array] | None:
    """Return rows and the prepared rows; None where the preprocessor refuses such values."""
    try:
        return x, _prepare(model, x)
    except MemoryError:  # nothing would be compared
        raise
    except Exception:  # a plugin's code may raise anything
        return None


def _prepare(model: Model, x: Array) -> Array:
    return model.preprocessor.prepare(x.copy(), np.empty((len(x), model.network.inputs), model.network.dtype)).copy()


def _in_own_units(model: Model) -> Array:
    """Return some outputs in the units of the targets, and scaled again."""
    own = model.units.own(np.linspace(-2, 2, ROWS)[:, None] * np.ones(model.network.outputs))
    return np.stack([own, model.units.learnt(own, own.dtype)])


def _stage_outputs(model: Model, x: Array) -> Iterator[tuple[Part, Array]]:
    for part, y in model.network.stage_outputs(x):
        yield part, y.copy()
