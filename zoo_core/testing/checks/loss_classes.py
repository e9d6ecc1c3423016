"""Checks of how a loss turns outputs into classes and probabilities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.contract import checked_classes, checked_widths
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


def _decides(part: type[Any]) -> bool:
    return bool(part.task != "regression")


CHECKS = {
    Loss: (Check("classes", "classes and probabilities follow from outputs of each width", _check_classes, _decides),),
}
