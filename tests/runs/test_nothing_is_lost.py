"""No file is lost that the zoo was not told to replace, and nothing that was trained: whatever happens to a run."""

import hashlib
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

import zoo_core
from tests.helpers.runs import SPEC, write_run
from zoo_core import storage
from zoo_core.errors import NumericError, PluginError, ResourceError, UsageError
from zoo_core.model import Model
from zoo_core.parts import Callback, Metric, Optimizer, Schedule
from zoo_core.registry import Registry
from zoo_core.runs import Output, follow, prepare
from zoo_core.runs._checkpoint_writer import save_checkpoint
from zoo_core.training import Interval

EVERY = ("--checkpoint-every", "3steps", "-q")
TRAIN = ("train", "s.toml", "-o", "m.npz", *EVERY)
THEIRS = b"somebody's work"


@pytest.fixture
def run_zoo(run_zoo):
    """Run a command in a folder with s.toml and its data; returns exit code, standard output, standard error."""
    write_run(Path())
    return run_zoo


@pytest.fixture
def unfinished(run_with):
    """The files of a run that was stopped, by name."""
    run_with(stop)
    return files("m.")


def stop():
    raise MemoryError("as if the process died")


def files(*starts):
    """The contents of the files whose names begin so, in the present folder."""
    return {p.name: p.read_bytes() for p in Path().iterdir() if p.is_file() and p.name.startswith(starts or "m")}


# ------------------------------------------------------------------ --force


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"none")], ids=["missing", "damaged"])
def test_force_removes_nothing_where_the_new_runs_data_cannot_be_read(run_zoo, unfinished, damage):
    damage(Path("t.npz"))
    code, _, _ = run_zoo(*TRAIN, "--force")
    assert code == 3
    assert len(unfinished) == 3
    assert files() == unfinished
    with pytest.raises(zoo_core.ZooError):
        zoo_core.train("s.toml", output="m.npz", force=True)
    assert files() == unfinished


def test_force_keeps_the_former_run_until_the_new_one_has_steps(run_zoo, run_with, unfinished):
    code, _, err = run_with(stop, *TRAIN, "--force", after=1)
    assert code == 5
    assert "the last checkpoint is kept: m.checkpoint-0000000009.npz; go on with: zoo resume m.npz" in err
    assert "this checkpoint is of the run that was to be replaced" in err
    assert files() == unfinished
    run_with(lambda: signal.raise_signal(signal.SIGINT), *TRAIN, "--force", "--seed", "7", after=2)
    assert sorted(files()) == ["m.checkpoint-0000000004.npz", "m.checkpoint-0000000005.npz"]
    assert not files().items() & unfinished.items()


def test_a_new_run_that_is_killed_before_its_first_steps_is_the_one_that_goes_on(run_zoo, unfinished):
    output = Output("m.npz", overwrite=True)
    spec = zoo_core.read_spec("s.toml", ["optimizer.beta1=0.8"])
    output.prepare(spec.to_dict())
    save_checkpoint(output, prepare(spec))
    assert len(files()) == 4
    assert run_zoo("resume", "m.npz", "-q")[0] == 0
    assert list(files()) == ["m.npz"]
    assert zoo_core.load("m.npz").spec.optimizer.beta1 == 0.8


def test_the_former_run_goes_on_where_its_checkpoint_is_named(run_zoo, unfinished, alone):
    output = Output("m.npz", overwrite=True)
    output.prepare({})
    save_checkpoint(output, prepare(zoo_core.read_spec("s.toml", ["optimizer.beta1=0.8"])))
    assert run_zoo("resume", "m.checkpoint-0000000009.npz", "-q")[0] == 0
    assert files() == {"m.npz": alone}


def test_a_forced_run_that_was_stopped_may_still_replace_the_old_model(run_zoo, run_with, alone):
    Path("m.npz").write_bytes(THEIRS)
    run_with(lambda: signal.raise_signal(signal.SIGINT), *TRAIN, "--force")
    assert files()["m.npz"] == THEIRS
    assert run_zoo("resume", "m.npz", *EVERY)[0] == 0
    assert files() == {"m.npz": alone}


# ------------------------------------------------------------------ what stands at the output


