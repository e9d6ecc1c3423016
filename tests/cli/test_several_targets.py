"""Several targets, several labels a row, and weights, from `zoo new` on; figures are compared with NumPy's."""

import csv
import json
import tomllib
from pathlib import Path

import numpy as np
import pytest

import zoo_core

LABELS = ("urgent", "late fee", "spam")
N = 200


def table(path, targets, *, spelled=str, names=LABELS, weights=None):
    """Write a table of two features, targets and, perhaps, weights."""
    x = np.random.default_rng(3).normal(size=(N, 2)).round(3)
    columns = [*x.T.tolist(), *([spelled(v) for v in t] for t in targets), *([weights] if weights is not None else [])]
    head = ["a", "b", *names, *(["w"] if weights is not None else [])]
    Path(path).write_text("\n".join(",".join(map(str, row)) for row in [head, *zip(*columns, strict=True)]) + "\n")
    return x


def labels():
    x = np.random.default_rng(3).normal(size=(N, 2)).round(3)
    return np.array([x[:, 0] > 0, x[:, 0] + x[:, 1] > 0.8, x[:, 1] < -0.3]).astype(int)


def weights():
    return np.random.default_rng(5).integers(0, 4, N)


@pytest.fixture
def tagged(run_zoo):
    """A trained model of three labels a row, whose rows are weighed."""
    table("t.csv", labels(), spelled=lambda v: "true" if v else "false", weights=weights())
    new = ("new", "m", "--data", "t.csv", "--target", "urgent,late fee", "--target", "spam", "--weights", "w")
    assert run_zoo(*new)[0] == 0
    assert run_zoo("train", "m.toml", "-q", "--set", "training.epochs=15")[0] == 0
    return zoo_core.load("m.npz")


def rows(text):
    return list(csv.reader(text.splitlines()))


def test_several_labels_go_all_the_way(tagged, run_zoo):
    assert tomllib.loads(Path("m.toml").read_text())["data"]["target"] == list(LABELS)
    x, y, w = table("t.csv", labels(), weights=weights()), labels().T == 1, weights()
    found, p = tagged.predict(x), tagged.predict_proba(x)
    assert found.dtype == bool
    assert (found == (p > 0.5)).all()
    assert tagged.labels().tolist() == list(LABELS)
    f1 = 2 * (w @ (found & y)) / (w @ found + w @ y)
    expected = {
        "accuracy": np.average((found == y).mean(axis=1), weights=w),
        "subset_accuracy": np.average((found == y).all(axis=1), weights=w),
        "f1": f1.mean(),
        **dict(zip(("f1_urgent", "f1_late_fee", "f1_spam"), f1, strict=True)),
        "loss": np.average(-np.where(y, np.log(p), np.log(1 - p)).mean(axis=1), weights=w),
    }
    measured = json.loads(run_zoo("evaluate", "m.npz", "--data", "t.csv", "--json")[1])
    assert {key: measured[key] for key in expected} == pytest.approx(expected, rel=1e-5)
    assert tagged.evaluate((x, y, w)) == pytest.approx(expected, rel=1e-5)
    assert expected["accuracy"] > 0.8
    assert rows(run_zoo("predict", "m.npz", "t.csv")[1]) == [
        list(LABELS), *([str(v).lower() for v in row] for row in found.tolist())
    ]  # fmt: skip
    named = rows(run_zoo("predict", "m.npz", "t.csv", "--proba")[1])
    assert named[0] == list(LABELS)
    assert np.array(named[1:], float) == pytest.approx(p, rel=1e-6)


def test_the_baseline_of_labels_is_what_most_rows_to_learn_from_have(tagged, run_zoo):
    shares = np.array(tagged.about.baseline)
    y, w = labels().T == 1, weights()
    figures = json.loads(run_zoo("evaluate", "m.npz", "--data", "t.csv", "--report", "--json")[1])
    assert figures["baseline"]["accuracy"] == pytest.approx(np.average((y == (shares > 0.5)).mean(axis=1), weights=w))


