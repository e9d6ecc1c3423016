"""Runs the code of plugins so that a failure stays with the plugin."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, TextIO, cast

from zoo_core.basics import ThreadLock
from zoo_core.errors import PluginError, exception_text, message_text
from zoo_core.registry._process_state import EndedProcessError, kept_state
from zoo_core.registry._quick_scan import DISTRIBUTION as DISTRIBUTION

LOAD_LOCK = ThreadLock()  # one thread at a time: standard output is redirected for the whole process

FOREIGN = {"zoo_core", "numpy", "pluggy", "pydantic", *sys.stdlib_module_names}  # packages of no plugin


@contextmanager
def isolated(distribution: str, report: Callable[[str], None]) -> Iterator[None]:
    """Run the code of a distribution's plugin. `report` takes the reason of an exception.

    A KeyboardInterrupt that a signal raised is not caught. Standard output, standard error, the working folder and what
    `kept_state` names stay what they are; the built-in plugin is trusted with the latter.
    """
    signals: list[int] = []
    state = nullcontext(signals) if distribution == DISTRIBUTION else kept_state()
    with LOAD_LOCK:
        output, errors, folder = sys.stdout, sys.stderr, _working_folder()
        sys.stdout = sys.stderr = cast(Any, _Unclosed(errors))  # standard output belongs to results, such as JSON
        try:
            with state as signals:
                yield
        except BaseException as error:  # extension modules raise it, and sys.exit raises SystemExit
            if isinstance(error, KeyboardInterrupt) and (signals or distribution == DISTRIBUTION):
                error.add_note(f"plugin {distribution} was being loaded")
                raise
            report(_reason(error))
        finally:
            sys.stdout, sys.stderr = output, errors
            if folder and folder != _working_folder():
                os.chdir(folder)


def _working_folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - at each import of a plugin
    except OSError:  # it was removed
        return ""


class _Unclosed:
    """A stream that plugins print to, and cannot close."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def close(self) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _reason(error: BaseException) -> str:
    """Return why a plugin could not be loaded, on one line, with the place in the code that raised."""
    if isinstance(error, PluginError):
        return message_text(error)
    if isinstance(error, SystemExit):
        function = "os._exit" if isinstance(error, EndedProcessError) else "sys.exit"
        return f"it called {function}({message_text(error)}) while it was loaded"
    return exception_text(error) + ("" if isinstance(error, SyntaxError) else place(error))


def place(error: BaseException) -> str:
    """Return " in FILE, line N" for the innermost code of a plugin that an exception passed, else ""."""
    import traceback

    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] not in FOREIGN:
            found = f" in {frame.f_code.co_filename}, line {line}"
    return found
