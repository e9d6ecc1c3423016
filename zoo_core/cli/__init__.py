"""The command `zoo`: the only place that prints or exits. Each command has a file of its own.

Nothing here may import numpy or matplotlib before a command needs it: `zoo --help` is to start at once.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import warnings
from types import FrameType

from zoo_core.cli._hints import error_text, note_text
from zoo_core.errors import ZooError

GARBAGE = 50_000  # new objects before the first look for garbage: what is imported stays


def main() -> None:
    """Run the command line and leave with the exit code that belongs to what happened."""
    signal.signal(signal.SIGTERM, _terminated)
    warnings.showwarning = _warned
    gc.set_threshold(GARBAGE)
    code = run()
    gc.freeze()  # the interpreter looks through all objects on its way out, which took a tenth of `zoo predict`
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; every error is one message on standard error."""
    from zoo_core.cli._app import application

    given, debug = _without_debug(sys.argv[1:] if arguments is None else arguments)
    try:
        code = application(given[0] if given else "")(args=given, prog_name="zoo", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        if isinstance(error, SystemExit) and not _is_a_parts(error):
            raise
        if debug and not hasattr(error, "show"):
            raise
        return _report(error)


def _without_debug(arguments: list[str]) -> tuple[list[str], bool]:
    """Take out --debug, which may stand anywhere before `--`; tell whether it was there."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options = [a for a in arguments[:end] if a != "--debug"]
    return [*options, *arguments[end:]], len(options) < end


def _report(error: BaseException) -> int:
    """Print what went wrong, and what was noted beside it; return its exit code."""
    code = _print(error)
    for note in getattr(error, "__notes__", []):
        _say(note_text(note), code)
    return code


def _print(error: BaseException) -> int:
    import typer

    if isinstance(error, ZooError):
        return _say(f"error: {error_text(error)}", error.exit_code)
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return _say("interrupted", 130)
    if hasattr(error, "show") and hasattr(error, "exit_code"):  # a usage error of the command-line library
        error.show()
        return int(error.exit_code)
    if isinstance(error, MemoryError):
        return _say(f"error: not enough memory: {error}; make the batch or the network smaller", 5)
    if isinstance(error, OSError):
        return _say(f"error: {error.filename or ''}: {error.strerror or error}", 5)
    return _unexpected(error)


def _is_a_parts(error: SystemExit) -> bool:
    from zoo_core._part_checks import is_own_exit, part_that_raised

    return part_that_raised(error) is not None and not is_own_exit(error)


def _unexpected(error: BaseException) -> int:
    """Say whose fault an exception is that nobody foresaw: a plugin's part's, or the zoo's own."""
    from zoo_core._part_checks import part_that_raised

    said, found = f"{type(error).__name__}: {error}", part_that_raised(error)
    if found and not type(found[0]).__module__.startswith(("zoo_core.", "zoo_plugins.")):
        name = f"{found[0].kind} {found[0].name!r} ({found[1]})"
        return _say(f"error: {name} raised {said}\nIt is a plugin's: tell its author, or use another part.", 4)
    return _say(f"error: {said}\nThis is a bug of the zoo; --debug shows where.", 1)


def _say(text: str, code: int) -> int:
    print(visible(text), file=sys.stderr)
    return code


def visible(text: str) -> str:
    """Return text with control characters made visible, so that no name in it can steer the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def _warned(message: Warning | str, *_: object, **__: object) -> None:
    """Show a warning from Python as the command line shows its own."""
    _say(f"warning: {message}", 0)


def _terminated(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
