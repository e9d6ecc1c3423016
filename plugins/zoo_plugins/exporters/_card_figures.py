"""The figures of a model in its card: what its history says of the saved epoch, and what a constant answer reaches."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

SPLITS = ("validation", "test")


def saved_record(model: Any) -> dict[str, Any]:
    """Return the record of the epoch whose weights the model holds, or an empty one."""
    marked = [record for record in model.history if record.get("kept")]
    return dict((marked or model.history or [{}])[-1])


def saved_epoch(model: Any) -> int:
    """Return the number of the epoch whose weights the model holds, from 1; 0 if there was none."""
    records = model.history
    shift = 1 if records and records[0].get("epoch") == 0 else 0
    return int(saved_record(model).get("epoch", -shift)) + shift


def figures(model: Any) -> dict[str, dict[str, float]]:
    """Return by split the finite figures of the saved epoch, such as {"test": {"accuracy": 0.97, "loss": 0.08}}."""
    found: dict[str, dict[str, float]] = {}
    for key, value in saved_record(model).items():
        split, _, name = key.partition("_")
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if split in SPLITS and name and is_number and math.isfinite(value):
            found.setdefault(split, {})[name] = value
    return {split: found[split] for split in SPLITS if split in found}


def constant_figures(model: Any) -> dict[str, float]:
    """Return by metric what the same answer for each row reaches, if rows are as those that were trained on.

    The answer is the most frequent class with the shares of the classes as probabilities, or the mean of the target.
    Empty where the file does not tell them.
    """
    shares = np.array(model.about.baseline, np.float64)
    if not len(shares) or model.about.task == "multilabel":
        return {}
    if model.about.task == "regression":
        return {"r2": 0.0} | _spread(model)
    some = shares[shares > 0]
    return {
        "accuracy": float(shares.max()),
        "balanced_accuracy": 1 / len(shares),
        "log_loss": float(-(some * np.log(some)).sum()),
    }


def _spread(model: Any) -> dict[str, float]:
    """Return the errors of the mean of one target: its standard deviation, where the model has learnt that."""
    part = model.target_preprocessor
    if part is None or part.name != "standard" or model.about.target_count(model.network.outputs) != 1:
        return {}
    deviation = float(part.learnt(1)[0]["standard deviation"])
    return {"rmse": deviation, "mse": deviation**2}
