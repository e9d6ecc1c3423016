"""Which checks there are for which kind of part. A new kind needs one module in `checks`, named in MODULES."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from zoo_core.parts import Part
from zoo_core.testing.checks import (
    activations,
    augmentations,
    callbacks,
    datasets,
    definition,
    elementwise,
    exports,
    generators,
    initializers,
    loss_classes,
    losses,
    metrics,
    noise,
    optimizers,
    preprocessors,
    regularizers,
    running_statistics,
    schedules,
    transforms,
)
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest

MODULES = (
    definition, activations, transforms, running_statistics, noise, regularizers, augmentations, losses, loss_classes,
    metrics, optimizers, elementwise, schedules, initializers, generators, datasets, preprocessors, exports,
    callbacks,
)  # fmt: skip


def _expected_failures(subject: PartUnderTest) -> Iterator[Finding]:
    known = [check.name for check in checks_of(subject.part)]
    for name in subject.part.expected_failures:
        if name not in known:
            yield Finding(
                f"`expected_failures` names {name!r}, but no check has this name (there are: {', '.join(known)})"
            )


def _declares_failures(part: type[Any]) -> bool:
    return bool(part.expected_failures)


def _checks_by_base() -> dict[type[Any], tuple[Check, ...]]:
    own = Check("expected_failures", "each expected failure names a check", _expected_failures, _declares_failures)
    found: dict[type[Any], tuple[Check, ...]] = {Part: (*definition.CHECKS[Part], own)}
    for module in MODULES[1:]:
        for base, checks in module.CHECKS.items():
            found[base] = (*found.get(base, ()), *checks)
    return found


CHECKS = _checks_by_base()


def checks_of(part: type[Any]) -> list[Check]:
    """Return the checks of a part's class: those of every base class that it has.

    If two bases have a check of the same name, the second gets the base's name as a prefix: "constraint_dtype".

    Args:
        part: a part's class, such as a subclass of `zoo_core.parts.Activation`.

    Returns:
        The checks, in the order in which they are run.

    Example:
        >>> [check.name for check in checks_of(Relu)][:2]
        ['definition', 'options']
    """
    found: dict[str, Check] = {}
    for base, checks in CHECKS.items():
        for check in checks if issubclass(part, base) else ():
            name = f"{base.__name__.lower()}_{check.name}" if check.name in found else check.name
            if check.applies(part):
                found[name] = dataclasses.replace(check, name=name)
    return list(found.values())
