"""Long proofs of what the model file and a run promise: python -m tests.robustness [NAME [COUNT]].

Each module has PROMISE, COUNT (of the full proof) and main(count). `main` returns the number of cases that it tried,
and a line for each case that broke the promise. The tests of the project run a sample of each.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
MODELS = sorted((GOLDEN / "models").glob("*.npz"))
Result = tuple[int, list[str]]


class Unavailable(Exception):  # noqa: N818 - not an error: the proof cannot be made here
    """Why a proof cannot be made on this machine."""


def environment(**more: str) -> dict[str, str]:
    """Return the environment of a child process that imports this checkout and keeps to one thread."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1", **more}


def python(*arguments: str | Path) -> list[str]:
    """Return the command that runs this Python."""
    return [sys.executable, *map(str, arguments)]
