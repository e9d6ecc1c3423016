"""Runs the code of plugins so that whatever goes wrong in it stays with the plugin."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from types import FrameType
from typing import Any

from zoo_core.errors import PluginError
from zoo_core.registry._discovery import Plugin

LOAD_LOCK = threading.RLock()  # standard output is redirected for the whole process


@contextmanager
def isolated(plugin: Plugin, module: str = "") -> Iterator[None]:
    """Let a plugin's code run; whatever goes wrong becomes the plugin's problem, and goes no further.

    `module` is where, if it is but one of the plugin's.
    """
    with LOAD_LOCK:
        try:
            # Standard output belongs to results: what a plugin prints must not get into somebody's JSON.
            with _signals_told_apart() as signalled, redirect_stdout(sys.stderr):
                yield
        except BaseException as error:  # extension modules raise such, and sys.exit does
            if signalled() and not isinstance(error, Exception):
                raise
            problem = f"{module}: {_reason(error)}" if module else _reason(error)
            plugin.problem = f"{plugin.problem}; {problem}" if plugin.problem else problem


def _reason(error: BaseException) -> str:
    """Return what `zoo plugins` says of a plugin that could not be loaded."""
    text = " ".join(str(error).split())
    if isinstance(error, PluginError):
        return text
    if isinstance(error, SystemExit):
        return f"it called sys.exit({text}) while it was loaded"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@contextmanager
def _signals_told_apart() -> Iterator[Callable[[], bool]]:
    """Tell a real Ctrl-C or termination from a plugin that raises KeyboardInterrupt or SystemExit itself."""
    seen: list[int] = []
    before: dict[int, Callable[[int, FrameType | None], Any]] = {}
    if threading.current_thread() is threading.main_thread():
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        before = {number: h for number, h in handlers.items() if callable(h)}  # the others raise nothing

    def note(number: int, frame: FrameType | None) -> None:
        seen.append(number)
        before[number](number, frame)

    for number in before:
        signal.signal(number, note)
    try:
        yield lambda: bool(seen)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
