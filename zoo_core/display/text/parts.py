"""Parts as people look them up: a list by kind, and one part with its options and its picture."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.text import Text

from zoo_core.display.samples import Picture
from zoo_core.display.text.braille import Curve, draw
from zoo_core.display.text.tables import printable, table
from zoo_core.registry import DISTRIBUTION
from zoo_core.spec.describe import article

WIDTH = 80  # of text, at most: longer lines are hard to read
HEIGHT = 14  # of a plot
COLOURS = ("cyan", "yellow", "magenta", "green")


@dataclass(frozen=True)
class PartList:
    """Parts under a heading for each kind: on a terminal one line each, elsewhere uncut."""

    rows: Sequence[Mapping[str, Any]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield a line for each kind and each part."""
        room = max(len(row["name"]) for row in self.rows) + 2
        for kind, group in groupby(self.rows, key=lambda row: row["kind"]):
            rows = list(group)
            yield Text(f"{kind} ({len(rows)})", style="bold")
            for row in rows:
                line = Text("  ").append(f"{printable(row['name']):{room}}", style="cyan").append(_what(row))
                if console.is_terminal:
                    line.truncate(options.max_width, overflow="ellipsis")
                line.no_wrap = True
                yield line


def _what(row: Mapping[str, Any]) -> str:
    origin = "" if row["from"] == DISTRIBUTION else f"[{row['from']}] "
    return origin + printable(row["what"])


def page(part: Mapping[str, Any], shown: Picture | None, note: str, width: int) -> Group:
    """Return a part's page: what `describe` says of it, and its picture or a note why there is none."""
    width = min(width, WIDTH)
    head = Text().append(part["name"], style="bold").append(f"  {article(part['kind'])} of {part['from']}")
    blocks: list[Any] = [head, Text(), *_paragraphs(part["what"], width), Text()]
    if part["options"]:
        blocks += [table(["option", "type", "default"], [list(row.values()) for row in part["options"]]), Text()]
    if shown is not None:
        blocks += [*plot_lines(shown, width), Text()]
    facts = {
        "shapes": part["shapes"],
        "in a spec": part["in_a_spec"],
        "code": part["code"] or part["source"],
        "picture": note,
    }
    return Group(*blocks, *_facts({key: value for key, value in facts.items() if value}))


def _paragraphs(text: str, width: int) -> list[Text]:
    lines = [textwrap.wrap(paragraph, width) or [""] for paragraph in map(printable, text.split("\n\n"))]
    return [Text(line) for paragraph in lines for line in (*paragraph, "")][:-1]


def plot_lines(shown: Picture, width: int) -> list[Text]:
    """Return a picture as lines of braille dots, in colour where there is colour, with the axes named below."""
    curves = [Curve(name, xs, ys, number % 3) for number, (name, (xs, ys)) in enumerate(shown.lines.items())]
    drawn = draw(curves, width, HEIGHT, log=shown.log)
    lines = [Text(line) for line in drawn.lines]
    for line, owners in zip(lines, drawn.owners, strict=True):
        for at, owner in enumerate(owners):
            if owner >= 0:
                line.stylize(COLOURS[owner % len(COLOURS)], at, at + 1)
    below = [drawn.legend, f"{shown.y} against {shown.x}" if len(curves) == 1 else shown.x]
    return [*lines, *(Text(text.center(width).rstrip()) for text in below if text)]


def _facts(facts: Mapping[str, str]) -> list[Text]:
    room = max(map(len, facts)) + 2
    return [Text().append(f"{key:{room}}", style="bold").append(value) for key, value in facts.items()]
