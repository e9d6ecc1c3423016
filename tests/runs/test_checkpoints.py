"""Runs that are stopped, and what is left beside the output: messages, exit codes, files, and the same bits."""

import hashlib
import os
import signal
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import zoo_core
from tests.helpers.runs import SPEC, write_run
from tests.helpers.specs import small_spec
from zoo_core import storage
from zoo_core.errors import NumericError, PluginError, SpecError, UsageError
from zoo_core.model.evaluation import evaluate_table
from zoo_core.parts import Callback, Optimizer, Schedule
from zoo_core.registry import Registry
from zoo_core.runs import Output, prepare
from zoo_core.runs._checkpoint import restore_run, write_checkpoint
from zoo_core.runs._run_state import owner_of_state
from zoo_core.training import Interval, Trainer
from zoo_core.training.events import SafePoint

WIDE = {"units": 3, "activation": "softmax", "regularizers": [{"name": "l2", "strength": 0.1}] * 100}
EVERY = ("--checkpoint-every", "3steps", "-q")


@pytest.fixture
def run_zoo(run_zoo):
    """Run a command in a folder with s.toml and its data; returns exit code, standard output, standard error."""
    write_run(Path())
    return run_zoo


@pytest.fixture
def stopped(run_with):
    """Return a function that trains into m.npz and has something happen after the checkpoint of a number."""
    return lambda happen, after=4, *more: run_with(happen, "train", "s.toml", "-o", "m.npz", *EVERY, *more, after=after)


def fail():
    raise MemoryError("as if the process died")


def names():
    return sorted(p.name for p in Path().iterdir() if not p.name.startswith(("t.", "s.", "alone")))


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_finishes_the_step_saves_and_says_how_to_go_on(run_zoo, stopped, alone, number, code):
    found, out, err = stopped(lambda: signal.raise_signal(number))
    assert (found, out) == (code, "")
    assert err.splitlines()[-1] == "saved m.checkpoint-0000000010.npz; go on with: zoo resume m.npz"
    assert names() == ["m.checkpoint-0000000009.npz", "m.checkpoint-0000000010.npz"]
    assert run_zoo("resume", "m.npz", "-q")[0] == 0
    assert names() == ["m.npz"]
    assert Path("m.npz").read_bytes() == alone


def test_a_second_signal_stops_at_once_and_the_checkpoint_stays(run_zoo, stopped, alone):
    code, _, err = stopped(lambda: [signal.raise_signal(signal.SIGINT) for _ in range(2)])
    assert code == 130
    assert "the last checkpoint is kept: m.checkpoint-0000000009.npz; go on with: zoo resume m.npz" in err
    assert run_zoo("resume", "m.checkpoint-0000000005.npz", "-q")[0] == 0
    assert Path("m.npz").read_bytes() == alone


def test_before_the_first_step_there_is_nothing_to_keep(stopped):
    assert stopped(fail, after=1)[0] == 5
    assert names() == []


def test_the_checkpoint_before_is_taken_where_the_newest_is_damaged(run_zoo, stopped, alone):
    stopped(fail)
    newest = Path("m.checkpoint-0000000009.npz")
    newest.write_bytes(newest.read_bytes()[:-1])
    code, _, err = run_zoo("resume", "m.npz", *EVERY)
    assert code == 0
    assert err.startswith("warning: m.checkpoint-0000000009.npz is truncated")
    assert Path("m.npz").read_bytes() == alone
    stopped(fail, 4, "--force")
    for path in Path().glob("m.checkpoint-*"):
        path.write_bytes(b"")
    code, _, err = run_zoo("resume", "m.npz")
    assert code == 3
    assert "m.checkpoint-0000000005.npz is empty" in err
    assert "No checkpoint is whole" in err


def test_a_clock_that_jumps_back_does_not_make_an_old_checkpoint_the_newest(run_zoo, stopped, alone):
    stopped(fail)
    older, newest = Path("m.checkpoint-0000000005.npz"), Path("m.checkpoint-0000000009.npz")
    os.utime(newest, (0, 0))  # as if the clock had been set back before it was written
    older.write_bytes(b"")  # whoever takes this one is found out
    assert run_zoo("resume", "m.npz", *EVERY)[::2] == (0, "")
    assert Path("m.npz").read_bytes() == alone


@pytest.mark.parametrize("threads", [1, 3])
def test_a_run_may_be_resumed_with_any_number_of_threads(run_zoo, stopped, alone, threads):
    stopped(fail)
    assert run_zoo("resume", "m.npz", "--threads", threads, *EVERY)[::2] == (0, "")
    assert Path("m.npz").read_bytes() == alone


