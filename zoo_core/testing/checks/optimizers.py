"""Optimizers: they descend, keep what `state` names, and treat each array alike wherever it lies."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, is_dataclass
from typing import Any, get_type_hints

import numpy as np

from zoo_core._part_checks import declares
from zoo_core.errors import PluginError
from zoo_core.nn import part_state
from zoo_core.parts import Array, Layout, Optimizer, Rate
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.dtypes import returned, watch
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.optimizer_harness import OptimizerHarness, layout, ordered, permuted, watching
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.randomness import no_randomness
from zoo_core.testing.harness.saved_state import transfer_state

STEPS = 30


def _descent(subject: PartUnderTest) -> Iterator[Finding]:
    walk = OptimizerHarness(subject.make(), layout())
    first = walk.evaluate()
    start, slopes = walk.parameters.copy(), walk.gradients.copy()
    climbs = float(slopes @ (walk.walk(STEPS)[0] - start)) > 0
    last = walk.evaluate()
    if np.array_equal(walk.parameters, start):
        yield Finding(
            f"{STEPS} steps change nothing",
            likely="parameters are to be changed in place: `parameters -= ...`, not `parameters = parameters - ...`",
        )
    elif not last < first:
        yield Finding(
            f"{STEPS} steps go uphill on a convex objective",
            f"rate {walk.rate:g}", f"less than {first:.6g}", f"{last:.6g}",
            "a sign error: the step is to go against the gradient" if climbs else "steps that are too long",
        )  # fmt: skip
    else:
        yield from _left_out(ordered(walk.parameters, walk.layout), ordered(start, walk.layout))


def _left_out(now: dict[str, Array], before: dict[str, Array]) -> Iterator[Finding]:
    still = [path for path, array in now.items() if np.array_equal(array, before[path])]
    if still:
        yield Finding(
            f"{STEPS} steps leave {', '.join(still)} as it was",
            likely="only some of layout.segments are gone through; where others are left alone on purpose, say so in "
            "`expected_failures`",
        )


def _rate(subject: PartUnderTest) -> Iterator[Finding]:
    usual, half = OptimizerHarness(subject.make(), layout()), OptimizerHarness(subject.make(), layout())
    half.rate = usual.rate / 2
    if np.array_equal(usual.walk(STEPS)[-1], half.walk(STEPS)[-1]):
        yield Finding(
            "half the learning rate gives the same steps",
            f"rates {usual.rate:g} and {half.rate:g}",
            likely="the argument `learning_rate` is ignored, perhaps for self.learning_rate: no schedule would work",
        )


def _plain(subject: PartUnderTest) -> Iterator[Finding]:
    walk = OptimizerHarness(subject.make(), layout())
    for step in range(3 if declares(walk.part, "is_plain_gradient_step", "step") else 0):
        walk.evaluate()
        walk.gradients *= walk.rate
        expected = walk.parameters - walk.gradients
        walk.part.steps += 1
        walk.part.step(walk.parameters, walk.gradients, 1.0)
        if not np.allclose(walk.parameters, expected, rtol=1e-12, atol=1e-12):
            yield Finding(
                "`plain` is True, but a step is not learning_rate * gradients alone",
                f"step {step + 1}, with learning_rate * gradients and a rate of 1",
                likely="what else moves the parameters, such as a velocity or a decay, rules `plain` out",
            )
            return


def _order(subject: PartUnderTest) -> Iterator[Finding]:
    straight = OptimizerHarness(subject.make(), layout())
    turned = OptimizerHarness(subject.make(), permuted(straight.layout))
    expected, got = (ordered(walk.walk(3)[-1], walk.layout) for walk in (straight, turned))
    for path, array in expected.items():
        if not np.allclose(got[path], array, rtol=1e-6, atol=1e-9):
            at = tuple(np.argwhere(~np.isclose(got[path], array, rtol=1e-6, atol=1e-9))[0])
            yield Finding(
                "the steps depend on the order of the parameters in the vector",
                f"{path}, index {', '.join(map(str, at))}, after 3 steps with the segments in reverse",
                f"{array[at]:.10g}", f"{got[path][at]:.10g}",
                "something is assumed about places in the flat vector; take them from layout.segments",
            )  # fmt: skip
            return


def _dtype(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    with watch() as watched:
        walk = OptimizerHarness(part, watching(layout(np.float32), watched))
        walk.parameters = watched(walk.parameters)
        walk.walk(4)
    yield from watched.findings
    state = part_state(part, part.kind).items()
    yield from returned({f"the state {path}": value for path, value in state if isinstance(value, np.ndarray)})


def _state(subject: PartUnderTest) -> Iterator[Finding]:
    for dtype in (np.float32, np.float64):
        old = OptimizerHarness(subject.make(), layout(dtype))
        old.walk(5)
        new = OptimizerHarness(subject.make(), old.layout)
        new.parameters[...] = old.parameters
        try:
            transfer_state(old.part, new.part)
        except (PluginError, ValueError) as error:
            yield Finding(f"its state cannot be saved: {error}")
            return
        yield from _goes_on("saved and loaded after 5 steps", old, new)


def _goes_on(words: str, old: OptimizerHarness, new: OptimizerHarness) -> Iterator[Finding]:
    expected, got = old.walk(4), new.walk(4)
    if not np.array_equal(expected, got):
        step = int(np.argwhere((expected != got).any(axis=1))[0, 0])
        at = int(np.argwhere(expected[step] != got[step])[0, 0])
        yield Finding(
            f"{words}, it takes another step",
            f"parameter {at} in step {step + 1} from there, {expected.dtype}",
            f"{expected[step, at]:.10g}", f"{got[step, at]:.10g}",
            f"`state` leaves out an attribute that a step changes; it names {old.part.state}",
        )  # fmt: skip


def _copies(subject: PartUnderTest) -> Iterator[Finding]:
    alone = OptimizerHarness(subject.make(), layout()).walk(4)
    first, second = OptimizerHarness(subject.make(), layout()), OptimizerHarness(subject.make(), layout())
    together = []
    for _ in range(4):
        together.append(first.step())
        second.step()
    if not np.array_equal(alone, together):
        yield Finding(
            "two optimizers disturb each other",
            likely="their state is one object: a class attribute or a default that is changed; make it in `start`",
        )
        return
    twin = copy.deepcopy(first)
    kept = twin.parameters.copy()
    expected = first.walk(3)
    if not np.array_equal(twin.parameters, kept) or not np.array_equal(twin.walk(3), expected):
        yield Finding(
            "a deep copy does not go on as the original does",
            likely="state lies outside the object, or in something that copy.deepcopy does not copy",
        )


def _large(subject: PartUnderTest) -> Iterator[Finding]:
    for dtype in (np.float32, np.float64):
        for words, slope in (("gradients of 0", 0.0), ("gradients of 1e4 in size", 1e4)):
            walk = OptimizerHarness(subject.make(), layout(dtype), slope=slope)
            with np.errstate(all="ignore"):
                moved = walk.walk(3)
            if not np.isfinite(moved).all():
                yield Finding(
                    "the parameters leave the finite numbers", f"{words}, {np.dtype(dtype)}", "finite numbers",
                    str(moved[~np.isfinite(moved)][0]),
                    "a division by a norm or a mean square that is zero: add an epsilon" if slope == 0 else
                    "an overflow: of a square or a sum of squares, perhaps",
                )  # fmt: skip


@dataclass
class Listener(Optimizer):
    """Plain descent that notes what it hears of epochs."""

    name = "listener"

    learning_rate: Rate = 0.01

    def start(self, layout: Layout) -> None:
        """Forget what was heard."""
        self.heard: list[str] = []

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Go down."""
        gradients *= learning_rate
        parameters -= gradients

    def start_epoch(self, parameters: Array) -> None:
        """Note the beginning."""
        self.heard.append("start_epoch")

    def end_epoch(self, parameters: Array) -> None:
        """Note the end."""
        self.heard.append("end_epoch")


