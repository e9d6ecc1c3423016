"""Checks of batch augmentations."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.parts import Array, BatchAugmentation
from zoo_core.testing.harness.buffers import input_findings
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.dtypes import expect_float32
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.randomness import randomness
from zoo_core.testing.harness.saved_state import continued_findings


def _sample_batch(dtype: Any = np.float64) -> tuple[Array, Array]:
    x = np.random.default_rng(8).normal(size=(8, 3)).astype(dtype)
    return x, np.eye(4, dtype=dtype)[np.arange(8) % 4]


def _check_batch_shapes(subject: PartUnderTest) -> Iterator[Finding]:
    x, targets = _sample_batch()
    inputs, changed_targets = subject.make().augment(x, targets, np.random.default_rng(0))
    for name, was, now in (("inputs", x, inputs), ("targets", targets, changed_targets)):
        if np.shape(now) != was.shape:
            yield Finding(f"augment returns {name} of another shape", "", str(was.shape), str(np.shape(now)))


def _check_batch_inputs(subject: PartUnderTest) -> Iterator[Finding]:
    x, targets = _sample_batch()
    call = subject.make().augment, x, targets, np.random.default_rng(0)
    yield from input_findings("augment", {"x": x, "targets": targets}, *call)


def _check_batch_dtype(subject: PartUnderTest) -> Iterator[Finding]:
    x, targets = _sample_batch(np.float32)
    inputs, softened = subject.make().augment(x, targets, np.random.default_rng(0))
    yield from expect_float32({"the inputs that augment returns": inputs, "the targets that augment returns": softened})


def _draw_batch(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    return list(subject.make().augment(*_sample_batch(), rng))


def _check_state(subject: PartUnderTest) -> Iterator[Finding]:
    def use(part: BatchAugmentation, number: int) -> list[Array]:
        return list(part.augment(*_sample_batch(), np.random.default_rng(number)))

    yield from continued_findings(subject.make(), subject.make(), use, "augment")


_BATCH_AUGMENTATION = (
    Check("shapes", "inputs and targets keep their shapes", _check_batch_shapes),
    Check("inputs", "it does not change the given batch", _check_batch_inputs),
    Check("dtype", "float32 stays float32", _check_batch_dtype),
    Check("state", "saved and loaded, it goes on as if nothing had happened", _check_state, varied=True),
    randomness(_draw_batch),
)

CHECKS = {BatchAugmentation: _BATCH_AUGMENTATION}
