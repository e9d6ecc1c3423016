"""The page of parts: each kind with its place in a spec, and every part with its options."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from itertools import groupby

from zoo_core.cli.reference.sheets import SHEETS
from zoo_core.parts import KINDS
from zoo_core.registry import Entry
from zoo_core.spec.describe import option_rows, summary, usage

HEAD = """\
# Parts

Every part of {distribution}, by kind, with the options that a spec may give it: name, type with bounds, default. This
page is made from the parts themselves. `zoo show NAME` tells more of one, and `zoo list parts` lists those of all
installed plugins.
{commands}
"""
SIGNS = re.compile(r"(?<!\w)_|_(?!\w)|(?<!\s)\*|\*(?!\s)|<(?=[a-z/!])")  # emphasis, tags
COMMANDS = "\n[commands.md](commands.md) has every command with its options.\n"


def parts_page(entries: Sequence[Entry]) -> str:
    """Return the page as Markdown."""
    own = sorted(entries, key=lambda entry: (list(KINDS).index(entry.kind), entry.name))
    distribution = own[0].distribution
    commands = COMMANDS if any(e.kind == "dataset" for e in own) else ""
    sections = [_kind_section(kind, list(group)) for kind, group in groupby(own, key=lambda entry: entry.kind)]
    return HEAD.format(distribution=distribution, commands=commands) + "\n".join(sections)


def _kind_section(kind: str, entries: Sequence[Entry]) -> str:
    base = re.split(r"[.;]\s|\.$", inspect.getdoc(KINDS[kind]) or "")[0]
    example = next((e for e in entries if option_rows(e.part)), entries[0])
    shapes = f". Shapes: {escaped(KINDS[kind].shapes)}" if KINDS[kind].shapes else ""
    caption = SHEETS[kind].caption if kind in SHEETS else ""
    picture = f"\n![Each {kind}]({kind}s.png)\n\n{caption}\n" if caption else ""
    return (
        f"## {kind} ({len(entries)})\n\n{escaped(base)}. In a spec: "
        f"`{usage(example.part, example.spec_name, {})}`{shapes}\n{picture}\n"
        "| name | what it is | options |\n| --- | --- | --- |\n" + "".join(map(_part_row, entries))
    )


def _part_row(entry: Entry) -> str:
    options = [
        f"`{row['option']}` {escaped(row['type'])}" + (f", `{row['default']}`" if row["default"] != "none" else "")
        for row in option_rows(entry.part)
    ]
    own = entry.part.shapes if entry.part.shapes != KINDS[entry.kind].shapes else ""
    what = "<br>".join(escaped(line) for line in (summary(entry.part), own) if line)
    return f"| `{entry.name}` | {what} | {'<br>'.join(options)} |\n"


def escaped(text: str) -> str:
    """Return text with what Markdown would take as a sign escaped: bars everywhere, the others outside backticks."""
    pieces = text.replace("|", r"\|").split("`")
    pieces[::2] = [SIGNS.sub(r"\\\g<0>", piece) for piece in pieces[::2]]
    return "`".join(pieces)
