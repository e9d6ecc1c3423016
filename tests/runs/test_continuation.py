"""Continued training with the optimizer's state: 2 + 3 epochs are 5 epochs, to the bit."""

import json

import numpy as np
import pytest

import zoo_core
from tests.helpers.specs import merged
from zoo_core.cli import run
from zoo_core.errors import ModelFileError, SpecError, UsageError
from zoo_core.runs import Output
from zoo_core.training import Interval

RNG = np.random.default_rng(3)
X = RNG.normal(size=(90, 6)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
BASE = {
    "data": {"name": "arrays", "validation": 0.2},
    "model": {
        "loss": "cross_entropy",
        "layers": [
            {"units": 12, "activation": "relu", "normalizer": "batch_norm", "regularizers": ["dropout"]},
            {"units": 2, "activation": "softmax"},
        ],
        "regularizers": ["mixup"],
    },
    "optimizer": "adam",
    "training": {"batch_size": 16},
}
OPTIMIZERS = [
    "adam",
    {"name": "sgd", "momentum": 0.9, "learning_rate": {"name": "exponential", "initial": 0.1, "factor": 0.7}},
    {"name": "ema", "base": "nadam"},
    {"name": "accumulate", "base": "lion", "every": 3},
    "schedule_free_adamw",
]


def spec(epochs, **changes):
    return merged(BASE, {"training": {"epochs": epochs}, **changes})


def weights(model):
    return {name: array.tobytes() for name, array in model.network.state().items()}


def train(epochs, earlier=None, *, changes=None, **options):
    more = {} if earlier is None else {"start_from": earlier, "resume_optimizer": True}
    return zoo_core.train(spec(epochs, **(changes or {})), data=(X, Y), **more, **options)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=str)
def test_two_and_three_epochs_are_five(optimizer):
    changes = {"optimizer": optimizer}
    whole = train(5, changes=changes)
    first = train(2, changes=changes)
    for _ in range(2):  # the first model stays what it was, and may be continued again
        second = train(3, first, changes=changes)
        assert weights(second) == weights(whole)
    assert weights(zoo_core.train(spec(3, **changes), data=(X, Y), start_from=first)) != weights(whole)
    losses = [record["train_loss"] for record in (*first.history, *second.history)]
    assert losses == [record["train_loss"] for record in whole.history]
    third = train(1, train(1, train(3, changes=changes), changes=changes), changes=changes)
    assert weights(third) == weights(whole)


def test_a_file_keeps_the_state_if_asked(tmp_path):
    whole = train(5)
    keep = {"training": {"keep_optimizer": True, "batch_size": 16, "epochs": 2}}
    first = zoo_core.train(merged(BASE, keep), data=(X, Y), output=tmp_path / "a.npz")
    plain = train(2, output=tmp_path / "b.npz")
    assert weights(first) == weights(plain)
    second = train(3, tmp_path / "a.npz", output=tmp_path / "c.npz")
    assert weights(second) == weights(whole) == weights(zoo_core.load(tmp_path / "c.npz"))
    assert weights(train(3, zoo_core.load(zoo_core.load(first.to_bytes()).to_bytes()))) == weights(whole)
    with pytest.raises(UsageError, match=r"no state of its optimizer; train it with training\.keep_optimizer"):
        train(3, tmp_path / "b.npz")
    sizes = [(tmp_path / name).stat().st_size for name in ("a.npz", "b.npz")]
    assert sizes[0] > sizes[1] + 2 * 4 * first.network.layout.size  # Adam keeps two numbers for each parameter
    np.testing.assert_array_equal(zoo_core.load(tmp_path / "a.npz").predict(X), plain.predict(X))


def stop_after(path, epoch, **options):
    """Train until an epoch of a run is over, and leave its checkpoints."""
    trainer = zoo_core.prepare(data=(X, Y), **options)
    output = Output(path)
    with output.lock():
        for event in zoo_core.follow(trainer, output, Interval.parse("1steps")):
            if type(event).__name__ == "EpochEnded" and event.record["epoch"] == epoch:
                trainer.interrupt("test")


def test_a_continued_run_that_is_stopped_is_resumed(tmp_path):
    whole, first = train(5), train(2)
    stop_after(tmp_path / "m.npz", 1, spec=spec(3), start_from=first, resume_optimizer=True)
    assert weights(zoo_core.resume(tmp_path / "m.npz", data=(X, Y))) == weights(whole)


def test_a_checkpoint_is_continued_from_its_epoch(tmp_path):
    stop_after(tmp_path / "m.npz", 1, spec=spec(9))
    for path in Output(tmp_path / "m.npz").checkpoints():
        model = zoo_core.load(path)
        position = model.run_state.values()["run.position"]
        second = train(3, model)
        assert second.run_state.values()["run.before"]["epochs"] == position["epoch"] + 3
        if position["step"] == 0:
            assert weights(second) == weights(train(position["epoch"] + 3))


def test_other_rows_may_follow_with_the_same_optimizer():
    first = train(2)
    second = zoo_core.train(spec(2), data=(X[:40], Y[:40]), start_from=first, resume_optimizer=True)
    assert second.run_state.values()["opt.steps"] == 2 * 5 + 2 * 2


def test_what_cannot_be_continued_is_refused():
    first = train(1)
    with pytest.raises(UsageError, match="there is no model to start from; pass start_from"):
        zoo_core.train(spec(1), data=(X, Y), resume_optimizer=True)
    with pytest.raises(UsageError, match="there is no model to start from"):
        zoo_core.train(spec(1, training={"epochs": 1, "resume_optimizer": True}), data=(X, Y))
    with pytest.raises(SpecError, match="its optimizer is 'sgd', and that of model 'model' is 'adam'"):
        train(1, first, changes={"optimizer": "sgd"})
    keep = merged(BASE, {"training": {"keep_optimizer": True, "epochs": 1}})
    model = zoo_core.train(keep, data=(X, Y))
    model.run_state = type(model.run_state)({**model.run_state.values(), "run.before": {"epochs": -1, "steps": 0}})
    with pytest.raises(ModelFileError, match="its state is not that"):
        train(1, zoo_core.load(model.to_bytes()))


def test_the_command_goes_on_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("d.npz", x=X, y=Y)
    table = {"data": {"name": "npz", "path": "d.npz", "validation": 0.2}, "training": {"keep_optimizer": True}}
    (tmp_path / "s.json").write_text(json.dumps(merged(BASE, table)))
    for epochs, options in (2, "-o a.npz"), (3, "-o b.npz --from a.npz --resume-optimizer"), (5, "-o c.npz"):
        assert run(["train", "s.json", "-q", *options.split(), "--set", f"training.epochs={epochs}"]) == 0
    assert weights(zoo_core.load("b.npz")) == weights(zoo_core.load("c.npz")) == weights(train(5))
    assert run(["train", "s.json", "-q", "-o", "e.npz", "--resume-optimizer"]) == 2
