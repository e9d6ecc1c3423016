"""Callbacks of a plugin see batches, model, rate, spec and output; a reason to stop ends the epoch at once."""

from typing import ClassVar

import numpy as np
import pytest

import zoo_core
from tests.helpers.plugins import registry_with
from tests.helpers.runs import write_run
from tests.helpers.specs import small_spec
from zoo_core.errors import PluginError
from zoo_core.parts import Callback
from zoo_core.runs import Output, follow, prepare, prepare_resumed
from zoo_core.runs._checkpoint_writer import save_checkpoint
from zoo_core.spec import Spec, read_spec
from zoo_core.testing import check_part
from zoo_core.training import Interval
from zoo_core.training.events import EpochEnded, Finished, Message, SafePoint


class Watch(Callback):
    """Notes what it sees in the class attribute `seen`."""

    name = "watch"
    seen: ClassVar[list] = []

    def on_train_begin(self, run):
        self.seen.clear()
        assert (run.epoch, run.step, run.batch_loss) == (0, 0, None)

    def on_batch_end(self, run):
        self.seen.append((run.epoch, run.step, run.learning_rate, run.batch_loss, run.output))

    def on_epoch_end(self, record, run):
        assert (run.epoch, run.batch_loss) == (record["epoch"], None)


class Count(Callback):
    """Adds up the losses of all batches, which a record keeps."""

    name = "count"
    state = ("total", "batches")

    def on_train_begin(self, run):
        self.total, self.batches = 0.0, 0

    def on_batch_end(self, run):
        self.total += run.batch_loss
        self.batches += 1

    def on_epoch_end(self, record, run):
        run.say(f"{self.batches} {self.total!r}")


class StopAfter(Callback):
    """Stops after seven batches."""

    name = "stop_after"
    state = ("left",)

    def on_train_begin(self, run):
        self.left = 7

    def on_batch_end(self, run):
        self.left -= 1
        return "seven batches" if self.left == 0 else None


def trainer_with(*callbacks, **changes):
    names = [c.name for c in callbacks]
    changes.setdefault("training", {})
    changes["training"] = {"epochs": 2, "batch_size": 30, "shuffle": False, **changes["training"], "callbacks": names}
    return prepare(small_spec(**changes), registry=registry_with(*callbacks))


def test_each_batch_shows_its_loss_the_rate_and_the_place():
    rate = {"name": "piecewise", "boundaries": [1], "values": [0.1, 0.05]}
    trainer = trainer_with(Watch, optimizer={"name": "sgd", "learning_rate": rate})
    records = [e.record for e in follow(trainer) if isinstance(e, EpochEnded)]
    assert [(epoch, step) for epoch, step, *_ in Watch.seen] == [(e, s) for e in (0, 1) for s in (1, 2, 3, 4)]
    assert [round(rate, 10) for _, _, rate, *_ in Watch.seen] == [0.1] * 4 + [0.05] * 4
    for epoch, record in enumerate(records):
        losses = [loss for e, _, _, loss, _ in Watch.seen if e == epoch]
        assert record["train_loss"] == pytest.approx(np.average(losses, weights=[30, 30, 30, 10]), rel=1e-6)
    assert {output for *_, output in Watch.seen} == {None}


def test_the_loss_of_a_batch_is_weighted_and_has_no_penalties():
    changes = {"model": {"loss": {"name": "cross_entropy", "class_weights": [*range(1, 11)]}, "regularizers": ["l2"]}}
    trainer = trainer_with(Watch, **changes)
    first = trainer.splits["train"]
    outputs = trainer.model.outputs(first.x[:30])
    next(e for e in follow(trainer) if isinstance(e, EpochEnded))
    weights = first.y[:30] + 1.0
    expected = -(np.log(outputs[np.arange(30), first.y[:30]]) * weights).sum() / weights.sum()
    assert Watch.seen[0][3] == pytest.approx(expected, rel=1e-5)


