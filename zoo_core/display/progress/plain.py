"""The displays that need no terminal: warnings only, and plain lines without escape codes."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from zoo_core.display.progress.state import State, counted
from zoo_core.display.text.tables import duration, number, printable
from zoo_core.training.events import EpochEnded, Event, Finished, Message, Progress, Started

if TYPE_CHECKING:
    from rich.console import Console

PAUSE = (2.0, 60.0)  # seconds between two lines: at first, and at most in a long run
LONG_EPOCH = 30.0  # seconds without an epoch's end after which a line tells how far the epoch is


class Quiet:
    """Shows warnings only; the base of the others."""

    def __init__(self, console: Console, results: TextIO, learner: bool) -> None:
        self.console, self.results, self.learner = console, results, learner
        self.state = State()
        self.begun = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def take(self, event: Event) -> None:
        """Take one event of the run."""
        if isinstance(event, Message):
            self.message(event)
            return
        self.state.take(event)
        self.changed(event)

    def message(self, message: Message) -> None:
        """Show a warning."""
        if message.warning:
            source = f"{printable(message.source)}: " if message.source else ""
            self.say(f"warning: {source}{safe_lines(message.text)}")

    def changed(self, event: Event) -> None:
        """Show what an event, already in the state, has changed."""

    def close(self) -> None:
        """Leave the screen in order, whatever happened."""

    def say(self, text: str) -> None:
        """Write to standard error, never taking text for markup."""
        self.console.print(text, markup=False, highlight=False, emoji=False, soft_wrap=True)

    def seconds(self) -> float:
        """Return the seconds since the display began."""
        return time.monotonic() - self.begun


class Plain(Quiet):
    """Writes lines without any escape codes."""

    last_line = 0.0
    last_share = 0.0
    unsaid: EpochEnded | None = None

    def message(self, message: Message) -> None:
        """Pass a result on, show a note or a warning."""
        if message.warning:
            super().message(message)
        elif message.source:
            self.result(message.text)
        else:
            self.say(safe_lines(message.text))

    def result(self, text: str) -> None:
        """Write to the results at once."""
        self.results.write(text + "\n")
        self.results.flush()

    def changed(self, event: Event) -> None:
        """Write a line where one is due."""
        if isinstance(event, Started):
            self._start(event)
        elif isinstance(event, EpochEnded):
            self._epoch(event)
        elif isinstance(event, Progress) and self.seconds() - self.last_line >= LONG_EPOCH:
            self.line(f"{self._counter()}  step {event.step:,}/{event.steps:,}  loss {number(event.loss)}")
        elif isinstance(event, Finished):
            self.close()
            self.say(f"{self.state.name}: {self.state.ending(self.seconds())}")

    def _start(self, event: Started) -> None:
        plan = f"{counted(event.epochs, 'epoch')} of {counted(event.steps, 'step')}"
        resumed = f"; resumed after {counted(event.first_epoch, 'epoch')}" if event.first_epoch else ""
        self.say(f"{self.state.name}: {plan}; {self.state.size()}{resumed}")

    def _epoch(self, event: EpochEnded) -> None:
        state = self.state
        self.unsaid = event
        first = state.done == state.started.first_epoch + 1
        last = state.done >= state.started.epochs
        pause = min(max(PAUSE[0], self.seconds() / 50), PAUSE[1])
        tenth = state.share() - self.last_share >= 0.1 - 1e-9
        if first or last or tenth or self.seconds() - self.last_line >= pause:
            self._say_epoch(event)

    def _say_epoch(self, event: EpochEnded) -> None:
        self.unsaid = None
        self.last_share = self.state.share()
        figures = [
            f"{printable(key)} {number(event.record.get(key))}" for key in self.state.figures if key in event.record
        ]
        speed = f"{self.state.progress.rows_per_second:,.0f} rows/s" if self.state.progress else ""
        left = self.state.left(self.seconds())
        rest = f"{duration(left)} left" if left > 0 else ""
        self.line("  ".join(filter(None, [self._counter(), *figures, speed, rest])))

    def _counter(self) -> str:
        total = str(self.state.started.epochs)
        current = self.state.done + (self.state.step > 0)
        return f"epoch {current:>{len(total)}}/{total}"

    def line(self, text: str) -> None:
        """Write a line and remember when."""
        self.last_line = self.seconds()
        self.say(text)

    def close(self) -> None:
        """Write the last epoch if its line has not been due."""
        if self.unsaid is not None:
            self._say_epoch(self.unsaid)


def safe_lines(text: str) -> str:
    """Return text of any number of lines without other control characters."""
    return "\n".join(map(printable, text.split("\n")))