def test_resuming_with_other_data_names_the_difference(run_zoo, stopped):
    stopped(fail)
    before = names()
    with np.load("t.npz") as table:
        np.savez("t.npz", x=table["x"] + 1, y=table["y"])
    code, _, err = run_zoo("resume", "m.npz")
    assert code == 5
    assert "data_sha256 was" in err
    assert names() == before


def test_another_spec_is_no_continuation_and_its_difference_is_named(run_zoo, stopped):
    stopped(fail)
    contents = storage.read_model_file("m.checkpoint-0000000009.npz")
    other = prepare(zoo_core.read_spec("s.toml", ["optimizer.beta1=0.8"]))
    with pytest.raises(zoo_core.ZooError, match=r"spec: optimizer.beta1 was 0.9 and is 0.8") as caught:
        restore_run(other, contents, "m")
    assert caught.value.exit_code == 5
    code, _, err = run_zoo("train", "s.toml", "-o", "m.npz", "--set", "optimizer.beta1=0.8")
    assert code == 2
    assert "zoo resume m.npz, or start a new run with --force" in err
    assert "optimizer.beta1 was 0.9 and is 0.8" in err


def test_force_gives_an_unfinished_run_up(run_zoo, stopped, alone):
    stopped(fail)
    assert run_zoo("train", "s.toml", "-o", "m.npz", "-q")[0] == 2
    assert run_zoo("train", "s.toml", "-o", "m.npz", "-q", "--force")[0] == 0
    assert names() == ["m.npz"]
    assert Path("m.npz").read_bytes() == alone


def test_resuming_what_is_finished_or_was_never_begun(run_zoo, alone):
    code, _, err = run_zoo("resume", "alone.npz")
    assert code == 2
    assert "finished" in err
    assert "zoo train alone.npz --from alone.npz" in err
    assert run_zoo("resume", "never.npz")[0] == 2


def test_a_second_writer_fails_and_names_the_first(run_zoo):
    with Output("m.npz").lock():
        for command in (["train", "s.toml", "-o", "m.npz"], ["resume", "m.npz"]):
            code, _, err = run_zoo(*command)
            assert code == 5
            assert f"process {os.getpid()} is writing it" in err
    assert names() == []


def test_what_killed_writers_left_is_swept(run_zoo, stopped):
    stopped(fail)
    left = [".m.npz.0123456789ab.tmp", ".m.checkpoint-0000000005.npz.0123456789ab.tmp", ".m.npz.lock"]
    others = [".other.npz.0123456789ab.tmp", "m.checkpoint-x.npz"]
    for name in left + others:
        Path(name).touch()
    assert run_zoo("resume", "m.npz", "-q")[0] == 0
    assert names() == sorted([*others, "m.npz"])


def test_a_checkpoint_is_a_model_too(run_zoo, stopped):
    stopped(fail)
    assert run_zoo("evaluate", "m.checkpoint-0000000009.npz", "--split", "validation")[0] == 0
    assert run_zoo("show", "m.checkpoint-0000000009.npz")[0] == 0
    with np.load("m.checkpoint-0000000009.npz") as plain:
        assert plain["opt.mean"].shape == (4 * 6 + 6 + 12 + 6 * 3 + 3,)
        assert sorted(plain["run.permutation"]) == list(range(600))


def test_a_finished_model_is_trained_further(run_zoo, alone):
    assert run_zoo("train", "alone.npz", "--from", "alone.npz", "-o", "m.npz", "-q")[0] == 0
    first, longer = zoo_core.load("alone.npz"), zoo_core.load("m.npz")
    assert longer.started_from == first.sha256
    assert longer.history[0]["train_loss"] < first.history[0]["train_loss"]
    code, _, err = run_zoo("train", "alone.npz", "-o", "alone.npz", "--force")
    assert code == 2
    assert "choose another output" in err
    assert Path("alone.npz").read_bytes() == alone


def test_a_run_from_a_model_is_resumed_without_it(run_zoo, stopped, alone):
    Path("s.toml").write_text(SPEC.replace("validation = 0.25", 'validation = 0.25\npreprocessor = "standard"'))
    run_zoo("train", "s.toml", "-o", "first.npz", "-q", "--set", "data.train=:60")
    start = ("--from", "first.npz", "--set", "data.train=60:120")
    run_zoo("train", "s.toml", "-o", "whole.npz", "-q", *start)
    assert stopped(fail, 4, *start)[0] == 5
    Path("first.npz").unlink()
    assert run_zoo("resume", "m.npz", "-q")[0] == 0
    assert Path("m.npz").read_bytes() == Path("whole.npz").read_bytes()


