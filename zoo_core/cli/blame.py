"""Finds the plugin's part that an exception came out of."""

from __future__ import annotations

import traceback

OWN = ("zoo_core.", "zoo_plugins.")


def culprit(error: BaseException) -> str:
    """Return kind, name and place of the last part in an exception's way that is not the zoo's own, or ''."""
    from zoo_core.parts import Part

    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        part = frame.f_locals.get("self")
        if isinstance(part, Part) and not type(part).__module__.startswith(OWN):
            place = f"{type(part).__module__}.{frame.f_code.co_qualname}, line {line}"
            found = f"{part.kind} {part.name!r} ({place})"
    return found
