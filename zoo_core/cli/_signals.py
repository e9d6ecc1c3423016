"""What the command line does at a signal: Ctrl-C, a request to end the process, a closed terminal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoo_core.training import Trainer

# Ctrl-C, a request to end, a closed terminal; Windows has no signal for the last.
STOPPING = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class TerminatedError(KeyboardInterrupt):
    """SIGTERM came. It passes wherever Ctrl-C passes, so that no plugin is taken for its cause."""

    exit_code = 128 + signal.SIGTERM


def terminate(number: int, frame: FrameType | None) -> None:
    """Handle SIGTERM."""
    raise TerminatedError


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
