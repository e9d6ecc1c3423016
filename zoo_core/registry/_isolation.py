"""Runs the code of plugins so that whatever goes wrong in it stays with the plugin."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from zoo_core.errors import PluginError
from zoo_core.registry._discovery import Plugin

LOAD_LOCK = threading.RLock()  # standard output is redirected for the whole process


@contextmanager
def isolated(plugin: Plugin, module: str = "") -> Iterator[None]:
    """Let a plugin's code run; whatever goes wrong but KeyboardInterrupt becomes the plugin's problem.

    `module` is where, if it is but one of the plugin's.
    """
    with LOAD_LOCK:
        try:
            # Standard output belongs to results: what a plugin prints must not get into somebody's JSON.
            with redirect_stdout(sys.stderr):
                yield
        except KeyboardInterrupt as error:  # Ctrl-C
            error.add_note(f"plugin {plugin.distribution} was being loaded")
            raise
        except BaseException as error:  # extension modules raise such, and sys.exit does
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
