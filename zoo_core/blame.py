"""Finds the part that an exception came out of."""

from __future__ import annotations

import traceback

from zoo_core.parts import Part


def culprit(error: BaseException) -> tuple[Part, str] | None:
    """Return the innermost named part on an exception's way, and the line of it, or None where it was in no part."""
    found = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        owner = frame.f_locals.get("self")
        if isinstance(owner, Part) and owner.name:
            found = owner, f"{type(owner).__module__}.{frame.f_code.co_qualname}, line {line}"
    return found
