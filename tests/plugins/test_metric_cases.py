"""Every metric equals scikit-learn's on 500 random cases: ties, absent classes, weights of 0, several targets.

The cases are made by tests/golden/make_metric_cases.py, which says where the two differ.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.plugins.comparisons import FOLDER, REGISTRY, difference, figures

GOLDEN = {**np.load(FOLDER / "metric_cases.npz")}  # in memory: each array is used many times
OPTIONS = {"top_k_accuracy": {"k": 2}}
LEFT = {"expected_calibration_error", "subset_accuracy"}  # the first is not in scikit-learn; the other: make_metrics.py


def cases(kind: str) -> Iterator[tuple[int, Any, Any, Any, list[str]]]:
    for i, (rows, columns, classes) in enumerate(GOLDEN[f"{kind}.counts"].tolist()):
        outputs, targets = (GOLDEN[f"{kind}.{name}"][i, :rows] for name in ("outputs", "targets"))
        weights = GOLDEN[f"{kind}.weights"][i, :rows]
        y = targets[:, 0].astype(int) if classes else targets[:, :columns]
        names = [str(k) for k in range(classes)]
        yield i, outputs[:, :columns], y, None if np.isnan(weights[0]) else weights, names


@pytest.mark.parametrize("key", [key for key in GOLDEN if ".of " in key])
def test_a_metric_equals_that_of_scikit_learn(key: str) -> None:
    kind, _, what = key.partition(".of ")
    name, _, average = what.partition(" ")
    options = {"average": average} if average and average != "each" else OPTIONS.get(name, {})
    part = REGISTRY.get("metric", name)(**options, **({"per_class": True} if average == "each" else {}))
    expected = GOLDEN[key]
    for i, outputs, targets, weights, names in cases(kind):
        part.set_meaning(None, names)
        found = figures(part, outputs, targets, weights, (len(outputs) // 3,))
        values = list(found.values())[1:] if average == "each" else list(found.values())
        wanted = expected[i, : len(values)]
        both = np.isnan(values) & np.isnan(wanted)
        worst = difference(np.where(both, 0, values), np.where(both, 0, wanted))
        assert worst < 1e-9, f"case {i}: {json.dumps(found)} {wanted}"


def test_every_metric_has_cases() -> None:
    known = {key.partition(".of ")[2].partition(" ")[0] for key in GOLDEN if ".of " in key}
    assert known | LEFT == set(REGISTRY.names("metric"))
