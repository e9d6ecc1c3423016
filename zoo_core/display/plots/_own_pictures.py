"""Pictures that the zoo made, and that the same request may therefore replace.

Each carries a digest of its own bytes and of the request for it. A picture that was edited, that another program made
or that shows something else does not have the digest that this request would give it.
"""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"  # the last chunk of every PNG file
LIMIT = 64 * 2**20  # bytes of a file that is looked at


def with_mark(content: bytes, ending: str, request: str) -> bytes:
    """Return the bytes of a .png, .svg or .pdf file with a mark that says which request it answers."""
    mark = _mark(content, ending, request)
    if ending == ".png":
        return content.removesuffix(PNG_END) + mark + PNG_END
    return content + mark


def is_own_picture(path: Path, request: str) -> bool:
    """Return whether a file is a picture as the zoo wrote it for the same request."""
    ending = path.suffix.lower()
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LIMIT:
            return False
        content = path.read_bytes()
    except OSError:
        return False
    size, tail = len(_mark(b"", ending, request)), PNG_END if ending == ".png" else b""
    end = len(content) - len(tail)
    return with_mark(content[: end - size] + content[end:], ending, request) == content


def _mark(content: bytes, ending: str, request: str) -> bytes:
    """Return a text chunk for PNG, and a comment for SVG and PDF, of the same size for every content."""
    digest = hashlib.sha256(f"{len(request)} {request}".encode("utf-8", "surrogateescape") + content).hexdigest()
    text = f"picture of zoo {digest}".encode()
    if ending == ".png":
        chunk = b"tEXtSource\x00" + text
        return (len(chunk) - 4).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    return b"<!-- %s -->\n" % text if ending == ".svg" else b"%%%s\n" % text
