"""The part of `zoo show` that is about parts: their page, or their picture in a file."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zoo_core.cli._output import report
from zoo_core.errors import UsageError, nearest

if TYPE_CHECKING:
    from rich.console import RenderableType

    from zoo_core.parts import Part
    from zoo_core.registry import Entry, Registry


@dataclass(frozen=True)
class Wanted:
    """How a part is to be shown."""

    kind: str | None
    options: list[str]
    output: Path | None
    epochs: int
    force: bool
    json: bool

    @property
    def given(self) -> dict[str, str]:
        """The options of --set by name."""
        pairs = (text.partition("=") for text in self.options)
        return {name.strip(): value.strip() for name, _, value in pairs}


def show_parts(name: str, registry: Registry, wanted: Wanted) -> None:
    """Show every part of a name, or draw the one that is asked for."""
    from zoo_core.spec.describe import article, describe

    found = _named(name, wanted.kind, registry)
    if len(found) > 1 and (wanted.options or wanted.output):
        kinds = " or ".join(f"--kind {e.kind}" for e in found)
        raise UsageError(f"{name!r} is {' and '.join(article(e.kind) for e in found)}; choose with {kinds}")
    if wanted.output is not None:
        _draw(found[0], registry, wanted, wanted.output)
    elif wanted.json:
        report([describe(e, wanted.given) for e in found], True, None)
    else:
        for entry in found:
            report(None, False, _page(entry, registry, wanted))


def _named(name: str, kind: str | None, registry: Registry) -> list[Entry]:
    found = [e for e in registry.entries(kind) if name in (e.name, e.spec_name)]
    if not found:
        hint = nearest(name, [e.name for e in registry.entries(kind)])
        what = f"no {kind}" if kind else "no model file, shipped model or part"
        raise UsageError(f"{name!r} is {what}{hint}; see 'zoo list parts'")
    return found


def _part(entry: Entry, registry: Registry, wanted: Wanted) -> Part:
    from zoo_core.spec import read_part

    return read_part(entry.kind, entry.spec_name, wanted.options, registry)


def _draw(entry: Entry, registry: Registry, wanted: Wanted, target: Path) -> None:
    from zoo_core.cli._inputs import check_output_path
    from zoo_core.display.plots import part_figure, save

    check_output_path(target, wanted.force)
    save(part_figure(_part(entry, registry, wanted), wanted.epochs), target)
    report({"saved": str(target)}, wanted.json, f"saved {target}")


def _page(entry: Entry, registry: Registry, wanted: Wanted) -> RenderableType:
    """Return a part's page; where its picture cannot be drawn, the page says why."""
    import numpy as np

    from zoo_core.display.samples import part_curves
    from zoo_core.display.text import part_page
    from zoo_core.spec.describe import describe

    width = shutil.get_terminal_size().columns
    described = describe(entry, wanted.given)
    missing = {row["option"] for row in described["options"] if row["default"] == "required"}
    if missing - wanted.given.keys():
        return part_page(described, None, "", width)
    part = _part(entry, registry, wanted)
    try:
        with np.errstate(all="ignore"):
            return part_page(described, part_curves(part, wanted.epochs), "", width)
    except Exception as error:  # another's code: its page must still be readable
        return part_page(described, None, f"cannot be drawn: {type(error).__name__}: {error}", width)
