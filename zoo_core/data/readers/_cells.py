"""The cells of a CSV file: plain decimal numbers and labels."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from zoo_core.errors import DataError

_NUMBER = re.compile(r"[ \t]*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[ \t]*")
_PLAIN = re.compile(r"[0-9eE+.,\- \t]*")  # of these characters, `float` accepts only plain numbers


def is_number(cell: str) -> bool:
    """Return whether a cell is written as a plain decimal number."""
    return _NUMBER.fullmatch(cell) is not None


def parse_label(cell: str, at: str, name: str) -> str:
    """Return a label without blanks around it. Raises DataError if it is blank."""
    if not (label := cell.strip()):
        raise DataError(f"{at}: the label{f' ({name})' if name else ''} is blank")
    return label


def parse_floats(cells: list[str], at: str, names: Sequence[str], places: Sequence[int]) -> list[float]:
    """Return the numbers of a row. Raises DataError at the first cell that is not a finite number."""
    if _PLAIN.fullmatch(",".join(cells)):
        try:
            values = list(map(float, cells))
        except ValueError:
            values = [math.nan]
        if all(map(math.isfinite, values)):
            return values
    for cell, place in zip(cells, places, strict=True):
        if not is_number(cell) or not math.isfinite(float(cell)):
            column = f"column {names[place]!r}" if names[place] else f"column {place + 1}"
            if not cell.strip():
                raise DataError(f"{at}, {column} is blank; fill it in, or leave the row out")
            if any(map(str.isalpha, cell)) and not any(map(str.isdecimal, cell)) and "inf" not in cell.lower():
                way = "turn it into numbers, or name the columns to learn from in data.features"
                raise DataError(f"{at}, {column}: {cell[:40]!r} is text, not a number; {way}")
            raise DataError(f"{at}, {column}: {cell[:40]!r} is not a finite number; write 1.5, -3 or 2e-3")
    raise AssertionError("unreachable")
