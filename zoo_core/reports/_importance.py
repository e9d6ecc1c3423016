"""Permutation importance: how much worse a figure gets if a feature is shuffled among the rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from zoo_core.parts import Array

MOST_FEATURES = 100  # more of them, such as pixels, take too long and say little one by one
MOST_ROWS = 2000


@dataclass(frozen=True)
class Importance:
    """How much a model needs a feature.

    Args:
        feature: its name.
        mean: how much worse the figure got, the mean over all repeats; near 0 or below for a feature without use.
        spread: the standard deviation over the repeats (ddof = 1).
    """

    feature: str
    mean: float
    spread: float


def permutation_importance(
    score: Callable[[Array], float], x: Array, names: Sequence[str], repeats: int, rng: np.random.Generator
) -> list[Importance]:
    """Shuffle one feature at a time; return the features, the most important first.

    Features that say the same share their importance: each alone may seem to be without use.
    Source: L. Breiman, "Random Forests" (2001); as scikit-learn's `permutation_importance`.

    Args:
        score: returns a figure for inputs, higher is better.
        x: inputs, shape (rows, features); it is changed and put back.
        names: of the features.
        repeats: how often each feature is shuffled, 2 or more.
        rng: draws the orders.
    """
    base, found = score(x), []
    for at, name in enumerate(names):
        own, drops = x[:, at].copy(), []
        for _ in range(repeats):
            x[:, at] = rng.permutation(own)
            drops.append(base - score(x))
        x[:, at] = own
        found.append(Importance(name, float(np.mean(drops)), float(np.std(drops, ddof=1))))
    return sorted(found, key=lambda one: -one.mean)
