"""What the search for kinds says of a column: what it holds, its kind, and what is done with it."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.data.readers.described import LEFT_OUT
from zoo_core.data.readers.values import ORDER_OF
from zoo_core.parts import Array

DONE = {
    "number": "standardized", "boolean": "1 or 0, standardized", "date": "elapsed time and its parts",
    "id": "not learnt from", "ignore": "not learnt from",
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """What a column holds, and its kind in a spec.

    Args:
        place: its index in the file.
        name: its name in a spec.
        kind: as in `data.columns`.
        text: what it holds; "" for the range of its numbers.
        gaps: how many values are missing.
        may_lack: whether values are missing in rows without a target, and so in others to predict from.
        why: why it is not learnt from, or "".
        reason: what kind of `why` many columns of a table may have: "constant", "texts", or "".
        note: what may surprise, or "".
        may_group: whether it may say whose a row is.
        categories: how many different texts a category has.
        values: the numbers that are there; for a wide table their range is found only where it is shown.
        codes: of the texts of a category or a boolean, a number for each row.
    """

    place: int
    name: str
    kind: str
    text: str
    gaps: int = 0
    why: str = ""
    reason: str = ""
    note: str = ""
    may_group: bool = False
    may_lack: bool = False
    categories: int = 0
    values: Array | None = None
    codes: Array | None = None

    @property
    def found(self) -> str:
        """What it holds."""
        if self.values is None:
            return self.text
        return f"{self.values.min():g} to {self.values.max():g}" if len(self.values) else "no value"

    @property
    def is_taken(self) -> bool:
        """Whether the column is learnt from."""
        return self.kind not in LEFT_OUT

    @property
    def is_plain(self) -> bool:
        """Whether it is learnt from, and is numbers or true and false without a gap: its kind need not be written."""
        return self.kind in ("number", "boolean") and not (self.gaps or self.may_lack) and self.codes is None

    @property
    def row(self) -> dict[str, str]:
        """The column as a row of a table: what it is, what was found, and what is done."""
        gaps = f", {self.gaps:,} missing" if self.gaps else ""
        return {"column": self.name, "kind": self.kind, "found": self.found + gaps, "done": self.done}

    @property
    def done(self) -> str:
        """What is done with it."""
        if self.kind == "category":
            width = self.categories + bool(self.gaps)
            return f"{width} column{'s' * (width > 1)} of 0 and 1"
        text = DONE["date" if self.kind in ORDER_OF else self.kind]
        return f"gaps: median; {text}" if self.gaps and self.kind in ("number", "boolean") else text