@pytest.mark.parametrize("forced", [False, True])
def test_resume_replaces_no_model_that_came_to_stand_at_the_output(run_zoo, unfinished, alone, forced):
    Path("m.npz").write_bytes(THEIRS)
    before = files()
    code, _, err = run_zoo("resume", "m.npz", "-q")
    assert code == 2
    assert "m.npz: exists, and this run was not told to replace it; use --force to replace it, or move it away" in err
    with pytest.raises(UsageError, match=r"pass force=True to replace it, or move it away"):
        zoo_core.resume("m.npz")
    assert files() == before
    if forced:
        assert run_zoo("resume", "m.npz", "-q", "--force")[0] == 0
    else:
        zoo_core.resume("m.npz", force=True)
    assert files() == {"m.npz": alone}


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_name_that_was_taken_in_the_meantime_costs_no_model(run_with, alone, force):
    code, _, err = run_with(lambda: Path("m.npz").write_bytes(THEIRS), *TRAIN, *force)
    assert code == 2
    assert "the trained model is saved: m-2.npz" in err
    assert files() == {"m.npz": THEIRS, "m-2.npz": alone}


def test_neither_does_one_that_changed_although_the_old_one_may_be_replaced(run_with, alone):
    Path("m.npz").write_bytes(b"old")
    Path("m-2.npz").write_bytes(THEIRS)
    code, _, err = run_with(lambda: Path("m.npz").write_bytes(THEIRS), *TRAIN, "--force")
    assert code == 2
    assert "the trained model is saved: m-3.npz" in err
    assert files() == {"m.npz": THEIRS, "m-2.npz": THEIRS, "m-3.npz": alone}


@pytest.mark.parametrize("take", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("nowhere")])
def test_a_folder_a_pipe_or_a_link_takes_the_name_as_well(run_with, alone, take):
    code, _, _ = run_with(lambda: take(Path("m.npz")))
    assert code == 2
    assert files() == {"m-2.npz": alone}


def test_a_link_that_was_named_is_replaced_and_what_it_leads_to_stays(run_zoo, alone):
    Path("theirs.npz").write_bytes(THEIRS)
    Path("m.npz").symlink_to("theirs.npz")
    assert run_zoo(*TRAIN, "--force")[0] == 0
    assert not Path("m.npz").is_symlink()
    assert files("m", "theirs") == {"m.npz": alone, "theirs.npz": THEIRS}


def test_a_run_that_is_followed_replaces_only_what_its_output_was_told_to(run_zoo, alone):
    Path("m.npz").write_bytes(THEIRS)
    with pytest.raises(UsageError, match=r"m\.npz: exists"):
        list(follow(prepare("s.toml"), Output("m.npz")))
    assert files() == {"m.npz": THEIRS}
    told = Output("m.npz", overwrite=True)
    told.prepare({})
    list(follow(prepare("s.toml"), told))
    assert files() == {"m.npz": alone}


@pytest.mark.parametrize("output", [5, None, b"m.npz"])
def test_an_output_is_a_path(output):
    with pytest.raises(UsageError, match="an output is the path of a file"):
        Output(output)


def test_a_file_that_cannot_be_read_is_not_replaced_unasked(run_zoo, monkeypatch):
    Path("m.npz").write_bytes(THEIRS)
    with monkeypatch.context() as patch:
        patch.setattr(hashlib, "file_digest", denied)
        with pytest.raises(UsageError, match=r"m\.npz: exists"):
            list(follow(prepare("s.toml"), Output("m.npz")))
    assert files() == {"m.npz": THEIRS}


def test_a_folder_that_cannot_be_listed_hides_no_error(run_with, monkeypatch):
    def happen():
        monkeypatch.setattr(Path, "iterdir", denied)
        stop()

    code, _, err = run_with(happen)
    assert code == 5
    assert "as if the process died" in err


def denied(*_):
    raise PermissionError("not yours")


# ------------------------------------------------------------------ a place that cannot be written


def test_a_folder_that_is_gone_costs_no_model(run_with, alone):
    Path("sub").mkdir()
    command = "train", "s.toml", "-o", "sub/m.npz", *EVERY
    code, _, err = run_with(lambda: shutil.rmtree("sub"), *command)
    assert code == 5
    assert err.count("training goes on without this checkpoint") == 1
    assert "the trained model is saved: m.npz" in err
    assert files() == {"m.npz": alone}


