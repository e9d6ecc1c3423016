"""Shows a run while it trains: a live view on a terminal, a plain line now and then elsewhere.

Everything happens when an event comes: no thread of its own takes the core from the computation. A refresh
that costs much is followed by a longer pause, so that the display stays under 2 % of the time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from zoo_core.display.progress.plain import Plain, Quiet
from zoo_core.display.progress.view import live_lines, summary_lines
from zoo_core.training.events import Event, Message

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

REFRESH = 0.25  # seconds between two refreshes, at least
PATIENCE = 100  # and at least so many times the cost of a refresh


def show(
    events: Iterable[Event],
    *,
    console: Console,
    results: TextIO,
    quiet: bool = False,
    live: bool | None = None,
    learner: bool = True,
) -> None:
    """Consume the events of a run to the end and show them on `console`, which is standard error.

    `live` forces the live view where the terminal can show one (True) or plain lines (False); None chooses.
    With `learner` the live view has a row for each layer. Messages of callbacks are results: their text goes
    to `results` at once, as it stands. `quiet` leaves only warnings. What the events raise passes through.
    """
    kind = Quiet if quiet else _Live if _wants_live(console, live) else Plain
    with kind(console, results, learner) as display:
        for event in events:
            display.take(event)


def _wants_live(console: Console, live: bool | None) -> bool:
    able = console.is_terminal and not console.is_dumb_terminal
    if live is not None:
        return live and able
    return able and not console.no_color and console.encoding.lower().startswith("utf")


class _Live(Plain):
    """Keeps a view at the bottom of the terminal; anything else printed there first takes it away."""

    live: Live | None = None
    due = 0.0  # when the next refresh may come
    spent = 0.0  # seconds that refreshes have taken
    drawn: tuple[int, list[int]] = (0, [])  # the terminal's width at the last refresh, the width of each line

    def changed(self, event: Event) -> None:
        if time.monotonic() >= self.due:
            self._refresh()

    def _refresh(self) -> None:
        begun = time.monotonic()
        self._draw()
        now = time.monotonic()
        cost = now - begun if self.due else 0.0  # the first refresh imports what it needs, and tells nothing
        self.spent += cost
        self.due = max(begun + REFRESH, now + PATIENCE * cost)

    def _draw(self) -> None:
        from rich.text import Text

        self._mend()
        width, height = self.console.size
        lines = live_lines(self.state, self.seconds(), width - 1, height - 1, self.learner)
        view = Text("\n", no_wrap=True, overflow="crop", end="").join(lines)
        self.drawn = (width, [line.cell_len for line in lines])
        self._started().update(view, refresh=True)

    def _started(self) -> Live:
        from rich.live import Live

        if self.live is None:
            both = self.results.isatty()
            self.live = Live(console=self.console, auto_refresh=False, transient=True, redirect_stdout=both)
            self.live.start()
        return self.live

    def _mend(self) -> None:
        """Rub out the lines that a narrower window has broken in two, which Live does not know of."""
        from rich.control import Control
        from rich.segment import ControlType

        old, widths = self.drawn
        width = self.console.width
        if self.live is None or width >= old:
            return
        extra = sum(max(cells - 1, 0) // width for cells in widths)
        erase = [(ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1)] * extra
        self.console.control(Control(ControlType.CARRIAGE_RETURN, *erase))

    def _clear(self) -> None:
        if self.live is None:
            return
        self._mend()
        self.live.update("")
        self.live.stop()
        self.live = None

    def message(self, message: Message) -> None:
        super().message(message)
        affordable = PATIENCE * self.spent <= self.seconds()
        if self.live is None and self.state.started.epochs and affordable:
            self._refresh()

    def say(self, text: str) -> None:
        self._clear()
        super().say(text)

    def result(self, text: str) -> None:
        if self.results.isatty():
            self._clear()
        super().result(text)

    def close(self) -> None:
        from rich.text import Text

        self._clear()
        if not self.state.started.epochs:
            return
        width, height = self.console.size
        lines = summary_lines(self.state, self.seconds(), width - 1, height - 1)
        self.console.print(Text("\n").join(lines), highlight=False)
