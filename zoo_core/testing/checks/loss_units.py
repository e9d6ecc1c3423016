"""The check of losses that say `scales_targets`: to them a shift and a scale of the targets are only another unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.parts import Array, Loss
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.loss_samples import sample_outputs, sample_targets
from zoo_core.testing.harness.part_under_test import PartUnderTest

SHIFT, SCALES = 7.5, (0.25, 4.0)
LIKELY = "the unit of the targets means something to it: leave `scales_targets` out"


def says_so(part: type[Any]) -> bool:
    """Return whether the class itself says that it takes scaled targets."""
    return bool(vars(part).get("scales_targets", False))


def check_units(subject: PartUnderTest) -> Iterator[Finding]:
    """Shift outputs and targets together, and scale them together."""
    part, rng = subject.make(), np.random.default_rng(8)
    shapes = sample_outputs(part).shape, sample_targets(part, sample_outputs(part))[0].shape
    y, t = (rng.normal(0.0, 2.0, shape) for shape in shapes)
    for name, ask in (("value", part.value), ("gradient", lambda y, t: _gradient(part, y, t))):
        expected, got = ask(y, t), ask(y + SHIFT, t + SHIFT)
        if not np.allclose(got, expected, rtol=1e-9, atol=1e-9):
            case = f"outputs and targets with {SHIFT} added"
            yield Finding(f"{name} depends on more than the errors", case, str(expected[0]), str(got[0]), LIKELY)
            return
    signs = np.sign(_gradient(part, y, t))
    for scale in SCALES:
        scaled = np.sign(_gradient(part, scale * y, scale * t))
        if not np.array_equal(signs, scaled):
            row = int(np.flatnonzero((signs != scaled).any(axis=1))[0])
            case = f"outputs and targets times {scale:g}, signs of row {row}"
            yield Finding("the gradient changes its sign", case, str(signs[row]), str(scaled[row]), LIKELY)
            return


def _gradient(part: Loss, outputs: Array, targets: Array) -> Array:
    out = np.zeros_like(outputs)
    part.gradient(outputs, targets, out)
    return out