def test_nor_does_a_folder_beside_none_other_that_can_be_written(run_with, alone, tmp_path_factory, monkeypatch):
    other = tmp_path_factory.mktemp("other")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(other))
    refuse(monkeypatch, lambda path: path.parent != other)
    code, _, err = run_with(lambda: None, *TRAIN[:4], "-q", "--checkpoint-every", "never")
    assert code == 5
    assert f"the trained model is saved: {other / 'm.npz'}" in err
    assert (other / "m.npz").read_bytes() == alone


def test_where_no_place_can_be_written_the_last_checkpoint_is_named(run_zoo, alone, monkeypatch):
    def nowhere():
        raise FileNotFoundError

    monkeypatch.setattr("tempfile.gettempdir", nowhere)
    with monkeypatch.context() as patch:
        refuse(patch, lambda path: "checkpoint" not in path.name)
        code, _, err = run_zoo(*TRAIN)
    assert code == 5
    assert "no other place could be written either" in err
    assert "the last checkpoint is kept: m.checkpoint-0000000030.npz; go on with: zoo resume m.npz" in err
    assert run_zoo("resume", "m.npz", "-q")[0] == 0
    assert files() == {"m.npz": alone}


@pytest.mark.parametrize("last", [True, False])
def test_a_full_disk_gets_the_room_of_the_checkpoint_before(run_zoo, alone, monkeypatch, last):
    """The disk holds the checkpoint before and the last one, and nothing more."""
    refuse(monkeypatch, lambda path: (last or "checkpoint" in path.name) and len(files("m.checkpoint")) > 1)
    assert run_zoo(*TRAIN)[0] == 0
    assert files() == {"m.npz": alone}


def test_a_checkpoint_at_a_signal_is_written_elsewhere_if_need_be(run_zoo, run_with, alone, tmp_path_factory):
    Path("sub").mkdir()

    def happen():
        shutil.rmtree("sub")
        signal.raise_signal(signal.SIGINT)

    code, _, err = run_with(happen, "train", "s.toml", "-o", "sub/m.npz", *EVERY)
    assert code == 5
    name = "m.checkpoint-0000000010.npz"
    assert f"the last checkpoint is kept: {name}; go on with: zoo resume {name}" in err
    assert run_zoo("resume", name, "-q")[0] == 0
    assert files() == {"m.npz": alone}


def test_a_signal_where_nothing_can_be_written_is_told(run_zoo, run_with, monkeypatch):
    def happen():
        refuse(monkeypatch, lambda path: True)
        signal.raise_signal(signal.SIGINT)

    code, _, err = run_with(happen)
    assert code == 5
    assert "no other place could be written either" in err
    assert "the last checkpoint is kept: m.checkpoint-0000000009.npz" in err


def failing(*_, **__):
    raise ResourceError("m.npz cannot be written: No space left on device")


def refuse(monkeypatch, refused):
    """Have the system refuse each write to a path for which `refused` is true."""
    from zoo_core.storage import _writer

    write = _writer.write_file

    def written(path, *content, **how):
        if refused(Path(path)):
            failing()
        write(path, *content, **how)

    monkeypatch.setattr(_writer, "write_file", written)


# ------------------------------------------------------------------ files that are none of the run's


def test_what_has_a_name_of_the_runs_files_and_is_none_stays(run_zoo, unfinished):
    stranger = Path("m.checkpoint-0000000002.npz")
    for make in (lambda: stranger.write_bytes(THEIRS), stranger.mkdir, lambda: stranger.symlink_to("t.npz")):
        make()
        code, _, err = run_zoo(*TRAIN, "--force")
        assert code == 2
        assert f"{stranger}: has the name of a checkpoint and is none; move it away" in err
        stranger.rmdir() if stranger.is_dir() else stranger.unlink()
    assert files() == unfinished


def test_a_checkpoints_name_taken_in_the_meantime_ends_no_run(run_with, alone):
    stranger = Path("m.checkpoint-0000000015.npz")
    code, _, err = run_with(lambda: stranger.write_bytes(THEIRS))
    assert code == 0
    assert err == f"warning: {stranger} exists; training goes on without this checkpoint\n"
    assert files() == {"m.npz": alone, stranger.name: THEIRS}


