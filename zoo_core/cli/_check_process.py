"""The process in which plugins are loaded and checked: `python -m zoo_core.cli._check_process TARGET`.

A plugin may hang, crash or print, so it has a process of its own, which says line by line, in JSON, how far it is.
TARGET is a distribution, or a part as 'kind:name', 'distribution:name' or its name alone.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any

from zoo_core.registry import Entry, Plugin, Registry, normalized_name
from zoo_core.spec.describe import plugin_row
from zoo_core.testing import checks_of, run_check


def main() -> None:
    """Print what comes of each check; what plugins print goes to standard error."""
    out = sys.stdout
    with redirect_stdout(sys.stderr):
        for line in lines(sys.argv[1]):
            print(json.dumps(line), file=out, flush=True)


def lines(target: str) -> Iterator[dict[str, Any]]:
    """Yield, for each plugin that the target names, `plugin`; then for each check `begins`, and its `result`."""
    registry = Registry()
    found = list(_chosen(registry, target))
    if not found:
        yield {"known": sorted({registry.key(e) for e in registry.entries()})}
    for plugin, entries in found:
        yield {"plugin": plugin_row(registry, plugin, entries)}
        for entry in entries:
            for check in checks_of(entry.part):
                yield {"begins": f"{entry.kind} {entry.name}: {check.name}"}
                yield {"result": dataclasses.asdict(run_check(entry.part, check, registry))}


def _chosen(registry: Registry, target: str) -> Iterator[tuple[Plugin, list[Entry]]]:
    """Yield each plugin that the target names, with its parts; or the owner of each part that it names."""
    brought = registry.brought()
    for plugin, entries in brought:
        if plugin.distribution == normalized_name(target):
            yield plugin, entries
            return
    for plugin, entries in brought:
        named = [e for e in entries if target in _names(e)]
        if named:
            yield plugin, named


def _names(entry: Entry) -> tuple[str, ...]:
    return entry.name, f"{entry.kind}:{entry.name}", f"{entry.distribution}:{entry.name}"


if __name__ == "__main__":
    main()
