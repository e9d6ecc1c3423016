"""Activations, normalizers and noise: what values flow through, forwards and backwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core._part_checks import declares
from zoo_core.parts import Array, Noise, Normalizer, Transform
from zoo_core.testing.harness.buffers import changed, overwritten
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.dtypes import DTYPES, returned, strict, watch
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.gradients import gradient, parameters
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.randomness import randomness
from zoo_core.testing.harness.saved_state import transfer_state
from zoo_core.testing.harness.transform_harness import (
    ROWS,
    WIDTH,
    backward,
    forward,
    infer,
    input_width,
    prepare,
    reseed,
    sample,
    upstream,
)


def begun(subject: PartUnderTest, dtype: Any = np.float64) -> Any:
    """Return a fresh part that is ready to run."""
    part = subject.make()
    prepare(part, WIDTH, dtype)
    return part


# ------------------------------------------------------------------ buffers


def _outputs(subject: PartUnderTest) -> Iterator[Finding]:
    def run(fill: float) -> dict[str, Array]:
        part = begun(subject)
        x, c = sample(part, ROWS, WIDTH), upstream(ROWS, WIDTH)
        y, back, served = (np.full(shape, fill) for shape in (c.shape, x.shape, c.shape))
        reseed(part, 2)
        part.forward(x, y)
        for array in part.gradients.values():
            array.fill(fill)
        part.backward(x, y, c, back)
        part.infer(x, served)
        gradients = {f"self.gradients[{name!r}] in backward": array for name, array in part.gradients.items()}
        return {"out of forward": y, "out of backward": back, "out of infer": served, **gradients}

    yield from overwritten(run)


def _inputs(subject: PartUnderTest) -> Iterator[Finding]:
    part = begun(subject)
    for rows in (ROWS, 2, 1, ROWS):  # batches change in size
        x, c = sample(part, rows, WIDTH), upstream(rows, WIDTH)
        kept = {"x": x, "grad": c, **{f"self.weights[{n!r}]": w for n, w in part.weights.items()}}
        with changed("forward", kept) as findings:
            y = forward(part, x, WIDTH)
        yield from findings
        with changed("backward", {**kept, "y": y}) as findings:
            backward(part, x, y, c)
        yield from findings
        part.end_step()
        with changed("infer", kept) as findings:
            infer(part, x, WIDTH)
        yield from findings


def _dtype(subject: PartUnderTest) -> Iterator[Finding]:
    part = begun(subject, np.float32)
    x, c = (array.astype(np.float32) for array in (sample(part, ROWS, WIDTH), upstream(ROWS, WIDTH)))
    with watch() as watched:
        part.weights = {name: watched(w) for name, w in part.weights.items()}
        part.start(WIDTH, np.float32)
        y = watched(np.zeros_like(c))
        reseed(part, 2)
        part.forward(watched(x), y)
        part.backward(watched(x), y, watched(c), watched(np.zeros_like(x)))
        part.infer(watched(x), y)
    yield from watched.findings
    state = {f"the state {name!r}": getattr(part, name) for name in part.state}
    yield from returned({name: value for name, value in state.items() if isinstance(value, np.ndarray)})


def _large(subject: PartUnderTest) -> Iterator[Finding]:
    for dtype in DTYPES:
        part = begun(subject, dtype)
        x = np.resize(np.array([1e4, -1e4, 0, 1, -1e4, 1e4, -1], dtype), (ROWS, input_width(part, WIDTH)))
        c = np.resize(np.array([1.5, -0.5, 2], dtype), (ROWS, WIDTH))
        y = np.zeros_like(c)
        with strict("forward", "inputs of 1e4 in size", dtype) as findings:
            findings.finite(y=forward(part, x, WIDTH))
        yield from findings
        y = forward(part, x, WIDTH)
        with strict("backward", "inputs of 1e4 in size", dtype) as findings:
            findings.finite(out=backward(part, x, y, c), **part.gradients)
        yield from findings
        with strict("infer", "inputs of 1e4 in size", dtype) as findings:
            findings.finite(out=infer(part, x, WIDTH))
        yield from findings


# ------------------------------------------------------------------ use outside training, saving


def _inference(subject: PartUnderTest) -> Iterator[Finding]:
    part = begun(subject)
    x = sample(part, ROWS, WIDTH)
    forward(part, x, WIDTH)
    part.end_step()
    whole = infer(part, x, WIDTH)
    if not np.array_equal(whole, infer(part, x, WIDTH)):
        yield Finding("infer gives other numbers the second time", likely="it draws random numbers outside training")
        return
    alone = np.concatenate([infer(part, row[None], WIDTH) for row in x])
    if not np.allclose(alone, whole, rtol=1e-9, atol=1e-12):
        yield Finding(
            "infer gives a row other numbers alone than among others",
            f"row 0 of {ROWS}", str(alone[0]), str(whole[0]),
            "statistics of the batch are used where running ones should be: predictions would depend on the chunk",
        )  # fmt: skip


def _state(subject: PartUnderTest) -> Iterator[Finding]:
    old, new = begun(subject), begun(subject)
    batches = [sample(old, rows, WIDTH, seed) for seed, rows in enumerate((6, 3, 6))]

    def train(part: Transform) -> Array:
        for x in batches:
            y = forward(part, x, WIDTH)
            backward(part, x, y, upstream(len(x), WIDTH))
            part.end_step()
        return use(part)

    def use(part: Transform) -> Array:
        """Noise is for training alone."""
        return (forward if isinstance(part, Noise) else infer)(part, batches[0], WIDTH)

    train(old)
    for name in old.state:
        if not isinstance(getattr(old, name, None), (np.ndarray, int, float)):
            yield Finding(f"the state {name!r} is no array and no number; `start` is to make it, for the core to keep")
            return
    transfer_state(old, new)
    if not np.array_equal(use(old), use(new)):
        yield Finding(
            "after saving and loading it gives other outputs",
            likely=f"`state` leaves out a running attribute, or `start` keeps a copy of it; it names {old.state}",
        )
    elif not np.array_equal(train(old), train(new)):
        yield Finding(
            "after saving and loading it goes on training to another state",
            likely=f"`state` leaves out a running attribute; it names {old.state}",
        )


def _draw(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    part = begun(subject)
    part.rng = rng
    x = sample(part, ROWS, WIDTH)
    out = np.zeros((ROWS, WIDTH))
    part.forward(x, out)
    return [out, backward(part, x, out, upstream(ROWS, WIDTH))]


def _is_served(part: type[Any]) -> bool:
    return not issubclass(part, Noise)


def _trains_something(part: type[Any]) -> bool:
    return part.parameters is not Transform.parameters


def _linear(subject: PartUnderTest) -> Iterator[Finding]:
    part = begun(subject)
    if not declares(part, "backward_is_linear", "backward"):
        return
    x, c = sample(part, ROWS, WIDTH), upstream(ROWS, WIDTH)
    y = forward(part, x, WIDTH)
    once = [backward(part, x, y, c), *(g.copy() for g in part.gradients.values())]
    twice = [backward(part, x, y, 2 * c), *(g.copy() for g in part.gradients.values())]
    if not all(np.allclose(b, 2 * a, rtol=1e-9, atol=1e-12) for a, b in zip(once, twice, strict=True)):
        yield Finding(
            "`linear` is True, but twice `grad` does not give twice the gradient",
            likely="a term of its own that backward adds, or a limit that it puts on `grad`, rules `linear` out",
        )


_TRANSFORM = (
    Check(
        "parameters", "gradients of its own parameters match central differences",
        lambda subject: parameters(subject.make()), _trains_something, varied=True,
    ),
    Check("linear", "a backward that is said to be linear is proportional to `grad`", _linear, varied=True),
    Check("out", "`out` and the gradients are overwritten, never read or added to", _outputs),
    Check("inputs", "nothing but `out` is changed", _inputs),
    Check("dtype", "float32 stays float32, also in between", _dtype, varied=True),
    Check("large", "inputs of 1e4 give finite numbers and no warning", _large),
    Check("inference", "outside training a row's outputs depend on that row alone", _inference, _is_served),
    Check("state", "saved and loaded, it goes on to the bit", _state, varied=True),
    randomness(_draw),
)  # fmt: skip
_GRADIENT = Check(
    "gradient", "backward gives the gradient of forward, by central differences",
    lambda subject: gradient(subject.make()), varied=True,
)  # fmt: skip
CHECKS = {Normalizer: (_GRADIENT,), Noise: (_GRADIENT,), Transform: _TRANSFORM}
