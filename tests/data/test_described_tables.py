"""Text tables with categories, booleans, dates and gaps become the numbers that their columns say, on every road."""

import io
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import zoo_core
from tests.helpers.frames import polars_frame
from zoo_core.data import DataFolder
from zoo_core.data.readers.date_orders import fitting_orders, likely_order
from zoo_core.data.readers.dates import read_date
from zoo_core.data.readers.inputs import read_inputs
from zoo_core.errors import DataError
from zoo_core.parts import Column
from zoo_core.registry import Registry
from zoo_core.runs import evaluation_rows
from zoo_plugins.datasets.tables import Csv

NAN = np.nan
HEAD = "id,sex,age,alone,joined,class\n"
KINDS = {"id": "id", "sex": "category", "alone": "boolean", "joined": "date"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(text, test=None, **options):
    """Return the data of a table."""
    Path("t.csv").write_text(text)
    if test is not None:
        Path("test.csv").write_text(test)
        options["test_path"] = "test.csv"
    return Csv("t.csv", **{"columns": KINDS, **options}).load(DataFolder.open("."))


def seconds(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


def test_each_kind_of_column_becomes_its_numbers():
    data = load(HEAD + "7,m,3.5,TRUE,2020-02-29,a\n8,f,,no,2020-01-01 06:30,b\n9,?,1e2,,NA,a\n")
    assert data.columns == (
        Column("sex", "category", ("f", "m")), Column("age"), Column("alone", "boolean"), Column("joined", "date"),
    )  # fmt: skip
    np.testing.assert_array_equal(
        data.train.x,
        [[1, 3.5, 1, seconds(2020, 2, 29)], [0, NAN, 0, seconds(2020, 1, 1, 6, 30)], [NAN, 100, NAN, NAN]],
    )
    assert (data.preprocessor, data.class_names, data.feature_names) == (
        "table",
        ("a", "b"),
        ("sex", "age", "alone", "joined"),
    )
    assert data.train.y.tolist() == [0, 1, 0]


def test_rows_without_a_target_are_left_out_and_counted_and_weights_stand_beside_targets():
    text = "y,w,c\n1,1,u\n,2,v\n3,0.5,w\nNA,1,u\n"
    with pytest.warns(UserWarning, match=r"2 row\(s\) without a target are left out; the first is line 3"):
        data = load(text, target="y", task="regression", weights="w", columns={"c": "category"})
    assert (data.train.x.tolist(), data.columns[0].categories) == ([[0], [1]], ("u", "w"))
    assert (data.train.y.tolist(), data.train.weights.tolist()) == ([[1], [3]], [1, 0.5])
    with pytest.raises(DataError, match=r"line 3, column 'w': the row has no weight"):
        load("y,w,c\n1,1,u\n2,,v\n", target="y", task="regression", weights="w", columns={"c": "category"})


def test_a_test_file_shares_the_categories():
    data = load(HEAD + "1,m,1,yes,2020-01-01,a\n2,f,1,no,2020-01-02,b\n", HEAD + "3,x,1,yes,2020-01-01,a\n")
    assert data.columns[0].categories == ("f", "m", "x")
    assert (data.train.x[:, 0].tolist(), data.test.x[:, 0].tolist()) == ([1, 0], [2])


def test_a_test_file_may_lack_columns_that_are_left_out():
    data = load(HEAD + "1,m,1,yes,2020-01-01,a\n", "sex,age,alone,joined,class\nm,1,yes,2020-01-01,a\n")
    assert data.test.x.tolist() == data.train.x.tolist()


def test_a_table_without_a_header_names_its_columns_by_their_index():
    data = load("m,1,a\nf,,b\n", header=False, columns={"0": "category"})
    assert [column.name for column in data.columns] == ["0", "1"]
    np.testing.assert_array_equal(data.train.x, [[1, 1], [0, NAN]])


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("1,m,old,yes,2020-01-01,a", "line 3, column 'age': 'old' is text, not a number"),
        ("1,m,1,maybe,2020-01-01,a", "line 3, column 'alone': 'maybe' is not true or false"),
        ("1,m,1,yes,2020-02-30,a", "line 3, column 'joined': '2020-02-30' is no date such as 2026-01-31"),
        ("1,m,1,yes,3/4/2020,a", "line 3, column 'joined': '3/4/2020' is no date"),
        ("1,m,inf,yes,2020-01-01,a", "line 3, column 'age'"),
    ],
)
def test_a_value_that_does_not_fit_its_column_is_named_with_its_line(row, told):
    with pytest.raises(DataError) as error:
        load(f"{HEAD}0,f,2,no,2020-01-01,b\n{row}\n")
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"columns": {"idd": "ignore"}}, "there is no column 'idd'; did you mean 'id'"),
        ({"columns": {"sax": "category"}}, "no column 'sax'; did you mean 'sex'"),
        ({"columns": {}}, "column 'sex': 'm' is text, not a number"),
        (
            {"columns": dict.fromkeys(["id", "sex", "age", "alone", "joined"], "ignore")},
            "leaves no column to learn from",
        ),
        ({"features": ["age", "age"]}, "'age' is named twice|is named twice"),
    ],
)
def test_columns_that_cannot_be_are_refused(options, told):
    with pytest.raises(DataError, match=told):
        load(HEAD + "1,m,1,yes,2020-01-01,a\n2,f,1,no,2020-01-02,b\n", **options)


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2020-02-29", "", (2020, 2, 29)), ("2020/2/9", "", (2020, 2, 9)), ("1931.12.01", "", (1931, 12, 1)),
        ("2021-03", "", (2021, 3, 1)), ("2021-03-04T05:06:07Z", "", (2021, 3, 4, 5, 6, 7)),
        ("2021-03-04 05:06:07.25", "", (2021, 3, 4, 5, 6, 7, 250_000)),
        ("2021-03-04 05:06+02:00", "", (2021, 3, 4, 3, 6)),
        ("2021-03-04 05:06 -0130", "", (2021, 3, 4, 6, 36)), ("31/1/2020", "dmy", (2020, 1, 31)),
        ("31.01.69", "dmy", (1969, 1, 31)), ("1.2.68", "dmy", (2068, 2, 1)),
        ("1/31/2020 12:05 AM", "mdy", (2020, 1, 31, 0, 5)),
        ("1/31/2020, 1:05 p.m.", "mdy", (2020, 1, 31, 13, 5)), ("2020-02-30", "", None), ("31/1/2020", "", None),
        ("31/1/2020", "mdy", None), ("20200131", "", None), ("2020-01/31", "", None),
        ("1/31/2020 13:05 PM", "mdy", None),
        ("2020-01-31 25:00", "", None), ("", "", None), ("12:30", "", None), ("0000-01-01", "", None),
        ("2020-01-011", "", None), ("1/2/20201", "dmy", None),
    ],
)  # fmt: skip
def test_a_date_is_the_instant_that_python_computes(text, order, expected):
    assert read_date(text, order) == (None if expected is None else seconds(*expected))


