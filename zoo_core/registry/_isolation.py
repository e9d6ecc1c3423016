"""Runs the code of plugins so that a failure stays with the plugin."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout

from zoo_core.errors import PluginError

LOAD_LOCK = threading.RLock()  # one thread at a time: standard output is redirected for the whole process


@contextmanager
def isolated(distribution: str, report: Callable[[str], None]) -> Iterator[None]:
    """Run the code of a distribution's plugin. `report` takes the reason of an exception.

    KeyboardInterrupt is not caught.
    """
    with LOAD_LOCK:
        try:
            with redirect_stdout(sys.stderr):  # standard output belongs to results, such as JSON
                yield
        except KeyboardInterrupt as error:
            error.add_note(f"plugin {distribution} was being loaded")
            raise
        except BaseException as error:  # extension modules raise it, and sys.exit raises SystemExit
            report(_reason(error))


def _reason(error: BaseException) -> str:
    """Return why a plugin could not be loaded, on one line."""
    text = " ".join(str(error).split())
    if isinstance(error, PluginError):
        return text
    if isinstance(error, SystemExit):
        return f"it called sys.exit({text}) while it was loaded"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
