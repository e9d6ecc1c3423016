"""The kit as a test of pytest's, which is imported only when one is made.

There is no `pytest11` entry point: it would be loaded in every run of pytest, of all who have the zoo installed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zoo_core.errors import PluginError
from zoo_core.registry import Entry, Plugin, Registry, normalized_name
from zoo_core.testing._run import run_check
from zoo_core.testing._table import checks_of
from zoo_core.testing.harness.check import Check


def pytest_checks(plugin: str | object) -> Callable[..., None]:
    """Return a test, parametrized by part and check, of all parts of a plugin.

    `plugin` is the name of an installed distribution, or a module with hooks. A declared deviation is an expected
    failure; a check that cannot be run is skipped. Raises PluginError for a plugin that is not there or broken.
    """
    import pytest

    registry, entries = _entries(plugin)
    cases = [
        pytest.param(entry, check, id=f"{entry.kind}-{entry.name}-{check.name}")
        for entry in entries
        for check in checks_of(entry.part)
    ]

    @pytest.mark.parametrize(("entry", "check"), cases)
    def test_conformance(entry: Entry, check: Check) -> None:
        result = run_check(entry.part, check, registry)
        if result.state == "failed":
            text = "\n".join(map(str, result.findings))
            pytest.fail(f"{result.part} does not keep its promise: {result.promise}\n{text}", pytrace=False)
        if result.state == "declared":
            pytest.xfail(result.reason)
        if result.state == "not run":
            pytest.skip(result.reason)

    return test_conformance


def _entries(plugin: Any) -> tuple[Registry, list[Entry]]:
    registry = Registry()
    found = _installed(plugin, registry) if isinstance(plugin, str) else registry.add(plugin, "under test")
    entries = registry.entries(plugin=found)
    if found.problem or found.switched_off:
        raise PluginError(f"plugin {found.distribution!r} is {found.state}: {found.problem or 'see ZOO_PLUGINS'}")
    return registry, entries


def _installed(name: str, registry: Registry) -> Plugin:
    found = next((p for p in registry.plugins if p.distribution == normalized_name(name)), None)
    if found is None:
        raise PluginError(f"no plugin {name!r} is installed; install it first, as with: pip install -e .")
    return found
