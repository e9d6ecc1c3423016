"""What `zoo train` and `zoo resume` share: showing a run, leaving it at a signal, saying what came of it."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import typer

from zoo_core.cli._hints import note_text
from zoo_core.cli._options import prints_apart, report

if TYPE_CHECKING:
    from zoo_core.runs import Output
    from zoo_core.training import Interval, Trainer

# Ctrl-C, a shutdown, and a terminal that is closed; Windows has no such signal for the last.
SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


def to_the_end(trainer: Trainer, place: Output, every: Interval | None, *, quiet: bool, json: bool) -> None:
    """Train, show and save; after a signal leave with its exit code, the run being saved."""
    from zoo_core.cli._options import messages
    from zoo_core.display.progress.live import show
    from zoo_core.display.text.figures import kept_record
    from zoo_core.runs import follow

    results = sys.stderr if json else sys.stdout
    with _leaving(trainer) as seen, prints_apart() if json else nullcontext():
        events = follow(trainer, place, every)
        try:
            show(events, console=messages(), results=results, quiet=quiet)
        except (KeyboardInterrupt, SystemExit) as error:  # the second signal; click would pass it on without its notes
            print("\n".join(["interrupted", *map(note_text, getattr(error, "__notes__", []))]), file=sys.stderr)
            raise
    if trainer.interrupted:
        print(f"saved {place.last}; go on with: zoo resume {place.path}", file=sys.stderr)
        raise typer.Exit(128 + seen[0])
    last = kept_record(trainer.history)
    figures = {"model": str(place.path), "sha256": trainer.model.sha256, **last}
    report(figures, json, None if quiet else _summary(place.path, last))


@contextmanager
def _leaving(trainer: Trainer) -> Iterator[list[int]]:
    """Let the first signal finish the step and save, and the second one stop at once. Yields the signals seen."""
    seen: list[int] = []
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def leave(number: int, frame: FrameType | None) -> None:
        seen.append(number)
        trainer.interrupt("interrupted")
        for each, handler in before.items():
            signal.signal(each, handler)

    heeded = [n for n in SIGNALS if before[n] not in (signal.SIG_IGN, None)]  # as nohup and background jobs ask
    if threading.current_thread() is not threading.main_thread():
        heeded = []
    for number in heeded:
        signal.signal(number, leave)
    try:
        yield seen
    finally:
        for number in heeded:
            signal.signal(number, before[number])


def _summary(target: Path, last: dict[str, float]) -> str:
    from zoo_core.display.text.tables import number

    shown = [f"{key} {number(value)}" for key, value in last.items() if key.startswith(("test_", "validation_"))]
    return "\n".join(
        [*([", ".join(shown)] if shown else []), f"saved {target}; see its learning curve: zoo plot {target}"]
    )
