"""Comparison of gradients with central differences. A finding names the mistake that explains the numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from zoo_core.parts import Array
from zoo_core.testing.harness.findings import Finding

TOLERANCE = 1e-6  # largest error of a gradient, relative to its largest entry

Mistakes = Iterable[tuple[str, Array]]  # the description of a typical mistake, and the numbers that it would give


def is_close(got: Array, expected: Array, tolerance: float = TOLERANCE) -> bool:
    """Return whether all entries agree within `tolerance` times the largest entry."""
    if not (np.isfinite(got).all() and np.isfinite(expected).all()):
        return False
    allowed = tolerance * max(float(np.abs(expected).max(initial=0)), 1e-2)
    return bool(np.abs(got - expected).max(initial=0) <= allowed)


def compare_gradients(
    what: str, got: Array, expected: Array, inputs: Mapping[str, Array], mistakes: Mistakes = ()
) -> Iterator[Finding]:
    """Yield a finding if a gradient differs from that of central differences.

    The finding shows the point with the largest error, and the entries of `inputs` there.
    """
    if is_close(got, expected):
        return
    error = np.abs(got - expected)
    at = np.unravel_index(int(np.argmax(np.where(np.isfinite(error), error, np.inf))), error.shape)
    yield Finding(
        f"{what} differs from central differences by {error[at]:.2g}",
        describe_point(at, inputs),
        f"{expected[at]:.10g}",
        f"{got[at]:.10g}",
        likely_mistake(got, expected, inputs, mistakes),
    )


def describe_point(at: tuple[np.intp, ...], inputs: Mapping[str, Array]) -> str:
    """Return the text for an index and the inputs there."""
    names = {1: ("entry",), 2: ("row", "column")}.get(len(at), ("index",) * len(at))
    shown = [f"{name} = {array[at]:.6g}" for name, array in inputs.items() if array.ndim == len(at)]
    return ", ".join([*(f"{n} {int(i)}" for n, i in zip(names, at, strict=True)), *shown])


def likely_mistake(got: Array, expected: Array, inputs: Mapping[str, Array], mistakes: Mistakes) -> str:
    """Return the typical mistake that gives these numbers, or ''."""
    if not np.isfinite(got).all():
        return "a division by zero, an overflow, or a logarithm of a negative number"
    for description, array in mistakes:
        if is_close(got, array) and not is_close(array, expected):
            return description
    return _wrong_factor(got, expected) or _wrong_side(got, expected, inputs)


def _wrong_factor(got: Array, expected: Array) -> str:
    square = float(np.vdot(expected, expected))
    factor = float(np.vdot(got, expected)) / square if square else 0.0
    if not is_close(got, factor * expected):
        return ""
    if abs(factor) < 1e-9:
        return "it is zero everywhere: nothing is written, or no gradient is passed back"
    if abs(factor + 1) < 1e-6:
        return "a sign error: it is minus the correct one"
    return f"a wrong factor: it is {factor:.6g} times the correct one"


def _wrong_side(got: Array, expected: Array, inputs: Mapping[str, Array]) -> str:
    """Return the text for a gradient that is wrong on one side of zero only, or ''."""
    name, x = next(iter(inputs.items()), ("", np.empty(0)))
    if x.shape != got.shape or not (x < 0).any() or not (x > 0).any():
        return ""
    scale = max(float(np.abs(expected).max()), 1e-2)
    wrong = np.abs(got - expected) > TOLERANCE * scale
    for side, case in ((x < 0, f"{name} < 0"), (x > 0, f"{name} > 0")):
        if not wrong[~side].any():
            return f"the case {case} is wrong, the other side of zero is correct"
    return ""
