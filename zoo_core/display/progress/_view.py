"""The live view of a run, and the summary after it, as lines of styled text that fit the terminal."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from zoo_core.display._colours import BLUE
from zoo_core.display.progress._curves import curve_lines
from zoo_core.display.progress._layer_table import layer_lines
from zoo_core.display.progress._lines import fit_lines, shorten, styled_text
from zoo_core.display.progress._metric_table import metric_table, table_height
from zoo_core.display.progress._run_progress import RunProgress
from zoo_core.display.text import format_duration, format_number
from zoo_core.model.records import is_finite_number

if TYPE_CHECKING:
    from rich.text import Text

MAX_BAR = 60  # characters; a longer bar shows nothing more
ROOMY = 20  # lines of a terminal from which on blank lines separate the blocks
MIN_ROOM = 6  # lines below the head from which on layers are shown beside many metrics
MIN_BELOW = 9  # lines of curves that stand below the table, not beside it
SUMMARY_HEIGHT = 9  # lines, unless the metrics need more


def live_lines(run: RunProgress, seconds: float, width: int, height: int, layers: bool) -> list[Text]:
    """Return the view during training: at most `height` lines of at most `width` characters.

    The layers get the lines that the table of metrics leaves, at least a third. Curves get what remains.
    """
    gap = [styled_text()] if height >= ROOMY else []
    head = [*_head_lines(run, seconds, width), *gap]
    shown = run.layers if layers else ()
    room = height - len(head)
    wanted = len(shown) + 1 + len(gap) if shown else 0
    least = min(wanted, room // 3) if room >= MIN_ROOM else 0
    below = min(wanted, room - table_height(run.metrics, room - least))
    block = metric_lines(run, width, max(room - below, 0), "now")
    table = layer_lines(shown, width, room - len(block) - len(gap))
    return fit_lines([*head, *block, *gap, *table] if table else [*head, *block], width, height)


def summary_lines(run: RunProgress, seconds: float, width: int, height: int) -> list[Text]:
    """Return the lines that stay on the screen after training."""
    head = styled_text((run.name, "bold"), f": {run.ending(seconds)}")
    head.no_wrap = False
    room = min(height - 2, max(SUMMARY_HEIGHT, table_height(run.metrics, height - 2)))
    return [head, *fit_lines(metric_lines(run, width, room, "saved"), width, height)]


def metric_lines(run: RunProgress, width: int, height: int, latest: str) -> list[Text]:
    """Return a table of the metrics with their best values, and curves beside or below it, where they are larger."""
    if not run.metrics:
        return [styled_text(("metrics follow after the first epoch", "dim"))][:height]
    table = metric_table(run.metrics, run.saved or run.done, latest, (width, max(height - 1, 2)))
    left = max(line.cell_len for line in table) + 3
    below = height - len(table)
    is_below = below >= MIN_BELOW and width * below > (width - left) * height
    room = (width, below - 1) if is_below else (width - left, height - 1)
    curves, legend = curve_lines(run.metrics, *room)
    if not curves:
        return metric_table(run.metrics, run.saved or run.done, latest, (width, height))
    legend.pad_left(max(width - legend.cell_len, 0))
    if is_below:
        return [*table, *curves, legend]
    table += [styled_text() for _ in curves[len(table) :]]
    return [*(_join_lines(*pair, left) for pair in zip_longest(table, curves)), legend]


def _join_lines(left: Text, right: Text | None, width: int) -> Text:
    if right is None:
        return left
    left.pad_right(width - left.cell_len)
    return left.append_text(right)


def _head_lines(run: RunProgress, seconds: float, width: int) -> list[Text]:
    start, now = run.started, run.progress
    bar = max(min(MAX_BAR, width - 44), 0)
    epoch, step = run.position()
    facts = [f"{format_duration(seconds)} so far"]
    loss = ""
    if now is not None:
        facts += [f"{now.rows_per_second:,.0f} rows/s", f"learning rate {now.learning_rate:.3g}"]
        loss = f"loss {format_number(now.loss)}"
    left = run.seconds_left(seconds)
    rows = start.rows.get("train", 0)
    size = f"{format_number(start.parameters)} parameters, {format_number(rows)} rows, {run.threads()}"
    name = shorten(run.name, max(width - len(size) - 2, width // 2))
    return [
        styled_text((name, "bold"), "  ", (size, "dim")),
        styled_text("epoch  ", *_bar(run.share(), bar), _fraction(epoch, start.epochs), _format_left(left)),
        styled_text("step   ", *_bar(step / max(start.steps, 1), bar), _fraction(step, start.steps), loss),
        styled_text(f"{'':7}{'   '.join(facts)}"),
    ]


def _fraction(part: int, whole: int) -> str:
    return f"  {f'{format_number(part)}/{format_number(whole)}':<13}  "


def _format_left(seconds: float) -> str:
    return f"{format_duration(seconds)} left" if is_finite_number(seconds) else ""


def _bar(share: float, width: int) -> tuple[tuple[str, str], tuple[str, str]]:
    full = round(min(max(share, 0.0), 1.0) * width)
    return ("━" * full, BLUE), ("─" * (width - full), "dim")
