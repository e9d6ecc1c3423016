"""The workloads: what is trained, on how many rows, by which rule. All float32, shuffled each epoch, cross-entropy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal


@dataclass(frozen=True)
class Workload:
    """A network of ReLU layers with a softmax output, and how it is trained."""

    name: str
    widths: tuple[int, ...]  # inputs, hidden layers, classes
    batch: int
    optimizer: Literal["sgd", "adam"]
    learning_rate: float
    rows: int
    quick_rows: int  # unless all rows are asked for; a multiple of the batch
    epochs: int = 1  # in one measurement; the shorter an epoch, the more
    momentum: float = 0.0
    dropout: float = 0.0  # after each hidden layer
    batch_norm: bool = False  # before each hidden activation
    l2: float = 0.0  # added to the gradient as l2 * weights; biases are left alone
    shuffle: bool = True

    @property
    def shapes(self) -> list[tuple[int, int]]:
        """The shape of each weight matrix, (inputs, units)."""
        return list(pairwise(self.widths))

    @property
    def steps(self) -> int:
        """Updates in an epoch."""
        return -(-self.rows // self.batch)

    @property
    def title(self) -> str:
        """What a table's heading says."""
        extras = [f"{k} {v:g}" for k in ("momentum", "dropout", "l2") if (v := getattr(self, k))]
        extras += ["batch_norm"] if self.batch_norm else []
        shape = "-".join(map(str, self.widths))
        return ", ".join(
            [f"{self.name}: {shape}", f"batch {self.batch}", self.optimizer, *extras, f"{self.rows:,} rows"]
        )


A = Workload("A", (784, 100, 10), 100, "sgd", 0.1, rows=60_000, quick_rows=30_000, epochs=3)
B = Workload("B", (784, 512, 512, 10), 128, "adam", 1e-3, rows=60_000, quick_rows=12_800)
C = Workload("C", (64, 32, 10), 32, "adam", 1e-3, rows=1_797, quick_rows=1_797, epochs=10)
D = Workload("D", (784, 40, 10), 1, "sgd", 0.01, rows=1_000, quick_rows=1_000)

WORKLOADS = {work.name: work for work in (A, B, C, D)}
VARIANTS = {
    work.name: work
    for work in (
        replace(A, name="A-momentum", momentum=0.9, learning_rate=0.02),
        replace(A, name="A-dropout", dropout=0.5),
        replace(A, name="A-l2", l2=1e-4),
        replace(A, name="A-batch-norm", batch_norm=True),
    )
}


def find(name: str, *, full: bool) -> Workload:
    """Return a workload by name, with all its rows or with those of a quick run."""
    work = (WORKLOADS | VARIANTS)[name]
    return work if full else replace(work, rows=work.quick_rows)
