"""Steps of an optimizer in one pass: each step is recorded, and a compiled loop makes what it recorded.

A recording takes some microseconds, so it is worth it for long vectors. The optimizer's own code says what a step does,
also what depends on the number of the step. A loop is compiled when the same operations have come several times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import combinations
from typing import Any

import numpy as np

from zoo_core.basics import aligned
from zoo_core.nn.slices import SlicedSteps
from zoo_core.parts import Array, Optimizer
from zoo_core.training._compiler import compile_function
from zoo_core.training._loop_source import loop_source
from zoo_core.training._recorder import CannotRecordError, Recording, Symbol

Work = Callable[[int, int], object]  # the number of a slice, and that of the thread

REPEATS = 4  # of the same operations, before their loop is compiled
SAMPLES = 600  # numbers of each vector, on which a new loop must give the bits of NumPy


class FusedSteps:
    """The steps of an optimizer, recorded and made by compiled loops, slice by slice."""

    def __init__(self, steps: SlicedSteps) -> None:
        self._steps, self._dtype = steps, steps.parameters.dtype
        self._names = list(steps.vectors)
        vectors = [steps.parameters, steps.gradients, *steps.vectors.values()]
        self.possible = self._dtype.name in ("float32", "float64") and _are_apart(vectors, self._dtype)
        self._addresses = [vector.ctypes.data for vector in vectors]
        self._seen: Counter[Any] = Counter()
        self._loops: dict[Any, Callable[..., Any] | None] = {}

    def work(self) -> Work | None:
        """Record the step that has begun; return what makes a slice of it, or None if no loop can."""
        if not self.possible:
            return None
        try:
            recording, results, twin = self._record()
        except Exception:  # whatever a step does with a symbol that it cannot do: the arrays will show it
            self.possible = False
            return None
        loop = self._loop(recording, results)
        if loop is None:
            return None
        self._steps.first = twin
        return self._slice_of(loop, np.array(recording.scalars, self._dtype))

    def _slice_of(self, loop: Callable[..., Any], scalars: Array) -> Work:
        slices, numbers, addresses = self._steps.slices, scalars.ctypes.data, self._addresses

        def make(number: int, worker: int, kept: Array = scalars) -> None:
            loop(slices[number].start, slices[number].stop, numbers, *addresses)

        return make

    def _record(self) -> tuple[Recording, dict[int, int], Optimizer]:
        """Return the operations of the step, the new values of vectors, and the twin that made the step."""
        recording, steps = Recording(self._dtype), self._steps
        parameters, gradients, *vectors = map(recording.vector, range(2 + len(self._names)))
        twin = steps.twin(dict(zip(self._names, vectors, strict=True)))
        twin.step(parameters, gradients, steps.learning_rate)  # type: ignore[arg-type]
        last = [parameters, *(vars(twin)[name] for name in self._names)]
        others = [value for name, value in vars(twin).items() if name not in self._names]
        if any(type(symbol) is not Symbol or symbol.truth for symbol in last) or Symbol in map(type, others):
            raise CannotRecordError("an attribute that becomes a vector, or no longer is one")
        results = {number: last[number and number - 1].at for number in (0, *range(2, 2 + len(vectors)))}
        return recording, _needed(recording, results, [name in twin.state for name in self._names]), twin

    def _loop(self, recording: Recording, results: Mapping[int, int]) -> Callable[..., Any] | None:
        """Return the loop for these operations; None if there is none, or if they are not yet worth one."""
        key = tuple(recording.operations), tuple(results.items())
        if key not in self._loops:
            self._seen[key] += 1
            if self._seen[key] < REPEATS:
                return None
            count = len(self._addresses)
            source = loop_source(recording.operations, results, count, 8 * self._dtype.itemsize)
            loop = compile_function(source, 3 + count)
            self._loops[key] = loop if loop is not None and self._agrees(loop, recording, results) else None
        return self._loops[key]

    def _agrees(self, loop: Callable[..., Any], recording: Recording, results: Mapping[int, int]) -> bool:
        """Return whether a loop gives the bits of NumPy on this machine, over extreme numbers."""
        vectors = [_samples(number, self._dtype) for number in range(len(self._addresses))]
        given = [aligned(SAMPLES, self._dtype) for _ in vectors]
        for copied, vector in zip(given, vectors, strict=True):
            copied[...] = vector
        scalars = np.array(recording.scalars, self._dtype)
        loop(0, SAMPLES, scalars.ctypes.data, *(vector.ctypes.data for vector in given))
        views = dict(zip(self._names, vectors[2:], strict=True))
        twin = self._steps.twin(views)
        with np.errstate(all="ignore"):
            twin.step(vectors[0], vectors[1], self._steps.learning_rate)
        expected = [*vectors[:2], *(vars(twin)[name] for name in self._names)]
        return all(np.array_equal(_bits(expected[number]), _bits(given[number])) for number in results)


def _are_apart(vectors: list[Array], dtype: np.dtype[Any]) -> bool:
    """Return whether vectors have a dtype, their numbers follow one another, and no two share memory."""
    plain = all(vector.dtype == dtype and vector.flags.c_contiguous and vector.flags.aligned for vector in vectors)
    return plain and not any(np.may_share_memory(a, b) for a, b in combinations(vectors, 2))


def _needed(recording: Recording, results: dict[int, int], is_state: list[bool]) -> dict[int, int]:
    """Return the results without those that stay as they were, and without what nothing reads in a later step.

    A vector that is no state is read in a later step only if this step reads its old numbers.
    """
    starts = {op[1]: at for at, op in enumerate(recording.operations) if op[0] == "vector"}
    read = {operand for op in recording.operations if op[0] not in ("vector", "scalar") for operand in op[1:]}
    read |= {at for number, at in results.items() if at != starts[number]}
    kept = {number for number in results if number == 0 or is_state[number - 2] or starts[number] in read}
    return {number: at for number, at in results.items() if number in kept and at != starts[number]}


def _samples(seed: int, dtype: np.dtype[Any]) -> Array:
    """Return usual and extreme numbers in a random order; each vector has another order."""
    rng, kind = np.random.default_rng(seed), np.finfo(dtype)
    sizes = [0.0, kind.smallest_subnormal, kind.tiny, kind.eps, 1.0, kind.max**0.5, kind.max, np.inf]
    extreme = np.array([*sizes, *(-size for size in sizes), np.nan])
    found = np.where(rng.random(SAMPLES) < 0.5, rng.normal(0, 1, SAMPLES), rng.choice(extreme, SAMPLES))
    return np.asarray(found, dtype)


def _bits(array: Array) -> Array:
    """Return the bits of numbers, as integers; all NaN have the same."""
    return np.where(np.isnan(array), np.nan, array).astype(array.dtype).view(f"u{array.dtype.itemsize}")
