"""The constant arrays of a written file: their names, and their numbers as text that gives the same bits."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from zoo_core.parts import Array

WIDTH = 100  # of a line


class Constants:
    """Constant arrays by their names in the file."""

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}

    def kept(self, value: Array, name: str) -> str:
        """Keep an array under a name like the given one, once for each content, and return its name."""
        plain = identifier(name)
        plain = plain if "_" in plain else f"array_{plain}"
        own, count = plain, 1
        while own in self.arrays and not _is_same(self.arrays[own], value):
            count += 1
            own = f"{plain}_{count}"
        self.arrays[own] = value
        return own


def _is_same(a: Array, b: Array) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


def identifier(text: str) -> str:
    """Return a text as a name that C and JavaScript take; characters beyond letters, digits and _ become _."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_")
    return plain if plain and not plain[0].isdigit() else f"model_{plain}".rstrip("_")


def filled(value: Array, number: Callable[[str], str]) -> str:
    """Return the numbers of an array, with commas, in lines.

    Args:
        value: the array.
        number: writes a number, given its shortest text that Python reads as the same value in the dtype.
    """
    entries = value.ravel().astype(np.int64) if value.dtype.kind == "b" else value.ravel()
    texts = [number(str(entry)) for entry in entries]
    each = max(1, (WIDTH - 4) // (max(map(len, texts)) + 2))
    lines = (", ".join(texts[at : at + each]) for at in range(0, len(texts), each))
    return ",\n".join(f"    {line}" for line in lines)
