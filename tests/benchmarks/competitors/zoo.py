"""The zoo, by its public road: a spec, `prepare`, `follow`. Data and first weights come in as parts of a plugin."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from threadpoolctl import threadpool_limits

import zoo_core
from tests.benchmarks import data
from tests.benchmarks.contract import OWN_CHOICE, Competitor
from tests.benchmarks.workloads import Workload
from zoo_core.data import DataFolder
from zoo_core.parts import Array, Data, Dataset, Initializer, Table
from zoo_core.training.events import EpochEnded

FOREVER = 10_000_000  # epochs: the harness asks for one at a time and stops when it has seen enough


@dataclass
class BenchmarkRows(Dataset):
    """The rows that every competitor trains on."""

    name = "benchmark_rows"
    rows: int = 1_000
    inputs: int = 784
    classes: int = 10

    def load(self, folder: DataFolder) -> Data:
        """Make the rows."""
        names = [str(i) for i in range(self.classes)]
        return Data(Table(*data.rows(self.rows, self.inputs, self.classes)), class_names=names)


@dataclass
class BenchmarkWeights(Initializer):
    """The weights that every competitor starts from."""

    name = "benchmark_weights"
    layer: int = 0

    def fill(self, out: Array, rng: Any, gain: float) -> None:
        """Copy them."""
        out[...] = data.weights(self.layer, *out.shape)


def registry() -> zoo_core.Registry:
    """Return a registry that knows the benchmark's parts too."""
    found = zoo_core.Registry()
    found.add(SimpleNamespace(zoo_parts=zoo_core.hookimpl(zoo_parts)), "benchmarks")
    return found


def zoo_parts() -> list[type]:
    """Return the benchmark's parts."""
    return [BenchmarkRows, BenchmarkWeights]


def spec(work: Workload) -> dict[str, Any]:
    """Return a workload as a spec."""
    inputs, *_, classes = work.widths
    momentum = {"momentum": work.momentum} if work.momentum else {}
    penalty = [{"name": "l2", "strength": work.l2 / 2}] if work.l2 else []
    return {
        "data": {"name": "benchmark_rows", "rows": work.rows, "inputs": inputs, "classes": classes},
        "model": {"loss": "cross_entropy", "layers": _layers(work), "regularizers": penalty},
        "optimizer": {"name": work.optimizer, "learning_rate": work.learning_rate, **momentum},
        "training": {"epochs": FOREVER, "batch_size": work.batch, "shuffle": work.shuffle, "metrics": []},
    }


def _layers(work: Workload) -> list[dict[str, Any]]:
    hidden: dict[str, Any] = {"activation": "relu"}
    if work.batch_norm:
        hidden["normalizer"] = "batch_norm"
    if work.dropout:
        hidden["regularizers"] = [{"name": "dropout", "rate": work.dropout}]
    *before, last = (
        {"units": units, "initializer": {"name": "benchmark_weights", "layer": i}}
        for i, (_, units) in enumerate(work.shapes)
    )
    return [*(layer | hidden for layer in before), last | {"activation": "softmax"}]


class Zoo(Competitor):
    """This project."""

    title = "zoo"
    package = "mlp-zoo"
    settings = (1, 2, OWN_CHOICE)

    @classmethod
    def environment(cls, threads: int) -> dict[str, str]:
        """Return nothing: `prepare` limits threads for prediction; the trainer sees to its own."""
        return {}

    def prepare(self, work: Workload, threads: int) -> None:
        """Prepare the run."""
        threadpool_limits(threads or None, user_api="blas")
        self._trainer = zoo_core.prepare(spec(work), registry=registry(), threads=threads or None)
        self._events = zoo_core.follow(self._trainer)

    def epoch(self) -> None:
        """Follow the run to the end of an epoch."""
        for event in self._events:
            if isinstance(event, EpochEnded):
                return

    def digest(self) -> str:
        """Read them from the network."""
        return hashlib.sha256(self._trainer.network.parameters.tobytes()).hexdigest()

    def probabilities(self, x: Array) -> Array:
        """Ask the model."""
        return self._trainer.model.predict_proba(x)
