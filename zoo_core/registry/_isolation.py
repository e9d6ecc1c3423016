"""Runs the code of plugins so that a failure stays with the plugin."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from zoo_core.basics import ThreadLock
from zoo_core.errors import PluginError, exception_text, message_text

LOAD_LOCK = ThreadLock()  # one thread at a time: standard output is redirected for the whole process

FOREIGN = {"zoo_core", "numpy", "pluggy", "pydantic", *sys.stdlib_module_names}  # packages of no plugin


@contextmanager
def isolated(distribution: str, report: Callable[[str], None]) -> Iterator[None]:
    """Run the code of a distribution's plugin. `report` takes the reason of an exception.

    KeyboardInterrupt is not caught. Standard output, standard error and the working folder stay what they are.
    """
    with LOAD_LOCK:
        output, errors, folder = sys.stdout, sys.stderr, _working_folder()
        sys.stdout = sys.stderr = cast(Any, _Unclosed(errors))  # standard output belongs to results, such as JSON
        try:
            yield
        except KeyboardInterrupt as error:
            error.add_note(f"plugin {distribution} was being loaded")
            raise
        except BaseException as error:  # extension modules raise it, and sys.exit raises SystemExit
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
        return f"it called sys.exit({message_text(error)}) while it was loaded"
    return exception_text(error) + ("" if isinstance(error, SyntaxError) else place(error))


def place(error: BaseException) -> str:
    """Return " in FILE, line N" for the innermost code of a plugin that an exception passed, else ""."""
    found = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if str(frame.f_globals.get("__name__", "")).partition(".")[0] not in FOREIGN:
            found = f" in {frame.f_code.co_filename}, line {line}"
    return found
