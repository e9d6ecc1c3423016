"""Saves a model of 400 kB over another on a disk of 1 MB, with room for less and less of it; prints what broke."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

from zoo_core import storage
from zoo_core.errors import ResourceError

BLOCK = 4096


def main(folder: Path) -> None:
    """Print how many sizes were tried, then a line for each that went wrong."""
    path, filler = folder / "m.npz", folder / "filler"
    tried, failures, saved = 0, [], 0
    while True:
        old = storage.write_model_file(path, {}, {"w": np.zeros(50_000)})
        free = os.statvfs(folder).f_bavail - 8 * (tried + 1)
        if free < 0:
            break
        filler.write_bytes(bytes((os.statvfs(folder).f_bavail - free) * BLOCK))
        tried += 1
        try:
            new, error = storage.write_model_file(path, {}, {"w": np.arange(50_000.0)}), ""
            saved += 1
        except ResourceError as refused:
            new, error = old, str(refused)
        if storage.read_model_file(path).sha256 != new or (error and "No space left on device" not in error):
            failures.append(f"with {free * BLOCK} bytes free: the file is not whole, or {error!r}")
        if sorted(folder.iterdir()) != sorted((filler, path)):
            failures.append(f"with {free * BLOCK} bytes free: there is more than before")
        filler.unlink()
    if not 0 < saved < tried:
        failures.append(f"{saved} of {tried} saves had room: the disk was never full, or always")
    print(tried, *failures, sep="\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
