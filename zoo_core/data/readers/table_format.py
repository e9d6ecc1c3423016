"""How a text table is written: delimiter, decimal mark, header and the like. `find_format` finds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from zoo_core.data.readers._cells import MISSING, Notation, gaps_of_numbers

DELIMITERS = (",", ";", "\t", "|")
BLANKS = " "  # as a delimiter: one or more blanks or tabs
THOUSANDS = ("", ",", ".", " ", "'")


@dataclass(frozen=True)
class TableFormat:
    """How a text table is written. The defaults are those of the data set `csv`.

    Args:
        delimiter: one character; " " stands for one or more blanks or tabs.
        header: whether the first line names the columns; None is True, unless that line is a row of numbers.
        decimal: the decimal mark of numbers, "." or ",".
        thousands: what divides groups of three digits: "", ",", ".", " " or "'".
        encoding: of the file; a byte-order mark goes before it.
        skip_lines: how many lines above the table do not belong to it.
        comment: how a line begins that is left out; "" if there is no such line.
        missing: the texts that stand for a missing value.
    """

    delimiter: str = ","
    header: bool | None = None
    decimal: str = "."
    thousands: str = ""
    encoding: str = "utf-8"
    skip_lines: int = 0
    comment: str = ""
    missing: tuple[str, ...] = MISSING

    def __post_init__(self) -> None:
        """Check the values. Raises ValueError or TypeError."""
        if not isinstance(self.delimiter, str) or len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            raise ValueError("delimiter must be one character, and not a quote or the end of a line")
        if self.decimal not in (".", ",") or self.thousands not in THOUSANDS or self.decimal == self.thousands:
            raise ValueError("decimal must be '.' or ',', and thousands another mark: '', ',', '.', ' ' or \"'\"")
        if self.header not in (True, False, None) or not isinstance(self.skip_lines, int) or self.skip_lines < 0:
            raise ValueError("header must be true or false, and skip_lines 0 or more")
        if not isinstance(self.missing, tuple):
            raise TypeError("missing must be a list of texts")
        texts = (self.encoding, self.comment, *self.missing)
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("encoding, comment and missing must be texts")

    @property
    def notation(self) -> Notation:
        """How numbers are written."""
        return Notation(self.decimal, self.thousands)

    @property
    def no_numbers(self) -> tuple[str, ...]:
        """The texts that stand for a missing value in a column of numbers."""
        return gaps_of_numbers(self.missing)

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> TableFormat:
        """Return the format that the options of a data set say; other keys are left alone."""
        names = [f.name for f in fields(cls)]
        own = {key: options[key] for key in names if key in options and (key == "header" or options[key] is not None)}
        if isinstance(own.get("missing"), list):
            own["missing"] = tuple(own["missing"])
        return cls(**own)

    def changed(self, options: Mapping[str, Any]) -> TableFormat:
        """Return a copy with some options replaced."""
        return replace(self, **options)

    def options(self) -> dict[str, Any]:
        """Return what differs from the defaults, as options of the data set `csv`."""
        found = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in found.items()}
