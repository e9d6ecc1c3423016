"""Two words in a column of labels are kept, and predictions are written in them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest

import zoo_core
from zoo_core.data.label_words import find_words, word_values
from zoo_core.errors import DataError


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["yes", "no"], ("no", "yes")), (["Ja", "Nein"], ("Nein", "Ja")), (["Nein", "Ja"], ("Nein", "Ja")),
        (["oui", "non"], ("non", "oui")), (["да", "нет"], ("нет", "да")), (["ham", "spam"], ("ham", "spam")),
        (["spam", "ham"], ("ham", "spam")), (["1", "0"], ("0", "1")), (["no", "maybe"], ("no", "maybe")),
        (["yes", "unsure"], ("unsure", "yes")), (["Yes", "no", "yes", "NO"], ("no", "Yes")), (["ja"], ("", "ja")),
    ],
)  # fmt: skip
def test_which_word_is_true(texts: list[str], expected: tuple[str, str]) -> None:
    assert find_words(texts, "x") == expected
    assert word_values(texts, expected) == [float(text.casefold() == expected[1].casefold()) for text in texts]


@pytest.mark.parametrize("texts", [["a", "b", "c"], ["ham"], []])
def test_other_columns_are_refused(texts: list[str]) -> None:
    with pytest.raises(DataError, match=r"t.csv: column 'y' holds [013] different texts.*a label has two"):
        find_words(texts, "t.csv: column 'y'")


@pytest.mark.filterwarnings("ignore:.*without a target are left out")
@pytest.mark.parametrize("targets", ["spam,urgent", "spam"])
def test_words_are_kept_from_new_to_predict(run_zoo, targets: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 2)).round(3)
    rows = [f"{a},{b},{'Ja' if a > 0 else 'Nein'},{'' if i == 5 else ['no', 'yes'][int(b > 0)]}"
            for i, (a, b) in enumerate(x)]  # fmt: skip
    Path("t.csv").write_text("a,b,spam,urgent\n" + "\n".join(rows) + "\n")
    options = ("--target", targets, "--task", "multilabel", "--set", "data.columns.urgent=ignore")
    code, _, said = run_zoo("new", "t", "--data", "t.csv", *options[: 4 if "," in targets else 6])
    assert code == 0
    assert "'spam': a row has the label where it says 'Ja', and lacks it where it says 'Nein'" in said
    assert run_zoo("train", "t.toml", "-q", "--set", "training.epochs=40")[0] == 0
    _, out, _ = run_zoo("predict", "t.npz", "t.csv", "--label")
    found = list(csv.reader(io.StringIO(out)))
    assert {row[0] for row in found[1:]} == {"Ja", "Nein"}
    model = zoo_core.load("t.npz")
    predicted = model.predict(x)
    assert predicted.dtype == bool
    assert [row[0] == "Ja" for row in found[1:]] == predicted[:, 0].tolist()
    assert np.mean(predicted[:, 0] == (x[:, 0] > 0)) > 0.8
    figures = json.loads(run_zoo("evaluate", "t.npz", "--data", "t.csv", "--json")[1])
    assert figures["accuracy"] > 0.8
    if "," in targets:
        assert model.about.label_words == [["Nein", "Ja"], ["no", "yes"]]
        assert json.loads(run_zoo("predict", "t.npz", "t.csv", "--label", "--json")[1])[0]["prediction_urgent"] in (
            "no",
            "yes",
        )
