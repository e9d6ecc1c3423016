"""Shows a run while it trains: a live view on a terminal, plain lines elsewhere.

The display works only when an event arrives. It has no thread of its own, which would compete with the training.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

from zoo_core.display.progress._plain import PlainDisplay, WarningDisplay
from zoo_core.display.progress._view import live_lines, summary_lines
from zoo_core.training.events import Event, Message

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

MIN_INTERVAL = 0.25  # seconds between two refreshes, at least
COST_FACTOR = 100  # and at least this many times the cost of a refresh: the display takes 1 % of the time at most


def show(
    events: Iterable[Event],
    *,
    console: Console,
    results: TextIO,
    quiet: bool = False,
    live: bool | None = None,
    layers: bool = True,
) -> None:
    """Consume the events of a run to the end and show them on `console`, which is standard error.

    `live` asks for the live view, if the terminal can show one (True), or for plain lines (False); None decides by
    the terminal. With `layers` the live view has a row for each layer. Messages of callbacks are results: their text
    is written to `results` at once and unchanged. `quiet` shows only warnings. Errors of `events` pass through.
    """
    kind = WarningDisplay if quiet else _LiveDisplay if _wants_live_view(console, live) else PlainDisplay
    with kind(console, results, layers) as display:
        for event in events:
            display.take(event)


def _wants_live_view(console: Console, live: bool | None) -> bool:
    able = console.is_terminal and not console.is_dumb_terminal
    if live is not None:
        return live and able
    return able and console.encoding.lower().startswith("utf")


class _LiveDisplay(PlainDisplay):
    """Keeps a view at the bottom of the terminal; it is erased before anything else is printed there."""

    live: Live | None = None
    next_refresh = 0.0  # time before which no refresh happens
    refresh_seconds = 0.0  # time that all refreshes have taken
    drawn: tuple[int, list[int]] = (0, [])  # at the last refresh: width of the terminal, width of each line

    def run_changed(self, event: Event) -> None:
        if time.monotonic() >= self.next_refresh:
            self._refresh()

    def _refresh(self) -> None:
        begun = time.monotonic()
        self._draw_view()
        now = time.monotonic()
        cost = now - begun if self.next_refresh else 0.0  # the first refresh includes imports
        self.refresh_seconds += cost
        self.next_refresh = max(begun + MIN_INTERVAL, now + COST_FACTOR * cost)

    def _draw_view(self) -> None:
        from rich.text import Text

        self._erase_wrapped()
        width, height = self.console.size
        lines = live_lines(self.run, self.seconds(), width - 1, height - 1, self.layers)
        view = Text("\n", no_wrap=True, overflow="crop", end="").join(lines)
        self.drawn = (width, [line.cell_len for line in lines])
        self._started_live().update(view, refresh=True)

    def _started_live(self) -> Live:
        from rich.live import Live

        if self.live is None:
            both = self.results.isatty()
            self.live = Live(console=self.console, auto_refresh=False, transient=True, redirect_stdout=both)
            self.live.start()
        return self.live

    def _erase_wrapped(self) -> None:
        """Erase the extra lines that appear when a narrower window wraps lines of the view; Live does not know them."""
        from rich.control import Control
        from rich.segment import ControlType

        old, widths = self.drawn
        width = self.console.width
        if self.live is None or width >= old:
            return
        extra = sum(max(cells - 1, 0) // width for cells in widths)
        erase = [(ControlType.ERASE_IN_LINE, 2), (ControlType.CURSOR_UP, 1)] * extra
        self.console.control(Control(ControlType.CARRIAGE_RETURN, *erase))

    def _erase_view(self) -> None:
        if self.live is None:
            return
        self._erase_wrapped()
        self.live.update("")
        self.live.stop()
        self.live = None

    def message(self, message: Message) -> None:
        super().message(message)
        affordable = COST_FACTOR * self.refresh_seconds <= self.seconds()
        if self.live is None and self.run.started.epochs and affordable:
            self._refresh()

    def print_line(self, text: str) -> None:
        self._erase_view()
        super().print_line(text)

    def write_result(self, text: str) -> None:
        if self.results.isatty():
            self._erase_view()
        super().write_result(text)

    def close(self) -> None:
        from rich.text import Text

        self._erase_view()
        if not self.run.started.epochs:
            return
        width, height = self.console.size
        lines = summary_lines(self.run, self.seconds(), width - 1, height - 1)
        self.console.print(Text("\n").join(lines), highlight=False)
