"""Which checks there are for which kind of part: the kit at a glance."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from zoo_core import parts
from zoo_core.testing.checks import (
    activations,
    callbacks,
    data,
    definition as form,
    losses,
    metrics,
    optimizers,
    random as randoms,
    regularizers,
    running_statistics as running,
    schedules,
    transforms,
)
from zoo_core.testing.harness.findings import Check, Finding
from zoo_core.testing.harness.subject import PartUnderTest


def _expected_failures(subject: PartUnderTest) -> Iterator[Finding]:
    known = [check.name for check in checks_of(subject.part)]
    for name in subject.part.expected_failures:
        if name not in known:
            yield Finding(
                f"`expected_failures` names {name!r}, and there is no such check (there are: {', '.join(known)})"
            )


CHECKS: dict[type[Any], tuple[Check, ...]] = {
    parts.Part: (
        *form.CHECKS,
        Check(
            "expected_failures", "what it declares are checks", _expected_failures, lambda p: bool(p.expected_failures)
        ),
    ),
    parts.Activation: activations.CHECKS,
    parts.Normalizer: (transforms.GRADIENT, *running.CHECKS),
    parts.Noise: (transforms.GRADIENT,),
    parts.Transform: transforms.CHECKS,
    parts.Penalty: regularizers.PENALTY,
    parts.Constraint: regularizers.CONSTRAINT,
    parts.BatchAugmentation: regularizers.BATCH_CHANGE,
    parts.Loss: losses.CHECKS,
    parts.Metric: metrics.CHECKS,
    parts.Optimizer: optimizers.CHECKS,
    parts.Schedule: schedules.CHECKS,
    parts.Initializer: randoms.INITIALIZER,
    parts.RandomSource: randoms.GENERATOR,
    parts.Dataset: data.DATASET,
    parts.Preprocessor: data.PREPROCESSOR,
    parts.Callback: callbacks.CHECKS,
}


def checks_of(part: type[Any]) -> list[Check]:
    """Return the checks of a part's class: those of every base that it has.

    Where two bases have a check of one name, the second is called after its base, such as "constraint_dtype".
    """
    found: dict[str, Check] = {}
    for base, checks in CHECKS.items():
        for check in checks if issubclass(part, base) else ():
            name = f"{base.__name__.lower()}_{check.name}" if check.name in found else check.name
            if check.applies(part):
                found[name] = dataclasses.replace(check, name=name)
    return list(found.values())
