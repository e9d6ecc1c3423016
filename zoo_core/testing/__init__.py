"""The conformance kit: checks whether a part keeps the rules of its kind. `zoo plugins check NAME` runs it.

`check_part` returns the result of each check of one part. `pytest_checks` makes a test of all parts of a plugin:

    from zoo_core.testing import pytest_checks

    test_conformance = pytest_checks("zoo-mine")

If your part breaks a rule on purpose, list it in `expected_failures` with the reason. The check is then reported as
declared. Nothing here prints.

`_table.py` collects the checks in `checks`, and `_run.py` runs them. `harness` holds what they are built on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.testing._buffer_rules import buffer_findings as buffer_findings
    from zoo_core.testing._plugin_checks import PluginCheck as PluginCheck, plugin_checks as plugin_checks
    from zoo_core.testing._pytest import pytest_checks as pytest_checks
    from zoo_core.testing._run import check_part as check_part, run_check as run_check
    from zoo_core.testing._table import checks_of as checks_of
    from zoo_core.testing.harness.check import Check as Check
    from zoo_core.testing.harness.findings import Finding as Finding, Result as Result

_MODULES = {
    "_buffer_rules": "buffer_findings",
    "_plugin_checks": "PluginCheck plugin_checks",
    "_pytest": "pytest_checks",
    "_run": "check_part run_check",
    "_table": "checks_of",
    "harness.check": "Check",
    "harness.findings": "Finding Result",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _MODULES)