def test_the_report_tells_label_by_label_and_is_drawn(tagged, run_zoo):
    text = run_zoo("evaluate", "m.npz", "--report", "-o", "r.png")[1]
    assert "By label" in text
    assert "Predicted as" not in text
    assert Path("r.png").stat().st_size > 1000
    found = json.loads(run_zoo("evaluate", "m.npz", "--data", "t.csv", "--report", "--json")[1])["classes"]
    y = labels()
    assert [one["name"] for one in found] == list(LABELS)
    w = weights()
    assert [one["support"] for one in found] == pytest.approx((y * w).sum(axis=1).tolist())
    guess = tagged.predict(table("t.csv", labels(), weights=weights())).T
    recall = ((guess & (y == 1)) * w).sum(axis=1) / (y * w).sum(axis=1)
    assert [one["recall"] for one in found] == pytest.approx(recall.tolist())
    code, _, err = run_zoo("plot", "m.npz", "--kind", "confusion")
    assert code == 2
    assert "is for several labels a row; a confusion matrix needs classes" in err


def test_targets_of_different_units_are_measured_each_and_weighed(run_zoo):
    x = table("t.csv", np.zeros((0, N)), names=())
    w = weights()
    y = np.array([5000 + 1000 * x[:, 0], 0.01 * x[:, 1]]).round(6)
    table("t.csv", y, names=("price", "rate"), weights=w)
    new = ("new", "m", "--data", "t.csv", "--target", "price", "--target", "rate", "--weights", "w")
    assert "regression of 'price', 'rate', from 2 column(s)" in run_zoo(*new)[2]
    assert run_zoo("train", "m.toml", "-q", "--set", "training.epochs=30")[0] == 0
    model = zoo_core.load("m.npz")
    error = (model.predict(x) - y.T) ** 2
    mean = w @ y.T / w.sum()
    expected = np.mean(1 - w @ error / (w @ (y.T - mean) ** 2))
    measured = json.loads(run_zoo("evaluate", "m.npz", "--data", "t.csv", "--json")[1])
    assert measured["r2"] == pytest.approx(expected, rel=1e-6)
    assert expected > 0.8
    assert rows(run_zoo("predict", "m.npz", "t.csv")[1])[0] == ["price", "rate"]


REFUSED = {
    "a class": (("--target", "a,urgent", "--task", "classification"), "has one target, and there are 2"),
    "no label": (("--target", "urgent,a", "--task", "multilabel"), "column 'a' holds"),
    "unknown": (("--target", "urgent,nope"), "there is no column 'nope'"),
    "twice": (("--target", "urgent,urgent"), "column 'urgent' is a target twice"),
    "weights unknown": (("--target", "urgent", "--weights", "nope"), "there is no column 'nope'"),
    "weights below 0": (("--target", "urgent", "--weights", "a"), "the weights, column 'a', hold -"),
    "weights as target": (("--target", "urgent", "--weights", "urgent"), "are also learnt from or a target"),
    "texts": (("--target", "urgent,note"), "labels that are written true and false, or 1 and 0"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_targets_and_weights_that_cannot_be_are_named(run_zoo, name):
    arguments, words = REFUSED[name]
    table("t.csv", [*labels()[:2], (["x", "y", "z"] * N)[:N]], names=("urgent", "late", "note"))
    code, _, err = run_zoo("new", "m", "--data", "t.csv", *arguments)
    assert (code, words in err) == (3, True)
    assert not Path("m.toml").exists()


def test_a_name_with_a_comma_is_one_target(run_zoo):
    x = table("t.csv", np.zeros((0, N)), names=())
    lines = [f"{a},{b},{int(a > 0)},{int(b > 0)}" for a, b in x.tolist()]
    Path("t.csv").write_text('a,b,"yes, or no",c\n' + "\n".join(lines) + "\n")
    assert "classification of 'yes, or no'" in run_zoo("new", "m", "--data", "t.csv", "--target", "yes, or no")[2]
