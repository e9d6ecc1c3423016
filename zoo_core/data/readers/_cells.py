"""The cells of a text table: which texts are numbers, what stands for a missing value, what is wrong with a cell."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple

MISSING = ("", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NULL", "null", "?")
NO_NUMBER = ("-", "--", ".", "None", "none")  # these, too, stand for a missing value where all others are numbers
MAX_EXACT = 2**53  # up to this size every whole number is a float64
CODE = re.compile(r"0[0-9]+")  # it would lose its zeros as a number
_TRUTH = {"true": 1.0, "false": 0.0}
_GAPS = {" ": "[ \u00a0\u2009\u202f]", "'": "['\u2019]"}  # how a thousands mark is written
_NAMES = {",": "comma", ".": "point", "'": "apostrophe", " ": "blank"}
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_TIME = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:\s?[AaPp]\.?[Mm]\.?|\s?Z|\s?[+-][0-9]{2}:?[0-9]{2})?"
_DAY = r"[0-9]{4}([-/.])[0-9]{1,2}\1[0-9]{1,2}|[0-9]{1,2}([-/.])[0-9]{1,2}\2(?:[0-9]{4}|[0-9]{2})"
_DATE = re.compile(rf"(?:{_DAY})(?:[ T,]\s?{_TIME})?|{_TIME}")
_WITH_UNIT = re.compile(r"([+-]?[0-9](?:[0-9.,]*[0-9])?)\s*((?![eExX])[^\W\d_]{1,4}[²³]?)")


class Notation(NamedTuple):
    """How a table writes numbers."""

    decimal: str = "."
    thousands: str = ""


NOTATIONS = [Notation(",")] + [Notation(d, t) for d in ".," for t in ",. '" if t != d]


class Number(NamedTuple):
    """The value of a cell, and the sign that stands beside it: a currency, "%", "true or false", or none."""

    value: float
    sign: str = ""


def is_number(cell: str) -> bool:
    """Return whether a cell is written as a plain decimal number."""
    return _NUMBER.fullmatch(cell.strip(" \t")) is not None


@lru_cache  # each column of a wide table asks
def gaps_of_numbers(missing: Sequence[str]) -> tuple[str, ...]:
    """Return the texts that stand for a missing value in a column of numbers: more, unless the usual ones changed."""
    return (*missing, *NO_NUMBER) if set(MISSING) <= set(missing) else tuple(missing)


def has_number(missing: tuple[str, ...], longer: int = 0) -> bool:
    """Return whether a number, such as -999, is among the texts that stand for a missing value.

    Only texts of more than `longer` bytes are looked at.
    """
    return any(map(str.isdigit, "".join(text for text in missing if len(text.encode(errors="replace")) > longer)))


@lru_cache
def _pattern(notation: Notation) -> re.Pattern[str]:
    point, gap = re.escape(notation.decimal), _GAPS.get(notation.thousands, re.escape(notation.thousands))
    grouped = rf"[1-9][0-9]{{0,2}}(?:{gap}[0-9]{{3}})+|" if gap else ""  # 0.884 is no 884
    digits = rf"(?:(?:{grouped}[0-9]+)(?:{point}[0-9]*)?|{point}[0-9]+)(?:[eE][+-]?[0-9]+)?"
    return re.compile(rf"([+-]?)\s?([$€£¥]?)\s?([+-]?)({digits})\s?([$€£¥%]?)")


def read_number(cell: str, notation: Notation = Notation()) -> Number | None:  # noqa: B008
    """Return the finite number in a cell, or None."""
    text = cell.strip().replace("\u2212", "-")
    if (truth := _TRUTH.get(text.lower())) is not None:
        return Number(truth, "true or false")
    found = _pattern(notation).fullmatch(text)
    if found is None or (found[1] and found[3]) or (found[2] and found[5]):
        return None
    gap = _GAPS.get(notation.thousands, re.escape(notation.thousands))
    digits = re.sub(gap, "", found[4]) if gap else found[4]
    value = float(found[1] + found[3] + digits.replace(notation.decimal, "."))
    return Number(value, found[2] + found[5]) if math.isfinite(value) else None


class Fault(NamedTuple):
    """What is wrong with a cell, and what to do about it."""

    what: str
    way: str
    is_value: bool = False  # whether the cell holds a number that is only written in another way

    @property
    def text(self) -> str:
        """Both, in one sentence."""
        return f"{self.what}; {self.way}"


def find_fault(cell: str, notation: Notation, missing: Collection[str], sign: str | None = None) -> Fault:
    """Return why a cell is no number of its column; `sign` stands beside the numbers above it."""
    text, shown = cell.strip(), repr(cell.strip()[:40])
    if not text or text in missing:
        what = f"{shown} is a missing value" if text else "is blank"
        return Fault(what, "fill it in, or leave the row out")
    number = read_number(cell, notation)
    if number is not None and number.sign != (sign or ""):
        with_ = f"the sign {sign!r}" if sign else "no sign"
        return Fault(f"{shown} does not fit the numbers above, which have {with_}", "write all in one way", True)
    fault = _find_text_fault(text, notation)
    return fault._replace(what=f"{shown} {fault.what}")


def _find_text_fault(text: str, notation: Notation) -> Fault:
    for other in (Notation(), *NOTATIONS):
        if other != notation and (number := read_number(text, other)) is not None:
            mark = _used_mark(other, text)
            value = f"{number.value:.15g}".replace(".", notation.decimal)
            return Fault(f"is not a number here, because of its {mark}", f"write {value}", True)
    if unit := _WITH_UNIT.fullmatch(text):
        way = f"write {unit[1]}, and the unit into the name of the column"
        return Fault(f"is a number with the unit {unit[2]!r}", way, True)
    if _DATE.fullmatch(text):
        return Fault("is a date or a time", "write its parts as numbers, such as year, month and hour")
    if any(map(str.isalpha, text)) and "inf" not in text.lower() and not is_number(text):
        return Fault("is text, not a number", "turn it into numbers")
    example = "1.5, -3 or 2e-3".replace(".", notation.decimal)
    return Fault("is not a finite number", f"write {example}")


def _used_mark(notation: Notation, text: str) -> str:
    """Return the mark that makes a text a number in a notation."""
    thousands = notation.thousands
    if thousands and re.search(_GAPS.get(thousands, re.escape(thousands)), text):
        return f"thousands {_NAMES[thousands]}"
    return f"decimal {_NAMES[notation.decimal]}"
