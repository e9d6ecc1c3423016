"""Initializers and generators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.parts import Array
from zoo_core.testing.harness.buffers import overwritten
from zoo_core.testing.harness.dtypes import DTYPES
from zoo_core.testing.harness.findings import Check, Finding
from zoo_core.testing.harness.randomness import randomness
from zoo_core.testing.harness.subject import PartUnderTest

SHAPES = (7, 5), (5, 7), (6,), (1, 4), (4, 1)


def filled(part: Any, shape: tuple[int, ...], dtype: Any = np.float64, seed: int = 0, fill: float = 0.0) -> Array:
    """Return what an initializer puts into an array."""
    out = np.full(shape, fill, dtype)
    part.fill(out, np.random.default_rng(seed), 1.5)
    return out


def _outputs(subject: PartUnderTest) -> Iterator[Finding]:
    for shape in SHAPES:
        yield from overwritten(lambda fill, shape=shape: {  # type: ignore[misc]
            f"out of shape {shape}": filled(subject.make(), shape, fill=fill)
        })  # fmt: skip


def _values(subject: PartUnderTest) -> Iterator[Finding]:
    for shape in SHAPES:
        for dtype in DTYPES:
            values = filled(subject.make(), shape, dtype)
            if not np.isfinite(values).all():
                yield Finding(
                    "some first values are not finite", f"shape {shape}, {np.dtype(dtype)}", "finite numbers",
                    str(values[~np.isfinite(values)][0]), "a division by the number of inputs or units less one",
                )  # fmt: skip
                return


def _fill(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    out = np.zeros((7, 5))
    subject.make().fill(out, rng, 1.5)
    return [out]


INITIALIZER = (
    Check("out", "every entry is written, for matrices and vectors", _outputs),
    Check("values", "first values are finite, for shapes down to one row or column", _values),
    randomness(_fill),
)

PURPOSES = "initializer", "shuffle", "layers.0.regularizers.0"


def _begun(subject: PartUnderTest, seed: int) -> Any:
    part = subject.make()
    part.start(seed)
    return part


def _numbers(part: Any, purpose: str = "shuffle") -> Array:
    found: Array = part.stream(purpose).random(8)
    return found


def _repeats(subject: PartUnderTest) -> Iterator[Finding]:
    part = _begun(subject, 7)
    if not isinstance(part.stream("shuffle"), np.random.Generator):
        got = type(part.stream("shuffle")).__name__
        yield Finding("stream does not return a NumPy Generator", expected="np.random.Generator", got=got)
        return
    once = _numbers(_begun(subject, 7))
    if not np.array_equal(once, _numbers(_begun(subject, 7))):
        yield Finding(
            "the same seed gives other numbers", likely="`start` does not use the seed: runs could not be repeated"
        )
    elif np.array_equal(once, _numbers(_begun(subject, 8))):
        yield Finding("another seed gives the same numbers", likely="`start` does not use the seed")
    _numbers(part)
    part.start(7)
    if not np.array_equal(_numbers(part), once):
        yield Finding("start does not begin anew", likely="streams of the run before are kept")


def _streams(subject: PartUnderTest) -> Iterator[Finding]:
    firsts = {purpose: _numbers(_begun(subject, 7), purpose) for purpose in PURPOSES}
    if any(np.array_equal(firsts["initializer"], firsts[purpose]) for purpose in PURPOSES[1:]):
        yield Finding("two purposes get the same numbers", likely="`purpose` is not part of the seed")
    part = _begun(subject, 7)
    part.stream("initializer").random(3)
    if not np.array_equal(_numbers(part), firsts["shuffle"]):
        yield Finding(
            "what is drawn for one purpose changes the numbers of another",
            likely="all purposes share one generator: another layer would change how rows are shuffled",
        )


def _goes_on(subject: PartUnderTest) -> Iterator[Finding]:
    part = _begun(subject, 7)
    if np.array_equal(_numbers(part), _numbers(part)):
        yield Finding(
            "asked again, a stream begins again", likely="keep one generator for each purpose until the next `start`"
        )


GENERATOR = (
    Check("seed", "the seed, and nothing else, says which numbers come", _repeats),
    Check("streams", "each purpose has numbers of its own", _streams),
    Check("continues", "asked again, a stream goes on", _goes_on),
)
