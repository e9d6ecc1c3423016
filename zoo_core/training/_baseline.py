"""The baseline of a split: what a model reaches that looks at no input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zoo_core.model import baseline_of
from zoo_core.parts import Array, Table


@dataclass(frozen=True)
class Baseline:
    """What always the same answer reaches on a split; the training split decides which answer."""

    answer: Array  # the index of the most frequent class, shape (); or the mean of each target, shape (outputs,)
    accuracy: float | None  # of that class, 0 to 1; None for values


def baseline(train: Table, table: Table) -> Baseline:
    """Return the baseline of a table, for the answer that the training split suggests; sample weights count."""
    found = np.array(baseline_of(train, slice(None), classes=0))  # as many classes as its rows have
    if train.y.ndim == 2:
        return Baseline(found, None)
    answer = np.asarray(found.argmax())
    return Baseline(answer, float(np.average(table.y == answer, weights=table.weights)))
