"""Where the real MNIST files lie, if this machine has them."""

from __future__ import annotations

import os
from pathlib import Path

from zoo_core.data import cache_folder

PARTS, KINDS = ("train", "t10k"), ("images-idx3", "labels-idx1")
FILES = [f"{part}-{kind}-ubyte.gz" for part in PARTS for kind in KINDS]


def places() -> list[Path]:
    """Return the folders that may hold mnist/, the user's own first."""
    own = os.environ.get("ZOO_DATA_DIR")
    return [*([Path(own)] if own else []), cache_folder(), Path(__file__).resolve().parents[3] / "shared" / "data"]


def folder() -> Path | None:
    """Return the first folder that holds mnist/ with its four files."""
    return next((p for p in places() if all((p / "mnist" / name).is_file() for name in FILES)), None)
