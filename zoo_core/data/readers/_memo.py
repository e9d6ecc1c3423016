"""What a function gives for the cells of a column, found once for equal cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
Cells = Sequence[str] | Sequence[bytes]  # bytes are UTF-8
MOST_CELLS = 2**15  # that are remembered
_UTF8 = ("utf-8", "surrogatepass")


def as_text(cell: str | bytes) -> str:
    """Return the text of a cell."""
    return cell if isinstance(cell, str) else cell.decode(*_UTF8)


def as_texts(cells: Cells) -> Sequence[str]:
    """Return the texts of cells; bytes have no end of a line."""
    if not cells or isinstance(cells[0], str):
        return cells  # type: ignore[return-value]
    return b"\n".join(cells).decode(*_UTF8).split("\n")  # type: ignore[arg-type]


class _Found(dict[str | bytes, T]):
    def __init__(self, find: Callable[[str], T]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, cell: str | bytes) -> T:
        self[cell] = value = self._find(as_text(cell))
        return value


class Memo(Generic[T]):
    """Remembers what a function gives for a text, and for the UTF-8 of it."""

    def __init__(self, find: Callable[[str], T]) -> None:
        self._of_texts, self._of_bytes = _Found(find), _Found(find)  # a text and bytes are better not compared

    def of(self, cells: Cells) -> Iterator[T]:
        """Yield what the function gives for each cell."""
        found = self._of_bytes if cells and isinstance(cells[0], bytes) else self._of_texts
        if len(found) > MOST_CELLS:
            found.clear()
        return map(found.__getitem__, cells)
