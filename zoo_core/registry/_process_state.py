"""Keeps the state of the process while the code of a plugin is loaded: what others rely on stays what it is."""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any

from zoo_core.errors import PluginError

# Modules whose functions every command needs. One that is not imported yet is not watched.
WATCHED = "builtins", "json", "math", "hashlib", "struct", "zlib", "numpy", "numpy.linalg", "numpy.random"
SIGNALS = signal.SIGINT, signal.SIGTERM


class EndedProcessError(SystemExit):
    """A plugin called os._exit while it was loaded."""


@contextmanager
def kept_state() -> Iterator[list[int]]:
    """Put back what the code inside changes: handlers of signals, warnings, errors of NumPy, functions of WATCHED.

    Yields the signals that have come. In this thread os._exit raises EndedProcessError meanwhile. Raises PluginError at
    the end if functions were replaced.
    """
    with ExitStack() as stack:
        seen = stack.enter_context(_signals_seen())
        stack.enter_context(warnings.catch_warnings())
        if (numpy := sys.modules.get("numpy")) is not None:
            stack.enter_context(numpy.errstate())
        before = {name: dict(vars(sys.modules[name])) for name in WATCHED if name in sys.modules}
        stack.callback(_put_back, before)
        stack.enter_context(_exit_refused())
        yield seen
        if replaced := _put_back(before):
            raise PluginError(
                f"it replaced {', '.join(replaced)} while it was loaded, which every plugin uses; it may not do that"
            )


@contextmanager
def _signals_seen() -> Iterator[list[int]]:
    """Yield the signals that come; each goes to its handler, too. In other threads none comes."""
    seen: list[int] = []
    before = {number: signal.getsignal(number) for number in SIGNALS}
    is_main = threading.current_thread() is threading.main_thread()
    handlers = {number: handler for number, handler in before.items() if callable(handler) and is_main}

    def hand_on(number: int, frame: FrameType | None) -> None:
        seen.append(number)
        handlers[signal.Signals(number)](number, frame)

    for number in handlers:
        signal.signal(number, hand_on)
    try:
        yield seen
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


@contextmanager
def _exit_refused() -> Iterator[None]:
    """Let os._exit raise an exception in this thread of this process; a process that the plugin forks may end."""
    real, owner = os._exit, (os.getpid(), threading.get_ident())

    def leave(status: int) -> Any:
        if (os.getpid(), threading.get_ident()) == owner and os._exit is not real:
            raise EndedProcessError(status)
        real(status)

    os._exit = leave
    try:
        yield
    finally:
        os._exit = real


def _put_back(before: dict[str, dict[str, Any]]) -> list[str]:
    """Put back the functions that were replaced in modules; return their names."""
    replaced = []
    for module, names in before.items():
        found = vars(sys.modules[module])
        for name, value in names.items():
            if found.get(name) is not value and name not in ("_", "__import__"):
                found[name] = value
                replaced.append(f"{module}.{name}")
    return replaced