@pytest.mark.parametrize("make", [lambda path: path.write_bytes(THEIRS), os.mkfifo], ids=["file", "pipe"])
def test_a_strangers_file_with_the_name_of_a_lock_stays(run_zoo, make):
    lock = Path(".m.npz.lock")
    make(lock)
    code, _, err = run_zoo(*TRAIN)
    assert code == 2
    assert ".m.npz.lock: is no lock that the zoo made; move it away" in err
    assert lock.is_fifo() or lock.read_bytes() == THEIRS
    assert files() == {}


def test_a_lock_that_a_killed_process_left_is_taken(run_zoo, alone):
    Path(".m.npz.lock").write_bytes(b"12345\n")
    assert run_zoo(*TRAIN)[0] == 0


@pytest.mark.parametrize("kind", ["itself", "link to it", "hard link", "linked"])
@pytest.mark.parametrize("test_file", [False, True])
def test_the_data_of_a_run_are_not_its_output(run_zoo, kind, test_file):
    data, output = Path("t.npz"), Path("m.npz")
    if test_file:
        for name in ("t.csv", "test.npz"):
            Path(name).write_text("a,b\n" + "1,x\n2,y\n3,z\n" * 50)
        table = 'name = "csv"\npath = "t.csv"\ntarget = "b"\ntest_path = "test.npz"'
        Path("s.toml").write_text(SPEC.replace('name = "npz"\npath = "t.npz"', table))
        data = Path("test.npz")
    content = data.read_bytes()
    if kind == "itself":
        output = data
    elif kind == "link to it":
        output.symlink_to(data)
    elif kind == "hard link":
        output.hardlink_to(data)
    else:
        data.rename(output)
        data.symlink_to(output)
    code, _, err = run_zoo("train", "s.toml", "-o", output, "-q", "--force")
    assert code == 2
    assert "is the same file as the input" in err
    with pytest.raises(UsageError, match="is the same file as the input"):
        zoo_core.train("s.toml", output=output, force=True)
    assert output.read_bytes() == data.read_bytes() == content


def test_neither_are_its_spec_and_the_model_that_it_starts_from(run_zoo, unfinished, alone):
    spec = Path("s.toml").read_bytes()
    with pytest.raises(UsageError, match="is the same file as the input"):
        zoo_core.train("s.toml", output="s.toml", force=True)
    with pytest.raises(UsageError, match="is the same file as the input"):
        zoo_core.train("s.toml", output="alone.npz", start_from="alone.npz", force=True)
    first = "m.checkpoint-0000000009.npz"
    code, _, err = run_zoo("train", first, "--from", first, "-o", "m.npz", "--force")
    assert code == 2
    assert f"{first}: is the same file as the input" in err
    assert files("m", "s.", "alone") == {**unfinished, "s.toml": spec, "alone.npz": alone}


# ------------------------------------------------------------------ parts that raise


class Parts:
    """A plugin of a notebook: its parts, and nothing else."""

    def __init__(self, *parts):
        self.parts = parts

    @zoo_core.hookimpl
    def zoo_parts(self):
        return self.parts


class Broken:
    """Where the parts below raise: the name of a method, and an epoch or None."""

    place: tuple[str, int | None] = ("", None)

    @classmethod
    def at(cls, method, epoch=None):
        if cls.place == (method, epoch):
            raise ZeroDivisionError("as parts may")


class Raising(Callback):
    name = "raising"

    def on_train_begin(self, run):
        Broken.at("on_train_begin")

    def on_epoch_end(self, record, run):
        Broken.at("on_epoch_end", record["epoch"])

    def on_train_end(self, run):
        Broken.at("on_train_end")


class Restoring(Callback):
    """Comes after the one that raises, and still does its work: it sets all weights to 0."""

    name = "restoring"

    def on_train_end(self, run):
        run.restore({path: 0 * array for path, array in run.snapshot().items()})


class Failing(Metric):
    name = "failing"

    def start(self, rows, outputs):
        self.calls = getattr(Failing, "calls", 0)

    def update(self, outputs, targets, labels=None, weights=None):
        pass

    def result(self):
        Failing.calls += 1
        Broken.at("result", Failing.calls)
        return 0.0


