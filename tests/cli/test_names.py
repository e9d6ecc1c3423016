"""A name that nothing has leads to the file that was meant, in the same words on every command."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import zoo_core
from tests.helpers.specs import small_spec
from zoo_core.errors import UsageError


@pytest.fixture
def moons(tmp_path: Path) -> Path:
    """A trained model, moons.npz, and its spec, moons.toml, in the working folder."""
    model = zoo_core.train(small_spec(training={"epochs": 1}))
    (tmp_path / "moons.toml").write_text("name = 'moons'\n")
    model.save(tmp_path / "moons.npz")
    return tmp_path / "moons.npz"


WITH_MODEL = ("evaluate", "plot", "show", "explain", "compare", "compare --exact", "predict")


def call(command: str, *names: str) -> list[str]:
    more = {"predict": ["x.npy"], "compare --exact": list(names)}
    return [*command.split(), *names, *more.get(command, [])]


@pytest.mark.parametrize("command", WITH_MODEL)
def test_a_model_without_its_ending_is_found_beside(run_zoo, moons, command):
    code, _, err = run_zoo(*call(command, "moons"))
    assert code == 2
    assert "did you mean the file " in err
    assert "moons.npz?" in err


@pytest.mark.parametrize("command", ["train", "validate", "explain"])
def test_a_spec_without_its_ending_is_found_beside(run_zoo, moons, command):
    code, _, err = run_zoo(command, "moons", *(["-o", "new.npz"] if command == "train" else []))
    assert code == 2
    assert "did you mean the file moons.toml" in err


@pytest.mark.parametrize("command", [c for c in WITH_MODEL if c != "explain"])
def test_a_spec_in_the_place_of_a_model_leads_to_training(run_zoo, moons, command):
    code, _, err = run_zoo(*call(command, "moons.toml"))
    assert code == 2
    assert err.startswith("error: moons.toml: ")
    assert "spec" in err
    assert "train it first: zoo train moons.toml" in err


def test_in_python_a_spec_in_the_place_of_a_model_leads_to_train(moons):
    with pytest.raises(UsageError, match=r"zoo_core.train\('moons.toml'\) trains it"):
        zoo_core.load("moons.toml")


@pytest.mark.parametrize(
    "words",
    [
        "evaluate nope.npz", "plot nope.npz", "show nope.npz", "explain nope.npz", "compare nope.npz moons.npz",
        "predict nope.npz x.npy", "predict moons.npz nope.npy", "predict moons.npz nope.csv",
        "evaluate moons.npz --data nope.npz", "train nope.toml -o new.npz", "train nope.json -o new.npz",
        "train moons.toml -o new.npz --from nope.npz", "validate nope.toml", "explain nope.toml",
        "new other --data nope.csv", "resume nope.npz",
    ],
)  # fmt: skip
def test_a_missing_file_is_said_in_the_same_words(run_zoo, moons, words):
    code, _, err = run_zoo(*words.split())
    assert code in (2, 3)
    assert "such a file" in err if words.startswith("resume") else ": there is no such file" in err
    assert "Errno" not in err
    assert "No such file" not in err


def test_advice_can_be_copied_for_a_name_with_blanks(run_zoo, moons, tmp_path):
    shutil.copy(moons, tmp_path / "my model.npz")
    assert "zoo plot 'my new.npz'" in run_zoo("train", "my model.npz", "-o", "my new.npz")[1]
    assert "zoo train 'my spec.toml' -o NEW.npz" in run_zoo("evaluate", "my spec.toml")[2]
