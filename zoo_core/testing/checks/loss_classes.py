"""Checks of how a loss turns outputs into classes and probabilities, or into values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.contract import checked_classes, checked_value_widths, checked_values, checked_widths
from zoo_core.errors import PluginError
from zoo_core.parts import Array, Loss
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest


def _check_classes(subject: PartUnderTest) -> Iterator[Finding]:
    """Ask for the classes of outputs of every width that the loss takes."""
    part = subject.make()
    for classes in range(2, 7):
        for width in checked_widths(part, classes):
            outputs = np.random.default_rng(classes).uniform(0.0, 1.0, (40, width))
            if width > 1 and part.output_range == "probabilities":
                outputs /= outputs.sum(axis=1, keepdims=True)
            yield from _decision_findings(part, outputs, classes)


def _decision_findings(part: Loss, outputs: Array, classes: int) -> Iterator[Finding]:
    case = f"{classes} classes, outputs of shape {outputs.shape}"
    kept, found = outputs.copy(), part.decide(outputs, part.decision_threshold)
    try:
        checked_classes(part, found, len(outputs), classes)
    except PluginError as error:
        yield Finding(str(error), case)
        return
    alone = [part.decide(outputs[i : i + 1], part.decision_threshold)[0] for i in range(len(outputs))]
    if not np.array_equal(alone, found):
        yield Finding("the class of a row depends on the other rows", case)
    p = part.probabilities(outputs)
    if p is not None and not _are_shares(p, (len(outputs), classes)):
        yield Finding(
            "probabilities are not shares of 1", case, f"None, or numbers of shape ({len(outputs)}, {classes})",
            f"shape {p.shape}", "override `probabilities` together with `output_widths`",
        )  # fmt: skip
    if not np.array_equal(outputs, kept):
        yield Finding("decide or probabilities changes the outputs", case)


def _are_shares(p: Array, shape: tuple[int, int]) -> bool:
    return p.shape == shape and bool(p.min() >= 0) and np.allclose(p.sum(axis=1), 1, atol=2e-3)


def _check_values(subject: PartUnderTest) -> Iterator[Finding]:
    """Ask for the values of outputs of every width that the loss takes."""
    part = subject.make()
    for targets in range(1, 4):
        for width in checked_value_widths(part, targets):
            outputs = np.random.default_rng(targets).uniform(0.0, 1.0, (40, width))
            yield from _value_findings(part, outputs, targets)


def _value_findings(part: Loss, outputs: Array, targets: int) -> Iterator[Finding]:
    case = f"{targets} targets, outputs of shape {outputs.shape}"
    kept = outputs.copy()
    try:
        found = checked_values(part, part.predicted_values(outputs), len(outputs), targets).copy()
    except PluginError as error:
        yield Finding(str(error), case, likely="override `predicted_values` together with `value_widths`")
        return
    alone = [part.predicted_values(outputs[i : i + 1])[0] for i in range(len(outputs))]
    if not np.allclose(alone, found, rtol=1e-9, atol=1e-12):
        yield Finding("the values of a row depend on the other rows", case)
    if not np.array_equal(outputs, kept):
        yield Finding("predicted_values changes the outputs", case)


def _predicts_values(part: type[Any]) -> bool:
    return bool(part.task != "classification")


def _decides(part: type[Any]) -> bool:
    return bool(part.task != "regression")


CHECKS = {
    Loss: (
        Check("classes", "classes and probabilities follow from outputs of each width", _check_classes, _decides),
        Check("values", "predicted values follow from outputs of each width", _check_values, _predicts_values),
    ),
}