def _inner(part: type[Any]) -> list[str]:
    """Return the options of a part that are optimizers."""
    if not is_dataclass(part):
        return []
    return [name for name, hint in get_type_hints(part).items() if hint is Optimizer]


def _is_wrapper(part: type[Any]) -> bool:
    return bool(_inner(part))


def _epochs(subject: PartUnderTest) -> Iterator[Finding]:
    for name in _inner(subject.part):
        part = PartUnderTest(subject.part, {**subject.options, name: Listener()}, subject.registry).make()
        OptimizerHarness(part, layout()).walk(STEPS)
        heard = getattr(part, name).heard
        if heard != ["start_epoch", "end_epoch"]:
            yield Finding(
                f"the optimizer {name!r} inside is not told when an epoch begins and ends",
                f"an epoch of {STEPS} steps", "start_epoch, end_epoch", ", ".join(heard) or "nothing",
                f"write both methods, and call those of self.{name} in them: some optimizers measure other parameters "
                "than they train",
            )  # fmt: skip


def _draw(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    return [OptimizerHarness(subject.make(), layout()).walk(5)]


CHECKS = {
    Optimizer: (
        Check("descent", f"{STEPS} steps lower a convex objective", _descent),
        Check("learning_rate", "the learning rate that is given counts", _rate),
        Check("plain", "a step that is said to be plain is learning_rate * gradients alone", _plain, varied=True),
        Check("order", "the order of the parameters in the vector does not matter", _order, varied=True),
        Check("dtype", "float32 stays float32, in the state and in between", _dtype, varied=True),
        Check("state", "saved and loaded, it takes the same next steps to the bit", _state, varied=True),
        Check("copies", "copies share nothing, and go on as the original does", _copies),
        Check("large", "gradients of 0 and of 1e4 keep the parameters finite", _large),
        Check(
            "epochs",
            "an optimizer inside is told when an epoch begins and ends",
            _epochs,
            lambda part: bool(_inner(part)),
        ),
        no_randomness(_draw),
    ),
}
