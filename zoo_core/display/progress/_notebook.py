"""Shows a run in a notebook while it trains: one output of HTML, which is replaced; no widgets are needed.

The view works only when an event arrives. It counts its own time, and draws less often where drawing is slow.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self, TextIO

from zoo_core.basics.html import escaped, html_table, line_chart
from zoo_core.display.progress._run_progress import MetricHistory, RunProgress
from zoo_core.display.text import format_count, format_duration, format_number
from zoo_core.model.records import SPLITS, split_key
from zoo_core.training.events import Event, Message

MIN_INTERVAL = 1 / 3  # seconds between two drawings: with the last one, there are at most four in a second
SHARE = 0.04  # of the time, which the view may take; the first and the last drawing come in any case
MAX_WARNINGS = 20


def show_html(events: Iterable[Event], *, results: TextIO) -> None:
    """Consume the events of a run to the end and show them in a notebook.

    Messages of callbacks are results: their text is written to `results` at once and unchanged. Errors of `events` pass
    through, after the view shows them.
    """
    with NotebookView(results) as view:
        for event in events:
            view.take(event)


class NotebookView:
    """The output of a notebook cell that shows a run."""

    def __init__(self, results: TextIO) -> None:
        self.results, self.run = results, RunProgress()
        self.warnings: dict[str, None] = {}
        self._handle: Any = None  # of IPython, once there is an output
        self._begun = time.monotonic()
        self._spent = self._latest = 0.0  # seconds of the view: in all, and of the latest drawing
        self._next = self._begun

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show the final state, also after an error."""
        if self.run.started.epochs:
            self._draw(self._ending(error))

    def take(self, event: Event) -> None:
        """Take one event of the run, and draw if that is due."""
        begun = time.monotonic()
        if isinstance(event, Message):
            self._message(event)
        else:
            self.run.take(event)
        now = time.monotonic()
        self._spent += now - begun
        affordable = self._spent + self._latest <= SHARE * (now - self._begun) or self._handle is None
        if now >= self._next and affordable and self.run.started.epochs and self.run.finished is None:
            self._draw(self._position())

    def _message(self, message: Message) -> None:
        if message.warning:
            self.warnings[f"{message.source}: {message.text}" if message.source else message.text] = None
        else:
            self.results.write(message.text + "\n")

    def _draw(self, state: str) -> None:
        from IPython.display import HTML, display  # late: only a notebook has it

        begun = time.monotonic()
        page = HTML("".join(self._page(state)))  # type: ignore[no-untyped-call]
        if self._handle is None:
            self._handle = display(page, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(page)
        now = time.monotonic()
        self._latest = now - begun
        self._spent += self._latest
        self._next = now + MIN_INTERVAL

    def _page(self, state: str) -> Iterator[str]:
        run = self.run
        yield f"<div><b>{escaped(run.name)}</b>: {escaped(state)}</div>"
        yield f'<div><progress style="width:420px" max="1" value="{run.share():.4f}"></progress></div>'
        yield f"<div>{escaped(run.size())}</div>"
        if run.metrics:
            yield html_table(["", *self._splits(), "best"], self._rows())
        yield line_chart("loss", {s: run.metrics[f"{s}_loss"].points for s in self._splits("loss")}, run.saved or None)
        warnings = [f"warning: {text}" for text in self.warnings]
        left_out = len(warnings) - MAX_WARNINGS
        more = [f"and {format_count(left_out, 'more warning')}"] if left_out > 0 else []
        yield from (f"<div>{escaped(text)}</div>" for text in [*warnings[:MAX_WARNINGS], *more])

    def _splits(self, metric: str = "") -> list[str]:
        """Return the splits that have figures of a metric, or of any."""
        pairs = [pair for key in self.run.metrics if (pair := split_key(key)) and metric in ("", pair[1])]
        return [split for split in SPLITS if any(split == own for own, _ in pairs)]

    def _rows(self) -> Iterator[list[str]]:
        """Yield a row for each metric: its latest value for each split, and the best one of the split that decides."""
        metrics, splits = self.run.metrics, self._splits()
        judge = "validation" if "validation" in splits else "train"
        for name in dict.fromkeys(pair[1] for key in metrics if (pair := split_key(key))):
            found = [metrics.get(f"{split}_{name}") for split in splits]
            yield [name, *(format_number(m.last) if m else "" for m in found), _best(metrics.get(f"{judge}_{name}"))]

    def _position(self) -> str:
        run, seconds = self.run, time.monotonic() - self._begun
        epoch, step = run.position()
        left = run.seconds_left(seconds)
        speed = f", {run.progress.rows_per_second:,.0f} rows/s" if run.progress else ""
        rest = f", {format_duration(left)} left" if left > 0 else ""
        place = f"epoch {epoch:,} of {run.started.epochs:,}, step {step:,} of {run.started.steps:,}"
        return f"{place}; {format_duration(seconds)}{rest}{speed}"

    def _ending(self, error: BaseException | None) -> str:
        ending = self.run.ending(time.monotonic() - self._begun)
        if error is None:
            return ending
        why = "an interrupt" if isinstance(error, KeyboardInterrupt) else f"{type(error).__name__}: {error}"
        return f"{ending}; ended by {why}"


def _best(metric: MetricHistory | None) -> str:
    epoch, value = metric.best() if metric else (0, None)
    return "" if value is None else f"{format_number(value)} in epoch {epoch:g}"