def test_the_output_is_known_to_a_new_run_and_to_a_resumed_one(tmp_path):
    trainer = trainer_with(Watch, StopAfter)
    out = Output(tmp_path / "m.npz")
    events = follow(trainer, out, Interval.parse("1steps"))
    next(e for e in events if isinstance(e, EpochEnded))
    events.close()
    assert {output for *_, output in Watch.seen} == {tmp_path / "m.npz"}
    resumed = prepare_resumed(Output(tmp_path / "m.npz"), registry=registry_with(Watch, StopAfter))
    assert list(follow(resumed, Output(tmp_path / "m.npz")))[-1].reason == "seven batches"
    assert {output for *_, output in Watch.seen} == {tmp_path / "m.npz"}
    assert Watch.seen[0][:2] == (1, 1)


def test_the_model_predicts_with_the_weights_of_the_moment():
    class Predict(Callback):
        """Compares what the model gives with the weights that the run has."""

        name = "predict"
        spoken: ClassVar[list] = []

        def on_batch_end(self, run):
            x = np.full((3, 784), 100, np.uint8)
            w = run.snapshot()
            hidden = np.maximum(x / np.float32(255) @ w["layers.0.weights"] + w["layers.0.bias"], 0)
            z = hidden @ w["layers.1.weights"] + w["layers.1.bias"]
            np.testing.assert_array_equal(run.model.predict(x), z.argmax(1))
            assert run.model.spec is run.spec
            assert isinstance(run.spec, Spec)
            self.spoken.append(run.model.evaluate(x, [0, 1, 2])["loss"])

    plain, watched = trainer_with(), trainer_with(Predict)
    for trainer in (plain, watched):
        list(follow(trainer))
    assert len(set(Predict.spoken)) == 8
    np.testing.assert_array_equal(plain.network.parameters, watched.network.parameters)
    assert plain.history == watched.history


@pytest.mark.parametrize("metric", ["accuracy", {"name": "roc_auc"}])
def test_a_reason_to_stop_ends_the_epoch_at_once_and_counts_the_rows_so_far(metric):
    trainer = trainer_with(Watch, StopAfter, training={"metrics": [metric], "evaluate": ["test"], "evaluate_every": 5})
    events = list(follow(trainer))
    assert events[-1].reason == "seven batches"
    assert len(Watch.seen) == 7
    first, last = trainer.history
    name = metric if isinstance(metric, str) else metric["name"]
    assert f"train_{name}" in first
    assert "train_rows" not in first
    assert (last["train_rows"], last["train_rows_left_out"]) == (90, 10)
    assert f"train_{name}" not in last
    assert f"test_{name}" in last, "the last record is measured although evaluate_every is 5"
    assert last["train_loss"] == pytest.approx(np.mean([loss for e, _, _, loss, _ in Watch.seen if e == 1]), rel=1e-6)


def test_a_stop_after_the_last_batch_is_an_ordinary_end_of_the_epoch():
    trainer = trainer_with(StopAfter, training={"batch_size": 15, "metrics": ["accuracy"]})
    assert list(follow(trainer))[-1].reason == "seven batches"
    plain = trainer_with(training={"batch_size": 15, "metrics": ["accuracy"], "epochs": 1})
    list(follow(plain))
    assert trainer.history == plain.history


def test_a_run_that_stops_in_an_epoch_is_saved_as_any_other(tmp_path):
    trainer = trainer_with(StopAfter)
    list(follow(trainer, Output(tmp_path / "m.npz"), Interval.parse("2steps")))
    assert [path.name for path in tmp_path.iterdir()] == ["m.npz"]
    loaded = zoo_core.load(tmp_path / "m.npz", registry_with(StopAfter))
    np.testing.assert_array_equal(loaded.network.parameters, trainer.network.parameters)


@pytest.mark.parametrize("point", range(1, 7))
def test_a_resumed_run_goes_on_in_mid_epoch_with_the_state_of_its_callbacks(tmp_path, monkeypatch, point):
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path)
    spec = read_spec("s.toml", ["training.callbacks=['count']", "training.epochs=3"], registry_with(Count))
    whole = zoo_core.train(spec, registry=registry_with(Count), output="whole.npz")
    trainer = prepare(spec, registry=registry_with(Count))
    points = (e for e in trainer.events(Interval.parse("1steps")) if isinstance(e, SafePoint))
    for _ in range(point):
        where = next(points)
    assert where.step in (4, 5), "in the middle of an epoch and at its end"
    save_checkpoint(Output("m.npz"), trainer)
    zoo_core.resume("m.npz", registry=registry_with(Count))
    assert (tmp_path / "m.npz").read_bytes() == (tmp_path / "whole.npz").read_bytes()
    assert whole.history[-1]["epoch"] == 2