def test_a_digest_may_be_demanded_of_what_a_run_begins_with(run_zoo, stopped, alone):
    right, wrong = hashlib.sha256(alone).hexdigest(), "0" * 64
    for command in ("train s.toml --from", "train", "validate", "explain"):
        output = ("-o", "n.npz", "-q") if "train" in command else ()
        code, _, err = run_zoo(*command.split(), "alone.npz", *output, "--sha256", wrong)
        assert code == 3
        assert f"has the sha256 {right}, and {wrong} was demanded" in err
        assert run_zoo(*command.split(), "alone.npz", *output, "--sha256", right)[0] == 0
        Path("n.npz").unlink(missing_ok=True)
    code, _, err = run_zoo("train", "s.toml", "-o", "n.npz", "--sha256", right)
    assert code == 2
    assert "'s.toml' is no model file" in err
    assert names() == []


def test_a_digest_may_be_demanded_of_a_checkpoint(run_zoo, stopped, alone):
    stopped(fail)
    older, newest = Path("m.checkpoint-0000000005.npz"), Path("m.checkpoint-0000000009.npz")
    code, _, err = run_zoo("resume", "m.npz", "--sha256", "0" * 64)
    assert code == 3
    assert all(
        f"{path} has the sha256 {hashlib.sha256(path.read_bytes()).hexdigest()}" in err for path in (older, newest)
    )
    assert run_zoo("resume", "m.npz", "-q", "--sha256", hashlib.sha256(older.read_bytes()).hexdigest())[0] == 0
    assert Path("m.npz").read_bytes() == alone


def test_a_model_over_the_limit_is_trained_further_where_it_is_raised(run_zoo, alone, monkeypatch):
    command = ("train", "s.toml", "--from", "alone.npz", "-o", "n.npz", "-q")
    with Path("alone.npz").open("ab") as file:
        file.truncate(300 * 2**20)
    code, _, err = run_zoo(*command)
    assert code == 3
    assert "raise the limit: --max-size 300" in err
    assert "something follows the archive's end" in run_zoo(*command, "--max-size", 300)[2]


def test_weights_that_do_not_fit_are_refused(run_zoo, alone):
    code, _, err = run_zoo("train", "s.toml", "--from", "alone.npz", "-o", "m.npz", "--set", "model.layers.0.units=7")
    assert code == 3
    assert "layers.0.weights" in err
    code, _, err = run_zoo(
        "train", "s.toml", "--from", "alone.npz", "-o", "m.npz", "--set", "data.preprocessor=min_max"
    )
    assert code == 3
    assert "min_max" in err
    assert names() == []


TRACED = ("--set", "training.trace=true")


def test_where_two_runs_part(run_zoo, alone):
    run_zoo("train", "s.toml", "-o", "same.npz", "-q")
    assert run_zoo("compare", "--exact", "alone.npz", "same.npz")[1] == "the same to the bit\n"
    rate = 'optimizer.learning_rate={name="step",initial=1e-3,every='
    for name, every in (("a", 3), ("b", 9)):
        run_zoo("train", "s.toml", "-o", f"{name}.npz", "-q", "--set", f"{rate}{every}}}", *TRACED)
    code, out, _ = run_zoo("compare", "--exact", "a.npz", "b.npz")
    assert code == 0
    assert "the runs first differ in epoch 4: array layers.0.bias" in out
    assert "training.trace=true" not in out
    assert "set up differently: optimizer.learning_rate.every: 3 and 9" in out


def test_where_runs_of_two_networks_part_and_what_is_only_in_one(run_zoo, alone):
    run_zoo("train", "s.toml", "-o", "traced.npz", "-q", *TRACED)
    run_zoo("train", "s.toml", "-o", "wide.npz", "-q", "--set", "model.layers.0.units=7", *TRACED)
    run_zoo("train", "s.toml", "-o", "plain.npz", "-q", "--set", "model.layers.0.normalizer={name='layer_norm'}")
    wide = run_zoo("compare", "--exact", "traced.npz", "wide.npz")[1]
    plain = run_zoo("compare", "--exact", "alone.npz", "plain.npz")[1]
    assert "the runs first differ in epoch 1: array layers.0.bias" in wide
    assert "layers.0.bias: is float32 (6,) in one and float32 (7,) in the other" in wide
    assert "the runs first differ in epoch 1: metrics" in plain
    assert "to see the first array that differs, train both with --set training.trace=true" in plain
    assert "layers.0.normalizer.running_mean: is only in one of them" in plain


