"""Runs the code of plugins so that a failure stays with the plugin."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Protocol

from zoo_core.errors import PluginError

LOAD_LOCK = threading.RLock()  # one thread at a time: standard output is redirected for the whole process


class Isolated(Protocol):
    """A plugin, as far as its failures are concerned."""

    distribution: str
    problem: str


@contextmanager
def isolated(plugin: Isolated, module: str = "") -> Iterator[None]:
    """Run a plugin's code. An exception other than KeyboardInterrupt becomes the plugin's `problem`.

    `module` names the module of the plugin that is imported, if it is not the plugin itself.
    """
    with LOAD_LOCK:
        try:
            with redirect_stdout(sys.stderr):  # standard output belongs to results, such as JSON
                yield
        except KeyboardInterrupt as error:
            error.add_note(f"plugin {plugin.distribution} was being loaded")
            raise
        except BaseException as error:  # extension modules raise it, and sys.exit raises SystemExit
            problem = f"{module}: {_reason(error)}" if module else _reason(error)
            plugin.problem = f"{plugin.problem}; {problem}" if plugin.problem else problem


def _reason(error: BaseException) -> str:
    """Return why a plugin could not be loaded, on one line."""
    text = " ".join(str(error).split())
    if isinstance(error, PluginError):
        return text
    if isinstance(error, SystemExit):
        return f"it called sys.exit({text}) while it was loaded"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
