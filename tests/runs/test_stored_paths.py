"""A model file opens no file outside the working folder, its own folder and the data folders, on no road.

A spec of the user's own may name any file. What a user trained is found again where it was found when it was trained.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo_core
from tests.robustness import forge
from zoo_core.data import DataFolder, Origin
from zoo_core.errors import DataError, ZooError
from zoo_core.parts import Data
from zoo_core.registry import Registry
from zoo_core.runs import Output, evaluation_rows, prepare, prepare_resumed
from zoo_core.spec import read_spec

SECRET = "hunter2"
ROWS = "a,b,kind\n" + "".join(f"{i % 7},{i % 5},{'yn'[i % 2]}\n" for i in range(40))
SPEC: dict[str, Any] = {
    "name": "m",
    "data": {"name": "csv", "path": "t.csv", "target": "kind", "validation": 0.2, "test": 0.2},
    "model": {"loss": "cross_entropy", "layers": [{"units": 2, "activation": "softmax"}]},
    "optimizer": "sgd",
    "training": {"epochs": 2},
}


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a table, a model and a checkpoint; outside it a secret, a table and a model's folder."""
    work, outside = tmp_path / "inside", tmp_path / "outside"
    work.mkdir(), outside.mkdir()
    monkeypatch.chdir(work)
    (work / "t.csv").write_text(ROWS)
    (outside / "t.csv").write_text(ROWS)
    (outside / "secret").write_text(f"{SECRET}:x:0:0\n{SECRET},2\n")
    (work / "link.csv").symlink_to(outside / "secret")
    (work / "folder").symlink_to(outside)
    (work / "s.json").write_text(json.dumps(SPEC))
    trainer = prepare(work / "s.json")
    next(iter(trainer.events()))
    zoo_core.train(work / "s.json", output="m.npz")
    from zoo_core.runs._checkpoint import write_checkpoint

    write_checkpoint(trainer, work / "c.checkpoint-0000000000.npz")
    return work


