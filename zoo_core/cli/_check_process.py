"""Loads and checks plugins in a process of their own, because a plugin may hang, crash or print.

`check_in_process` starts the process, `python -m zoo_core.cli._check_process TARGET`, and reads the lines of JSON that
it has written. TARGET is a distribution, or a part as 'kind:name', 'distribution:name' or its name alone.
"""

from __future__ import annotations

import atexit
import dataclasses
import faulthandler
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from zoo_core.errors import PluginError, nearest
from zoo_core.registry import installed, normalized_name, with_required

if TYPE_CHECKING:
    from zoo_core.registry import Entry, Plugin, Registry

LAST = "end"  # what begins after all checks
NOT_LOADED = "it did not load within {limit:g} s; switch it off with ZOO_PLUGINS, or remove it"
NOT_ENDED = "{check} did not end within {limit:g} s, the limit for a plugin; what follows was not checked"
DIED_LOADING = "it ended the process that loaded it ({reason})"
DIED_CHECKING = "{check} ended the process that checked it ({reason}); what follows was not checked"
DIED_ENDING = "it ended the process after its last check ({reason}), as a function of atexit may do"

CODE_LINE = re.compile(r'  File ".*", line \d+ in ')  # as the interpreter writes it when it crashes


def check_in_process(target: str, limit: float) -> list[dict[str, Any]]:
    """Load and check each plugin that a target names, and return the records of their checks; `limit` is in seconds.

    Raises PluginError for an unknown target. The record of a plugin says what went wrong in it.
    """
    name = normalized_name(target)
    alone = {"ZOO_PLUGINS": ",".join(with_required(name))} if name in installed() else {}
    with (
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+", errors="replace") as errors,
        tempfile.TemporaryDirectory() as folder,
    ):
        command = [sys.executable, "-P", "-m", "zoo_core.cli._check_process", target, folder]
        code: int | None = None
        with suppress(subprocess.TimeoutExpired):
            done = subprocess.run(
                command, env={**os.environ, **alone}, stdout=out, stderr=errors, timeout=limit, check=False
            )
            code = done.returncode
        out.seek(0)
        plugins, check, ended = _read_lines(out, target)
        if not (ended and code == 0 and check == LAST):
            plugins = plugins or [{"name": name if alone else target, "version": "", "parts": [], "checks": []}]
            plugins[-1] |= {"state": "broken", "problem": _problem(code, check, limit, errors)}
    return plugins


def _problem(code: int | None, check: str, limit: float, errors: IO[str]) -> str:
    """Return why the process did not reach its end; `code` is None if its time was over, `check` what it last began."""
    if code is None:
        return (NOT_ENDED if check else NOT_LOADED).format(check=check, limit=limit)
    words = DIED_ENDING if check == LAST else DIED_CHECKING if check else DIED_LOADING
    return words.format(check=check, reason=f"{_how_it_ended(code)}: {_last_line(errors)}")


def _how_it_ended(code: int) -> str:
    """Return the exit code of a process in words; a signal, such as that of a segmentation fault, by its name."""
    try:
        return signal.Signals(-code).name if code < 0 else f"code {code}"
    except ValueError:  # a signal without a name
        return f"code {code}"


def _last_line(errors: IO[str]) -> str:
    """Return the last line on standard error; for a crash of the interpreter, the innermost line of Python code."""
    errors.seek(0)
    lines = errors.read().strip().splitlines() or ["it said nothing"]
    code = [line.strip() for line in lines if CODE_LINE.match(line)]
    return next((line for line in code if not line.startswith(f'File "{os.__file__[:-5]}')), lines[-1])


def _read_lines(out: IO[str], target: str) -> tuple[list[dict[str, Any]], str, bool]:
    """Return the plugins with the results of their checks, a check that did not end, and whether the last line came.

    The check is LAST if all have ended.
    """
    plugins: list[dict[str, Any]] = []
    check, ended = "", False
    for line in out:
        if not line.endswith("\n"):  # the process died as it wrote
            break
        said = json.loads(line)
        check, ended = said.get("begins", "" if "result" in said else check), "ended" in said
        if "known" in said:
            raise _unknown_target(target, said["known"])
        if "plugin" in said:
            plugins.append({**said["plugin"], "checks": []})
        if "result" in said:
            plugins[-1]["checks"].append(said["result"])
            if said["result"]["state"] == "failed":
                plugins[-1]["state"] = "failing"
    return plugins, check, ended


def _unknown_target(target: str, parts: list[str]) -> PluginError:
    hint = nearest(target.rpartition(":")[2], [*installed(), *parts])
    return PluginError(
        f"no plugin or part {target!r} is installed{hint} (plugins: {', '.join(installed())}; 'zoo list parts')"
    )


def main() -> None:
    """Print a line before and after each check, and one at the end; what plugins print goes to standard error.

    The working folder is a temporary one, so that no part writes into the user's. There data sets are still found.
    """
    _, target, folder = sys.argv
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    atexit.register(_say, {"ended": True}, out)  # what plugins register later is called earlier
    os.environ["ZOO_DATA_DIR"] = str(Path(os.environ.get("ZOO_DATA_DIR", ".")).expanduser().absolute())
    os.chdir(folder)
    faulthandler.enable()
    with redirect_stdout(sys.stderr):
        for line in _check_plugins(target):
            _say(line, out)


def _say(line: dict[str, Any], out: IO[str]) -> None:
    print(json.dumps(line), file=out, flush=True)


def _check_plugins(target: str) -> Iterator[dict[str, Any]]:
    """Yield, for each plugin that the target names, `plugin`; then for each check `begins`, and its `result`."""
    from zoo_core.registry import Registry
    from zoo_core.spec.describe import plugin_row
    from zoo_core.testing import checks_of, plugin_checks, run_check

    registry = Registry()
    found = list(_chosen(registry, target))
    if not found:
        yield {"known": sorted({e.spec_name for e in registry.entries()})}
    for plugin, entries in found:
        others = plugin_checks(plugin, registry) if normalized_name(target) == plugin.distribution else []
        yield {"plugin": plugin_row(plugin, entries)}
        for entry in entries:
            for check in checks_of(entry.part):
                yield {"begins": f"{entry.kind} {entry.name}: {check.name}"}
                yield {"result": dataclasses.asdict(run_check(entry.part, check, registry))}
        for own in others:
            yield {"begins": f"{own.owner}: {own.name}"}
            yield {"result": dataclasses.asdict(own.run())}
    yield {"begins": LAST}


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
