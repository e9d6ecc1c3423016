"""Models are compared in the order of a figure that they share, and every value of theirs is shown."""

from __future__ import annotations

import json

import pytest

import zoo_core
from tests.helpers.specs import small_spec
from zoo_core.display.text import format_number

VALIDATION = {"data": {"validation": 0.2}}


@pytest.fixture
def compared(tmp_path, run_zoo, monkeypatch):
    """Train specs with these changes, and return what `zoo compare` prints, as text and as JSON."""

    def compare(*changes, width=80, names=None):
        monkeypatch.setenv("COLUMNS", str(width))
        files = names or [f"m{number}.npz" for number in range(len(changes))]
        for file, change in zip(files, changes, strict=True):
            (tmp_path / file).unlink(missing_ok=True)
            model = zoo_core.prepare(small_spec()).model if change is None else zoo_core.train(small_spec(**change))
            model.save(tmp_path / file)
        text, data = run_zoo("compare", *files)[1], run_zoo("compare", *files, "--json")[1]
        return text, json.loads(data)

    return compare


def column(data, key):
    return [result.get(key) for result in data["models"].values()]


EPOCHS = [{"training": {"epochs": epochs, "metrics": ["accuracy", "brier"]}} for epochs in (1, 6, 3)]


def test_the_best_validation_figure_comes_first_and_is_named(compared):
    text, data = compared(*({**VALIDATION, **change} for change in EPOCHS))
    assert data["sorted_by"] == "validation_accuracy"
    assert text.startswith("sorted by validation_accuracy, the highest first\n")
    assert column(data, "validation_accuracy") == sorted(column(data, "validation_accuracy"), reverse=True)
    assert [line.split()[0] for line in text.split("\n\n")[1].splitlines() if ".npz" in line] == list(data["models"])


def test_without_validation_the_test_figure_decides_in_its_own_direction(compared):
    changes = [{"training": change["training"] | {"metrics": ["brier"]}} for change in EPOCHS]
    text, data = compared(*changes)
    assert text.startswith("sorted by test_brier, the lowest first\n")
    assert column(data, "test_brier") == sorted(column(data, "test_brier"))


def test_losses_of_different_kinds_do_not_sort(compared):
    other = {"model": {"loss": "mse"}}
    plain = {"training": {"metrics": [], "epochs": 1}}
    text, data = compared(plain, {**plain, **other})
    assert data["sorted_by"] is None
    assert "no two models have a figure in common" in text
    assert compared(plain, plain)[1]["sorted_by"] == "test_loss"


def test_models_without_the_figure_come_last(compared):
    text, data = compared(None, *EPOCHS)  # the first is not trained
    assert data["sorted_by"] == "test_accuracy"
    assert list(data["models"])[-1] == "m0.npz"
    assert "1 model without it at the end" in text


@pytest.mark.parametrize("width", [80, 200])
def test_twelve_models_keep_every_value_at_any_width(compared, width):
    names = [f"experiment-{'with-a-long-name-' * 3}{number}.npz" for number in range(12)]
    changes = [
        {**VALIDATION, "seed": number, "training": {"epochs": 1, "metrics": ["accuracy", "f1", "log_loss", "brier"]}}
        for number in range(12)
    ]
    text, data = compared(*changes, width=width, names=names)
    assert max(map(len, text.splitlines())) <= width
    assert text.count("model ") > (1 if width == 200 else 3)
    for key in data["models"][names[0]]:
        assert all(format_number(value) in text for value in column(data, key)), key


def test_equal_specs_are_said_to_be_equal(compared):
    text, _ = compared({"name": "a", "training": {"epochs": 1}}, {"name": "b", "training": {"epochs": 1}})
    assert "the specs do not differ, but for names and descriptions" in text
