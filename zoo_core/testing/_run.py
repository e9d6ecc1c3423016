"""Runs checks: an error in a part becomes a finding, and an expected failure is declared."""

from __future__ import annotations

import dataclasses
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import chdir, contextmanager

import numpy as np

from zoo_core.errors import exception_text, message_text
from zoo_core.parts import Dataset, Part
from zoo_core.registry import Registry
from zoo_core.testing._table import checks_of
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding, NotRunError, Result
from zoo_core.testing.harness.part_under_test import PartUnderTest, defaults_and_examples
from zoo_core.testing.harness.source_places import raised_at
from zoo_core.testing.harness.variations import variations
from zoo_core.testing.harness.written_files import writes_only_in


def check_part(part: type[Part], registry: Registry | None = None) -> Iterator[Result]:
    """Run every check of a part, with its default options and with each of its `examples`.

    Args:
        part: a part's class.
        registry: where the names of parts among its options are looked up; by default, all installed plugins.

    Yields:
        The result of each check, as soon as it is known.

    Example:
        >>> [result.check for result in check_part(Relu) if result.state == "failed"]
        []
    """
    registry = registry or Registry()
    for check in checks_of(part):
        yield run_check(part, check, registry)


def run_check(part: type[Part], check: Check, registry: Registry) -> Result:
    """Run one check of a part.

    Args:
        part: a part's class.
        check: one of `checks_of(part)`.
        registry: where the names of parts among its options are looked up.

    Returns:
        The result: "passed", "failed", "declared" or "not run".

    Example:
        >>> run_check(Relu, checks_of(Relu)[0], Registry()).state
        'passed'
    """
    name = f"{part.kind} {part.name or part.__name__}"
    result = Result(name, check.name, check.promise, "passed")
    declared = part.expected_failures.get(check.name, "")
    try:
        made = [*defaults_and_examples(part, registry), *(variations(part, registry) if check.varied else ())]
        with _own_folder(part):
            found = tuple(dict.fromkeys(f for s in made for f in findings(check, s)))
    except NotRunError as reason:
        return dataclasses.replace(result, state="not run", reason=str(reason))
    if declared and found:
        return dataclasses.replace(result, state="declared", findings=found, reason=declared)
    if declared:
        found = (
            Finding(
                f"`expected_failures` lists {check.name!r}, but the check passes", likely="remove it from the list"
            ),
        )
    return dataclasses.replace(result, state="failed" if found else "passed", findings=found)


@contextmanager
def _own_folder(part: type[Part]) -> Iterator[None]:
    """Work in a temporary folder, where a part may write, and nowhere else.

    A data set reads, perhaps files of this folder, and may write what it downloads.
    """
    if issubclass(part, Dataset):
        yield
        return
    with tempfile.TemporaryDirectory() as folder, chdir(folder), writes_only_in(folder):
        yield


def findings(check: Check, subject: PartUnderTest) -> list[Finding]:
    """Return the findings of a check for one instance. Raises NotRunError if it cannot be run."""
    options = ", ".join(f"{key} = {value!r}" for key, value in subject.options.items())
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = _run_function(check, subject)
    return [dataclasses.replace(f, problem=f"with {options}: {f.problem}") for f in found] if options else found


def _run_function(check: Check, subject: PartUnderTest) -> list[Finding]:
    found = []
    try:
        for finding in check.run(subject):
            found.append(finding)  # noqa: PERF402 - findings before an error count
    except (NotRunError, KeyboardInterrupt):
        raise
    except BaseException as error:
        found.append(_describe_error(error))
    return found


def _describe_error(error: BaseException) -> Finding:
    message, place = message_text(error), raised_at(error)
    if isinstance(error, NotImplementedError) and not message:
        return Finding(f"the required method {place.rpartition(' ')[2]} is not written")
    return Finding(f"it raises {exception_text(error)}", place)
