"""The table of metrics: a line for each metric and split, or a line for each metric where those have no room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from zoo_core.display._colours import GREEN
from zoo_core.display.progress._lines import fit_name, name_column, styled_text
from zoo_core.display.progress._run_progress import MetricHistory
from zoo_core.display.text import format_number, printable
from zoo_core.model.records import SPLITS, split_key

if TYPE_CHECKING:
    from rich.text import Text

Metrics = Mapping[str, MetricHistory]


def metric_table(metrics: Metrics, epoch: int, latest: str, size: tuple[int, int]) -> list[Text]:
    """Return the latest value of each metric and its best one; `latest` is what the former is called.

    `size` is the width and the height of the room.
    """
    width, height = size
    if len(metrics) < height:
        return _long_table(metrics, epoch, latest)
    lines = _short_table(by_metric(metrics), latest, width)
    hidden = len(lines) - max(height, 2)
    if hidden <= 0:
        return lines
    return [*lines[: -hidden - 1], styled_text((f"and {hidden + 1} more", "dim"))]


def by_metric(metrics: Metrics) -> dict[str, dict[str, MetricHistory]]:
    """Return the metrics by their name, then by split."""
    found: dict[str, dict[str, MetricHistory]] = {}
    for split, name, metric in ((*pair, metric) for key, metric in metrics.items() if (pair := split_key(key))):
        found.setdefault(name, {})[split] = metric
    return found


def table_height(metrics: Metrics, room: int) -> int:
    """Return how many of `room` lines the table needs, with one for the legend of the curves."""
    return min(room, (len(metrics) if len(metrics) + 1 < room else len(by_metric(metrics))) + 2)


def _long_table(metrics: Metrics, epoch: int, latest: str) -> list[Text]:
    names = [_shown_name(key) for key in metrics]
    name = name_column(names)
    wide = _value_width([value for metric in metrics.values() for value in (metric.last, metric.best()[1])])
    head = styled_text((f"{'':{name}}  {latest:>{wide}}  {'best':>{wide}}", "dim"))
    rows = zip(names, metrics.values(), strict=True)
    return [head, *(_long_row(fit_name(text, name), metric, wide, (epoch, latest)) for text, metric in rows)]


def _long_row(name: str, metric: MetricHistory, wide: int, now: tuple[int, str]) -> Text:
    epoch, latest = now
    best_epoch, best = metric.best()
    is_best = best_epoch == epoch
    return styled_text(
        name,
        (f"  {format_number(metric.last):>{wide}}", "bold" if is_best else ""),
        f"  {format_number(best):>{wide}}  ",
        (f"{latest if is_best else _epoch_text(best_epoch):<8}", f"bold {GREEN}" if is_best else ""),
    )


def _short_table(metrics: Mapping[str, Mapping[str, MetricHistory]], latest: str, width: int) -> list[Text]:
    """Return a line for each metric, with a column for each split and the best value of the split that decides."""
    splits = [split for split in SPLITS if any(split in found for found in metrics.values())]
    judge = "validation" if "validation" in splits else "train"  # no epoch is chosen by its test figures
    best = [found[judge].best() if judge in found else (0, None) for found in metrics.values()]
    columns = [
        *(
            _column(split, [found[split].last if split in found else None for found in metrics.values()])
            for split in splits
        ),
        _column("best", [value for _, value in best]),
        [f"{cell:<{len(judge) + 3}}" for cell in (f"in {judge}", *(_epoch_text(epoch) for epoch, _ in best))],
    ]
    rows = ["  ".join(cells) for cells in zip(*columns, strict=True)]
    names = [latest, *map(_shown_name, metrics)]
    name = max(min(name_column(names), width - max(map(len, rows)) - 2), 10)
    head, *lines = [f"{fit_name(text, name)}  {row}" for text, row in zip(names, rows, strict=True)]
    return [styled_text((head, "dim")), *map(styled_text, lines)]


def _column(name: str, values: list[float | None]) -> list[str]:
    """Return the cells of a column of numbers, below its name."""
    cells = [name, *map(format_number, values)]
    return [f"{cell:>{max(map(len, cells))}}" for cell in cells]


def _shown_name(key: str) -> str:
    return printable(key).replace("_", " ")


def _epoch_text(epoch: float) -> str:
    return f"epoch {epoch:.0f}" if epoch else "-"


def _value_width(values: list[float | None]) -> int:
    return max(6, *(len(format_number(value)) for value in values))
