"""Places in the source code of a part: file, line and function."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from types import FrameType

KIT, STANDARD = Path(__file__).parents[1], Path(os.__file__).parent
RECORDERS = Path(__file__).with_name("dtypes.py"), Path(__file__).with_name("randomness.py")  # they call `caller`


def caller() -> str:
    """Return file, line and function of the part's code that made the call; '' if NumPy or the kit made it."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and Path(frame.f_code.co_filename) in RECORDERS:
        frame = frame.f_back
    if frame is None or _is_foreign(Path(frame.f_code.co_filename)):
        return ""
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}, in {frame.f_code.co_name}"


def _is_foreign(path: Path) -> bool:
    return KIT in path.parents or "numpy" in path.parts


def raised_at(error: BaseException) -> str:
    """Return file, line and function of the deepest frame outside this kit, NumPy and the standard library."""
    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        if not _is_foreign(path) and not (found and _is_standard(path)):
            found = f"{path.name}:{line}, in {frame.f_code.co_name}"
    return found


def _is_standard(path: Path) -> bool:
    return STANDARD in path.parents and "site-packages" not in path.parts
