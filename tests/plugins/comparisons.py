"""Comparison of each part with an independent implementation, whose results are stored under tests/golden.

The tests require each difference to be below the allowed one; tests/plugins/verification.py writes a table of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import create_model

from tests.plugins.optimizer_runs import GOLDEN as OPTIMIZERS, NET, OptimizerRun, net, rosenbrock, valley
from zoo_core.parts import KINDS
from zoo_core.registry import Registry
from zoo_core.spec._part_field import PartField, StrictTable

FOLDER = Path(__file__).parents[1] / "golden"
REGISTRY = Registry()
FORMULA = "the formula, by torch"  # written out in PyTorch, which lacks the function


@dataclass(frozen=True)
class Comparison:
    """One case: a part with its options, the peer, and a function that measures the largest relative difference."""

    kind: str
    case: str  # the part's name and its options
    peer: str
    measure: Callable[[], float]
    allowed: float = 1e-9

    @property
    def name(self) -> str:
        return self.case.partition(" ")[0]

    def __str__(self) -> str:
        return self.case


def difference(found: Any, expected: Any) -> float:
    """Return the largest difference, relative to the expected size; sizes below 1e-4 count as 1e-4."""
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    assert found.shape == expected.shape, f"shape {found.shape}, expected {expected.shape}"
    return float(np.max(np.abs(found - expected) / np.maximum(np.abs(expected), 1e-4), initial=0.0))


def make_part(kind: str, case: str) -> Any:
    """Return the part of a case; its options are validated as those of a spec are."""
    name, _, options = case.partition(" ")
    holder = create_model("Holder", __base__=StrictTable, part=(Annotated[KINDS[kind], PartField()], ...))
    table = {"part": {"name": name, **json.loads(options or "{}")}}
    return holder.model_validate(table, context={"registry": REGISTRY, "known": {}}).part


def optimizers() -> Iterator[Comparison]:
    """Compare the parameters after each step."""
    runs = {3: (valley, (1.4, -1.1, 0.7)), len(NET): (net, NET), 2: (rosenbrock, (-1.2, 1.0))}
    for i, (case, peer) in enumerate(zip(OPTIMIZERS["cases"], OPTIMIZERS["peers"], strict=True)):

        def measure(case: str = str(case), trace: Any = OPTIMIZERS[f"trace.{i}"]) -> float:
            function, start = runs[trace.shape[1]]
            run = OptimizerRun(make_part("optimizer", case), function, start)
            return difference([run.step() for _ in trace], trace)

        yield Comparison("optimizer", str(case), FORMULA if case.startswith("sam ") else str(peer), measure)


def schedules() -> Iterator[Comparison]:
    """Compare the rates at all 4 steps of 12 epochs, or those of each epoch for a schedule that reacts to values."""
    golden = np.load(FOLDER / "schedules.npz")
    for i, (case, peer, figures) in enumerate(zip(golden["cases"], golden["peers"], golden["figures"], strict=True)):

        def measure(case: str = str(case), expected: Any = golden[f"rates.{i}"], figures: str = str(figures)) -> float:
            part = make_part("schedule", case)
            part.start(12, 4)
            if not figures:
                return difference([part.rate(step / 4) for step in range(48)], expected)
            found = []
            for epoch, figure in enumerate(golden[figures]):
                found.append(part.rate(float(epoch)))
                part.observe({"epoch": epoch, "validation_loss": figure})
            return difference(found, expected)

        yield Comparison("schedule", str(case), str(peer), measure)


def metrics() -> Iterator[Comparison]:
    """Compare all values, computed from uneven batches, with and without sample weights."""
    golden = np.load(FOLDER / "metrics.npz")
    targets = {"scores": "y", "single": "bits", "values": "true", "labels": "tags"}
    for i, (case, peer, about) in enumerate(zip(golden["cases"], golden["peers"], golden["about"], strict=True)):

        def measure(case: str = str(case), about: str = str(about), expected: Any = golden[f"figures.{i}"]) -> float:
            outputs, y = golden[about], golden[targets[about]]
            found = [figures(make_part("metric", case), outputs, y, w) for w in (None, golden["weights"])]
            return difference(np.reshape([list(f.values()) for f in found], (2, -1)), np.reshape(expected, (2, -1)))

        yield Comparison("metric", str(case), str(peer), measure, 1e-5 if peer == "torchmetrics" else 1e-9)


def figures(part: Any, outputs: Any, targets: Any, weights: Any = None, cuts: Any = (1, 8, 41)) -> dict[str, float]:
    """Return a metric's values from batches that are cut at the given rows."""
    if targets.dtype == np.uint8:  # several labels a row
        part.set_meaning(None, [str(i) for i in range(outputs.shape[1])], is_multilabel=True)
    part.start(len(outputs), outputs.shape[1])
    for rows in np.split(np.arange(len(outputs)), cuts):
        part.update(outputs[rows], targets[rows], None if weights is None else weights[rows])
    return dict(part.figures())
