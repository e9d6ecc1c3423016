"""Characters that a terminal cannot show are replaced by similar ones, or by escapes, instead of raising an error."""

from __future__ import annotations

import codecs
from typing import TextIO

SIMILAR = {"─": "-", "∂": "d", "δ": "delta", "ᵀ": "^T", "·": "*", "…": "...", "→": "->", "\u2800": " "}
BRAILLE = range(0x2800, 0x2900)


def replace_unencodable(stream: TextIO) -> None:
    """Make a stream whose encoding is not Unicode replace unsupported characters instead of raising."""
    encoding = (stream.encoding or "utf-8").lower()
    if not encoding.startswith("utf") and hasattr(stream, "reconfigure"):
        codecs.register_error("zoo.similar", _replace_by_similar)
        stream.reconfigure(errors="zoo.similar")


def _replace_by_similar(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(SIMILAR.get(c, "." if ord(c) in BRAILLE else ascii(c)[1:-1]) for c in missing), error.end
