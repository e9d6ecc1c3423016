"""Where the cells of a text are, and their bytes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from zoo_core.parts import Array

PAD = b"\n" * 8  # before the text, so that eight bytes end at each position
MOST_BYTES = 32  # of cells that are taken from the text all at once
END = b"\n" * MOST_BYTES  # behind it, so that as many begin at each position
_FIRST = np.array([*(2 ** (8 * n) - 1 for n in range(9)), *[0] * MOST_BYTES], np.uint64)  # and for less than none


class Cells(NamedTuple):
    """A text with the positions of its cells, which count the bytes of its UTF-8. All arrays have shape (cells,).

    Args:
        raw: `PAD`, the text, `END`.
        starts: where cells begin.
        ends: where they end.
        points: where their last decimal marks are, or else their ends.
        crowded: whether a cell has two decimal marks.
    """

    raw: bytes
    starts: Array
    ends: Array
    points: Array
    crowded: Array | bool

    @property
    def data(self) -> Array:
        """The bytes of the text."""
        return np.frombuffer(self.raw, np.uint8)[len(PAD) : -len(END)]

    def texts(self, which: slice, rows: Array | None = None) -> list[bytes]:
        """Return the UTF-8 of some cells; `rows` chooses among them."""
        starts, ends = self.starts[which], self.ends[which]
        if rows is not None:
            if not len(rows):
                return []
            starts, ends = starts[rows], ends[rows]
        size = ends - starts
        words = -(-int(size.max(initial=0)) // 8)
        if not words or words * 8 > MOST_BYTES or b"\0" in self.raw:
            return [self.raw[a:b] for a, b in zip((starts + 8).tolist(), (ends + 8).tolist(), strict=True)]
        windows = np.ndarray(len(self.raw) - 7, "<u8", self.raw, strides=(1,))
        found = np.empty((len(starts), words), "<u8")
        for word in range(words):
            found[:, word] = windows[starts + (len(PAD) + 8 * word)]
            found[:, word] &= _FIRST[np.minimum(size - 8 * word, 8)]
        cells: list[bytes] = found.view(f"S{8 * words}").ravel().tolist()
        return cells
