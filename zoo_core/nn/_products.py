"""Matrix products that several threads share: which are worth it, and in which blocks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zoo_core.basics.workers import Pool
from zoo_core.parts import Array

Block = tuple[slice, slice]  # rows and columns of the product
Product = tuple[Sequence[Block], Array, Array, Array]  # a and b, and what receives their product

SHARED_WORK = 16_000_000  # multiplications in a product that is cut; below, to wake a thread costs more than it saves
LARGE_WORK = 256_000_000  # multiplications in a product that is cut into more blocks
BLOCKS, MAX_BLOCKS = 2, 4  # each further block costs about a hundredth of the whole product
SHORTEST_SIDE = 16  # of a result that is cut: with fewer rows or columns, memory limits the speed
MULTIPLE = 32  # rows or columns of a block: what the kernels of BLAS compute at once, or several times that


def product_blocks(rows: int, inner: int, columns: int) -> list[Block]:
    """Return the blocks of a product of (rows, inner) and (inner, columns); one block if it is not worth cutting.

    They depend on the shapes alone. The longer side of the result is cut and never a sum, so that the bits are nearly
    always those of the whole product.
    """
    work, side = rows * inner * columns, max(rows, columns)
    is_shared = work >= SHARED_WORK and min(rows, columns) >= SHORTEST_SIDE and side >= 2 * MULTIPLE
    count = BLOCKS if work < LARGE_WORK else MAX_BLOCKS
    size = -(-side // (count * MULTIPLE)) * MULTIPLE if is_shared else side
    ranges = [slice(start, min(start + size, side)) for start in range(0, side, size)]
    return [(which, slice(columns)) if rows >= columns else (slice(rows), which) for which in ranges]


def multiply_blocks(
    pool: Pool, blocks: Sequence[Block], a: Array, b: Array, out: Array, bias: Array | None = None
) -> None:
    """Write a b + bias into `out`, block by block, by the threads of a pool; `bias` has shape (1, columns)."""

    def multiply(block: int, worker: int) -> None:
        rows, columns = blocks[block]
        part = out[rows, columns]
        np.matmul(a[rows], b[:, columns], out=part)
        if bias is not None:
            part += bias[:, columns]

    pool.run(multiply, len(blocks))


def multiply_both(pool: Pool, first: Product, second: Product) -> None:
    """Write two products that do not depend on each other; threads wait for one another only after both."""
    pieces = [(a, b, out, block) for blocks, a, b, out in (first, second) for block in blocks]

    def multiply(piece: int, worker: int) -> None:
        a, b, out, (rows, columns) = pieces[piece]
        np.matmul(a[rows], b[:, columns], out=out[rows, columns])

    pool.run(multiply, len(pieces))
