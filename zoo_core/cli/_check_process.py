"""Loads and checks plugins in a process of their own, because a plugin may hang, crash or print.

`check_in_process` starts the process, `python -m zoo_core.cli._check_process TARGET`, and reads the lines of JSON that
it has written. TARGET is a distribution, or a part as 'kind:name', 'distribution:name' or its name alone.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import IO, TYPE_CHECKING, Any

from zoo_core.errors import PluginError, nearest
from zoo_core.registry import installed, normalized_name

if TYPE_CHECKING:
    from zoo_core.registry import Entry, Plugin, Registry

NOT_LOADED = "it did not load within {limit:g} s; switch it off with ZOO_PLUGINS, or remove it"
NOT_ENDED = "{check} did not end within {limit:g} s, the limit for a plugin; what follows was not checked"
DIED_LOADING = "it ended the process that loaded it ({reason})"
DIED_CHECKING = "{check} ended the process that checked it ({reason}); what follows was not checked"


def check_in_process(target: str, limit: float) -> list[dict[str, Any]]:
    """Load and check each plugin that a target names, and return the records of their checks; `limit` is in seconds.

    Raises PluginError for an unknown target. The record of a plugin says what went wrong in it.
    """
    name = normalized_name(target)
    alone = {"ZOO_PLUGINS": name} if name in installed() else {}
    command = [sys.executable, "-m", "zoo_core.cli._check_process", target]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+", errors="replace") as errors:
        try:
            done = subprocess.run(
                command, env={**os.environ, **alone}, stdout=out, stderr=errors, timeout=limit, check=False
            )
            problems = (DIED_LOADING, DIED_CHECKING) if done.returncode else None
            reason = f"code {done.returncode}: {_last_line(errors)}"
        except subprocess.TimeoutExpired:
            problems, reason = (NOT_LOADED, NOT_ENDED), ""
        out.seek(0)
        plugins, check = _read_lines(out, target)
    if problems is not None:
        plugins = plugins or [{"name": name if alone else target, "version": "", "parts": [], "checks": []}]
        problem = problems[bool(check)].format(check=check, limit=limit, reason=reason)
        plugins[-1] |= {"state": "broken", "problem": problem}
    return plugins


def _last_line(errors: IO[str]) -> str:
    errors.seek(0)
    return (errors.read().strip().splitlines() or ["it said nothing"])[-1]


def _read_lines(out: IO[str], target: str) -> tuple[list[dict[str, Any]], str]:
    """Return the plugins with the results of their checks, and the name of a check that began and did not end."""
    plugins: list[dict[str, Any]] = []
    check = ""
    for line in out:
        if not line.endswith("\n"):  # the process died as it wrote
            break
        said = json.loads(line)
        check = said.get("begins", "")
        if "known" in said:
            raise _unknown_target(target, said["known"])
        if "plugin" in said:
            plugins.append({**said["plugin"], "checks": []})
        if "result" in said:
            plugins[-1]["checks"].append(said["result"])
            if said["result"]["state"] == "failed":
                plugins[-1]["state"] = "failing"
    return plugins, check


def _unknown_target(target: str, parts: list[str]) -> PluginError:
    hint = nearest(target.rpartition(":")[2], [*installed(), *parts])
    return PluginError(
        f"no plugin or part {target!r} is installed{hint} (plugins: {', '.join(installed())}; 'zoo list parts')"
    )


def main() -> None:
    """Print a line before and after each check; what plugins print goes to standard error."""
    out = sys.stdout
    with redirect_stdout(sys.stderr):
        for line in _check_plugins(sys.argv[1]):
            print(json.dumps(line), file=out, flush=True)


def _check_plugins(target: str) -> Iterator[dict[str, Any]]:
    """Yield, for each plugin that the target names, `plugin`; then for each check `begins`, and its `result`."""
    from zoo_core.registry import Registry
    from zoo_core.spec.describe import plugin_row
    from zoo_core.testing import checks_of, run_check

    registry = Registry()
    found = list(_chosen(registry, target))
    if not found:
        yield {"known": sorted({e.spec_name for e in registry.entries()})}
    for plugin, entries in found:
        yield {"plugin": plugin_row(plugin, entries)}
        for entry in entries:
            for check in checks_of(entry.part):
                yield {"begins": f"{entry.kind} {entry.name}: {check.name}"}
                yield {"result": dataclasses.asdict(run_check(entry.part, check, registry))}


def _chosen(registry: Registry, target: str) -> Iterator[tuple[Plugin, list[Entry]]]:
    """Yield each plugin that the target names, with its parts; or the plugin of each part that it names."""
    all_plugins = [(plugin, registry.entries(plugin=plugin)) for plugin in registry.plugins]
    for plugin, entries in all_plugins:
        if plugin.distribution == normalized_name(target):
            yield plugin, entries
            return
    for plugin, entries in all_plugins:
        named = [e for e in entries if target in _target_names(e)]
        if named:
            yield plugin, named


def _target_names(entry: Entry) -> tuple[str, ...]:
    return entry.name, f"{entry.kind}:{entry.name}", f"{entry.distribution}:{entry.name}"


if __name__ == "__main__":
    main()
