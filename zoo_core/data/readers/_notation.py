"""How a table writes numbers: its decimal mark and its thousands mark. What can be read in two ways is asked for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from zoo_core.data.readers._cells import NOTATIONS, Notation, is_number, read_number
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.errors import DataError, Hint

MOSTLY = 0.9  # of the cells of a column of numbers
THOUSANDS_POINT = Notation(",", ".")
_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}")  # may be thousands


def find_notation(
    body: Sequence[Sequence[str]], form: TableFormat, where: str, told: Mapping[str, Any]
) -> tuple[Notation, list[str]]:  # fmt: skip
    """Return the notation in which most cells of the columns of numbers are numbers, and what may surprise.

    Raises DataError where two notations read all cells, and read them differently.
    """
    known = {key: told[key] for key in ("decimal", "thousands") if key in told}
    choices = [n for n in (Notation(), *NOTATIONS) if known.items() <= n._asdict().items()]
    counts: Counter[Notation] = Counter()
    numeric: list[list[str]] = []
    for column in zip(*body, strict=True):
        cells = [cell for cell in column if cell.strip() not in form.missing]
        fitting = _count_fitting(cells, choices)
        if cells and max(fitting.values()) >= MOSTLY * len(cells):
            counts.update(fitting)
            numeric.append(cells)
    best = max(choices, key=lambda n: counts[n], default=Notation(**known))
    rivals = [n for n in choices if n != best and counts[n] == counts[best]]
    if counts[Notation()] < counts[best]:
        _refuse_two_readings(numeric, ",", [best, *rivals], where)
    if best != Notation() or THOUSANDS_POINT not in rivals:
        return best, []
    if form.delimiter == ";" or any(map(_mixes_groups, numeric)):
        _refuse_two_readings(numeric, ".", [best, THOUSANDS_POINT], where)
    return best, _point_notes(numeric)


def _refuse_two_readings(
    columns: Sequence[Sequence[str]], mark: str, notations: Sequence[Notation], where: str
) -> None:
    """Raise DataError for a cell with a mark that is another number in another of the notations."""
    for cell in (next((cell.strip() for cell in cells if mark in cell), "") for cells in columns):
        values = {found.value for n in notations if (found := read_number(cell, n)) is not None}
        if len(values) > 1:
            shown = " or ".join(f"{value:.15g}" for value in sorted(values))
            other = "decimal=," if mark == "." else "thousands=,"
            hint = Hint("table_option", option="decimal", value=mark, other=other)
            raise DataError(f"{where}: {cell!r} may be {shown}", hint)


def _mixes_groups(cells: Sequence[str]) -> bool:
    """Return whether some numbers have a point and three digits and the others no point: decimals would vary."""
    return 0 < sum("." in cell for cell in cells) < len(cells)


def _point_notes(columns: Sequence[Sequence[str]]) -> list[str]:
    """Say that points before three digits are decimal points, if there are any."""
    cell = next((cell.strip() for cells in columns for cell in cells if "." in cell), "")
    number = read_number(cell)
    if number is None:
        return []
    whole = f"{number.value * 1000:.0f}"
    return [
        f"{cell!r} is read as {number.value:.15g}; if it is {whole}, say data.decimal = ',' and data.thousands = '.'"
    ]


def _count_fitting(cells: Sequence[str], choices: Sequence[Notation]) -> dict[Notation, int]:
    """Return how many cells are numbers in each notation; a column of usual decimals is not looked at in others."""
    counts = Counter(cells)
    if not all(map(is_number, counts)):
        return {n: sum(counts[cell] for cell in counts if read_number(cell, n) is not None) for n in choices}
    pointed = [cell for cell in cells if "." in cell]
    if not all(_GROUPED.fullmatch(cell.strip()) for cell in pointed):
        return {n: len(cells) * (n.decimal == ".") for n in choices}
    return {n: len(cells) - len(pointed) * ("." not in n) for n in choices}


@lru_cache(4096)  # codes and categories repeat
def readings(cell: str) -> tuple[Notation, ...]:
    """Return each notation in which a cell is a number."""
    return tuple(notation for notation in (Notation(), *NOTATIONS) if read_number(cell, notation) is not None)
