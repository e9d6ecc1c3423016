"""Tables leave the zoo with all their kinds of columns: categories, dates, missing values, large numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import zoo_core
from zoo_core.graphs import evaluate, record_model

PREPROCESSORS = {
    "default": "table",
    "ranks": {"name": "table", "number": "rank", "missing_flags": True},
    "uniform ranks": {"name": "table", "number": {"name": "rank", "output": "uniform", "quantiles": 20}},
    "ranges": {"name": "table", "number": "min_max", "missing": "mean"},
    "no gaps": {"name": "table", "missing": "error"},
    "known values": {"name": "table", "category": {"name": "one_hot", "unknown": "error"}},
}


def table(rows, seed):
    rng = np.random.default_rng(seed)
    seconds = rng.integers(0, 86_400 * 900, rows).astype("timedelta64[s]")
    frame = pd.DataFrame({
        "age": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(40, 10, rows)),
        "fare": rng.lognormal(3, 1, rows),
        "ties": rng.integers(0, 3, rows).astype(float),
        "port": rng.choice(np.array(["S", "C", "Q", None], object), rows),
        "joined": np.datetime64("2021-01-01T00:00:00") + seconds,
        "stamp": 1.6e9 + rng.integers(0, 86_400 * 30, rows).astype(float),
        "alone": rng.random(rows) < 0.5,
    })  # fmt: skip
    score = (frame["port"] == "S") * 2.0 - 1 + (frame["stamp"] - 1.6e9) / 86_400 / 30
    return frame.assign(y=np.where(score + rng.normal(0, 0.5, rows) > 0, "yes", "no"))


@pytest.fixture(params=PREPROCESSORS)
def model_and_rows(request):
    preprocessor = PREPROCESSORS[request.param]
    layers = [{"units": 8, "activation": "relu"}, {"units": 2, "activation": "softmax"}]
    spec = {
        "data": {"preprocessor": preprocessor},
        "model": {"loss": "cross_entropy", "layers": layers},
        "optimizer": "adam",
        "training": {"epochs": 3},
    }
    train, rows = table(300, 0), table(1000, 1)
    if request.param == "no gaps":
        train, rows = train.fillna({"age": 30.0}), rows.fillna({"age": 30.0})
    return zoo_core.train(spec, data=train, target="y"), rows


def numbers(model, frame):
    """Return rows as exports take them: categories by their index, dates in seconds."""
    columns = []
    for column in model.about.described_columns:
        values = frame[column.name]
        if column.kind == "category":
            codes = {text: code for code, text in enumerate(column.categories)}
            columns.append([np.nan if v is None or v != v else codes.get(str(v), -1) for v in values])
        elif column.kind == "date":
            columns.append(values.astype("datetime64[s]").astype(np.int64))
        else:
            columns.append(values.astype(float))
    return np.array(columns, float).T


def test_python_takes_the_numbers_and_the_texts_of_a_table(model_and_rows, tmp_path, request):
    model, frame = model_and_rows
    x = numbers(model, frame)
    graph = record_model(model)
    assert graph.input.dtype == np.float64
    np.testing.assert_allclose(evaluate(graph, x)["probabilities"], model.predict_proba(frame), rtol=0, atol=1e-6)
    zoo_core.export(model, tmp_path / "m.py")
    space = {"__name__": "m"}
    exec((tmp_path / "m.py").read_text(), space)
    np.testing.assert_array_equal(space["predict"](x), model.predict(frame))
    rows = frame.drop(columns="y")
    np.testing.assert_array_equal(space["predict"](rows), model.predict(frame))
    texts = [[None if v is pd.NaT or v != v else str(v) if at == 4 else v for at, v in enumerate(row)]
             for row in rows.astype(object).to_numpy()[:50].tolist()]  # fmt: skip
    texts[0][3] = "a port that no row has"
    known = frame[:50].assign(port=["a port that no row has", *frame["port"][1:50]])
    if request.node.callspec.params["model_and_rows"] != "known values":
        np.testing.assert_array_equal(space["predict"](texts), model.predict(known))


TEXTS = {
    "no text": ("", "1", "2024-01-05"),
    "blanks": (3.0, " 2 ", "2024-01-05 10:30"),
    "marks of missing values": ("NA", "?", "n/a"),
    "a number for a text": (3.0, 7, "2024-01-05"),
    "a float for a text": (3.0, 2.0, "2024-01-05"),
    "parts of a second": (3.0, "1", "2024-01-05 10:30:00.999"),
    "no date": (3.0, "1", ""),
    "none at all": (None, None, None),
}


def test_python_takes_odd_texts_as_the_model_does(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({
        "size": np.where(rng.random(90) < 0.1, np.nan, rng.normal(3, 1, 90)),
        "grade": rng.choice(np.array(["1", "2", "7", None], object), 90),
        "when": np.datetime64("2024-01-01", "s") + rng.integers(0, 10**6, 90).astype("timedelta64[s]"),
    })  # fmt: skip
    frame["y"] = np.where(frame["grade"] == "7", "a", "b")
    layers = [{"units": 2, "activation": "softmax"}]
    spec = {"model": {"loss": "cross_entropy", "layers": layers}, "optimizer": "adam", "training": {"epochs": 3}}
    spec["data"] = {"preprocessor": "table"}
    model = zoo_core.train(spec, data=frame, target="y")
    zoo_core.export(model, tmp_path / "m.py")
    space = {"__name__": "m"}
    exec((tmp_path / "m.py").read_text(), space)
    for what, row in TEXTS.items():
        expected = model.predict_proba(np.array([row], object))
        np.testing.assert_allclose(space["predict_proba"]([row]), expected, rtol=0, atol=1e-6, err_msg=what)
    with pytest.raises(ValueError, match="'2024' is no date such as"):  # which NumPy takes for a year
        space["predict"]([(3.0, "1", "2024")])
    frame = pd.DataFrame({"size": [3.0, 4.0], "grade": [1, 7], "when": [1.7e9, 1.71e9]})
    expected = model.predict_proba(frame.assign(when=pd.to_datetime(frame["when"], unit="s")))
    np.testing.assert_allclose(space["predict_proba"](frame), expected, rtol=0, atol=1e-6)


def test_python_takes_words_of_truth(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"size": rng.normal(3, 1, 90), "alone": rng.random(90) < 0.5})
    frame["y"] = np.where(frame["alone"], "a", "b")
    layers = [{"units": 2, "activation": "softmax"}]
    spec = {"model": {"loss": "cross_entropy", "layers": layers}, "optimizer": "adam", "training": {"epochs": 3}}
    model = zoo_core.train({**spec, "data": {"preprocessor": "table"}}, data=frame, target="y")
    zoo_core.export(model, tmp_path / "my class.py")
    space = {"__name__": "m"}
    exec((tmp_path / "my class.py").read_text(), space)
    assert "import_module('my class').predict" in space["__doc__"]
    for word in ("yes", " No ", "TRUE", "f", "1"):
        expected = model.predict_proba(np.array([(3.0, word)], object))
        np.testing.assert_allclose(space["predict_proba"]([(3.0, word)]), expected, rtol=0, atol=1e-6, err_msg=word)
    with pytest.raises(ValueError, match="maybe"):
        space["predict"]([(3.0, "maybe")])


def test_a_value_that_the_model_refuses_is_not_a_number(tmp_path):
    frame = table(200, 0).fillna({"age": 30.0})
    spec = {
        "data": {"preprocessor": PREPROCESSORS["known values"] | {"missing": "error"}},
        "model": {"loss": "cross_entropy", "layers": [{"units": 2, "activation": "softmax"}]},
        "optimizer": "adam",
        "training": {"epochs": 1},
    }
    model = zoo_core.train(spec, data=frame, target="y")
    x = numbers(model, frame)[:3].copy()
    x[0, 0], x[1, 3] = np.nan, -1
    found = evaluate(record_model(model), x)["probabilities"]
    np.testing.assert_array_equal(np.isnan(found).any(axis=1), [True, True, False])


def test_dates_of_all_centuries_have_their_year_and_month():
    from zoo_plugins.preprocessors.dates import FIRST, LAST, _year_and_month

    days = np.arange(FIRST // 86_400, LAST // 86_400 + 1, 7)
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    year, month = _year_and_month(days.astype(np.float64))
    np.testing.assert_array_equal(year, months // 12 + 1970)
    np.testing.assert_array_equal(month, months % 12)