def change_header(file: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the header of a model file, and sign it anew."""
    with np.load(file) as saved:
        header = json.loads(saved["header"].tobytes())
        arrays = {name: saved[name] for name in saved.files if name != "header"}
    change(header)
    del header["arrays"]
    file.write_bytes(forge.model(header, arrays, version=header["version"]))


def forged(file: Path, /, **data: Any) -> None:
    """Change options of the data set in a model file."""
    change_header(file, lambda header: header["spec"]["data"].update(data))


LEADING_OUT = {
    "absolute": "{outside}/secret",
    "up": "../outside/secret",
    "down and up": "folder/../../outside/secret",
    "a link": "link.csv",
    "a link of a folder": "folder/secret",
    "passwd": "../../../../../../../../../../etc/passwd",
    "the home of a user": "~root/x.csv",
    "the home of nobody": "~nobody_at_all/x.csv",
    "the own home": "~/secret",
    "up and back": "../inside/../outside/secret",
    "process": "/proc/self/environ",
    "a device": "/dev/zero",
    "absent": "{outside}/absent.csv",
}


def _train(model: Path) -> Any:
    return zoo_core.train(model)


def _evaluate(model: Path) -> Any:
    return evaluation_rows(zoo_core.load(model), "test", DataFolder.open(), Registry()).table


def _start_from(model: Path) -> Any:
    return zoo_core.train(zoo_core.load(model).spec, start_from=model)


ROADS: dict[str, Callable[[Path], Any]] = {
    "train": _train,
    "train its spec": lambda model: zoo_core.train(zoo_core.load(model).spec),
    "train a spec read from it": lambda model: zoo_core.train(zoo_core.read_spec(str(model))),
    "prepare": lambda model: zoo_core.prepare(model, DataFolder.open()),
    "start from it": _start_from,
    "evaluate": _evaluate,
}
COMMANDS = ("evaluate m.npz", "explain m.npz", "plot m.npz --kind confusion", "train m.npz -o n.npz",
            "train m.npz --from m.npz -o n.npz", "resume c.npz", "evaluate m.npz --split train --json",
            "evaluate m.npz --data csv")  # fmt: skip


@pytest.mark.parametrize("path", LEADING_OUT.values(), ids=LEADING_OUT)
def test_no_road_opens_a_file_outside(work: Path, path: str) -> None:
    forged(work / "m.npz", path=path.format(outside=work.parent / "outside"))
    for name, road in ROADS.items():
        with pytest.raises(DataError, match="leads out of the working folder") as caught:
            road(work / "m.npz")
        assert SECRET not in str(caught.value), name


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_opens_a_file_outside(work: Path, run_zoo: Any, monkeypatch: Any, command: str) -> None:
    monkeypatch.chdir(work)
    for path in ("../outside/secret", str(work.parent / "outside" / "secret"), "link.csv", "/dev/zero"):
        for file in (work / "m.npz", work / "c.checkpoint-0000000000.npz"):
            forged(file, path=path)
        code, out, err = run_zoo(*command.split())
        assert code == 3
        assert "leads out of the working folder" in err
        assert "--data-dir" in err
        assert SECRET not in out + err


def test_a_test_file_is_confined_too(work: Path) -> None:
    forged(work / "m.npz", test_path="../outside/t.csv")
    with pytest.raises(DataError, match="leads out"):
        _evaluate(work / "m.npz")


def test_resume_in_python(work: Path) -> None:
    forged(work / "c.checkpoint-0000000000.npz", path="../outside/t.csv")
    with pytest.raises(DataError, match="leads out"):
        zoo_core.resume(work / "c.npz")
    trainer = prepare_resumed(Output(work / "c.npz"), work.parent / "outside")
    assert trainer.model.name == "m"


def test_the_answer_does_not_tell_what_exists(work: Path) -> None:
    def answer(path: str) -> str:
        forged(work / "m.npz", path=path)
        with pytest.raises(DataError) as caught:
            _evaluate(work / "m.npz")
        return str(caught.value).replace(path, "PATH")

    assert answer("../outside/t.csv") == answer("../outside/absent.csv") == answer("../outside")


def test_what_the_user_names_is_opened(work: Path, run_zoo: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(work)
    outside = work.parent / "outside"
    forged(work / "m.npz", path=str(outside / "t.csv"))
    assert run_zoo("evaluate", "m.npz", "--data-dir", outside)[0] == 0
    assert run_zoo("evaluate", "m.npz", "--data", outside / "t.csv")[0] == 0
    assert run_zoo("explain", "m.npz", "--set", f"data.path={outside / 't.csv'}")[0] == 0
    monkeypatch.setenv("ZOO_DATA_DIR", str(outside))
    assert run_zoo("evaluate", "m.npz")[0] == 0
    forged(work / "m.npz", path="/somewhere/else/t.csv")  # on another machine: the folder that has it is named
    assert run_zoo("evaluate", "m.npz", "--data-dir", outside)[0] == 0
    assert prepare(work / "m.npz", outside).model.name == "m"


def test_the_word_of_the_user_is_for_that_path_alone(work: Path, run_zoo: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(work)
    outside = work.parent / "outside"
    forged(work / "m.npz", path=str(outside / "t.csv"), test_path=str(outside / "secret"))
    code, out, err = run_zoo("explain", "m.npz", "--set", f"data.path={outside / 't.csv'}")
    assert code == 3
    assert "leads out" in err
    assert SECRET not in out + err
    assert run_zoo("explain", "m.npz", "--set", "training.epochs=3")[0] == 3


def test_a_spec_of_the_user_names_any_file(work: Path) -> None:
    spec = SPEC | {"data": SPEC["data"] | {"path": "../outside/t.csv"}}
    (work / "s.json").write_text(json.dumps(spec))
    assert zoo_core.train(work / "s.json").name == "m"
    assert zoo_core.train(spec).name == "m"


def test_a_part_of_a_plugin_is_confined_as_well(work: Path) -> None:
    """The folder that a data set gets does it, so its author need not think of it."""
    folder = DataFolder.open().for_origin(Origin(work, is_stored=True))
    assert folder.locate("t.csv") == Path("t.csv")
    for path in (f"{work.parent}/outside/t.csv", "folder", "../outside", "..", "/", "t.csv/../../outside"):
        with pytest.raises(DataError, match="leads out"):
            folder.locate(path)
    named = DataFolder.open().for_origin(Origin(work, is_stored=True).naming({"root": str(work.parent / "outside")}))
    assert named.locate(f"{work.parent}/outside/t.csv").exists()
    with pytest.raises(DataError, match="leads out"):
        named.locate(f"{work.parent}/outside/../other")


def test_the_root_as_working_folder_holds_nothing(work: Path, monkeypatch: Any) -> None:
    forged(work / "m.npz", path="etc/passwd")
    monkeypatch.chdir("/")
    with pytest.raises(DataError, match="leads out"):
        _evaluate(work / "m.npz")


@pytest.mark.parametrize("path", ["/dev/zero", "pipe", "/dev/null", "/proc/self/environ", "~nobody_at_all/x", "a\0b",
                                  "x" * 5000, "/dev/stdin", "loop"])  # fmt: skip
def test_what_is_no_file_is_refused_and_not_read(work: Path, path: str) -> None:
    os.mkfifo(work / "pipe")
    (work / "loop").symlink_to("loop")
    with pytest.raises(ZooError) as caught:
        zoo_core.train(SPEC | {"data": SPEC["data"] | {"path": path}})
    assert caught.value.exit_code in (3, 5)
    forged(work / "m.npz", path=path)
    with pytest.raises(DataError):
        _evaluate(work / "m.npz")


def test_a_data_folder_of_nobody(monkeypatch: Any) -> None:
    monkeypatch.setenv("ZOO_DATA_DIR", "~nobody_at_all/data")
    with pytest.raises(ZooError, match="no such user"):
        DataFolder.open()


# ------------------------------------------------------------------ data that lie beside the spec


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose table lies beside the spec, and whose models are written elsewhere."""
    for name in ("project/specs/tables", "project/out", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    root = tmp_path / "project"
    (root / "specs" / "tables" / "t.csv").write_text(ROWS)
    spec = SPEC | {"data": SPEC["data"] | {"path": "tables/t.csv"}}
    (root / "specs" / "s.json").write_text(json.dumps(spec))
    monkeypatch.chdir(root)
    return root


def test_data_beside_the_spec_are_found_from_the_model(project: Path) -> None:
    zoo_core.train("specs/s.json", output="out/m.npz")
    assert read_spec("out/m.npz").origin.spec_folder == "../specs"
    assert len(_evaluate(Path("out/m.npz")).y) == 8
    again = zoo_core.load("out/m.npz")
    again.save("m.npz")
    assert read_spec("m.npz").origin.spec_folder == "specs"
    assert len(_evaluate(Path("m.npz")).y) == 8


def test_a_resumed_run_finds_them_and_ends_in_the_same_bytes(project: Path, monkeypatch: Any) -> None:
    zoo_core.train("specs/s.json", output="out/whole.npz")
    output = Output("out/m.npz")
    from zoo_core.runs._checkpoint import write_checkpoint

    trainer = prepare("specs/s.json")
    write_checkpoint(trainer, output.checkpoint_path(0))
    copy = output.checkpoint_path(0).read_bytes()
    zoo_core.resume("out/m.npz")
    assert Path("out/m.npz").read_bytes() == Path("out/whole.npz").read_bytes()
    monkeypatch.chdir(project / "out")  # the table lies outside of this folder
    Path("m.npz").unlink()
    Path("m.checkpoint-0000000000.npz").write_bytes(copy)
    with pytest.raises(DataError, match="leads out"):
        zoo_core.resume("m.npz")
    (project / "out" / "m.checkpoint-0000000000.npz").write_bytes(copy)
    zoo_core.resume("m.npz", data_dir="../specs")
    assert Path("m.npz").read_bytes() == Path("whole.npz").read_bytes()


def test_no_name_of_a_folder_of_this_machine_gets_into_the_file(project: Path) -> None:
    elsewhere = project.parent / "elsewhere"
    zoo_core.train("specs/s.json", output=elsewhere / "m.npz")
    assert read_spec(elsewhere / "m.npz").origin.spec_folder == ""
    assert str(project).encode() not in (elsewhere / "m.npz").read_bytes()
    zoo_core.train("specs/s.json", output="out/m.npz")
    assert str(project).encode() not in Path("out/m.npz").read_bytes()


def test_a_forged_folder_of_a_spec_does_not_lead_out(project: Path) -> None:
    zoo_core.train("specs/s.json", output="out/m.npz")
    for folder in ("../../elsewhere", str(project.parent / "elsewhere"), "..", "a\0b", "x" * 900):
        (project.parent / "elsewhere" / "tables").mkdir(exist_ok=True)
        (project.parent / "elsewhere" / "tables" / "t.csv").write_text(f"{SECRET},b\n")
        change_header(Path("out/m.npz"), lambda header: header.update(spec_folder=folder))  # noqa: B023
        with pytest.raises(DataError) as caught:
            _evaluate(Path("out/m.npz"))
        assert SECRET not in str(caught.value)


def test_a_data_set_without_files_keeps_no_folder(project: Path) -> None:
    from tests.helpers.specs import small_spec

    (project / "specs" / "g.json").write_text(json.dumps(small_spec()))
    zoo_core.train("specs/g.json", output="out/g.npz")
    assert read_spec("out/g.npz").origin.spec_folder == ""
    assert isinstance(prepare("out/g.npz").model.spec.data.source.load(DataFolder.open()), Data)