def test_a_new_run_is_refused_where_the_old_ones_spec_cannot_be_read(run_zoo, stopped):
    stopped(fail)
    for damage in (lambda path: path.write_bytes(b""), lambda path: storage.write_model_file(path, {}, {})):
        for path in Path().glob("m.checkpoint-*"):
            damage(path)
        code, _, err = run_zoo("train", "s.toml", "-o", "m.npz", "--set", "optimizer.beta1=0.8")
        assert code == 2
        assert "start a new run with --force" in err


# ------------------------------------------------------------------ from Python


class Parts:
    """A plugin of a notebook: its parts, and nothing else."""

    def __init__(self, *parts):
        self.parts = parts

    @zoo_core.hookimpl
    def zoo_parts(self):
        return self.parts


class Fragile(Callback):
    name = "fragile"
    broken = True

    def on_epoch_end(self, record, run):
        if record["epoch"] == 2 and Fragile.broken:
            raise ZeroDivisionError("as parts may")


class Leap(Schedule):
    name = "leap"

    def rate(self, epoch):
        return 0.01 if epoch < 3 else 1e38


class Forgetful(Optimizer):
    name = "forgetful"
    state = ("velocty",)
    learning_rate = 0.1

    def step(self, parameters, gradients, learning_rate):
        parameters -= learning_rate * gradients


class Counting(Forgetful):
    """Keeps numbers of NumPy's own types."""

    name = "counting"
    state = ("seen",)

    def start(self, layout):
        self.seen = np.float32(1)

    def step(self, parameters, gradients, learning_rate):
        self.seen /= np.float32(3)
        parameters -= learning_rate * self.seen * gradients


class Dated(Forgetful):
    name = "dated"
    state = ("velocty",)

    def start(self, layout):
        self.velocty = np.array(["2020-01-01"], "M8[s]")


class Listing(Forgetful):
    name = "listing"
    state = ("velocty",)

    def start(self, layout):
        self.velocty = [layout.vector()]


@pytest.fixture
def registry():
    found = Registry()
    found.add(Parts(Fragile, Leap, Forgetful, Counting, Dated, Listing))
    return found


def test_a_part_that_raises_is_named_and_mended_goes_on(run_zoo, registry):
    spec = zoo_core.read_spec("s.toml", ['training.callbacks=["fragile"]'], registry)
    Fragile.broken = True
    words = r"callback 'fragile' .*line .* raised ZeroDivisionError in epoch 3.*as parts may"
    with pytest.raises(PluginError, match=words) as e:
        zoo_core.train(spec, registry=registry, output="m.npz", checkpoint_every="3steps")
    assert e.value.__notes__ == [
        "the last checkpoint is kept: m.checkpoint-0000000015.npz; zoo_core.resume('m.npz') goes on"
    ]
    Fragile.broken = False
    resumed = zoo_core.resume("m.npz", registry=registry)
    assert resumed.save("m.npz") == zoo_core.train(spec, registry=registry).save("alone.npz")


def test_a_loss_that_leaves_the_numbers_leaves_the_best_weights(run_zoo, registry):
    spec = zoo_core.read_spec("s.toml", ["optimizer.name=sgd", "optimizer.learning_rate=leap"], registry)
    with pytest.raises(NumericError, match=r"epoch 4, step \d") as e:
        zoo_core.train(spec, registry=registry, output="m.npz", checkpoint_every="4steps")
    assert e.value.__notes__[0] == "the best weights so far are kept: m.best.npz"
    assert "start_from='m.checkpoint-0000000015.npz'" in e.value.__notes__[1]
    model = zoo_core.load("m.best.npz", registry)
    losses = [record["validation_loss"] for record in model.history]
    validation = prepare(spec, registry=registry).splits["validation"]
    assert len(losses) == 3
    assert evaluate_table(model, validation)["loss"] == pytest.approx(min(losses), rel=1e-6)


def test_numbers_of_numpy_come_back_as_they_were(run_zoo, registry):
    spec = zoo_core.read_spec("s.toml", ['optimizer={name="counting"}'], registry)
    alone = zoo_core.train(spec, registry=registry).save("alone.npz")
    trainer = prepare(spec, registry=registry)
    for event in trainer.events(Interval(steps=1)):
        if isinstance(event, SafePoint) and trainer.optimizer.steps == 4:
            write_checkpoint(trainer, Output("m.npz").checkpoint_path(4))
    assert storage.read_model_file("m.checkpoint-0000000004.npz").header["run"]["opt.seen"]["scalar"][0] == "<f4"
    assert zoo_core.resume("m.npz", registry=registry).save("m.npz") == alone


