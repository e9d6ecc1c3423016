"""A checkpoint whose state is not that of a run of its spec is refused, and what else differs is told."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers.runs import write_run
from zoo_core import storage
from zoo_core.cli import run
from zoo_core.runs import Output, prepare
from zoo_core.runs._checkpoint_writer import save_checkpoint, save_run
from zoo_core.storage import ModelFile

Change = Callable[[dict[str, Any], dict[str, np.ndarray]], object]
Zoo = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ModelFile, bytes]:
    """The folder of a run, its checkpoint in mid-epoch, and its final file."""
    folder = tmp_path_factory.mktemp("run")
    write_run(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        place, trainer = Output("m.npz"), prepare("s.toml")
        save_checkpoint(place, trainer)
        first = place.checkpoint_path(0).read_bytes()
        trainer.interrupt("now")
        list(save_run(place, trainer, trainer.events(), None))
        contents = storage.read_model_file(place.checkpoint_path(4))
        assert run(["resume", "m.npz", "-q"]) == 0
        (folder / "first.npz").write_bytes(first)
    return folder, contents, (folder / "m.npz").read_bytes()


@pytest.fixture
def resumed(
    sound: tuple[Path, ModelFile, bytes], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Change], tuple[int, str]]:
    """Resume from the checkpoint with a change, signed anew; return exit code and standard error."""
    folder, contents, final = sound
    monkeypatch.chdir(folder)

    def resume(change: Change) -> tuple[int, str]:
        header, arrays = copy.deepcopy(contents.header), dict(contents.arrays)
        change(header, arrays)
        for key in ("arrays", "sha256"):
            del header[key]
        Path("m.npz").unlink(missing_ok=True)
        storage.write_model_file(Output("m.npz").checkpoint_path(4), header, arrays)
        code = run(["resume", "m.npz"])
        assert (Path("m.npz").read_bytes() == final) if not code else not Path("m.npz").exists()
        Output("m.npz").clear()
        return code, capsys.readouterr().err

    return resume


def put(path: str, value: Any) -> Change:
    def change(header: Any, arrays: Any) -> None:
        *keys, last = path.split("/")
        for key in keys:
            header = header[int(key) if key.isdigit() else key]
        header[last] = value

    return change


def test_a_checkpoint_from_before_the_first_step_begins_anew(
    sound: tuple[Path, ModelFile, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _, final = sound
    monkeypatch.chdir(folder)
    Path("m.npz").unlink(missing_ok=True)
    Output("m.npz").checkpoint_path(0).write_bytes(Path("first.npz").read_bytes())
    assert run(["resume", "m.npz", "-q"]) == 0
    assert Path("m.npz").read_bytes() == final


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda h, a: None, ""),
        (put("environment/numpy", "1.0"), "numpy was '1.0'"),
        (
            lambda h, a: [p.update(version="0.0.1") for p in h["plugins"]],
            "was made with another version of the zoo: mlp-zoo was '0.0.1'",
        ),
    ],
    ids=["nothing", "NumPy", "version"],
)
def test_what_may_change_the_last_digits_is_warned_of(resumed: Any, change: Change, words: str) -> None:
    code, err = resumed(change)
    assert code == 0
    assert words in err
    assert ("warning" in err) == bool(words)


def scaled(name: str, array: Any) -> Change:
    return lambda header, arrays: arrays.__setitem__(name, np.asarray(array))


UNSOUND: dict[str, Change] = {
    "no run": lambda h, a: h.pop("run"),
    "no position": lambda h, a: h["run"].pop("run.position"),
    "a position that is none": put("run/run.position", {"table": {"epoch": 0}}),
    "a step of text": put("run/run.position", {"table": {"epoch": 0, "step": "4"}}),
    "a step beyond the epoch": put("run/run.position", {"table": {"epoch": 0, "step": 99}}),
    "a step before the epoch": put("run/run.position", {"table": {"epoch": 0, "step": -1}}),
    "an epoch of text": put("run/run.position", {"table": {"epoch": "x", "step": 4}}),
    "an epoch without its record": put("run/run.position", {"table": {"epoch": 1, "step": 4}}),
    "epochs of an earlier run below none": put(
        "run/run.position", {"table": {"epoch": 0, "step": 4, "epochs_before": -1, "steps_before": 0}}
    ),
    "steps of an earlier run as text": put(
        "run/run.position", {"table": {"epoch": 0, "step": 4, "epochs_before": 0, "steps_before": "x"}}
    ),
    "an epoch before the first": put("run/run.position", {"table": {"epoch": -3, "step": 4}}),
    "a value of no kind": put("run/opt.steps", {"integer": "x"}),
    "a value of two kinds": put("run/opt.steps", {"nothing": 1}),
    "an empty value": put("run/opt.steps", {}),
    "a dtype that is not kept": put("run/opt.mean", {"array": ["opt.mean", "<M8[s]", [54]]}),
    "objects": put("run/opt.mean", {"array": ["opt.mean", "|O", [54]]}),
    "an array that is not there": put("run/opt.mean", {"array": ["opt.none", "<f4", [54]]}),
    "a state missing": lambda h, a: h["run"].pop("opt.mean"),
    "a state of another shape": put("run/opt.mean", {"array": ["opt.mean", "<f4", [53]]}),
    "a mean of another size": lambda h, a: (
        a.update({"opt.mean": np.zeros(9, "<f4")}),
        h["run"].update({"opt.mean": {"array": ["opt.mean", "<f4", [9]]}}),
    ),
    "a mean that is text": put("run/opt.mean", "x"),
    "steps that are text": put("run/opt.steps", "x"),
    "a permutation of other rows": scaled("run.permutation", np.arange(7)),
    "a permutation that points elsewhere": scaled("run.permutation", np.arange(600) + 10**6),
    "a permutation that is none": put("run/run.permutation", None),
    "streams of another run": put("run/run.streams", {"table": {}}),
    "no loss so far": lambda h, a: h["run"].pop("run.loss_so_far"),
    "a loss so far of text": put("run/run.loss_so_far", {"table": {"total": "x", "weight": "y"}}),
    "the best epoch as text": put("run/run.callbacks.0.best_epoch", "x"),
    "steps of another run": put("run/opt.steps", 5),
    "a scalar that does not fit": put("run/opt.steps", {"scalar": ["|u1", 300]}),
    "a shape beyond all numbers": put("run/opt.mean", {"array": ["opt.mean", "<f4", [{"integer": "9" * 30}, 10**18]]}),
    "a history of no epochs": scaled("run.history.1", np.zeros((3, 2))),
    "a trace of one epoch": lambda h, a: (
        a.update({"run.trace": np.zeros((1, 8), "<i8")}),
        h["run"].update({"run.trace": {"array": ["run.trace", "<i8", [1, 8]]}}),
    ),
}


@pytest.mark.parametrize("name", UNSOUND)
def test_a_state_that_is_not_of_the_run_is_refused(resumed: Any, name: str) -> None:
    code, err = resumed(UNSOUND[name])
    assert code == 3, err
    assert "m.checkpoint-0000000004.npz" in err
    assert "bug of the zoo" not in err
