"""Peak memory: our process trains on 60,000 MNIST images as they are; the others on as many rows of float32."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import zoo_core
from tests.benchmarks.contract import competitor
from tests.benchmarks.pool import CompetitorError, Process, pool
from tests.benchmarks.results import OURS, Measured, Result
from tests.benchmarks.training import who
from tests.benchmarks.workloads import A
from tests.helpers import mnist

SPEC: dict[str, Any] = {
    "data": {"name": "mnist"},
    "model": {
        "loss": "cross_entropy",
        "layers": [{"units": 100, "activation": "relu"}, {"units": 10, "activation": "softmax"}],
    },
    "optimizer": {"name": "sgd", "learning_rate": 0.1},
    "training": {"epochs": 1, "batch_size": 100},
}


def memory(*, rounds: int, seconds: float, keys: Iterable[str] = ()) -> Result:
    """Let one after the other train an epoch of 60,000 rows in a process of its own; once: memory does not vary."""
    here, absent = who(A, training=True, keys=keys)
    measured = []
    for key in here:
        with pool([key], [1]) as found:
            try:
                spent = _train(found.processes[0])
                peak = found.processes[0].ask("peak")
            except CompetitorError as error:
                absent[key] = str(error)
                continue
        measured.append(Measured(key, competitor(key).title, 1, [spent], peak_mb=peak))
    return Result("Peak memory of training 784-100-10 on 60,000 images, and the time of the epoch", measured, absent)


def _train(process: Process) -> float:
    folder = mnist.folder()
    if process.key == OURS and folder is not None:
        return float(process.ask("call", function="tests.benchmarks.memory:ours", data=str(folder)))
    process.ask("prepare", work=asdict(A))
    return float(process.ask("epochs", count=1))


def ours(data: str) -> float:
    """Train by the public road, test set included; return the seconds of the epoch, without loading and preparing."""
    trainer = zoo_core.prepare(SPEC, data)
    began = time.perf_counter()
    for _ in zoo_core.follow(trainer):
        pass
    return time.perf_counter() - began
