"""The checks as a test for pytest, which is imported only when a test is made.

There is no `pytest11` entry point: every pytest run in the same environment would load it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from zoo_core.errors import PluginError
from zoo_core.registry import Plugin, Registry, normalized_name
from zoo_core.testing._plugin_checks import plugin_checks
from zoo_core.testing._run import run_check
from zoo_core.testing._table import checks_of
from zoo_core.testing.harness.findings import Result


def pytest_checks(plugin: str | object) -> Callable[..., None]:
    """Return a test of all parts, tools and models of a plugin, parametrized by what is checked.

    A check in `expected_failures` is an expected failure. A check that cannot be run is skipped.

    Args:
        plugin: the name of an installed distribution, or a module with hooks.

    Returns:
        A test function. Assign it to a name that starts with `test_`.

    Raises:
        PluginError: the plugin is not installed, switched off or broken.

    Example:
        >>> from zoo_core.testing import pytest_checks
        >>> test_conformance = pytest_checks("zoo-mine")
    """
    import pytest

    registry, found = _plugin(plugin)
    cases = [
        pytest.param(partial(run_check, entry.part, check, registry), id=f"{entry.kind}-{entry.name}-{check.name}")
        for entry in registry.entries(plugin=found)
        for check in checks_of(entry.part)
    ]
    cases += [pytest.param(own.run, id=f"{own.owner}-{own.name}") for own in plugin_checks(found, registry)]

    @pytest.mark.parametrize("run", cases)
    def test_conformance(run: Callable[[], Result]) -> None:
        result = run()
        if result.state == "failed":
            findings = "\n".join(map(str, result.findings))
            pytest.fail(f"{result.part} breaks the rule: {result.promise}\n{findings}", pytrace=False)
        if result.state == "declared":
            pytest.xfail(result.reason)
        if result.state == "not run":
            pytest.skip(result.reason)

    return test_conformance


def _plugin(plugin: Any) -> tuple[Registry, Plugin]:
    registry = Registry()
    found = _installed(plugin, registry) if isinstance(plugin, str) else registry.add(plugin, "under-test")
    registry.entries(plugin=found)  # imports lazy parts
    if found.problem or found.switched_off:
        raise PluginError(f"plugin {found.distribution!r} is {found.state}: {found.problem or 'see ZOO_PLUGINS'}")
    return registry, found


def _installed(name: str, registry: Registry) -> Plugin:
    found = next((p for p in registry.plugins if p.distribution == normalized_name(name)), None)
    if found is None:
        raise PluginError(f"no plugin {name!r} is installed; install it first, as with: pip install -e .")
    return found
