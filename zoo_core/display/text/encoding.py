"""What becomes of characters that a terminal does not have: the nearest that it has, never an error."""

from __future__ import annotations

import codecs
from typing import TextIO

NEAREST = {"─": "-", "∂": "d", "δ": "delta", "ᵀ": "^T", "·": "*", "…": "...", "→": "->", "\u2800": " "}
BRAILLE = range(0x2800, 0x2900)


def replace_unencodable(stream: TextIO) -> None:
    """Have a text stream whose encoding is not Unicode write near characters in the place of those it lacks."""
    encoding = (stream.encoding or "utf-8").lower()
    if not encoding.startswith("utf") and hasattr(stream, "reconfigure"):
        codecs.register_error("zoo.nearest", _nearest)
        stream.reconfigure(errors="zoo.nearest")


def _nearest(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(NEAREST.get(c, "." if ord(c) in BRAILLE else "?") for c in missing), error.end