def test_an_output_from_python_is_not_replaced_unasked(run_zoo, alone):
    with pytest.raises(UsageError, match=r"alone\.npz: exists; pass force=True"):
        zoo_core.train("s.toml", output="alone.npz")
    assert Path("alone.npz").read_bytes() == alone
    Path("link.npz").symlink_to("nowhere.npz")
    with pytest.raises(UsageError, match=r"link\.npz: exists; pass force=True"):
        zoo_core.train("s.toml", output="link.npz")


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"description": "x" * 600_000}, r"take \d+ bytes of a header; at most 524288 fit"),
        ({"model": {"loss": "cross_entropy", "layers": [WIDE] * 20}}, "more than 5000 values"),
    ],
    ids=["bytes", "values"],
)
def test_a_spec_that_no_file_holds_is_refused_before_training(run_zoo, model, words):
    spec = zoo_core.read_spec("s.toml").to_dict() | model
    with pytest.raises(SpecError, match=words):
        prepare(spec)


@pytest.mark.parametrize(
    ("name", "words"),
    [("forgetful", "'velocty'.*no such attribute"), ("listing", "holds list"), ("dated", r"has the dtype datetime64")],
)
def test_a_state_that_cannot_be_kept_is_named_before_training(run_zoo, registry, name, words):
    spec = zoo_core.read_spec("s.toml", [f'optimizer={{name="{name}"}}'], registry)
    with pytest.raises(PluginError, match=words):
        zoo_core.train(spec, registry=registry, output="m.npz")
    assert names() == []


@pytest.mark.parametrize(
    ("text", "seconds", "steps"),
    [("30s", 30, 0), ("1.5 min", 90, 0), ("2h", 7200, 0), ("500steps", 0, 500), ("1 step", 0, 1), ("auto", 30, 0)],
)
def test_intervals_are_written_as_people_write_them(text, seconds, steps):
    interval = Interval.parse(text)
    assert (interval.seconds, interval.steps) == (seconds, steps)


@pytest.mark.parametrize("text", ["", "0s", "-1s", "5", "s", "1.5steps", "soon", "nan s"])
def test_an_interval_that_is_none_is_refused(text):
    with pytest.raises(UsageError, match="write it as 30s"):
        Interval.parse(text)


def test_never_leaves_no_checkpoint(run_zoo, stopped):
    assert Interval.parse("never") is None
    assert stopped(fail, 1, "--checkpoint-every", "never")[0] == 0
    assert names() == ["m.npz"]


def times(interval, seconds):
    begun = time.perf_counter()
    return [s for s in seconds if interval.due(begun + s, 0)]


def test_a_checkpoint_comes_at_the_first_chance_after_the_interval():
    assert times(Interval(seconds=10), range(1, 40)) == [10, 20, 30]
    assert times(Interval(seconds=10), range(0, 40, 3)) == [12, 24, 36]


def test_saving_takes_no_more_than_its_share_of_the_time():
    interval = Interval(seconds=10, share=0.1)
    interval.record_duration(2.55)
    assert times(interval, range(1, 50)) == [26, 36, 46]


def test_by_steps_a_time_is_never_later_than_the_interval():
    """Chances come after each block of steps, of 8 here, and at the end of an epoch, of 57."""
    chances = [57 * epoch + step for epoch in range(9) for step in (*range(8, 57, 8), 57)]
    for every in (1, 8, 40, 41, 300):
        interval = Interval(steps=every)
        found = [0, *(step for step in chances if interval.due(0, step, 8))]
        gaps = {b - a for a, b in pairwise(found)}
        assert max(gaps) <= max(every, 8)
        assert every < 40 or max(gaps) > every - 8


def test_a_run_without_checkpoints_still_saves_at_a_signal(run_zoo, alone, monkeypatch):
    events = Trainer.events
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "events", lambda *given: signal.raise_signal(signal.SIGINT) or events(*given))
        code, _, err = run_zoo("train", "s.toml", "-o", "m.npz", "-q", "--checkpoint-every", "never")
    assert code == 130
    assert "saved m.checkpoint-0000000004.npz; go on with: zoo resume m.npz" in err
    assert run_zoo("resume", "m.npz", "-q")[0] == 0
    assert Path("m.npz").read_bytes() == alone


@pytest.mark.parametrize(
    ("place", "owner"),
    [("run.history", ""), ("opt.base.x", "optimizer 'adam': "), ("opt.x", "optimizer 'ema': ")],
)
def test_a_value_of_a_run_has_the_part_that_keeps_it(place: str, owner: str) -> None:
    optimizer = {"name": "ema", "base": {"name": "adam"}}
    trainer = prepare(small_spec(optimizer=optimizer))
    assert owner_of_state(trainer, place) == owner
