"""Checkpoints whose state was changed and signed anew, each resumed: refused, or the run ends as runs may end."""

from __future__ import annotations

import copy
import random
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from tests.robustness import Result, mutants
from zoo_core import storage
from zoo_core.errors import ZooError
from zoo_core.registry import Registry
from zoo_core.runs import Output, follow, prepare, prepare_resumed
from zoo_core.runs._checkpoint import write_checkpoint
from zoo_core.training import Interval
from zoo_core.training.events import SafePoint

PROMISE = "changed states of checkpoints, signed anew and resumed: no foreign exception"
COUNT = 6000
STEP = 9  # of the checkpoint: in the middle of the second epoch
OWN = "format", "version", "requires", "arrays", "sha256"  # keys that the writer sets
LAYERS = [
    {"units": 6, "activation": "prelu", "normalizer": "batch_norm", "regularizers": ["dropout"]},
    {"units": 3, "activation": "softmax"},
]
PLATEAU = {"name": "on_plateau", "initial": 3e-3, "patience": 1}
OPTIMIZERS = ("adam", {"name": "sam", "base": {"name": "adam", "learning_rate": PLATEAU}}, "lbfgs")


def main(count: int) -> Result:
    """Resume `count` checkpoints, the same number being the same checkpoint."""
    registry, failures = Registry(), list[str]()
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sound = [_checkpoint(Path(name), optimizer, registry) for optimizer in OPTIMIZERS]
        for i in range(count):
            problem = _resumed(Path(name), sound[i % len(sound)], random.Random(i), registry)
            failures += [f"checkpoint {i}: {problem}"] if problem else []
    return count, failures


def _checkpoint(folder: Path, optimizer: object, registry: Registry) -> storage.ModelFile:
    rng = np.random.default_rng(0)
    np.savez(folder / "t.npz", x=rng.normal(size=(800, 4)), y=rng.integers(0, 3, 800))
    spec = {
        "data": {"name": "npz", "path": str(folder / "t.npz"), "validation": 0.25},
        "model": {"loss": "cross_entropy", "layers": LAYERS, "regularizers": ["mixup"]},
        "optimizer": optimizer,
        "training": {"epochs": 4, "batch_size": 120, "early_stopping": {"patience": 3}},
    }
    trainer = prepare(spec, registry=registry)
    for event in trainer.events(Interval(steps=1)):
        if isinstance(event, SafePoint) and trainer.optimizer.steps == STEP:
            write_checkpoint(trainer, folder / "sound.npz")
    return storage.read_model_file(folder / "sound.npz")


def _resumed(folder: Path, sound: storage.ModelFile, rng: random.Random, registry: Registry) -> str:
    """Change a checkpoint and go on from it; return the exception that nobody foresaw, or ''."""
    header: dict[str, Any] = {k: copy.deepcopy(v) for k, v in sound.header.items() if k not in OWN}
    arrays, output = dict(sound.arrays), Output(folder / "m.npz")
    for _ in range(rng.randint(1, 2)):
        if rng.random() < 0.7:
            mutants._change_json(header["run"], rng)
        else:
            mutants._change_arrays(arrays, rng)
    try:
        storage.write_model_file(output.checkpoint_path(STEP), header, arrays)
        for _ in follow(prepare_resumed(output, registry=registry)):
            pass
    except ZooError:
        return ""
    except Exception as error:
        return repr(error)
    return ""
