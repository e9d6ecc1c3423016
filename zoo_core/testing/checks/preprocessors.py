"""Checks of preprocessors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.contract import checked_width
from zoo_core.errors import PluginError
from zoo_core.parts import Array, Preprocessor
from zoo_core.testing.checks.described_columns import check_described, fit, wants_columns
from zoo_core.testing.harness.buffers import input_findings, overwriting
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.randomness import no_randomness
from zoo_core.testing.harness.saved_state import missing_state, transfer_findings

ROWS, FEATURES = 40, 5


def sample_inputs(dtype: Any = np.float64) -> Array:
    """Return raw inputs, whose last feature is constant."""
    x = np.random.default_rng(9).uniform(0, 255, (ROWS, FEATURES))
    x[:, -1] = 3
    return x.astype(dtype)


class LazyRows:
    """Inputs that are not an array, but have `shape`, `dtype` and `take`, as files on disk do."""

    def __init__(self, array: Array) -> None:
        self._array = array
        self.shape, self.dtype = array.shape, array.dtype

    def take(self, indices: Array, axis: int | None = None, out: Array | None = None) -> Array:
        """Return some rows."""
        found: Array = self._array.take(indices, axis=axis, out=out)
        return found


def _fitted(subject: PartUnderTest, x: Any = None) -> Any:
    part = subject.make()
    fit(part, sample_inputs() if x is None else x)
    return part


def _transform(part: Any, x: Array, dtype: Any = np.float64) -> Array:
    out = np.zeros((len(x), part.output_width(x.shape[1])), dtype)
    part.transform(x, out)
    return out


def _fill_output(subject: PartUnderTest, fill: float) -> dict[str, Array]:
    part = _fitted(subject)
    out = np.full((ROWS, part.output_width(FEATURES)), fill)
    part.transform(sample_inputs(), out)
    if not part.is_invertible:
        return {"out of transform": out}
    back = np.full((ROWS, FEATURES), fill)
    part.inverse(out, back)
    return {"out of transform": out, "out of inverse": back}


def _check_inverse(subject: PartUnderTest) -> Iterator[Finding]:
    part, x = _fitted(subject), sample_inputs()
    y = _transform(part, x)
    if y.shape != x.shape:
        yield Finding("`is_invertible` is true, and the number of columns changes", "", str(x.shape), str(y.shape))
        return
    back = np.empty_like(x)
    yield from input_findings("inverse", {"y": y}, part.inverse, y, back)
    for scaled, far in ((y, 1e-9), (y.astype(np.float32), 1e-4)):
        part.inverse(scaled, back)
        wrong = ~(np.abs(back - x) <= far * (np.abs(x) + np.ptp(x, axis=0)))
        if wrong.any():
            at = tuple(np.argwhere(wrong)[0])
            case = f"{scaled.dtype}, feature {at[1]}, scaled value {scaled[at]:g}"
            yield Finding("inverse does not undo transform", case, f"{x[at]:g}", f"{back[at]:g}")
            return


def _is_invertible(part: type[Any]) -> bool:
    return bool(part.is_invertible)


def _check_inputs(subject: PartUnderTest) -> Iterator[Finding]:
    x, part = sample_inputs(), subject.make()
    yield from input_findings("fit", {"x": x}, fit, part, x)
    yield from input_findings("transform", {"x": x}, _transform, part, x)


def _check_width(subject: PartUnderTest) -> Iterator[Finding]:
    part = _fitted(subject)
    try:
        width = checked_width(part, FEATURES)
    except PluginError as error:
        yield Finding(str(error))
        return
    if width != part.output_width(FEATURES):
        yield Finding("output_width gives another number at its second call", "", str(width))
    if part.is_identity and width != FEATURES:
        yield Finding("`is_identity` is true, and the number of columns changes", "", str(FEATURES), str(width))


def _check_values(subject: PartUnderTest) -> Iterator[Finding]:
    for x in (sample_inputs(), sample_inputs(np.float32), sample_inputs(np.uint8)):
        part = _fitted(subject, x)
        whole = _transform(part, x)
        if not np.isfinite(whole).all():
            at = tuple(np.argwhere(~np.isfinite(whole))[0])
            given = f", input {x[at]:g}" if whole.shape == x.shape else ""
            yield Finding(
                "a transformed value is not finite", f"{x.dtype}, feature {at[1]}{given}", "finite",
                str(whole[at]), "a division by the range of a constant feature: divide by 1 instead",
            )  # fmt: skip
            return
        alone = np.concatenate([_transform(part, row[None]) for row in x])
        if not np.allclose(alone, whole, rtol=1e-12, atol=0):
            yield Finding(
                "the result for a row depends on the other rows", f"{x.dtype}, row 0", str(alone[0]),
                str(whole[0]), "transform computes statistics of its rows; compute them in `fit`",
            )  # fmt: skip
            return
        single = _transform(part, x, np.float32)
        if not np.allclose(single, whole, rtol=1e-4, atol=1e-4):
            yield Finding("a float32 network gets other values", f"{x.dtype}", str(whole[0]), str(single[0]))


def _check_state(subject: PartUnderTest) -> Iterator[Finding]:
    old, new = _fitted(subject), subject.make()
    unsaved = list(transfer_findings(old, new))
    yield from unsaved
    if unsaved:
        return
    lacks = missing_state(old, "`fit` sets")
    try:
        if new.output_width(FEATURES) != old.output_width(FEATURES):
            yield Finding("loaded from a model file, output_width gives another number", likely=lacks)
            return
    except AttributeError as error:
        yield Finding(f"loaded from a model file, output_width fails: {error}", likely=lacks)
        return
    try:
        got = _transform(new, sample_inputs())
    except AttributeError as error:
        yield Finding(f"loaded from a model file, transform fails: {error}", likely=lacks)
        return
    if not np.array_equal(got, _transform(old, sample_inputs())):
        yield Finding("loaded from a model file, it gives other values", likely=lacks)
    elif not np.array_equal(got, _transform(new, sample_inputs())):
        yield Finding(
            "a second call of transform gives other values", likely="transform changes an attribute; only `fit` may"
        )


def _checks_state(part: type[Any]) -> bool:
    return part.check_state is not Preprocessor.check_state


def _check_state_refusals(subject: PartUnderTest) -> Iterator[Finding]:
    part = _fitted(subject)
    try:
        part.check_state(FEATURES)
    except ValueError as error:
        yield Finding(f"check_state refuses what fit has learnt: {error}")
        return
    for name in (key for key in part.state if isinstance(getattr(part, key, None), np.ndarray)):
        other = _fitted(subject)
        setattr(other, name, getattr(part, name)[None])
        told, case = _refusal(other), f"{name} with one dimension more"
        if not told.startswith(f"{name} "):
            yield Finding(
                "check_state does not refuse an array of another form by its name", case,
                f"ValueError: {name} ...", told or "no error", f"it compares the shape of self.{name}",
            )  # fmt: skip


def _refusal(part: Any) -> str:
    """Return the text of the ValueError of `check_state`, or ''; another error with its type."""
    try:
        part.check_state(FEATURES)
    except ValueError as error:
        return str(error)
    except Exception as error:  # the part is a stranger's
        return f"({type(error).__name__}) {error}"
    return ""


def _check_streaming(subject: PartUnderTest) -> Iterator[Finding]:
    expected = _transform(_fitted(subject), sample_inputs())
    try:
        got = _transform(_fitted(subject, LazyRows(sample_inputs())), sample_inputs())
    except (TypeError, AttributeError) as error:
        yield Finding(
            f"fit fails on rows that are not an array: {error}",
            likely="fit may only use x.shape, x.dtype and x.take(indices, axis=0), since rows may be on disk",
        )
        return
    if not np.allclose(got, expected):
        yield Finding("fit gives other numbers for rows that are not an array", "", str(expected[0]), str(got[0]))


def _draw(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    return [_transform(_fitted(subject), sample_inputs())]


CHECKS = {
    Preprocessor: (
        overwriting(_fill_output),
        Check("width", "output_width is a whole number above 0, always the same", _check_width),
        Check("inputs", "it does not change the inputs", _check_inputs),
        Check("values", "values are finite and depend on their row alone, for bytes and floats", _check_values),
        Check("state", "loaded from a model file, it gives the same values", _check_state),
        Check("check_state", "it refuses state of another form by its name", _check_state_refusals, _checks_state),
        Check("streaming", "fit uses only shape, dtype and take", _check_streaming),
        Check("columns", "`wants_columns`: it takes all kinds, gaps, unknown values", check_described, wants_columns),
        Check("inverse", "`is_invertible`: inverse undoes transform", _check_inverse, _is_invertible, varied=True),
        no_randomness(_draw),
    ),
}
