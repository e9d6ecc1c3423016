"""Each mistake that beginners make in a spec leads to its remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from zoo_core.errors import SpecError, UsageError
from zoo_core.spec import read_spec

GOOD = """name = "m"
seed = 1

[data]
name = "glyphs"
rows = 100
validation = 0.2

[model]
loss = "cross_entropy"

[[model.layers]]
units = 8
activation = "relu"

[[model.layers]]
units = 10
activation = "softmax"

[optimizer]
name = "adam"
learning_rate = 0.01

[training]
epochs = 2
batch_size = 50
shuffle = true
"""

MISTAKES = [
    ('"relu"', "relu", "14", 'put a text in quotes: "relu"'),
    ('"glyphs"', "glyphs", "5", 'put a text in quotes: "glyphs"'),
    ("units = 8", "units 8", "13", "write = between key and value: units = 8"),
    ("units = 8", "units: 8", "13", "write = instead of : between key and value"),
    ("units = 8", "units := 8", "13", "write = between key and value"),
    ("units = 8", "units == 8", "13", "write one = between key and value"),
    ("units = 8", "units =", "13", "write a value after ="),
    ("units = 8", "units", "13", "write a value after the key: units = ..."),
    ("0.01", "0,01", "22", "write a decimal point: 0.01"),
    ("0.01", ".01", "22", "write a digit before the point: 0.01"),
    ("0.01", "1.", "22", "write a digit after the point: 1.0"),
    ("seed = 1", "seed = 007", "2", "write a number without zeros before it: 7"),
    ("shuffle = true", "shuffle = True", "27", "write true or false, in small letters"),
    ("shuffle = true", "shuffle = None", "27", "leave the key out"),
    ("shuffle = true", "shuffle = null # all", "27", "leave the key out"),
    ('"relu"', "\u201crelu\u201d", "14", "write straight quotes"),
    ('"relu"', "\u2018relu\u2019", "14", "write straight quotes"),
    ('"relu"', '"relu', "14", "close the text with the quote that begins it"),
    ('"glyphs"', '"csv"\npath = "C:\\data\\x.csv"', "6", "write / instead of \\ in a path"),
    ("seed = 1", "// my spec", "2", "a comment begins with #"),
    ("seed = 1", "random seed = 1", "2", "write a key without blanks"),
    ("[training]", "[optimizer]", "24", "each key and each [table] stands once"),
    ("seed = 1", 'name = "n"', "2", "each key and each [table] stands once"),
    ("[training]", "[training", "24", "close the bracket"),
    ("[[model.layers]]", "[[model.layers]", "12", "close the brackets: [[...]]"),
    ("validation = 0.2", "validation = 20%", "7", "such as 0.2 for 20%"),
    ("epochs = 2", "epochs = 2 batch = 3", "25", "the next key on a line of its own"),
    ("epochs = 2", "metrics = (accuracy)", "25", "write a list in square brackets"),
    ("epochs = 2", "metrics = [accuracy]", "25", 'put a text in quotes: "accuracy"'),
    ('"relu"', "{ name = relu }", "14", 'put a text in quotes: "relu"'),
    ("[[model.layers]]", "[model.layers]", "9", "each key and each [table] stands once; for one of several layers"),
    ("units = 8", 'units = "8"', "13", "must be a whole number: write it without quotes"),
    ("0.01", '"1e-3"', "22", "write it without quotes"),
    ("shuffle = true", 'shuffle = "true"', "27", "must be true or false: write it without quotes"),
    ("seed = 1", "learning_rate = 0.1", "2", "unknown key; did you mean 'optimizer.learning_rate'?"),
    ("seed = 1", "epochs = 3", "2", "unknown key; did you mean 'training.epochs'?"),
    ("seed = 1", "loss = 'mse'", "2", "unknown key; did you mean 'model.loss'?"),
    ("seed = 1", "rows = 20", "2", "unknown key; did you mean 'data.rows'?"),
    ("batch_size = 50", "units = 3", "26", "unknown key; did you mean 'model.layers.0.units'?"),
    ("batch_size = 50", "metrics = 'accuracy'", "26", "must be a list"),
    ('"relu"', '"rellu"', "14", "did you mean 'relu'?"),
]


@pytest.mark.parametrize(("right", "wrong", "line", "words"), MISTAKES)
def test_a_mistake_leads_to_its_remedy(tmp_path: Path, right: str, wrong: str, line: str, words: str) -> None:
    assert right in GOOD
    path = tmp_path / "s.toml"
    path.write_text(GOOD.replace(right, wrong, 1))
    with pytest.raises(SpecError) as caught:
        read_spec(path)
    assert words in str(caught.value)
    assert caught.value.exit_code == 3


def test_one_table_where_there_are_several_layers(tmp_path: Path) -> None:
    before, _, after = GOOD.partition('activation = "relu"\n\n[[model.layers]]\nunits = 10\n')
    path = tmp_path / "s.toml"
    path.write_text((before + after).replace("[[model.layers]]", "[model.layers]"))
    with pytest.raises(SpecError, match=r"model\.layers: must be a list, not one table: write \[\[model\.layers\]\]"):
        read_spec(path)


def test_tabs_are_blanks(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(GOOD.replace("units = 8", "\tunits\t=\t8\t# many"))
    assert read_spec(path).model.layers[0].units == 8


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("learning_rate=1", "optimizer.learning_rate"),
        ("epochs=5", "training.epochs"),
        ("batch_size=5", "training.batch_size"),
        ("loss=mse", "model.loss"),
        ("optimizer.epochs=5", "training.epochs"),
        ("training.learning_rate=1", "optimizer.learning_rate"),
        ("beta1=0.5", "optimizer.beta1"),
    ],
)
def test_an_override_of_a_key_that_stands_elsewhere(change: str, place: str) -> None:
    with pytest.raises(UsageError, match=f"did you mean '{place}'"):
        read_spec("glyphs-quickstart", [change])
