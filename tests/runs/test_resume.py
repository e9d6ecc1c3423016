"""A run that is stopped between two steps and resumed from its checkpoint ends in the same bits as one left alone.

The parts come from the registry, so that every part that is registered is held to it.
"""

import contextlib
import random

import numpy as np
import pytest

import zoo_core
from zoo_core import storage
from zoo_core.errors import ZooError
from zoo_core.registry import Registry
from zoo_core.runs import Output, prepare, prepare_resumed
from zoo_core.runs._checkpoint import write_checkpoint
from zoo_core.spec import options_model
from zoo_core.training import Interval
from zoo_core.training.events import SafePoint

REGISTRY = Registry()
BATCH = 160  # small enough that steps are counted in blocks, of 3
STOPS = (8, 23, 25)  # in the middle of an epoch, early and late, and at the last step of one
KINDS = ("activation", "normalizer", "regularizer", "loss", "metric", "optimizer", "schedule", "callback", "generator",
         "preprocessor", "initializer")  # fmt: skip
TASKS = {
    "classes": ({"loss": "cross_entropy"}, {"units": 3, "activation": "softmax"}, "classification"),
    "yes or no": ({"loss": "binary_cross_entropy"}, {"units": 1, "activation": "sigmoid"}, "classification"),
    "scores": ({"loss": "hinge"}, {"units": 1, "activation": "tanh"}, "classification"),
    "values": ({"loss": "mse"}, {"units": 2, "activation": "softplus"}, "regression"),
}


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """For each task 960 rows of 4 features; targets of the regression lie between 0 and 1."""
    folder, rng = tmp_path_factory.mktemp("tables"), np.random.default_rng(0)
    x = rng.normal(size=(960, 4))
    y = {
        "classes": rng.integers(0, 3, 960),
        "yes or no": rng.integers(0, 2, 960),
        "scores": rng.integers(0, 2, 960),
        "values": rng.uniform(0.1, 0.9, (960, 2)),
    }
    for task, targets in y.items():
        np.savez(folder / f"{task}.npz", x=x, y=targets)
    return folder


def spec_with(kind, part, task, tables):
    """Return a small spec with batch normalization, dropout, momentum and train metrics, and the part in its place."""
    model, last, meaning = TASKS[task]
    hidden = {"units": 6, "activation": "tanh", "normalizer": "batch_norm", "regularizers": [{"name": "dropout"}]}
    spec = {
        "data": {"name": "npz", "path": f"{tables}/{task}.npz", "task": meaning, "train": ":800", "validation": "920:"},
        "model": {**model, "layers": [hidden, last]},
        "optimizer": {"name": "sgd", "learning_rate": 0.3, "momentum": 0.9, "nesterov": True},
        "training": {"epochs": 8, "batch_size": BATCH, "callbacks": []},
    }  # fmt: skip
    if kind in ("activation", "normalizer", "initializer"):
        hidden[kind] = part
    elif kind == "regularizer":
        hidden["regularizers"].append(part)
    elif kind == "loss":
        spec["model"]["loss"] = part
    elif kind == "metric":
        spec["training"]["metrics"] = [part]
    elif kind == "schedule":
        spec["optimizer"] = {"name": "adam", "learning_rate": part}
    elif kind == "callback":
        spec["training"]["callbacks"].append(part)
    elif kind == "preprocessor":
        spec["data"][kind] = part
    else:
        spec[kind] = part
    return zoo_core.Spec.parse(spec, REGISTRY)


def whole_model_spec(part, tables):
    """Return a spec with a regularizer that belongs to the whole model."""
    plain = spec_with("activation", "tanh", "classes", tables).to_dict()
    plain["model"]["regularizers"] = [part]
    return zoo_core.Spec.parse(plain, REGISTRY)


def table(entry, stirred):
    """Return a part as a spec names it; stirred, with every switch on, every zero above it and short periods."""
    options = {}
    for name, field in options_model(entry.part).model_fields.items():
        default = field.get_default(call_default_factory=True)
        if field.is_required():
            options[name] = "adam" if entry.kind == "optimizer" else "relu"
        elif stirred and default is False:
            options[name] = True
        elif stirred and type(default) is float and default == 0:
            options[name] = 0.5
        elif stirred and type(default) is int and default > 3:
            options[name] = 2
    return {"name": entry.name, **options}


def contents(model):
    return storage.to_bytes(model.header(), model.arrays())


def left_alone(spec, folder):
    """Train to the end, saving checkpoints at STOPS; return the bytes of the final file."""
    trainer = prepare(spec, registry=REGISTRY)
    for event in trainer.events(Interval(steps=1)):
        if isinstance(event, SafePoint) and trainer.optimizer.steps in STOPS:
            write_checkpoint(trainer, Output(folder / "m.npz").checkpoint_path(trainer.optimizer.steps))
    return contents(trainer.model)


