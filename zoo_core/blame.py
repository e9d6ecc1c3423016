"""Finds the part that an exception came out of."""

from __future__ import annotations

import traceback
from types import FrameType

from zoo_core.parts import Part


def culprit(error: BaseException) -> tuple[Part, str] | None:
    """Return the innermost named part on an exception's way, and the line of it, or None where it was in no part."""
    found = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        owner = frame.f_locals.get("self")
        if isinstance(owner, Part) and owner.name:
            found = owner, f"{_module(frame)}.{frame.f_code.co_qualname}, line {line}"
    return found


def was_asked(error: BaseException) -> bool:
    """Tell whether a SystemExit is the zoo's own, as a signal asks for it, and not a part's call of sys.exit."""
    frames = list(traceback.walk_tb(error.__traceback__))
    return isinstance(error, SystemExit) and bool(frames) and _module(frames[-1][0]).partition(".")[0] == "zoo_core"


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
