"""Checks of preprocessors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.parts import Array, Preprocessor
from zoo_core.testing.harness.buffers import changed, overwritten
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.randomness import no_randomness
from zoo_core.testing.harness.saved_state import transfer_state

ROWS, FEATURES = 40, 5


def inputs(dtype: Any = np.float64) -> Array:
    """Return raw inputs; the last feature does not vary."""
    x = np.random.default_rng(9).uniform(0, 255, (ROWS, FEATURES))
    x[:, -1] = 3
    return x.astype(dtype)


class Rows:
    """Inputs that lie elsewhere: no array, but `shape`, `dtype` and `take` like one."""

    def __init__(self, array: Array) -> None:
        self._array = array
        self.shape, self.dtype = array.shape, array.dtype

    def take(self, indices: Array, axis: int | None = None, out: Array | None = None) -> Array:
        """Return some rows."""
        found: Array = self._array.take(indices, axis=axis, out=out)
        return found


def _fitted(subject: PartUnderTest, x: Any = None) -> Any:
    part = subject.make()
    part.fit(inputs() if x is None else x)
    return part


def _apply(part: Any, x: Array, dtype: Any = np.float64) -> Array:
    out = np.zeros(x.shape, dtype)
    part.transform(x, out)
    return out


def _outputs(subject: PartUnderTest) -> Iterator[Finding]:
    def run(fill: float) -> dict[str, Array]:
        out = np.full((ROWS, FEATURES), fill)
        _fitted(subject).transform(inputs(), out)
        return {"out of apply": out}

    yield from overwritten(run)


def _unchanged(subject: PartUnderTest) -> Iterator[Finding]:
    x, part = inputs(), subject.make()
    with changed("fit", {"x": x}) as findings:
        part.fit(x)
    yield from findings
    with changed("transform", {"x": x}) as findings:
        _apply(part, x)
    yield from findings


def _values(subject: PartUnderTest) -> Iterator[Finding]:
    for x in (inputs(), inputs(np.float32), inputs(np.uint8)):
        part = _fitted(subject, x)
        whole = _apply(part, x)
        if not np.isfinite(whole).all():
            at = tuple(np.argwhere(~np.isfinite(whole))[0])
            yield Finding(
                "a prepared value is not finite", f"{x.dtype}, feature {at[1]}, input {x[at]:g}", "finite",
                str(whole[at]), "a division by the spread of a feature that does not vary: take 1 there",
            )  # fmt: skip
            return
        alone = np.concatenate([_apply(part, row[None]) for row in x])
        if not np.allclose(alone, whole, rtol=1e-12, atol=0):
            yield Finding(
                "a row is prepared otherwise alone than among others", f"{x.dtype}, row 0", str(alone[0]),
                str(whole[0]), "apply computes statistics of the rows it gets; learn them in `fit`",
            )  # fmt: skip
            return
        single = _apply(part, x, np.float32)
        if not np.allclose(single, whole, rtol=1e-4, atol=1e-4):
            yield Finding("a float32 network gets other values", f"{x.dtype}", str(whole[0]), str(single[0]))


def _state(subject: PartUnderTest) -> Iterator[Finding]:
    old, new = _fitted(subject), subject.make()
    transfer_state(old, new)
    try:
        got = _apply(new, inputs())
    except AttributeError as error:
        yield Finding(
            f"loaded from a model file, apply fails: {error}",
            likely=f"`state` leaves out what `fit` has learnt; it names {old.state}",
        )
        return
    if not np.array_equal(got, _apply(old, inputs())):
        yield Finding(
            "loaded from a model file, it gives other values",
            likely=f"`state` leaves out what `fit` has learnt; it names {old.state}",
        )


def _streaming(subject: PartUnderTest) -> Iterator[Finding]:
    expected = _apply(_fitted(subject), inputs())
    try:
        got = _apply(_fitted(subject, Rows(inputs())), inputs())
    except (TypeError, AttributeError) as error:
        yield Finding(
            f"fit fails on rows that are no array: {error}",
            likely="fit may use only x.shape, x.dtype and x.take(indices, axis=0): rows may lie on disk",
        )
        return
    if not np.allclose(got, expected):
        yield Finding("fit learns other numbers from rows that are no array", "", str(expected[0]), str(got[0]))


def _prepare(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    return [_apply(_fitted(subject), inputs())]


CHECKS = {
    Preprocessor: (
        Check("out", "`out` is overwritten, never read or added to", _outputs),
        Check("inputs", "the data is not changed", _unchanged),
        Check("values", "prepared values are finite, and of their row alone, for bytes and floats", _values),
        Check("state", "loaded from a model file, it prepares as before", _state),
        Check("streaming", "fit needs only shape, dtype and take", _streaming),
        no_randomness(_prepare),
    ),
}
