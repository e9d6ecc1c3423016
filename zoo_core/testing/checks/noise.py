"""A check of noise: the mean of its outputs. `transforms` has its other checks."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from zoo_core.parts import Noise, Transform
from zoo_core.testing.checks.transforms import prepared
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.transform_harness import fitting_width, forward

MEAN_ROWS, MEAN_DRAWS = 50, 400


def _check_mean(subject: PartUnderTest) -> Iterator[Finding]:
    """Compare the mean of outputs in training with that of the inputs.

    A part that keeps mean and variance of standard normal inputs alone, such as alpha dropout, is right too.
    """
    part = prepared(subject)
    for centre in (2.0, -2.0):
        found, expected, allowed = _mean_of_outputs(part, fitting_width(subject.make), centre)
        if not abs(found - expected) <= allowed and not _keeps_normal_inputs(part, fitting_width(subject.make)):
            yield Finding(
                "in training, the mean of the outputs is not that of the inputs, and outside training it is",
                f"{MEAN_ROWS} rows, {MEAN_DRAWS} draws", f"{expected:.4g}", f"{found:.4g}",
                "a factor is missing: dropout divides what it keeps by the share that it keeps; noise has the mean 0, "
                "or 1 if it is a factor",
            )  # fmt: skip
            return


def _mean_of_outputs(part: Transform, width: int, centre: float, power: int = 1) -> tuple[float, float, float]:
    """Return the mean of outputs^power over many draws, that of the inputs, and how far it may be off by chance."""
    x = np.random.default_rng(1).normal(centre, 1.0, (MEAN_ROWS, width))
    means = [float((forward(part, x, width, seed=seed) ** power).mean()) for seed in range(MEAN_DRAWS)]
    return float(np.mean(means)), float((x**power).mean()), 6 * float(np.std(means)) / math.sqrt(MEAN_DRAWS) + 1e-3


def _keeps_normal_inputs(part: Transform, width: int) -> bool:
    cases = [_mean_of_outputs(part, width, 0.0, power) for power in (1, 2)]
    return all(abs(found - expected) <= allowed + 0.05 for found, expected, allowed in cases)


CHECKS = {Noise: (Check("mean", "in training, outputs have the mean of the inputs", _check_mean, varied=True),)}
