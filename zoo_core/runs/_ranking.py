"""Sorts models by a figure that they share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zoo_core.basics import direction
from zoo_core.model import Model
from zoo_core.spec import metric_directions

SPLITS = ("validation", "test", "train")  # the first of them that most models have decides


@dataclass(frozen=True)
class Ranking:
    """The figure by which models are sorted, and how many models lack it; those come last."""

    key: str  # such as "validation_accuracy"
    higher_is_better: bool
    without: int


def rank_models(models: Mapping[str, Model], results: Mapping[str, Mapping[str, Any]]) -> Ranking | None:
    """Return by what to sort models; None where no two have a figure in common.

    The first split counts that half of the models have, and of its figures one that most models have: a metric before
    the loss, because losses of different kinds cannot be compared. They are left out.
    """
    directions: dict[str, bool] = {}
    for model in models.values():
        directions |= metric_directions(model.spec.training.metrics or [])
    losses = {repr(model.loss) for model in models.values()}
    known = directions | ({"loss": False} if len(losses) == 1 else {})
    found = []
    for rank, split in enumerate(SPLITS):
        for name in known:
            key = f"{split}_{name}"
            count = sum(isinstance(result.get(key), (int, float)) for result in results.values())
            if count > 1:
                found.append((2 * count < len(models), rank, -count, key))
    if not found:
        return None
    *_, count, key = min(found, key=lambda item: item[:3])
    return Ranking(key, bool(direction(key.partition("_")[2], known)), len(models) + count)


def sorted_names(results: Mapping[str, Mapping[str, Any]], ranking: Ranking | None) -> list[str]:
    """Return the names of models from the best to the worst; models of equal figures keep their order."""
    if ranking is None:
        return list(results)

    def place(name: str) -> tuple[bool, float]:
        value = results[name].get(ranking.key)
        if value is None:
            return True, 0.0
        return False, -value if ranking.higher_is_better else value

    return sorted(results, key=place)
