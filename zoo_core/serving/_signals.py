"""What a closed terminal and Ctrl-C do to a server; uvicorn alone would go on after the one, with new workers."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any

from uvicorn.supervisors import Multiprocess

HANGUP = getattr(signal, "SIGHUP", None)  # Windows has none


@contextmanager
def stop_at_hangup() -> Iterator[None]:
    """Let a closed terminal stop a server as SIGTERM does; `nohup` asks not to."""
    before = signal.getsignal(HANGUP) if HANGUP else signal.SIG_IGN
    if before is signal.SIG_IGN or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(HANGUP, lambda *_: signal.raise_signal(signal.SIGTERM))  # type: ignore[arg-type]
    try:
        yield
    finally:
        signal.signal(HANGUP, before)  # type: ignore[arg-type]


class Workers(Multiprocess):
    """Processes that answer. A signal may come to all of them, and those that still start are not ready for it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        is_ignored = HANGUP is not None and signal.getsignal(HANGUP) is signal.SIG_IGN
        super().__init__(*args, **kwargs)
        if HANGUP is not None and is_ignored:
            signal.signal(HANGUP, signal.SIG_IGN)

    def init_processes(self) -> None:
        """Start the workers. They inherit that signals wait, until `heed_signals`."""
        if HANGUP is None:
            super().init_processes()
            return
        resource_tracker.ensure_running()  # its own start would end the waiting
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, HANGUP))
        super().init_processes()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def handle_hup(self) -> None:
        """Stop after a closed terminal."""
        self.handle_term()


def heed_signals() -> None:
    """Let signals reach a worker, now that uvicorn handles them; of a closed terminal its parent tells it."""
    if HANGUP is not None:
        signal.signal(HANGUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM, HANGUP))
