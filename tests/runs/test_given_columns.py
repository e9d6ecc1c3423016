"""A frame with texts, dates and gaps is trained on as it is; the model takes such frames again."""

import numpy as np
import pandas as pd
import pytest

import zoo_core
from tests.helpers.frames import polars_frame
from zoo_core.errors import DataError, SpecError

ROWS = 120
rng = np.random.default_rng(2)
AGE = rng.normal(30, 10, ROWS).round(1)
FRAME = pd.DataFrame({
    "sex": rng.choice(["f", "m"], ROWS), "age": np.where(rng.random(ROWS) < 0.1, np.nan, AGE),
    "alone": rng.choice(["yes", "no"], ROWS), "day": [f"2020-03-{i % 28 + 1:02}" for i in range(ROWS)],
    "port": rng.choice(["S", "C", None], ROWS), "sold": rng.random(ROWS) < 0.5,
})  # fmt: skip
FRAME["y"] = np.where((FRAME.sex == "f") & (AGE > 20), "in", "out")
KINDS = {"sex": "category", "age": "number", "alone": "boolean", "day": "date", "port": "category", "sold": "boolean"}
LAYERS = [{"units": 8, "activation": "relu"}, {"units": 2, "activation": "softmax"}]
SPEC = {
    "model": {"loss": "cross_entropy", "layers": LAYERS},
    "optimizer": {"name": "adam", "learning_rate": 0.02}, "training": {"epochs": 15},
}  # fmt: skip


def kinds(model):
    return {column.name: column.kind for column in model.about.described_columns}


@pytest.mark.parametrize(
    "form",
    [lambda f: f, polars_frame, lambda f: f.assign(day=pd.to_datetime(f.day)), lambda f: f.to_dict("list")],
)
def test_a_frame_of_texts_is_learnt_from(form, tmp_path):
    model = zoo_core.train(SPEC, data=form(FRAME), target="y", output=tmp_path / "m.npz")
    assert kinds(model) == KINDS
    model = zoo_core.load(tmp_path / "m.npz")
    assert (model.predict(form(FRAME.drop(columns="y"))) == FRAME.y).mean() > 0.9
    assert model.predict(FRAME.drop(columns="y").iloc[:2].assign(sex="x", age=None)).shape == (2,)


def test_the_bits_are_those_of_the_file(tmp_path):
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    data = {"name": "csv", "path": str(tmp_path / "t.csv"), "columns": KINDS}
    from_file = zoo_core.train(SPEC | {"data": data})
    given = zoo_core.train(SPEC, data=FRAME, target="y")
    np.testing.assert_array_equal(from_file.outputs(FRAME), given.outputs(FRAME))


def test_kinds_can_be_told_and_columns_left_out():
    data = {"columns": {"port": "ignore", "name": "id", "age": "category"}}
    frame = FRAME.assign(name=[f"n{i}" for i in range(ROWS)])
    model = zoo_core.train(SPEC | {"data": data}, data=frame, target="y")
    assert kinds(model) == {
        name: "category" if name == "age" else kind for name, kind in KINDS.items() if name != "port"
    }


@pytest.mark.parametrize("rest", [{"test": "110:", "train": ":110"}, {"validation": "110:", "train": ":110"}])
def test_a_category_that_training_rows_lack_is_named_before_training_where_it_is_refused(rest):
    frame = FRAME.assign(port=["new" if row == 112 else port for row, port in enumerate(FRAME.port)])
    rule = {"preprocessor": {"name": "table", "category": {"name": "one_hot", "unknown": "error"}}}
    split = next(iter(rest))
    with pytest.raises(DataError, match=rf"data.{split}: row 112 \(from 0\), column 'port': 'new' is a text that no"):
        zoo_core.prepare(SPEC | {"data": rule | rest}, data=frame, target="y")
    assert zoo_core.prepare(SPEC | {"data": rule | rest}, data=FRAME, target="y").model.preprocessor.refuses_unknown


def test_validation_rows_may_have_other_categories():
    train, validation = FRAME.iloc[:90], FRAME.iloc[90:].assign(port="new")
    model = zoo_core.train(SPEC, data={"train": train, "validation": validation}, target="y")
    assert model.about.described_columns[4].categories == ("C", "S", "new")
    assert [name for name in model.preprocessor.output_names() if "port" in name] == ["port=C", "port=S", "port=?"]


@pytest.mark.parametrize(
    ("frame", "spec", "error", "told"),
    [
        (
            FRAME.assign(name=[f"n{i}" for i in range(ROWS)]),
            {},
            DataError,
            "column 'name' has 120 different texts in 120",
        ),
        (FRAME, {"columns": {"sax": "category"}}, DataError, "no column 'sax'; did you mean 'sex'"),
        (FRAME, {"preprocessor": "standard"}, SpecError, "'standard', which takes numbers alone, and column 'sex'"),
        (FRAME, {"columns": {"sex": "number"}}, DataError, r"column 'sex', row 0 \(from 0\): '.' is no number"),
        (FRAME.assign(sex=[[1]] * ROWS), {}, DataError, r"column 'sex', row 0 \(from 0\): list \[1\] is neither"),
    ],
)
def test_what_no_model_can_take_is_said(frame, spec, error, told):
    with pytest.raises(error, match=told):
        zoo_core.train(SPEC | ({"data": spec} if spec else {}), data=frame, target="y")