def somewhere(entry, stirred, tables, folder):
    """Train the part in the first task that it fits; return the bytes of the final file."""
    errors = []
    for task in TASKS:
        try:
            return left_alone(spec_with(entry.kind, table(entry, stirred), task, tables), folder)
        except (ZooError, ValueError, IndexError) as error:
            errors.append(error)
    if entry.kind == "regularizer":
        return left_alone(whole_model_spec(table(entry, stirred), tables), folder)
    if stirred:  # its options contradict each other
        return somewhere(entry, False, tables, folder)
    raise AssertionError(f"{entry.kind} {entry.name} can be trained in no task: {errors}")


def entries():
    """Return every part that takes part in training; without state of its own it is held to it by the slow tests."""
    for entry in (e for kind in KINDS for e in REGISTRY.entries(kind)):
        plain = entry.kind in ("activation", "initializer", "loss", "preprocessor") and not entry.part.state
        yield pytest.param(entry, id=f"{entry.kind}-{entry.name}", marks=[pytest.mark.slow] if plain else [])


def check_resumed(alone, folder, what="", tables=None):
    """Resume from every checkpoint, and compare; `tables` is the folder of the data where that is another."""
    checkpoints = Output(folder / "m.npz").checkpoints()
    assert checkpoints
    for path in checkpoints:
        trainer = prepare_resumed(Output(path), tables, REGISTRY)
        list(trainer.events())
        assert contents(trainer.model) == alone, f"{path.name} {what}"
        path.unlink()


@pytest.mark.parametrize("entry", list(entries()))
def test_every_part_goes_on_as_if_nothing_had_happened(entry, tables, tmp_path):
    for stirred in (False, True) if entry.part.state else (True,):
        check_resumed(somewhere(entry, stirred, tables, tmp_path), tmp_path, "stirred" if stirred else "", tables)


def together(chance, folder):
    """Return a spec of parts drawn at random, of all kinds at once, for rows with weights."""

    def draw(kind, *without):
        found = chance.choice([e for e in REGISTRY.entries(kind) if e.name not in without])
        return table(found, chance.random() < 0.5)

    optimizer = draw("optimizer")
    if "base" in optimizer:
        optimizer["base"] = draw("optimizer", "lbfgs") | {"learning_rate": draw("schedule")}
        optimizer["base"].update({"base": "adam"} if optimizer["base"].pop("base", None) else {})
    layer = {"units": 6, **{kind: draw(kind) for kind in ("activation", "normalizer", "initializer")}}
    layers = [{**layer, "regularizers": [draw("regularizer"), "dropout"]}, {"units": 3, "activation": "softmax"}]
    data = {
        "name": "csv",
        "path": f"{folder}/rows.csv",
        "target": "y",
        "weights": "w",
        "train": ":800",
        "validation": "800:",
    }
    training = {
        "epochs": 8,
        "batch_size": BATCH,
        "metrics": [draw("metric"), "accuracy"],
        "callbacks": [draw("callback")],
        "last_batch": chance.choice(("keep", "drop")),
        "early_stopping": {"patience": chance.randint(1, 9)},
    }
    model = {"loss": "cross_entropy", "layers": layers, "regularizers": [draw("regularizer"), "mixup"]}
    return zoo_core.Spec.parse(
        {"seed": chance.randrange(99), "data": data, "model": model, "optimizer": optimizer, "training": training},
        REGISTRY,
    )


@pytest.mark.slow
@pytest.mark.parametrize("number", range(60))
def test_parts_go_on_together_as_if_nothing_had_happened(number, tmp_path):
    chance, rng = random.Random(number), np.random.default_rng(number)
    rows = np.column_stack([rng.normal(size=(960, 4)), rng.uniform(0.5, 2, 960), rng.integers(0, 3, 960)])
    np.savetxt(tmp_path / "rows.csv", rows, delimiter=",", header="a,b,c,d,w,y", comments="", fmt=["%.6f"] * 5 + ["%d"])
    for _ in range(100):  # parts that do not fit each other are drawn again
        with contextlib.suppress(ZooError, ValueError, IndexError):
            alone = left_alone(together(chance, tmp_path), tmp_path)
            break
    check_resumed(alone, tmp_path)


def test_a_plateau_that_has_begun_is_remembered(tables, tmp_path):
    """In the mode "max" a falling loss is a plateau."""
    part = {"name": "on_plateau", "mode": "max", "patience": 2, "factor": 0.5}
    alone = left_alone(spec_with("schedule", part, "classes", tables), tmp_path)
    rates = [r["learning_rate"] for r in storage.contents_from_bytes(alone, "m").header["history"]]
    assert len(set(rates)) > 2
    check_resumed(alone, tmp_path, tables=tables)
