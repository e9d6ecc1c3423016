"""Runs rows through the network outside training, chunk by chunk.

Chunks are cut by shapes alone, so the bits do not depend on who runs them. The threads of a pool take whole chunks,
each with copies of the parts. So they rarely wait for one another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from zoo_core.basics import aligned, row_slices
from zoo_core.basics.workers import Pool
from zoo_core.nn._copies import PartCopies
from zoo_core.nn._dense import Dense
from zoo_core.nn._layers import Stage
from zoo_core.parts import Array, Part, Transform

Load = Callable[[slice, Array, Part], Array]  # rows, where to prepare them, the preprocessor
Results = tuple[slice, Array, Array]  # rows, z, outputs

INFERENCE_ROWS = 1024  # rows of a chunk: few calls, and half of it fits in a cache of 2 MB
INFERENCE_BYTES = 128 * 2**20  # of all arrays; wide layers get fewer rows at a time
CHUNKS = 8  # for each thread, between two times that threads wait for one another
SHARED_WORK = 32_000_000  # multiplications in all chunks; below, to start threads costs more than they save
MAX_VIEWS = 16  # numbers of rows whose views are kept


class Chain:
    """Transforms outside training, with the arrays that one thread fills.

    Args:
        transforms: in their order.
        widths: the number of columns of the inputs, then of each output.
        dtype: of all arrays.
    """

    def __init__(self, transforms: Sequence[Transform], widths: Sequence[int], dtype: Any) -> None:
        self._calls = [transform.infer for transform in transforms]
        self._widths, self._dtype = widths, dtype
        self._arrays: list[Array] = []
        self._views: dict[int, list[Array]] = {}

    def arrays(self, rows: int) -> list[Array]:
        """Return arrays of `rows` rows for the inputs and each output; those for other numbers share their memory."""
        found = self._views.get(rows)
        if found is None:
            if not self._arrays or rows > len(self._arrays[0]):
                self._arrays = [aligned((rows, width), self._dtype, None) for width in self._widths]
                self._views.clear()
            if len(self._views) >= MAX_VIEWS:
                self._views.clear()
            found = self._views[rows] = [array[:rows] for array in self._arrays]
        return found

    def outputs(self, x: Array) -> Iterator[Array]:
        """Yield the output of each transform for prepared rows."""
        for infer, y in zip(self._calls, self.arrays(len(x))[1:], strict=True):
            infer(x, y)
            x = y
            yield y

    def run(self, which: slice, load: Load, preprocessor: Part) -> Results:
        """Return the results of a chunk; the next call overwrites them."""
        arrays = self.arrays(which.stop - which.start)
        x = load(which, arrays[0], preprocessor)
        for infer, y in zip(self._calls, arrays[1:], strict=True):
            infer(x, y)
            x = y
        return which, arrays[-2], arrays[-1]


class Helped:
    """What one of several threads uses: copies of the parts, and arrays of its own.

    Args:
        preprocessor: what prepares the rows.
        transforms: those of the chain; a `Dense` is not copied, because it only reads.
        widths, dtype: those of `Chain`.
    """

    def __init__(self, preprocessor: Part, transforms: Sequence[Transform], widths: Sequence[int], dtype: Any) -> None:
        self.parts = PartCopies([preprocessor, *(part for part in transforms if not isinstance(part, Dense))])
        self.preprocessor, *copies = self.parts.copies
        own: Iterator[Any] = iter(copies)
        chain = [part if isinstance(part, Dense) else next(own) for part in transforms]
        self.chain = Chain(chain, widths, dtype)


class Inference:
    """The way of rows through the stages outside training.

    Args:
        stages: without those of training alone.
        inputs: the number of columns of prepared rows.
        dtype: of all arrays.

    Attributes:
        rows: the number of rows of a chunk.
    """

    def __init__(self, stages: Sequence[Stage], inputs: int, dtype: Any) -> None:
        self._given, self._dtype = (stages, inputs, dtype), np.dtype(dtype)
        self._transforms = [stage.transform for stage in stages]
        self._widths = [inputs, *(stage.width for stage in stages)]
        self._row_bytes = sum(self._widths) * self._dtype.itemsize
        self._row_work = sum(
            part.inputs * width
            for part, width in zip(self._transforms, self._widths[1:], strict=True)
            if isinstance(part, Dense)
        )
        self.rows = max(min(INFERENCE_ROWS, INFERENCE_BYTES // self._row_bytes), 1)
        self._alone = Chain(self._transforms, self._widths, self._dtype)
        self._helped: list[Helped] = []  # one for each thread
        self._can_share = True

    def __reduce__(self) -> tuple[type[Inference], tuple[Any, ...]]:
        """Copy and pickle without arrays: those of copies would not be those of their parts any more."""
        return Inference, self._given

    def outputs(self, x: Array) -> Iterator[tuple[Transform, Array]]:
        """Yield each transform with its output for prepared rows; later ones may overwrite it."""
        return zip(self._transforms, self._alone.outputs(x), strict=True)

    def infer(self, pool: Pool, rows: int, load: Load, preprocessor: Part, *, share: bool) -> Iterator[Results]:
        """Yield the results of each chunk, in order, as `Network.infer` does.

        After an error in a chunk, or if a part depends on earlier calls, the caller goes through the chunks alone, with
        the parts themselves. So errors, and what parts keep, are as if no other thread had worked.
        """
        threads = pool.threads if share else 1
        size = CHUNKS * threads * self.rows
        shared = self._shared_rows(rows, threads)
        for start in range(0, shared, size):
            group = list(row_slices(min(shared, start + size), self.rows, start))
            results = self._shared(pool, group, load, preprocessor) if self._can_share else None
            yield from results or (self._alone.run(which, load, preprocessor) for which in group)
            self._can_share &= results is not None  # the error was not one of the rows
        for which in row_slices(rows, self.rows, shared):
            yield self._alone.run(which, load, preprocessor)

    def _shared_rows(self, rows: int, threads: int) -> int:
        """Return how many rows threads take in whole chunks, as many each; in the others they share products."""
        if threads == 1 or rows < 2 * self.rows or rows * self._row_work < SHARED_WORK:
            return 0
        kept = CHUNKS * sum(self._widths[-2:]) * self._dtype.itemsize  # for each row of a thread
        is_small = threads * self.rows * (self._row_bytes + kept) <= INFERENCE_BYTES
        return rows // (threads * self.rows) * threads * self.rows if is_small and self._can_share else 0

    def _shared(self, pool: Pool, chunks: Sequence[slice], load: Load, preprocessor: Part) -> Sequence[Results] | None:
        """Return the results of chunks that threads share; None after an error, or if a copy was changed."""
        first, rows = chunks[0].start, chunks[-1].stop - chunks[0].start
        kept = [aligned((rows, width), self._dtype, None) for width in self._widths[-2:]]
        places = [slice(which.start - first, which.stop - first) for which in chunks]

        def work(chunk: int, worker: int) -> None:
            own = helped[worker]
            _, *found = own.chain.run(chunks[chunk], load, own.preprocessor)
            for array, values in zip(kept, found, strict=True):
                array[places[chunk]] = values

        try:
            helped = self._ready(pool.threads, preprocessor)
            pool.run(work, len(chunks))
        except Exception:  # the first one in the order of rows comes when the caller works alone
            return None
        z, outputs = kept
        is_right = all(own.parts.are_unchanged() for own in helped)
        return [(which, z[at], outputs[at]) for which, at in zip(chunks, places, strict=True)] if is_right else None

    def _ready(self, threads: int, preprocessor: Part) -> Sequence[Helped]:
        """Return what each thread uses, made anew if a part has got other attributes."""
        parts = [preprocessor, *(part for part in self._transforms if not isinstance(part, Dense))]
        if len(self._helped) != threads or not all(own.parts.are_current(parts) for own in self._helped):
            made = range(threads)
            self._helped = [Helped(preprocessor, self._transforms, self._widths, self._dtype) for _ in made]
        return self._helped
