"""What the headers of a request must say."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain

from zoo_core.errors import printable
from zoo_core.serving._refusal import RefusedError

Headers = Sequence[tuple[bytes, bytes]]  # names in lower case
MAX_HEADERS = 64 * 1024  # bytes
JSON_LENGTH = b"inference-header-content-length"  # of a request with raw bytes behind the JSON


def check_headers(headers: Headers, hosts: Collection[str]) -> None:
    """Raise RefusedError for headers that are too long, or for the name of another server."""
    if sum(map(len, chain.from_iterable(headers))) > MAX_HEADERS:
        raise RefusedError(431, f"the headers are longer than {MAX_HEADERS:,} bytes")
    if hosts:
        whole = dict(headers).get(b"host", b"").decode("latin-1")
        host = whole.rpartition(":")[0] or whole
        if host.lower() not in hosts:
            raise RefusedError(421, f"this server is not called {printable(host)[:100]!r}")


def check_content(headers: Headers, max_bytes: int) -> int | None:
    """Check what the headers say of the body of a request for predictions.

    Returns:
        The length of the JSON if raw bytes follow it, else None.
    """
    found = dict(headers)
    _check_form(found)
    length = found.get(b"content-length", b"")
    if length.isdigit() and int(length) > max_bytes:
        raise RefusedError(413, f"the request is longer than {max_bytes:,} bytes")
    own = found.get(JSON_LENGTH)
    if own is None:
        return None
    if not own.isdigit() or len(own) > 12:
        shown = printable(own.decode("latin-1"))[:50]
        raise RefusedError(400, f"Inference-Header-Content-Length: must be a whole number, not {shown!r}")
    return int(own)


def _check_form(found: Mapping[bytes, bytes]) -> None:
    """Raise RefusedError unless a body is JSON, alone or before raw bytes, and not compressed."""
    kind = found.get(b"content-type", b"").partition(b";")[0].strip().lower()
    has_raw_bytes = bool(found.get(JSON_LENGTH)) and kind == b"application/octet-stream"
    # The page of another site can send other types, or none, without being asked first; then it names its origin.
    if kind != b"application/json" and (kind or b"origin" in found) and not has_raw_bytes:
        raise RefusedError(415, "Content-Type: must be application/json")
    if found.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        raise RefusedError(415, "Content-Encoding: the request is compressed; send it as it is")