def test_the_state_of_a_batch_callback_survives_each_checkpoint(tmp_path):
    def said(trainer):
        return [e.text for e in follow(trainer) if isinstance(e, Message)][-1]

    expected = said(trainer_with(Count))
    out = Output(tmp_path / "m.npz")
    trainer = trainer_with(Count)
    for event in follow(trainer, out, Interval.parse("1steps")):
        if isinstance(event, EpochEnded):
            trainer.interrupt("test")
        if isinstance(event, Finished):
            break
    assert said(prepare_resumed(Output(tmp_path / "m.npz"), registry=registry_with(Count))) == expected


@pytest.mark.parametrize("name", ["learning_rate", "step", "epochs", "model", "history", "output", "mine"])
def test_a_callback_may_set_nothing_in_its_run(name):
    def on_batch_end(self, run):
        setattr(run, name, 1)

    part = type("Sets", (Callback,), {"name": "sets", "__doc__": "Sets.", "on_batch_end": on_batch_end})
    with pytest.raises(PluginError, match=f"callback 'sets'.*may not set '{name}' of its run"):
        list(follow(trainer_with(part)))
    assert {r.check for r in check_part(part) if r.state == "failed"} >= {"answers"}


def test_a_wrong_answer_names_the_method():
    part = type("Wrong", (Callback,), {"name": "wrong", "on_batch_end": lambda self, run: 3})
    with pytest.raises(PluginError, match="callback 'wrong': its method 'on_batch_end' returned int"):
        list(follow(trainer_with(part)))


def test_the_method_is_not_called_where_no_callback_overrides_it(monkeypatch):
    monkeypatch.setattr(Callback, "on_batch_end", lambda self, run: pytest.fail("called"))
    list(follow(trainer_with(training={"early_stopping": {"monitor": "train_loss"}})))


@pytest.mark.parametrize("part", [Watch, Count, StopAfter])
def test_the_kit_passes_callbacks_that_watch_batches(part):
    assert [r for r in check_part(part) if r.state != "passed"] == []


def test_the_kit_finds_state_that_a_batch_callback_forgets():
    forgets = type("Forgets", (StopAfter,), {"state": (), "__doc__": "Stops after seven batches."})
    found = {r.check: r for r in check_part(forgets)}
    assert found["state"].state == "failed"
    assert "`on_batch_end` or `on_epoch_end` changes" in str(found["state"].findings[0])


def test_the_kit_finds_a_callback_that_needs_an_output():
    def on_train_begin(self, run):
        (run.output.parent / "log.txt").write_text("began")

    part = type("Logs", (Callback,), {"name": "logs", "__doc__": "Logs.", "on_train_begin": on_train_begin})
    found = {r.check: r.state for r in check_part(part)}
    assert (found["answers"], found["output"]) == ("failed", "passed")


class Warns(Callback):
    """Warns after each epoch; takes one of two warnings back at the end."""

    name = "warns"

    def on_epoch_end(self, record, run):
        run.warn("disk", f"full after epoch {record['epoch'] + 1}")
        run.warn("net", "away")

    def on_train_end(self, run):
        run.warn("net", "")


def test_a_warning_of_a_callback_is_shown_and_stays_in_the_model_file(tmp_path):
    trainer = trainer_with(Warns)
    output = Output(tmp_path / "m.npz")
    texts = [e.text for e in follow(trainer, output) if isinstance(e, Message) and e.warning]
    assert texts == ["full after epoch 1", "away", "full after epoch 2", "away"]
    assert zoo_core.load(output.path, registry_with(Warns)).warnings == {"disk": "full after epoch 2"}


@pytest.mark.parametrize("key", ["", "Disk", "a b", "x" * 41])
def test_a_key_of_a_warning_that_no_model_file_holds_is_refused(key):
    class Wrong(Warns):
        def on_epoch_end(self, record, run):
            run.warn(key, "text")

    trainer = trainer_with(Wrong)
    with pytest.raises(PluginError, match="no key of a warning"):
        list(follow(trainer))