@pytest.mark.parametrize(
    ("texts", "orders", "likely"),
    [
        (["2020-01-02", "2020-01-03 10:00"], [""], ""), (["13/1/2020", "1/2/2020"], ["dmy"], "dmy"),
        (["1/13/2020"], ["mdy"], "mdy"), (["1/1/2020", "2/1/2020"], ["dmy", "mdy"], "mdy"),
        (["1/1/2020", "1/2/2020"], ["dmy", "mdy"], "dmy"), (["3.4.2020", "5.6.2020"], ["dmy", "mdy"], "dmy"),
        (["3/4/2020", "5/6/2020"], ["dmy", "mdy"], "mdy"), (["13/1/2020", "1/13/2020"], [], None), ([], [], None),
    ],
)  # fmt: skip
def test_the_order_of_dates_is_found(texts, orders, likely):
    assert fitting_orders(texts) == orders
    assert not orders or likely_order(texts, orders) == likely


# ------------------------------------------------------------------ a model of such a table


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A model and its table, as text."""
    folder = tmp_path_factory.mktemp("people")
    rng, lines = np.random.default_rng(1), []
    for i in range(300):
        sex, sort, age = rng.choice(["male", "female"]), int(rng.integers(1, 4)), rng.normal(30, 12)
        day = f"19{rng.integers(10, 13)}-{rng.integers(1, 13):02}-{rng.integers(1, 29):02}"
        yes = (sex == "female") * 2.5 - (sort - 2) * 1.2 - (age - 30) / 30 + rng.normal(0, 0.3) > 0.8
        shown = "" if rng.random() < 0.2 else f"{age:.1f}"
        place = rng.choice(["S", "C", "NA"])
        lines.append(f'{i},"N, {i}",{sex},{sort},{shown},{place},{rng.random() < 0.5},{day},{"yes" if yes else "no"}')
    text = "id,name,sex,sort,age,place,alone,day,alive\n" + "\n".join(lines) + "\n"
    (folder / "t.csv").write_text(text)
    kinds = {"id": "id", "name": "ignore", "day": "date", "alone": "boolean"}
    kinds |= dict.fromkeys(("sex", "sort", "place"), "category")
    layers = [{"units": 16, "activation": "relu"}, {"units": 2, "activation": "softmax"}]
    spec = {
        "data": {"name": "csv", "path": str(folder / "t.csv"), "columns": kinds, "train": 0.7, "test": 0.3},
        "model": {"loss": "cross_entropy", "layers": layers},
        "optimizer": {"name": "adam", "learning_rate": 0.01}, "training": {"epochs": 30},
    }  # fmt: skip
    model = zoo_core.train(zoo_core.Spec.parse(spec))
    model.save(folder / "t.npz")
    return zoo_core.load(folder / "t.npz"), text


def read_rows(model, text):
    about = model.about
    form = about.inputs, about.feature_names, None, "t.csv", model.data_options
    rows, _ = read_inputs(io.BytesIO(text.encode()), *form, about.described_columns, True)
    return rows


def test_a_table_with_categories_and_gaps_is_learnt(trained):
    assert trained[0].history[-1]["test_accuracy"] > 0.85


FRAMES = {
    "pandas": lambda f: f,
    "polars": polars_frame,
    "polars dates": lambda f: polars_frame(f).with_columns(pl.col("day").str.to_date()),
    "dates": lambda f: f.assign(day=pd.to_datetime(f.day)),
    "zones": lambda f: f.assign(day=pd.to_datetime(f.day).dt.tz_localize("UTC")),
    "categories": lambda f: f.assign(sex=f.sex.astype("category")),
    "objects": lambda f: f.astype(object),
    "python dates": lambda f: f.assign(day=[date.fromisoformat(day) for day in f.day]),
    "nullable": lambda f: f.convert_dtypes(),
    "mapping": lambda f: f.to_dict("list"),
    "rows": lambda f: f.to_dict("records"),
    "structured": lambda f: f.to_records(index=False),
    "floats": lambda f: f.assign(sort=f.sort.astype(float), alone=f.alone.astype(int)),
    "texts": lambda f: f.astype(str).replace("nan", "NA"),
    "reversed": lambda f: f[list(f)[::-1]],
    "array": lambda f: f[["sex", "sort", "age", "place", "alone", "day"]].to_numpy(),
    "lists": lambda f: f[["sex", "sort", "age", "place", "alone", "day"]].values.tolist(),
}


@pytest.mark.parametrize("form", FRAMES)
def test_a_frame_in_any_form_is_what_the_file_is(trained, form):
    model, text = trained
    frame = pd.read_csv(io.StringIO(text))
    expected = model.outputs(read_rows(model, text))
    np.testing.assert_array_equal(model.outputs(FRAMES[form](frame)), expected)


def test_a_frame_is_evaluated_and_a_row_predicted_by_their_names(trained):
    model, text = trained
    frame = pd.read_csv(io.StringIO(text))
    right = (model.predict(frame) == frame.alive).mean()
    assert model.evaluate(frame, frame.alive)["accuracy"] == pytest.approx(right)
    assert model.predict(frame.iloc[3].to_dict()).tolist() == [model.predict(frame)[3]]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"alone": "maybe"}, r"column 'alone', row 1 \(from 0\): 'maybe' is not true or false"),
        ({"day": "soon"}, r"column 'day', row 1 \(from 0\): 'soon' is no date"),
        ({"age": "x"}, r"column 'age', row 1 \(from 0\): 'x' is no number"),
        ({"age": np.inf}, r"column 'age', row 1 \(from 0\): 'inf' is no number"),
        ({"sex": [1, 2]}, r"column 'sex', row 1 \(from 0\): list \[1, 2\] is neither number, text nor date"),
    ],
)
def test_a_value_of_a_frame_that_does_not_fit_is_named_with_its_row(trained, change, told):
    model, text = trained
    rows = pd.read_csv(io.StringIO(text)).to_dict("records")[:3]
    rows[1] |= change
    with pytest.raises(DataError, match=told):
        model.predict({name: np.array([row[name] for row in rows] + [None], object)[:-1] for name in rows[0]})


def test_an_array_of_numbers_holds_codes_which_are_checked(trained):
    model, text = trained
    x = read_rows(model, text)
    np.testing.assert_array_equal(model.outputs(x), model.outputs(pd.read_csv(io.StringIO(text))))
    x[4, 0] = 2
    with pytest.raises(DataError, match="gives 2 in the category 'sex', row 4"):
        model.predict(x)


def test_unknown_categories_count_as_none_and_columns_of_no_use_may_lack(trained):
    model, _ = trained
    head = "day,alone,place,age,sort,sex\n"
    rows = read_rows(model, head + "1912-01-01,yes,Mars,,9,alien\n")
    np.testing.assert_array_equal(rows[0, [0, 1, 3]], [-1, -1, -1])
    assert np.isnan(rows[0, 2])
    assert model.predict(rows).tolist() in (["yes"], ["no"])


def test_another_file_is_evaluated_with_the_codes_of_the_model(trained, folder):
    model, text = trained
    lines = text.splitlines()
    own = [line.replace(",male,", ",zebra,") for line in lines[:40]]
    own = [line for line in own if "female" not in line]  # the file lacks categories, and has another one
    (folder / "new.csv").write_text("\n".join(own) + "\n")
    rows = evaluation_rows(model, "test", DataFolder.open("."), Registry(), "new.csv")
    expected = pd.read_csv("new.csv")
    np.testing.assert_array_equal(model.outputs(rows.table.x), model.outputs(expected))
    assert rows.table.y.tolist() == [["no", "yes"].index(alive) for alive in expected.alive]


def test_gaps_are_refused_with_their_line_where_the_preprocessor_takes_none(folder):
    (folder / "t.csv").write_text("a,b,y\n" + "".join(f"{i},{i * i % 7},{'uv'[i % 2]}\n" for i in range(20)))
    layers = [{"units": 2, "activation": "softmax"}]
    spec = {
        "data": {"name": "csv", "path": "t.csv", "columns": {}, "preprocessor": "standard"},
        "model": {"loss": "cross_entropy", "layers": layers}, "optimizer": "sgd", "training": {"epochs": 1},
    }  # fmt: skip
    model = zoo_core.train(zoo_core.Spec.parse(spec))
    about = model.about
    form = about.inputs, about.feature_names, None, "new.csv", {}, about.described_columns
    with pytest.raises(DataError, match=r"new.csv: line 3, column 'b': a value is missing; fill it in"):
        read_inputs(io.BytesIO(b"b,a\n1,2\n,3\n"), *form, model.preprocessor.wants_columns)
    with pytest.raises(DataError, match="inputs hold nan in row 0, column 1"):
        model.predict({"a": [1.0], "b": [None]})
