"""The header of a model file: its tables, and the checks before anything is built from it."""

# ruff: noqa: RUF012 - a table copies its defaults
from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, MaxLen, MinLen

from zoo_core.errors import ModelFileError, SpecError
from zoo_core.model._description import DIGEST, KEY, MAX_WARNING, DataDescription, Stored, short_fault, size_fault
from zoo_core.parts import Record
from zoo_core.storage import MAX_HEADER, ModelFile

MAX_SPEC_VALUES = 5000  # keys and items of a stored spec; some 250 layers with all their options
MAX_RECORDS = 4000  # of a history in a file
RESERVE = MAX_HEADER // 4  # bytes of a header for what is neither history nor known before training
CONTAINER = frozenset({"format", "version", "requires", "arrays", "sha256"})  # keys that `storage` checks


def _history_fault(value: Any) -> str:
    """Return why a value is no list of records of numbers, or ''; a plain loop, because it may be long."""
    if not isinstance(value, list) or len(value) > MAX_RECORDS + 1:
        return f"is no list of at most {MAX_RECORDS} records"
    for record in value:
        if not isinstance(record, dict) or type(record.get("epoch")) is not int:
            return "holds a record without an epoch"
        if not all(type(number) in (int, float, type(None)) for number in record.values()):
            return "holds a record with something that is no number"
    return ""


History = Annotated[list[Any], _history_fault]
Warnings = Annotated[
    dict[Annotated[str, KEY], Annotated[str, MinLen(1), MaxLen(MAX_WARNING)]],
    size_fault,
]
Facts = Annotated[dict[str, str | int | None], size_fault]


class PartSource(Stored):
    """Where a part came from. The patterns make names and versions safe in a command that a user copies."""

    kind: Annotated[str, KEY]
    name: Annotated[str, re.compile(r"[a-z][a-z0-9_]{0,199}")]
    distribution: Annotated[str, re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")]
    version: Annotated[str, re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]{0,99}")]
    state_version: int


class Header(Stored):
    """The keys of a header that describe a model."""

    spec: dict[str, Any]
    about: DataDescription
    history: History
    plugins: list[PartSource]
    environment: Facts
    parameters: Annotated[int, Ge(1)]  # how many are trained
    started_from: Annotated[str, DIGEST] = ""  # sha256 of the model with the first weights
    spec_folder: Annotated[str, MaxLen(1000)] = ""  # of the first spec file, relative to that of the model
    warnings: Warnings = {}  # of the run, for the user
    run: dict[str, Any] | None = None  # in a checkpoint, or where the spec keeps the optimizer: the state of the run


def read_model_header(contents: ModelFile, name: str) -> Header:
    """Validate the header of a file, called `name` in messages. Raises ModelFileError."""
    own = {key: value for key, value in contents.header.items() if key not in CONTAINER}
    if count_values(own.get("spec")) > MAX_SPEC_VALUES:
        raise ModelFileError(f"{name} has a spec of more than {MAX_SPEC_VALUES} values; get another file")
    try:
        header = Header.read(own)
    except ValueError as error:
        raise ModelFileError(f"{name}: its header does not describe a model: {short_fault(error)}") from None
    _check_layers(header.spec, contents, name)
    return header


def _check_layers(spec: Mapping[str, Any], contents: ModelFile, name: str) -> None:
    """Refuse layers without weights before parts are made for them: a short spec can name many parts."""
    model = spec.get("model")
    layers = model.get("layers") if isinstance(model, Mapping) else None
    if not isinstance(layers, list) or not layers:
        raise ModelFileError(f"{name}: its header does not describe a model: spec.model.layers: no list of layers")
    missing = next((i for i in range(len(layers)) if f"layers.{i}.weights" not in contents.arrays), None)
    if missing is not None:
        raise ModelFileError(
            f"{name}: its spec has {len(layers)} layers, and array 'layers.{missing}.weights' is missing"
        )


def count_values(value: Any) -> int:
    """Return the number of keys and items in plain data; counting stops after MAX_SPEC_VALUES."""
    waiting, count = [value], 0
    while waiting and count <= MAX_SPEC_VALUES:
        item = waiting.pop()
        inner = list(item.values()) if isinstance(item, dict) else item if isinstance(item, list) else []
        count += len(inner)
        waiting += inner
    return count


def check_header_size(header: Mapping[str, Any], name: str) -> None:
    """Raise SpecError if a header from before training leaves too little room for the history."""
    size = len(json.dumps(header))
    if size > MAX_HEADER - 2 * RESERVE:
        raise SpecError(f"{name}: spec and names take {size} bytes of a header; at most {MAX_HEADER - 2 * RESERVE} fit")
    if count_values(header["spec"]) > MAX_SPEC_VALUES:
        raise SpecError(f"{name}: has more than {MAX_SPEC_VALUES} values, and a model file holds no more")


def fit_history(history: Sequence[Record], other: Mapping[str, Any]) -> list[Record]:
    """Return a history that fits into a header beside `other`.

    A long history keeps every n-th record. NaN becomes None.
    """
    if not history:
        return []
    records = [{key: _as_json_number(value) for key, value in record.items()} for record in history]
    longest = max((len(json.dumps(record)) + 2 for record in records), default=1)
    values = max((2 * len(record) + 2 for record in records), default=1)
    room = MAX_HEADER - RESERVE - len(json.dumps(other))
    fitting = max(1, min(MAX_RECORDS, room // longest, 60_000 // values))
    every = -(-len(records) // fitting)
    last = len(records) - 1
    return [r for i, r in enumerate(records) if i % every == 0 or i == last or r.get("kept")]


def _as_json_number(value: Any) -> Any:
    number = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(number, float) and not np.isfinite(number) else number
