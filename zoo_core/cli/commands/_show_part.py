"""`zoo show` for a part: its page, or its picture in a file."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_core.cli._output import report
from zoo_core.cli.commands._show_names import meant_name
from zoo_core.errors import PluginError, UsageError, exception_text, nearest

if TYPE_CHECKING:
    from rich.console import RenderableType

    from zoo_core.parts import Part
    from zoo_core.registry import Entry, Registry


@dataclass(frozen=True)
class ShowOptions:
    """The options of `zoo show` that are about parts."""

    kind: str | None
    changes: list[str]  # of --set
    output: Path | None
    epochs: int
    force: bool
    json: bool

    @property
    def given(self) -> dict[str, str]:
        """The values of --set by name."""
        pairs = (text.partition("=") for text in self.changes)
        return {name.strip(): value.strip() for name, _, value in pairs}


def show_parts(name: str, registry: Registry, options: ShowOptions) -> None:
    """Show every part of a name, or draw its only one."""
    from zoo_core.spec.describe import article

    found = _find_entries(name, options.kind, registry)
    if len(found) > 1 and (options.changes or options.output):
        kinds = " or ".join(f"--kind {e.kind}" for e in found)
        raise UsageError(f"{name!r} is {' and '.join(article(e.kind) for e in found)}; choose with {kinds}")
    if options.output is not None:
        _draw_part(found[0], registry, options, options.output)
    elif options.json:
        report([_describe(e, registry, options) for e in found], True, None)
    else:
        for entry in found:
            report(None, False, _part_page(entry, registry, options))


def _find_entries(name: str, kind: str | None, registry: Registry) -> list[Entry]:
    from zoo_core.registry import find_beside, find_model

    found = [e for e in registry.entries(kind) if name in (e.name, e.spec_name)]
    if not found:
        meant = "" if kind else meant_name(name, registry)
        hint = meant or f"{nearest(name, [e.name for e in registry.entries(kind)])}; see 'zoo list parts'"
        if kind is None and name.endswith((".toml", ".json")):
            find_model(name, registry)  # says what to do with a spec
        if kind is None and (beside := find_beside(name, ".npz")):
            raise UsageError(f"{name!r} is no shipped model or part{beside}")
        what = f"no {kind}" if kind else "no model file, shipped model or part"
        raise UsageError(f"{name!r} is {what}{hint}")
    return found


def _describe(entry: Entry, registry: Registry, options: ShowOptions) -> dict[str, Any]:
    """Return what the page of a part says. Raises PluginError if its class cannot be described."""
    from zoo_core.spec.describe import describe

    for described in registry.describe_each(lambda e: describe(e, options.given), [entry]):
        return described
    raise PluginError(f"plugin {entry.distribution}: {entry.plugin.problem}")


def _make_part(entry: Entry, registry: Registry, options: ShowOptions) -> Part:
    from zoo_core.spec import read_part

    return read_part(entry.kind, entry.spec_name, options.changes, registry)


def _draw_part(entry: Entry, registry: Registry, options: ShowOptions, target: Path) -> None:
    from zoo_core.cli._inputs import picture_writer
    from zoo_core.display.plots import part_figure

    request = repr(("show", entry.kind, entry.spec_name, options.changes, options.epochs))
    save = picture_writer(target, request, options.force)
    save(part_figure(_make_part(entry, registry, options), options.epochs))
    report({"saved": str(target)}, options.json, f"saved {target}")


def _part_page(entry: Entry, registry: Registry, options: ShowOptions) -> RenderableType:
    """Return a part's page. If its picture cannot be drawn, the page says why."""
    import numpy as np

    from zoo_core.display.samples import part_curves
    from zoo_core.display.text import part_page

    width = shutil.get_terminal_size().columns
    described = _describe(entry, registry, options)
    missing = {row["option"] for row in described["options"] if row["default"] == "required"}
    if missing - options.given.keys():
        return part_page(described, None, "", width)
    part = _make_part(entry, registry, options)
    try:
        with np.errstate(all="ignore"):
            return part_page(described, part_curves(part, options.epochs), "", width)
    except (Exception, SystemExit) as error:  # the part is another's code; its page must still be readable
        return part_page(described, None, f"cannot be drawn: {exception_text(error)}", width)
