"""Which part raised an error? What a part raises becomes a PluginError that names the part and the line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from types import FrameType
from typing import ParamSpec, TypeVar

from zoo_core.errors import PluginError, ZooError, message_text
from zoo_core.parts import Dataset, Part

BUILT_IN = "zoo_core.", "zoo_plugins."
P = ParamSpec("P")
R = TypeVar("R")


def part_that_raised(error: BaseException) -> tuple[type[Part], str] | None:
    """Return the class of the part whose code raised, and the place as "module.method, line 7"; None if no part did.

    It is the innermost call whose `self` is a part with a name: an inner part rather than the part around it. A method
    of another class in the module of a part, such as that of its rows, counts as the part's.
    """
    import traceback  # late: its import takes a while, and most calls raise nothing

    frames = list(traceback.walk_tb(_origin(error).__traceback__))
    found = None
    for frame, line in frames:
        owner = _receiver(frame)
        if isinstance(owner, Part) and owner.name:
            found = type(owner), _place(frame, line)
    return found or next(filter(None, (_part_of_module(*place) for place in reversed(frames))), None)


def is_built_in(part: type[Part]) -> bool:
    """Return whether a part class is one of the zoo."""
    return part.__module__.startswith(BUILT_IN)


def _origin(error: BaseException) -> BaseException:
    """Return the StopIteration that Python replaced by a RuntimeError, since a generator raised it; else the error."""
    cause = error.__cause__
    return cause if isinstance(error, RuntimeError) and isinstance(cause, StopIteration) else error


def _part_of_module(frame: FrameType, line: int) -> tuple[type[Part], str] | None:
    """Return a part class of the module whose method a frame is of, the class of a data set first."""
    name = str(frame.f_globals.get("__name__", ""))
    if name != type(_receiver(frame)).__module__ or name.startswith((*BUILT_IN, "__main__")):
        return None
    values = list(vars(sys.modules[name]).values()) if name in sys.modules else []
    own = [v for v in values if isinstance(v, type) and issubclass(v, Part) and v.__module__ == name and v.name]
    own.sort(key=lambda part: not issubclass(part, Dataset))
    return (own[0], _place(frame, line)) if own else None


def _receiver(frame: FrameType) -> object:
    """Return the first argument of a call, the object of a method under any name; None if there is none."""
    names = frame.f_code.co_varnames[: frame.f_code.co_argcount]
    return frame.f_locals.get(names[0]) if names else None


def _place(frame: FrameType, line: int) -> str:
    return f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_qualname}, line {line}"


def named_error(error: BaseException, when: str = "") -> PluginError | None:
    """Return the error that names the part of a plugin which raised another; None if no plugin's part did.

    None also for errors on purpose, and for KeyboardInterrupt, which is the user's.
    """
    if isinstance(error, (ZooError, KeyboardInterrupt)):
        return None
    found = part_that_raised(error)
    if found is None or is_built_in(found[0]):
        return None
    return PluginError(f"{raised(error, *found, when)}\nIt belongs to a plugin: tell its author, or use another part.")


def raised(error: BaseException, part: type[Part], place: str, when: str = "") -> str:
    """Return the sentence that says which part raised what, and where."""
    origin = _origin(error)
    text = message_text(origin)
    return f"{part.kind} {part.name!r} ({place}) raised {type(origin).__name__}{when}{': ' * bool(text)}{text}"


def naming_parts(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function that raises a PluginError, which names the part, where a part of a plugin raises any error."""

    @wraps(function)
    def named(*arguments: P.args, **keywords: P.kwargs) -> R:
        try:
            return function(*arguments, **keywords)
        except BaseException as error:
            raise_named(error)
            raise

    return named


def raise_named(error: BaseException) -> None:
    """Raise the PluginError that names the part which raised an error; do nothing if no part of a plugin did."""
    if named := named_error(error):
        raise named from error
