"""Parts as text: a list by kind, and the page of one part with its options and its curves."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.text import Text

from zoo_core.display._colours import CURVE_COLOURS
from zoo_core.display.samples import PartCurves
from zoo_core.display.text._braille import Curve, curve_legend, draw_curves
from zoo_core.display.text._table import text_table
from zoo_core.display.text._values import printable
from zoo_core.registry import DISTRIBUTION
from zoo_core.spec.describe import article

MAX_WIDTH = 80  # characters; longer lines are hard to read
PLOT_HEIGHT = 14  # lines


@dataclass(frozen=True)
class PartList:
    """Parts under a heading for each kind. On a terminal each takes one line; elsewhere its text is not cut."""

    rows: Sequence[Mapping[str, Any]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield a line for each kind and each part."""
        room = max(len(row["name"]) for row in self.rows) + 2
        for kind, group in groupby(self.rows, key=lambda row: row["kind"]):
            rows = list(group)
            yield Text(f"{kind} ({len(rows)})", style="bold")
            for row in rows:
                line = Text("  ").append(f"{printable(row['name']):{room}}", style="cyan").append(_description(row))
                if console.is_terminal:
                    line.truncate(options.max_width, overflow="ellipsis")
                line.no_wrap = True
                yield line


def _description(row: Mapping[str, Any]) -> str:
    origin = "" if row["from"] == DISTRIBUTION else f"[{row['from']}] "
    return origin + printable(row["what"])


def part_page(part: Mapping[str, Any], curves: PartCurves | None, note: str, width: int) -> Group:
    """Return a part's page: its description (see `spec.describe`), and its curves or a note why there are none."""
    width = min(width, MAX_WIDTH)
    head = Text().append(part["name"], style="bold").append(f"  {article(part['kind'])} of {part['from']}")
    blocks: list[Any] = [head, Text(), *_paragraph_lines(part["what"], width), Text()]
    if part["options"]:
        rows = [list(row.values()) for row in part["options"]]
        blocks += [text_table(["option", "type", "default"], rows), Text()]
    if curves is not None:
        blocks += [*_plot_lines(curves, width), Text()]
    facts = {
        "shapes": part["shapes"],
        "in a spec": part["in_a_spec"],
        "code": part["code"] or part["source"],
        "picture": note,
    }
    return Group(*blocks, *_fact_lines({key: value for key, value in facts.items() if value}))


def _paragraph_lines(text: str, width: int) -> list[Text]:
    lines = [textwrap.wrap(paragraph, width) or [""] for paragraph in map(printable, text.split("\n\n"))]
    return [Text(line) for paragraph in lines for line in (*paragraph, "")][:-1]


def _plot_lines(shown: PartCurves, width: int) -> list[Text]:
    """Return curves as lines of braille dots, with their names and those of the axes below."""
    curves = [Curve(name, xs, ys, number % 3) for number, (name, (xs, ys)) in enumerate(shown.lines.items())]
    title = f"{shown.y_label} against {shown.x_label}" if len(curves) == 1 else shown.x_label
    drawn = draw_curves(curves, width, PLOT_HEIGHT, log=shown.log, title=title)
    lines = [Text(line) for line in drawn.lines]
    for line, owners in zip(lines, drawn.owners, strict=True):
        for at, owner in enumerate(owners):
            if owner >= 0:
                line.stylize(CURVE_COLOURS[owner % len(CURVE_COLOURS)], at, at + 1)
    return lines if len(curves) == 1 else [*lines, _legend_line(curves, width)]


def _legend_line(curves: Sequence[Curve], width: int) -> Text:
    styles = [CURVE_COLOURS[number % len(CURVE_COLOURS)] for number in range(len(curves))]
    names = Text("   ").join(map(Text, curve_legend(curves), styles))
    return Text(" " * max((width - names.cell_len) // 2, 0)).append_text(names)


def _fact_lines(facts: Mapping[str, str]) -> list[Text]:
    room = max(map(len, facts)) + 2
    return [Text().append(f"{key:{room}}", style="bold").append(value) for key, value in facts.items()]
