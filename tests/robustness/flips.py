"""Every bit of the stored model files flipped, every end and every beginning cut off."""

from __future__ import annotations

from collections.abc import Iterator

from tests.robustness import MODELS, Result
from zoo_core import storage
from zoo_core.errors import ModelFileError

PROMISE = "every flipped bit and every truncation of the golden files is refused"
COUNT = len(MODELS)  # files


def main(count: int) -> Result:
    """Try `count` files; the smallest come first."""
    tried, failures = 0, []
    for path in sorted(MODELS, key=lambda path: path.stat().st_size)[:count]:
        for what, data in damaged(path.read_bytes()):
            tried += 1
            try:
                storage.contents_from_bytes(data, path.name)
                failures.append(f"{path.name}: {what} loads")
            except ModelFileError:
                pass
            except Exception as error:
                failures.append(f"{path.name}: {what} raises {error!r}")
    return tried, failures


def damaged(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what was done, and the damaged file."""
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        yield f"bit {bit}", bytes(flipped)
    for length in range(len(data)):
        yield f"the first {length} bytes", data[:length]
        yield f"all but {length + 1} bytes of the beginning", data[length + 1 :]
