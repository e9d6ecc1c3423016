"""What the command line does at a signal: Ctrl-C, a request to end the process, a closed terminal."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoo_core.training import Trainer

# Ctrl-C, a request to end, a closed terminal; Windows has no signal for the last.
STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


received: list[int] = []  # signals that asked the command to end; libraries lose or rename what they raise
AGAIN = 0.01  # seconds


class TerminatedError(KeyboardInterrupt):
    """SIGTERM or SIGHUP came. It passes wherever Ctrl-C passes, so that no plugin is taken for its cause."""


class Interrupted(Exception):  # noqa: N818 - it is no error
    """Carries a KeyboardInterrupt, `__cause__`, past Typer, which would drop its notes."""


def terminate(number: int, frame: FrameType | None) -> None:
    """Handle a signal that ends the command."""
    received.append(number)
    raise KeyboardInterrupt if number == signal.SIGINT else TerminatedError


def interrupt_at_signals() -> None:
    """Let signals raise KeyboardInterrupt, but those that the process was told to ignore."""
    for number in STOPPING:
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, terminate)
    sys.unraisablehook = _raise_again
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, lambda _, frame: terminate(received[-1], frame))


def _raise_again(lost: sys.UnraisableHookArgs) -> None:
    """Raise an interrupt once more soon where compiled code could not pass it on."""
    if not isinstance(lost.exc_value, KeyboardInterrupt):
        sys.__unraisablehook__(lost)
    elif received and hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, AGAIN)


def end_at_signals() -> None:
    """Let signals end the process at once and without a word: its work is done."""
    for number in STOPPING:
        if signal.getsignal(number) is terminate:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def stop_at_signal(trainer: Trainer) -> Iterator[list[int]]:
    """Let the first signal finish the step and save, and the second one stop at once. Yields the signals seen."""
    seen: list[int] = []
    before = {number: signal.getsignal(number) for number in STOPPING}

    def stop(number: int, frame: FrameType | None) -> None:
        seen.append(number)
        trainer.interrupt("interrupted")
        for each, handler in before.items():
            signal.signal(each, handler)

    handled = [n for n in STOPPING if before[n] not in (signal.SIG_IGN, None)]  # nohup and background jobs ignore some
    if threading.current_thread() is not threading.main_thread():
        handled = []
    for number in handled:
        signal.signal(number, stop)
    try:
        yield seen
    finally:
        for number in handled:
            signal.signal(number, before[number])
