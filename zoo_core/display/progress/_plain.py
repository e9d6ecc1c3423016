"""The displays that need no terminal: warnings only, and plain lines without escape codes."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from zoo_core import errors
from zoo_core.display.progress._run_progress import RunProgress
from zoo_core.display.text import format_count, format_duration, format_number, printable
from zoo_core.model.records import split_key
from zoo_core.training.events import EpochEnded, Event, Finished, Message, Progress, Started

if TYPE_CHECKING:
    from rich.console import Console

MIN_PAUSE, MAX_PAUSE = 2.0, 60.0  # seconds between two lines, in a short run and in a long one
WIDTH = 80  # characters of a line
LONG_EPOCH = 30.0  # seconds without a line after which a line shows the step within the epoch


class WarningDisplay:
    """Shows only warnings; the base class of the other displays."""

    def __init__(self, console: Console, results: TextIO, layers: bool) -> None:
        self.console, self.results, self.layers = console, results, layers
        self.run = RunProgress()
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
        self.run.take(event)
        self.run_changed(event)

    def message(self, message: Message) -> None:
        """Show a warning."""
        if message.warning:
            source = f"{printable(message.source)}: " if message.source else ""
            self.print_line(f"warning: {source}{errors.printable(message.text)}")

    def run_changed(self, event: Event) -> None:
        """Show what an event changed; `run` has already taken it."""

    def close(self) -> None:
        """Leave the screen in order, also after an error."""

    def print_line(self, text: str) -> None:
        """Write to standard error; text is never read as markup."""
        self.console.print(text, markup=False, highlight=False, emoji=False, soft_wrap=True)

    def seconds(self) -> float:
        """Return the seconds since the display was made."""
        return time.monotonic() - self.begun


class PlainDisplay(WarningDisplay):
    """Writes lines without any escape codes."""

    last_line = 0.0  # seconds at which the last line was written
    last_share = 0.0  # share of the run that was done then
    unwritten: EpochEnded | None = None  # the last epoch, if it has no line yet

    def message(self, message: Message) -> None:
        """Write a result, a note or a warning."""
        if message.warning:
            super().message(message)
        elif message.source:
            self.write_result(message.text)
        else:
            self.print_line(errors.printable(message.text))

    def write_result(self, text: str) -> None:
        """Write to the results at once."""
        self.results.write(text + "\n")
        self.results.flush()

    def run_changed(self, event: Event) -> None:
        """Write a line if one is due."""
        if isinstance(event, Started):
            self._write_start(event)
        elif isinstance(event, EpochEnded):
            self._take_epoch(event)
        elif isinstance(event, Progress) and self.seconds() - self.last_line >= LONG_EPOCH:
            step = f"step {event.step:,}/{event.steps:,}"
            self._write_progress(f"{self._epoch_counter()}  {step}  loss {format_number(event.loss)}")
        elif isinstance(event, Finished):
            self.close()
            self._print_wrapped(f"{self.run.name}: {self.run.ending(self.seconds())}")

    def _write_start(self, event: Started) -> None:
        plan = f"{format_count(event.epochs, 'epoch')} of {format_count(event.steps, 'step')}"
        resumed = f"; resumed after {format_count(event.first_epoch, 'epoch')}" if event.first_epoch else ""
        self._print_wrapped(f"{self.run.name}: {plan}; {self.run.size()}{resumed}")
        if len(event.rows) > 1:
            self.print_line(f"each figure: {' / '.join(event.rows)}")

    def _take_epoch(self, event: EpochEnded) -> None:
        run = self.run
        self.unwritten = event
        first = run.done == run.started.first_epoch + 1
        last = run.done >= run.started.epochs
        pause = min(max(MIN_PAUSE, self.seconds() / 50), MAX_PAUSE)
        tenth = run.share() - self.last_share >= 0.1 - 1e-9
        if first or last or tenth or self.seconds() - self.last_line >= pause:
            self._write_epoch(event)

    def _write_epoch(self, event: EpochEnded) -> None:
        self.unwritten = None
        self.last_share = self.run.share()
        speed = f"{self.run.progress.rows_per_second:,.0f} rows/s" if self.run.progress else ""
        left = self.run.seconds_left(self.seconds())
        rest = f"{format_duration(left)} left" if left > 0 else ""
        line = "  ".join([self._epoch_counter(), *self._figures(event)])
        for extra in filter(None, (rest, speed)):  # as far as there is room
            line += f"  {extra}" if len(line) + len(extra) + 2 <= WIDTH else ""
        self._write_progress(line)

    def _figures(self, event: EpochEnded) -> Iterator[str]:
        """Yield each metric of the epoch with its value for each split, such as "loss 0.17 / 0.21 / 0.16"."""
        metrics = dict.fromkeys(pair[1] for key in self.run.metrics if key in event.record and (pair := split_key(key)))
        for metric in metrics:
            values = (event.record.get(f"{split}_{metric}") for split in self.run.started.rows)
            yield f"{printable(metric)} {' / '.join(map(format_number, values))}"

    def _epoch_counter(self) -> str:
        total = str(self.run.started.epochs)
        current = self.run.done + (self.run.step > 0)
        return f"epoch {current:>{len(total)}}/{total}"

    def _write_progress(self, text: str) -> None:
        """Write a line and remember the time."""
        self.last_line = self.seconds()
        self._print_wrapped(text)

    def _print_wrapped(self, text: str) -> None:
        """Write a text in lines that fit a narrow terminal or a log."""
        for line in textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False):
            self.print_line(line)

    def close(self) -> None:
        """Write the line of the last epoch if it was not due before."""
        if self.unwritten is not None:
            self._write_epoch(self.unwritten)
