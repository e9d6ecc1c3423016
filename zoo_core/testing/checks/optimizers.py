"""Checks of optimizers: they descend, save their state, and do not depend on the order of arrays."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Any, get_type_hints

import numpy as np

from zoo_core.contract import declares
from zoo_core.nn import part_state
from zoo_core.parts import Array, Optimizer
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.dtypes import DTYPES, Float64Watch, expect_float32
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.optimizer_harness import (
    EpochRecorder,
    OptimizerHarness,
    arrays_by_path,
    reversed_layout,
    sample_layout,
    watched_layout,
)
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.randomness import no_randomness, same
from zoo_core.testing.harness.saved_state import missing_state, transfer_findings

STEPS = 30


def _new_run(
    subject: PartUnderTest, dtype: Any = np.float64, slope: float | None = None, share: float = 1.0
) -> OptimizerHarness:
    return OptimizerHarness(subject.make(), sample_layout(dtype), slope=slope, share=share)


def _check_descent(subject: PartUnderTest) -> Iterator[Finding]:
    rate = _new_run(subject).rate
    shares = (1.0,) if rate <= 1 else (1.0, 1 / rate, 0.1 / rate)  # a rate above 1 may be too large for any objective
    found = [list(_descent_findings(_new_run(subject, share=share))) for share in shares]
    if all(found):
        yield from found[0]


def _descent_findings(run: OptimizerHarness) -> Iterator[Finding]:
    first = run.evaluate()
    start, slopes = run.parameters.copy(), run.gradients.copy()
    climbs = float(slopes @ (run.take_steps(STEPS)[0] - start)) > 0
    last = run.evaluate()
    if np.array_equal(run.parameters, start):
        yield Finding(
            f"{STEPS} steps change nothing",
            likely="parameters must be changed in place: `parameters -= ...`, not `parameters = parameters - ...`",
        )
    elif not last < first:
        yield Finding(
            f"{STEPS} steps do not lower a convex objective",
            f"rate {run.rate:g}", f"less than {first:.6g}", f"{last:.6g}",
            "a sign error: the step must go against the gradient" if climbs else "the steps are too long",
        )  # fmt: skip
    else:
        yield from _unchanged_arrays(arrays_by_path(run.parameters, run.layout), arrays_by_path(start, run.layout))


def _unchanged_arrays(now: dict[str, Array], before: dict[str, Array]) -> Iterator[Finding]:
    still = [path for path, array in now.items() if np.array_equal(array, before[path])]
    if still:
        yield Finding(
            f"{STEPS} steps do not change {', '.join(still)}",
            likely="only some of layout.segments are updated; if that is on purpose, list it in `expected_failures`",
        )


def _check_learning_rate(subject: PartUnderTest) -> Iterator[Finding]:
    usual, lower = _new_run(subject), _new_run(subject)
    lower.rate = 0.7 * usual.rate  # not half: a search that halves its rate would come to the same steps
    if np.array_equal(usual.take_steps(STEPS)[-1], lower.take_steps(STEPS)[-1], equal_nan=True):
        yield Finding(
            "a lower learning rate gives the same steps",
            f"rates {usual.rate:g} and {lower.rate:g}",
            likely="the argument `learning_rate` is not used, perhaps self.learning_rate is: a schedule has no effect",
        )


def _check_plain_step(subject: PartUnderTest) -> Iterator[Finding]:
    run = _new_run(subject)
    for step in range(3 if declares(run.part, "is_plain_gradient_step", "step") else 0):
        run.evaluate()
        run.gradients *= run.rate
        expected = run.parameters - run.gradients
        run.part.steps += 1
        run.part.step(run.parameters, run.gradients, 1.0)
        if not np.allclose(run.parameters, expected, rtol=1e-12, atol=1e-12):
            yield Finding(
                "`is_plain_gradient_step` is True, but a step is not learning_rate * gradients alone",
                f"step {step + 1}, with learning_rate * gradients and a rate of 1",
                likely="something else changes the parameters, such as a velocity or a decay",
            )
            return


def _check_order(subject: PartUnderTest) -> Iterator[Finding]:
    straight = _new_run(subject)
    turned = OptimizerHarness(subject.make(), reversed_layout(straight.layout))
    expected, got = (arrays_by_path(run.take_steps(3)[-1], run.layout) for run in (straight, turned))
    for path, array in expected.items():
        if not np.allclose(got[path], array, rtol=1e-6, atol=1e-9):
            at = tuple(np.argwhere(~np.isclose(got[path], array, rtol=1e-6, atol=1e-9))[0])
            yield Finding(
                "the steps depend on the order of the parameters in the vector",
                f"{path}, index {', '.join(map(str, at))}, after 3 steps with the segments in reverse order",
                f"{array[at]:.10g}", f"{got[path][at]:.10g}",
                "the code assumes positions in the flat vector; take them from layout.segments",
            )  # fmt: skip
            return


def _check_dtype(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    watched = Float64Watch()
    run = OptimizerHarness(part, watched_layout(sample_layout(np.float32), watched))
    run.parameters = watched(run.parameters)
    run.take_steps(4)
    yield from watched.findings
    state = part_state(part, part.kind).items()
    yield from expect_float32({f"the state {path}": value for path, value in state if isinstance(value, np.ndarray)})


def _check_state(subject: PartUnderTest) -> Iterator[Finding]:
    for dtype in DTYPES:
        old, new = _new_run(subject, dtype), _new_run(subject, dtype)
        for _ in range(3):
            old.take_steps(7)
        new.parameters[...] = old.parameters
        if found := list(transfer_findings(old.part, new.part)):
            yield from found
            return
        yield from _compare_steps(old, new)


def _compare_steps(old: OptimizerHarness, new: OptimizerHarness) -> Iterator[Finding]:
    expected, got = (np.concatenate([run.take_steps(20), run.take_steps(4)]) for run in (old, new))
    if not same([expected], [got]):
        step = int(np.argwhere((expected != got).any(axis=1))[0, 0])
        at = int(np.argwhere(expected[step] != got[step])[0, 0])
        yield Finding(
            "saved and loaded after 3 epochs, it takes another step",
            f"parameter {at} in step {step + 1} after loading, {expected.dtype}",
            f"{expected[step, at]:.10g}", f"{got[step, at]:.10g}",
            missing_state(old.part, "a step changes"),
        )  # fmt: skip


def _check_copies(subject: PartUnderTest) -> Iterator[Finding]:
    alone = _new_run(subject).take_steps(4)
    first, second = _new_run(subject), _new_run(subject)
    together = []
    for _ in range(4):
        together.append(first.step())
        second.step()
    if not same([alone], [np.array(together)]):
        yield Finding(
            "two optimizers change each other's state",
            likely="they share one object, such as a class attribute or a mutable default; create it in `start`",
        )
        return
    twin = copy.deepcopy(first)
    kept = twin.parameters.copy()
    expected = first.take_steps(3)
    if not same([twin.parameters], [kept]) or not same([twin.take_steps(3)], [expected]):
        yield Finding(
            "a deep copy takes other steps than the original",
            likely="state is outside the object, or in something that copy.deepcopy does not copy",
        )


def _check_large(subject: PartUnderTest) -> Iterator[Finding]:
    for dtype in DTYPES:
        for gradients, slope in (("gradients of 0", 0.0), ("gradients of size 1e4", 1e4)):
            run = _new_run(subject, dtype, slope)
            with np.errstate(all="ignore"):
                moved = run.take_steps(3)
            if not np.isfinite(moved).all():
                yield Finding(
                    "the parameters become infinite or NaN", f"{gradients}, {np.dtype(dtype)}", "finite numbers",
                    str(moved[~np.isfinite(moved)][0]),
                    "a division by a norm or a mean square that is zero: add an epsilon" if slope == 0 else
                    "an overflow, such as that of a square or a sum of squares",
                )  # fmt: skip


def _inner_optimizers(part: type[Any]) -> list[str]:
    """Return the names of the options that are optimizers."""
    if not is_dataclass(part):
        return []
    return [name for name, hint in get_type_hints(part).items() if hint is Optimizer]


def _is_wrapper(part: type[Any]) -> bool:
    return bool(_inner_optimizers(part))


def _check_epochs(subject: PartUnderTest) -> Iterator[Finding]:
    for name in _inner_optimizers(subject.part):
        part = PartUnderTest(subject.part, {**subject.options, name: EpochRecorder()}, subject.registry).make()
        OptimizerHarness(part, sample_layout()).take_steps(STEPS)
        calls = getattr(part, name).calls
        if calls != ["start_epoch", "end_epoch"]:
            yield Finding(
                f"start_epoch and end_epoch of the inner optimizer {name!r} are not called",
                f"an epoch of {STEPS} steps", "start_epoch, end_epoch", ", ".join(calls) or "no call",
                f"write both methods, and call those of self.{name} in them: some optimizers measure other parameters "
                "than they train",
            )  # fmt: skip


def _draw(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    return [_new_run(subject).take_steps(5)]


CHECKS = {
    Optimizer: (
        Check("descent", f"{STEPS} steps lower a convex objective", _check_descent),
        Check("learning_rate", "the steps depend on the given learning rate", _check_learning_rate),
        Check("plain_step", "a plain step is learning_rate * gradients alone", _check_plain_step, varied=True),
        Check("order", "the steps do not depend on the order of parameters", _check_order, varied=True),
        Check("dtype", "float32 stays float32 in the state and in every operation", _check_dtype, varied=True),
        Check("state", "saved and loaded, it takes exactly the same steps", _check_state, varied=True),
        Check("copies", "copies share no state and take the same steps", _check_copies),
        Check("large", "gradients of 0 and 1e4 keep the parameters finite", _check_large),
        Check("epochs", "it passes start_epoch and end_epoch on to inner optimizers", _check_epochs, _is_wrapper),
        no_randomness(_draw),
    ),
}
