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


@pytest.mark.parametrize(
    ("words", "code", "way"),
    [
        ("plot relu", 2, "'relu' is no model, but the name of an activation; draw it: zoo plot relu --kind activation"),
        ("plot ReLU", 2, "draw it: zoo plot relu --kind activation"),
        ("plot cosine", 2, "draw it: zoo plot cosine --kind schedule"),
        ("plot adam", 2, "but the name of a part: optimizer; see it: zoo show adam"),
        ("evaluate relu", 2, "see it: zoo show relu"),
        ("train cross_entropy", 2, "but the name of a part: loss; see it: zoo show cross_entropy"),
        ("plot moons --kind schedule", 2, "did you mean the file moons.toml or moons.npz?"),
        ("plot rellu --kind activation", 3, "did you mean 'relu'?"),
        ("plot 0,01 --kind schedule", 3, "write a number with a decimal point, such as 0.01"),
        (
            "plot moons.npz --kind confusion --split tests",
            2,
            "did you mean 'test'? (there are: train, test); choose one with --split\n",
        ),
        ("predict my.csv moons.npz", 2, "name the model first: zoo predict MODEL my.csv"),
        ("evaluate my.csv", 2, "zoo evaluate MODEL --data my.csv"),
        ("predict moons.npz 0.5,1", 3, "to give the row itself: echo '0.5,1' | zoo predict MODEL -"),
        ("evaluate moons.npz --data relu", 2, "'relu' is the name of a part of another kind: activation"),
        ("evaluate moons.npz --data minst", 2, "did you mean 'mnist'?"),
        ("evaluate moons.npz --data no_such", 4, "install the plugin that brings it"),
        ("data fetch minst", 2, "did you mean 'mnist'?"),
        ("data fetch cifar10", 4, "install the plugin that brings it"),
        ("train spec.txt", 2, "the file has another ending; a spec is TOML in a file that ends in .toml"),
        ("validate renamed.toml", 3, "renamed.toml: is no text; if it is a model file, give it its ending .npz"),
        ("validate table.toml", 3, "table.toml:1:2: there is no = after the key; this is a row of a table"),
        ("show activation", 2, "it is a kind of part: zoo list parts --kind activation"),
        ("show losses", 2, "it is a kind of part: zoo list parts --kind loss"),
        ("show activation:relu", 2, "to choose a kind: zoo show relu --kind activation"),
        ("show epochs", 2, "it is a key of a spec: training.epochs"),
        ("show batch-size", 2, "it is a key of a spec: training.batch_size"),
        ("show Dense", 2, "write a table [[model.layers]]"),
        ("show conv2d", 2, "the zoo has dense layers alone"),
        ("show swish", 2, "it is called 'silu' here"),
        ("show nothing_like_it", 2, "see 'zoo list parts'"),
    ],
)
def test_a_name_of_something_else_is_called_so(run_zoo, moons, tmp_path, words, code, way):
    (tmp_path / "spec.txt").write_text("name = 'a'\n")
    (tmp_path / "table.toml").write_text("x,y,kind\n1,2,a\n")
    (tmp_path / "my.csv").write_text("x,y,kind\n1,2,a\n")
    shutil.copy(moons, tmp_path / "renamed.toml")
    found, out, err = run_zoo(*words.split())
    assert (found, out) == (code, "")
    assert way in err


def test_advice_can_be_copied_for_a_name_with_blanks(run_zoo, moons, tmp_path):
    shutil.copy(moons, tmp_path / "my model.npz")
    assert "zoo plot 'my new.npz'" in run_zoo("train", "my model.npz", "-o", "my new.npz")[1]
    assert "zoo train 'my spec.toml' -o NEW.npz" in run_zoo("evaluate", "my spec.toml")[2]


def test_a_new_spec_is_named_with_or_without_its_ending(run_zoo, tmp_path):
    assert run_zoo("new", "mine.toml")[0] == 0
    assert 'name = "mine"' in (tmp_path / "mine.toml").read_text()
