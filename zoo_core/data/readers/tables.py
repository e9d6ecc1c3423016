"""Which reader reads a table is said by the ending of its file, here and nowhere else."""

from __future__ import annotations

from pathlib import Path

from zoo_core.data.readers._text import read_bytes

TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".tab", ".dat", ".data")  # usual ones; a table of text may have any other


def read_text_table(path: Path) -> tuple[str, bytes | str]:
    """Return the name and the bytes of a text table."""
    return read_bytes(path)