class Ending(Optimizer):
    name = "ending"
    learning_rate = 0.1

    def step(self, parameters, gradients, learning_rate):
        Broken.at("step", self.steps)
        parameters -= learning_rate * gradients

    def end_epoch(self, parameters):
        Broken.at("end_epoch", self.steps // 5 - 1)


class Seeing(Schedule):
    name = "seeing"

    def rate(self, epoch):
        return 0.01

    def observe(self, record):
        Broken.at("observe", record["epoch"])


class Leap(Schedule):
    name = "leap"

    def rate(self, epoch):
        return 0.01 if epoch < 3 else 1e38


@pytest.fixture
def registry():
    found = Registry()
    found.add(Parts(Raising, Restoring, Failing, Ending, Seeing, Leap))
    Broken.place = ("", None)
    return found


CALLING = ['training.callbacks=["raising"]']
ENDING = ["optimizer={name='ending'}"]


def train(registry, changes, every="auto"):
    return zoo_core.train(
        zoo_core.read_spec("s.toml", changes, registry), registry=registry, output="m.npz", checkpoint_every=every
    )


@pytest.mark.parametrize("every", ["auto", "never", "3steps"])
@pytest.mark.parametrize("place", [("on_train_end", None), ("on_epoch_end", 5)])
def test_a_callback_that_raises_at_the_end_leaves_the_model(run_zoo, registry, every, place):
    train(registry, CALLING)
    whole = Path("m.npz").read_bytes()
    Path("m.npz").unlink()
    Broken.place = place
    with pytest.raises(PluginError, match=r"callback 'raising' .*raised ZeroDivisionError .*as parts may") as caught:
        train(registry, CALLING, every)
    assert caught.value.__notes__ == ["the trained model is saved: m.npz"]
    assert files() == {"m.npz": whole}


def test_the_other_callbacks_are_called_all_the_same(run_zoo, registry):
    Broken.place = ("on_train_end", None)
    with pytest.raises(PluginError):
        train(registry, ['training.callbacks=["raising", "restoring"]'])
    assert not zoo_core.load("m.npz", registry).network.parameters.any()


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        (ENDING, ("end_epoch", 5)),
        (["optimizer.learning_rate={name='seeing'}"], ("observe", 5)),
        (['training.metrics=["failing"]'], ("result", 12)),
    ],
    ids=["optimizer", "schedule", "metric"],
)
def test_a_part_that_raises_after_the_last_step_leaves_a_checkpoint_that_goes_on(run_zoo, registry, changes, place):
    Failing.calls, changes = 0, [*changes, "training.early_stopping={patience=3, restore=false}"]
    whole = train(registry, changes)
    Path("m.npz").unlink()
    Failing.calls, Broken.place = 0, place
    with pytest.raises(PluginError, match="raised ZeroDivisionError in epoch 6, after its last step") as caught:
        train(registry, changes)
    assert caught.value.__notes__ == [
        "the last checkpoint is kept: m.checkpoint-0000000030.npz; zoo_core.resume('m.npz') goes on"
    ]
    kept = zoo_core.load("m.checkpoint-0000000030.npz", registry)
    np.testing.assert_array_equal(kept.network.parameters, whole.network.parameters)
    Broken.place = ("", None)
    np.testing.assert_array_equal(
        zoo_core.resume("m.npz", registry=registry).network.parameters, whole.network.parameters
    )


@pytest.mark.parametrize(
    ("changes", "place", "ending", "epochs"),
    [
        (CALLING, ("on_epoch_end", 3), "last", 4),
        (ENDING, ("end_epoch", 3), "last", 3),
        (ENDING, ("step", 18), "best", 3),
    ],
    ids=["callback", "end of an epoch", "within an epoch"],
)
def test_a_part_that_raises_before_any_checkpoint_leaves_the_weights(run_zoo, registry, changes, place, ending, epochs):
    Broken.place = place
    with pytest.raises(PluginError) as caught:
        train(registry, changes)
    (note,) = caught.value.__notes__
    assert note.endswith(f"are kept: m.{ending}.npz")
    assert list(files()) == [f"m.{ending}.npz"]
    assert len(zoo_core.load(f"m.{ending}.npz", registry).history) == epochs


def test_a_part_that_raises_at_once_leaves_nothing(run_zoo, registry):
    for place, changes in ((("on_train_begin", None), CALLING), (("step", 1), ENDING)):
        Broken.place = place
        with pytest.raises(PluginError):
            train(registry, changes)
        assert files() == {}


