"""Comparing arrays: gradients against central differences, with the mistake that explains the numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from zoo_core.parts import Array
from zoo_core.testing.harness.findings import Finding

TOLERANCE = 1e-6  # largest error of a gradient, relative to its largest entry

Suspects = Iterable[tuple[str, Array]]  # a typical mistake in words, and the numbers that it would give


def close(got: Array, expected: Array, tolerance: float = TOLERANCE) -> bool:
    """Tell whether all entries agree, to a share of the largest one."""
    if not (np.isfinite(got).all() and np.isfinite(expected).all()):
        return False
    allowed = tolerance * max(float(np.abs(expected).max(initial=0)), 1e-2)
    return bool(np.abs(got - expected).max(initial=0) <= allowed)


def compare(
    what: str, got: Array, expected: Array, inputs: Mapping[str, Array], suspects: Suspects = ()
) -> Iterator[Finding]:
    """Yield a finding where a gradient is not the one that central differences give.

    `inputs` are shown at the worst point; those of the gradient's shape, entry by entry.
    """
    if close(got, expected):
        return
    error = np.abs(got - expected)
    at = np.unravel_index(int(np.argmax(np.where(np.isfinite(error), error, np.inf))), error.shape)
    yield Finding(
        f"{what} is not the one that central differences give: off by {error[at]:.2g}",
        place(at, inputs),
        f"{expected[at]:.10g}",
        f"{got[at]:.10g}",
        likely(got, expected, inputs, suspects),
    )


def place(at: tuple[np.intp, ...], inputs: Mapping[str, Array]) -> str:
    """Return the words for an index and what goes in there."""
    names = {1: ("entry",), 2: ("row", "column")}.get(len(at), ("index",) * len(at))
    shown = [f"{name} = {array[at]:.6g}" for name, array in inputs.items() if array.ndim == len(at)]
    return ", ".join([*(f"{n} {int(i)}" for n, i in zip(names, at, strict=True)), *shown])


def likely(got: Array, expected: Array, inputs: Mapping[str, Array], suspects: Suspects) -> str:
    """Return the typical mistake that gives these numbers, or ''."""
    if not np.isfinite(got).all():
        return "a division by zero, an overflow, or a logarithm of a negative number"
    for words, array in suspects:
        if close(got, array) and not close(array, expected):
            return words
    return _factor(got, expected) or _region(got, expected, inputs)


def _factor(got: Array, expected: Array) -> str:
    square = float(np.vdot(expected, expected))
    factor = float(np.vdot(got, expected)) / square if square else 0.0
    if not close(got, factor * expected):
        return ""
    if abs(factor) < 1e-9:
        return "it is zero everywhere: nothing is written, or nothing flows back"
    if abs(factor + 1) < 1e-6:
        return "a sign error: it is minus the right one"
    return f"a factor is missing or too much: it is {factor:.6g} times the right one"


def _region(got: Array, expected: Array, inputs: Mapping[str, Array]) -> str:
    """Say that it is wrong on one side of zero only."""
    name, x = next(iter(inputs.items()), ("", np.empty(0)))
    if x.shape != got.shape or not (x < 0).any() or not (x > 0).any():
        return ""
    scale = max(float(np.abs(expected).max()), 1e-2)
    wrong = np.abs(got - expected) > TOLERANCE * scale
    for side, words in ((x < 0, f"{name} < 0"), (x > 0, f"{name} > 0")):
        if not wrong[~side].any():
            return f"the case {words} is wrong, the other side of zero is right"
    return ""
