"""What the columns of a frame are that a model is trained on: numbers, categories, booleans or dates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from zoo_core.data.readers.described import KINDS, LEFT_OUT
from zoo_core.data.readers.values import (
    ValueFaultError,
    described,
    gaps_of,
    may_be_category,
    sorted_categories,
    typed_array,
)
from zoo_core.errors import DataError, nearest
from zoo_core.model.frames import FrameColumns
from zoo_core.parts import Array, Column
from zoo_core.runs._frame_kinds import MISSING as MISSING, kind_of, reads_as_number


def learnt_columns(frame: FrameColumns, told: Mapping[str, str], beside: Sequence[str]) -> list[str]:
    """Return the names of the columns of a frame that are learnt from: all but those told to be left out.

    `beside` are the names of other columns that the frame had, such as targets.
    Raises DataError where there is no such column, or none is left.
    """
    unknown = [name for name in told if name not in frame and name not in beside]
    if unknown:
        raise DataError(f"data.columns: the frame has no column {unknown[0]!r}{nearest(unknown[0], frame)}")
    names = [name for name in frame if told.get(name) not in LEFT_OUT]
    if not names:
        raise DataError("data.columns leaves no column to learn from")
    return names


def describe_columns(frames: Sequence[FrameColumns], told: Mapping[str, str]) -> tuple[Column, ...]:
    """Return what the columns of the first frame are, with the categories of all frames; () if all are plain numbers.

    Args:
        frames: the columns of each split by name, without those that are left out.
        told: the kinds that the user says, by name; the others are those that the frame declares to be categories, or
            found by their values.

    Raises:
        DataError: a column has too many different texts, or values that are neither numbers, texts nor dates.
    """
    told = dict.fromkeys(frames[0].categories, "category") | dict(told)
    kinds = {name: told.get(name) or kind_of(name, values) for name, values in frames[0].items()}
    if all(kind == "number" and all(_is_plain(f.get(name)) for f in frames) for name, kind in kinds.items()):
        return ()
    return tuple(_described(name, kind, frames, name in told) for name, kind in kinds.items())


def _is_plain(values: Array | None) -> bool:
    """Return whether a column, if it is there, has numbers without gaps, and no texts that are numbers."""
    if values is None or values.dtype.kind not in "fOU" or values.ndim != 1:
        return True
    texts = values.dtype.kind != "f" and any(isinstance(value, str) for value in values.tolist())
    return not texts and not gaps_of(values).any()


def _described(name: str, kind: str, frames: Sequence[FrameColumns], is_told: bool) -> Column:
    where = "data"
    try:
        typed = [typed_array(name, frame[name], kind, MISSING) for frame in frames if name in frame]
    except ValueFaultError as fault:
        raise DataError(f"{where}: column {name!r}, row {fault.row} (from 0): {fault}") from None
    found = [described(column, kind, where) for column in typed]
    texts = sorted_categories(text for column in found for text in column.categories)
    rows = sum(map(len, typed))
    if not is_told and not may_be_category(len(texts), rows):
        likely = "number" if all(map(reads_as_number, texts)) else "ignore"
        raise DataError(
            f"{where}: column {name!r} has {len(texts):,} different texts in {rows:,} rows; leave it out, or say what "
            f"it is: data.columns = {{{name!r}: {likely!r}}} (kinds: {', '.join(KINDS)})"
        )
    return replace(found[0], categories=texts)