def test_a_forced_run_that_fails_in_its_first_step_leaves_the_former_one(run_zoo, registry, unfinished):
    Broken.place = ("step", 1)
    with pytest.raises(PluginError) as caught:
        zoo_core.train(zoo_core.read_spec("s.toml", ENDING, registry), registry=registry, output="m.npz", force=True)
    assert caught.value.__notes__[0].startswith("the last checkpoint is kept: m.checkpoint-0000000009.npz")
    assert files() == unfinished


def test_what_cannot_be_kept_after_an_error_is_told_too(run_zoo, registry, monkeypatch):
    Broken.place = ("on_epoch_end", 3)
    monkeypatch.setattr(Model, "save", failing)
    with pytest.raises(PluginError, match="as parts may") as caught:
        train(registry, CALLING)
    assert caught.value.__notes__ == [
        "the weights could not be saved: m.npz cannot be written: No space left on device"
    ]


def test_names_run_out_at_some_point(run_zoo, registry, monkeypatch):
    monkeypatch.setattr("zoo_core.runs._rescue.MAX_NAMES", 2)
    Path("m.last.npz").write_bytes(THEIRS)
    Broken.place = ("on_epoch_end", 3)
    with pytest.raises(PluginError) as caught:
        train(registry, CALLING)
    assert "m.last.npz: 2 files have names like it" in caught.value.__notes__[0]
    assert files() == {"m.last.npz": THEIRS}


# ------------------------------------------------------------------ divergence

LEAP = ["optimizer={name='sgd', learning_rate={name='leap'}}"]


@pytest.mark.parametrize("stopping", ["{patience=3}", "{patience=3, restore=false}"])
def test_a_run_that_diverges_keeps_its_best_epoch_and_nobody_elses_file(run_zoo, registry, stopping):
    Path("m.best.npz").write_bytes(THEIRS)
    with pytest.raises(NumericError) as caught:
        train(registry, [*LEAP, f"training.early_stopping={stopping}"])
    assert caught.value.__notes__ == ["the best weights so far are kept: m.best-2.npz"]
    assert files()["m.best.npz"] == THEIRS
    model = zoo_core.load("m.best-2.npz", registry)
    x, y = (np.load("t.npz")[key] for key in "xy")
    assert np.isfinite(model.outputs(x)).all()
    assert len(model.history) == 3
    assert model.evaluate(x, y)["loss"] < 2


def test_a_run_that_diverges_in_its_first_epoch_has_nothing_to_keep(run_zoo, registry):
    with pytest.raises(NumericError) as caught:
        train(registry, ["optimizer={name='sgd', learning_rate=1e38}"])
    assert not hasattr(caught.value, "__notes__")
    assert files() == {}


# ------------------------------------------------------------------ permissions


def test_a_new_model_has_the_permissions_of_the_one_it_replaces(run_zoo, alone):
    for mode in (0o600, 0o664, 0o444, 0o640):
        Path("m.npz").write_bytes(THEIRS)
        Path("m.npz").chmod(mode)
        assert run_zoo(*TRAIN, "--force")[0] == 0
        assert Path("m.npz").stat().st_mode & 0o7777 == mode
        assert Path("m.npz").read_bytes() == alone


def test_a_digest_is_that_of_the_file(run_zoo, alone):
    """The digest that a checkpoint keeps is what sha256sum prints."""
    Path("m.npz").write_bytes(THEIRS)
    output = Output("m.npz", overwrite=True)
    output.prepare({})
    save_checkpoint(output, prepare("s.toml"), Interval(steps=3))
    header = storage.read_model_file("m.checkpoint-0000000000.npz").header
    assert header["run"]["run.replaces"] == hashlib.sha256(THEIRS).hexdigest()


@pytest.mark.parametrize("output", ["a\0b.npz", "\ud800.npz"])
def test_an_output_that_is_no_file_name_is_refused_before_training(output: str) -> None:
    with pytest.raises(UsageError, match="is no file name"):
        zoo_core.train("glyphs-quickstart", output=output)


def test_a_model_that_no_memory_is_left_to_prove_is_not_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = zoo_core.load("glyphs-quickstart")

    def prepare(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("zoo_core.model._proof._prepare", prepare)
    with pytest.raises(MemoryError):
        model.save(tmp_path / "m.npz")
    assert list(tmp_path.iterdir()) == []
