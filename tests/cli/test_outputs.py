"""What commands write: no input, no file that was not named, no more rights than before; and odd surroundings."""

import pwd
import shutil
from pathlib import Path

import pytest

from zoo_core import storage
from zoo_core.cli import run
from zoo_core.data import DataFolder
from zoo_core.errors import ResourceError
from zoo_core.parts import PublicFile
from zoo_core.storage import _atomic

THEIRS = b"somebody's work"
TABLE = "a,b,label\n" + "1,2,x\n3,4,y\n" * 20
SHORT = ("--set", "training.epochs=1", "-q")
FILE = PublicFile("a.gz", "0" * 64, 10, ("https://example.org",))


@pytest.fixture
def run_zoo(run_zoo):
    """Run a command in a folder with a model m.npz; returns exit code, standard output, standard error."""
    assert run_zoo("train", "glyphs-quickstart", "-o", "m.npz", *SHORT)[0] == 0
    return run_zoo


COMMANDS = {
    "new.toml": ("new", "new"),
    "y.csv": ("predict", "m.npz", "x.csv", "-o", "y.csv"),
    "y.npy": ("predict", "m.npz", "x.csv", "-o", "y.npy"),
    "p.png": ("plot", "m.npz", "-o", "p.png"),
    "s.json": ("schema", "-o", "s.json"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_name_that_is_taken_while_a_command_works_is_not_replaced(run_zoo, monkeypatch, name):
    Path("x.csv").write_text(",".join(["0"] * 784) + "\n")
    check = _atomic._check_target

    def taken(target, overwrite):
        if target.name == name:
            target.write_bytes(THEIRS)
        check(target, overwrite)

    with monkeypatch.context() as patch:
        patch.setattr(_atomic, "_check_target", taken)
        code, _, err = run_zoo(*COMMANDS[name])
    assert (code, Path(name).read_bytes()) == (2, THEIRS), err
    Path(name).chmod(0o640)
    assert run_zoo(*COMMANDS[name], "--force")[0] == 0
    assert Path(name).read_bytes() != THEIRS
    assert Path(name).stat().st_mode & 0o777 == 0o640


def test_an_input_is_never_the_output(run_zoo):
    Path("t.toml").write_text(TABLE)
    Path("m.npz").rename("m.png")
    before = Path("m.png").read_bytes()
    for command in (("new", "t", "--data", "t.toml"), ("plot", "m.png", "-o", "m.png")):
        code, _, err = run_zoo(*command, "--force")
        assert code == 2
        assert "is the same file as the input" in err
    assert Path("t.toml").read_text() == TABLE
    assert Path("m.png").read_bytes() == before


def test_a_new_plugin_replaces_all_of_its_files_or_none(run_zoo, monkeypatch):
    command = "plugins", "new", "zoo-mine", "--kind", "loss"
    assert run_zoo(*command)[0] == 0
    module = Path("zoo-mine/zoo_mine/__init__.py")
    module.write_bytes(THEIRS)
    Path("zoo-mine/README.md").unlink()
    Path("zoo-mine/README.md").mkdir()
    code, _, err = run_zoo(*command, "--force")
    assert code == 2
    assert "zoo-mine/README.md: a folder stands for a file here" in err
    assert module.read_bytes() == THEIRS
    shutil.rmtree("zoo-mine")
    rename = Path.rename
    monkeypatch.setattr(Path, "rename", lambda path, to: [Path(to).mkdir(), Path(to, "mine").touch(), rename(path, to)])
    code, _, err = run_zoo(*command)
    assert code == 5
    assert [p.name for p in Path("zoo-mine").iterdir()] == ["mine"]


# ------------------------------------------------------------------ surroundings


@pytest.fixture
def no_home(monkeypatch):
    """A user without a home folder and without an entry in the file of users, as in a container."""

    def nobody(number):
        raise KeyError(f"getpwuid(): uid not found: {number}")

    for name in ("HOME", "XDG_CACHE_HOME", "ZOO_CACHE_DIR", "ZOO_DATA_DIR", "USERPROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)


def test_without_a_home_folder_only_a_download_asks_for_a_cache(no_home, run_zoo):
    for command in (
        ("evaluate", "m.npz"),
        ("data",),
        ("data", "verify", "mnist"),
        ("env",),
        ("predict", "m.npz", "-h"),
    ):
        assert run_zoo(*command)[0] == 0
    code, _, err = run_zoo("train", "mnist-mlp", "-o", "n.npz")
    assert code == 5
    assert "there is no folder to download it to: the user has no home folder; set ZOO_CACHE_DIR to a folder" in err
    assert list(Path().iterdir()) == [Path("m.npz")]


def test_a_cache_that_is_named_needs_no_home(no_home, monkeypatch, tmp_path):
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    folder = DataFolder.open()
    assert [status.state for status in folder.status("d", [FILE])] == ["absent"]
    with pytest.raises(ResourceError, match=r"put it at \$ZOO_CACHE_DIR/d/a\.gz"):
        folder.file("d", FILE)
    monkeypatch.setenv("ZOO_CACHE_DIR", str(tmp_path))
    assert DataFolder.open().cache == tmp_path


def test_a_working_folder_that_was_removed_is_named(run_zoo, monkeypatch, tmp_path):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert run(["train", "glyphs-quickstart", "-o", "n.npz", *SHORT]) == 5
    assert run(["train", "glyphs-quickstart", "-o", str(tmp_path / "n.npz"), *SHORT]) == 0
    assert storage.read_model_file(tmp_path / "n.npz").header["format"]
