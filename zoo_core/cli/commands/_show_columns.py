"""The columns and the targets of a model as tables of `zoo show`: what prepares each, and what it has learnt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType

MOST_COLUMNS = 60
SHOWN = 6  # texts of a list
LETTERS = 24  # of a text


Records = Sequence[Mapping[str, Any]]


def column_tables(columns: Records, targets: Records) -> Iterator[RenderableType]:
    """Yield a table of columns and one of targets, where there are any."""
    from zoo_core.display.text import text_table

    if columns:
        cells = [(one["column"][:40], one["kind"], one["by"], _text(one["learnt"])) for one in columns[:MOST_COLUMNS]]
        left = len(columns) - MOST_COLUMNS
        title = "Columns" + (f"; {left:,} more are in --json" if left > 0 else "")
        yield text_table(["column", "kind", "prepared by", "learnt from the training rows"], cells, title=title)
    if targets:
        scaled = [(one["target"][:40], one["by"], _text(one["learnt"])) for one in targets[:MOST_COLUMNS]]
        title = f"Targets: each is scaled {targets[0]['units']}"
        yield text_table(["target", "scaled by", "learnt, in its own units"], scaled, title=title)


def _text(learnt: Mapping[str, Any]) -> str:
    return "; ".join(f"{key} {_value(value)}" for key, value in learnt.items())


def _value(value: Any) -> str:
    from zoo_core.display.text import format_number

    if isinstance(value, (list, tuple)):
        shown = ", ".join(_value(one) for one in value[:SHOWN])
        return f"{shown}, ... ({len(value):,} in all)" if len(value) > SHOWN else shown
    return value[:LETTERS] if isinstance(value, str) else format_number(value)
