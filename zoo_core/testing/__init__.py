"""The conformance kit: does a part keep the promises of its kind? `zoo plugins check NAME` runs it.

`check_part` gives the result of each check of one part; `pytest_checks` makes a test of them all:

    from zoo_core.testing import pytest_checks

    test_conformance = pytest_checks("zoo-mine")

Nothing here prints. If your part breaks a rule on purpose, list it in `expected_failures` with the reason. The check
is then reported as declared, not as passed.
"""

from zoo_core.testing._pytest import pytest_checks
from zoo_core.testing._run import check_part, run_check
from zoo_core.testing._table import checks_of
from zoo_core.testing.harness.findings import Check, Finding, Result

__all__ = ["Check", "Finding", "Result", "check_part", "checks_of", "pytest_checks", "run_check"]
