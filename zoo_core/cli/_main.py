"""Runs one command: its exit code, and the message for each kind of error."""

from __future__ import annotations

import faulthandler
import gc
import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress

from zoo_core.cli._signals import Interrupted, end_at_signals, interrupt_at_signals, received
from zoo_core.cli._streams import OutputClosedError, open_missing_streams, safe_streams
from zoo_core.errors import ResourceError, ZooError, exception_text

GARBAGE_THRESHOLD = 50_000  # new objects before the first garbage collection; imported objects are never garbage


def main() -> None:
    """Run the command line and exit with the code that belongs to what happened."""
    open_missing_streams()
    with suppress(Exception):
        faulthandler.enable()  # a crash in compiled code shows the line of the part that called it
    os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"  # it would read every distribution, damaged ones too
    warnings.showwarning = _show_warning
    if sys.argv[1:2] == ["predict"]:  # BLAS would start a thread for each processor, and they spin; the zoo uses one
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(GARBAGE_THRESHOLD)
    interrupt_at_signals()
    code = run()
    end_at_signals()
    gc.freeze()  # otherwise the interpreter visits all objects as it exits, a tenth of the time of `zoo predict`
    sys.exit(code)


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; every error is one message on standard error."""
    received.clear()
    given, debug = _without_debug(sys.argv[1:] if arguments is None else arguments)
    with safe_streams() as output:
        try:
            code = _run_command(given, debug)
            output.fatal = code == 0
            output.flush()
            return code
        except OutputClosedError:
            return 0
        except ResourceError as error:  # a full disk behind standard output
            return _report_error(error)


def _run_command(arguments: list[str], debug: bool) -> int:
    try:
        if arguments[:1] == ["predict"] and _predicts(arguments):
            return 0
        from zoo_core.cli._app import application

        name = arguments[0] if arguments else ""
        code = application(name)(args=arguments, prog_name="zoo", standalone_mode=False)
        if received and code:  # Typer has one code for all signals
            return _report_interrupt(KeyboardInterrupt())
        return code if isinstance(code, int) else 0
    except OutputClosedError:
        raise
    except (Exception, KeyboardInterrupt, SystemExit) as error:
        if received or isinstance(error, Interrupted):
            return _report_interrupt(error.__cause__ or error if isinstance(error, Interrupted) else error)
        if isinstance(error, SystemExit) and not _is_of_a_part(error):
            raise
        if debug and not hasattr(error, "show"):
            raise
        return _report_error(error, arguments)


def _predicts(arguments: list[str]) -> bool:
    """Predict if the arguments are plain, without Typer; return whether they are."""
    from zoo_core.cli._predict import plain_call, predict

    call = plain_call(arguments)
    try:
        if call is not None:
            predict(**call)
    except Exception as error:
        from zoo_core.contract import raise_named

        raise_named(error)
        raise
    return call is not None


def _without_debug(arguments: list[str]) -> tuple[list[str], bool]:
    """Remove --debug, which may stand anywhere before `--`; return also whether it was there."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options = [a for a in arguments[:end] if a != "--debug"]
    return [*options, *arguments[end:]], len(options) < end


def _report_interrupt(error: BaseException) -> int:
    """Say that a signal ended the command, whatever a library has made of it; return the exit code of the signal."""
    return _report_notes(error, _print_line("interrupted", 128 + received[0] if received else 130))


def _report_error(error: BaseException, arguments: Sequence[str] = ()) -> int:
    """Print an error and its notes; return its exit code."""
    return _report_notes(error, _print_error(error, arguments))


def _report_notes(error: BaseException, code: int) -> int:
    from zoo_core.cli._hints import note_text

    for note in getattr(error, "__notes__", []):
        _print_line(note_text(note), code)
    return code


def _print_error(error: BaseException, arguments: Sequence[str]) -> int:
    import typer

    if isinstance(error, ZooError):
        from zoo_core.cli._hints import error_text

        return _print_line(f"error: {error_text(error)}", error.exit_code)
    if isinstance(error, (KeyboardInterrupt, typer.Abort)):
        return _print_line("interrupted", 130)
    if hasattr(error, "show") and hasattr(error, "exit_code"):  # a usage error of the command-line library
        from zoo_core.cli._usage import show_usage_error

        show_usage_error(error, arguments)
        return int(error.exit_code)
    if isinstance(error, MemoryError):
        return _print_line(f"error: not enough memory: {error}; make the batch or the network smaller", 5)
    if isinstance(error, OSError):
        gone = "the current folder" if isinstance(error, FileNotFoundError) else "the system"  # os.getcwd names nothing
        return _print_line(f"error: {error.filename or gone}: {error.strerror or error}", 5)
    return _print_unexpected(error)


def _is_of_a_part(error: SystemExit) -> bool:
    from zoo_core.contract import part_that_raised

    return part_that_raised(error) is not None


def _print_unexpected(error: BaseException) -> int:
    """Print an exception that nobody foresaw."""
    return _print_line(f"error: {exception_text(error)}\nThis is a bug of the zoo; --debug shows where.", 1)


def _print_line(text: str, code: int) -> int:
    print(text, file=sys.stderr)
    return code


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Show a warning from Python as the command line shows its own."""
    _print_line(f"warning: {message}", 0)
