"""From Python, columns with names are matched by name, whoever made the frame; plain arrays keep their order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo_core
from zoo_core.errors import DataError
from zoo_core.model import Model

ROWS = np.random.default_rng(0).normal(size=(80, 3)).round(3)
KINDS = np.where(ROWS[:, 0] - ROWS[:, 2] > 0, "up", "down")
COLUMNS = {name: ROWS[:, i] for i, name in enumerate("abc")}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    folder = tmp_path_factory.mktemp("frames")
    text = "".join(f"{a},{b},{c},{kind}\n" for (a, b, c), kind in zip(ROWS.tolist(), KINDS, strict=True))
    (folder / "t.csv").write_text("a,b,c,kind\n" + text)
    data = {"name": "csv", "path": str(folder / "t.csv"), "target": "kind"}
    layers = [{"units": 2, "activation": "softmax"}]
    return zoo_core.train(
        {"data": data, "model": {"loss": "cross_entropy", "layers": layers}, "optimizer": "lbfgs"}, output=None
    )


def structured(columns: dict[str, Any]) -> Any:
    found = np.empty(len(ROWS), [(name, np.asarray(column).dtype) for name, column in columns.items()])
    for name, column in columns.items():
        found[name] = column
    return found


def pandas(columns: Any) -> Any:
    import pandas as pd

    return pd.DataFrame(columns)


def polars(columns: dict[str, Any]) -> Any:
    import polars as pl

    return pl.DataFrame(columns)


def lazy(columns: dict[str, Any]) -> Any:
    return polars(columns).lazy()


def records(columns: dict[str, Any]) -> Any:
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def row_by_row(model: Model, rows: list[Any]) -> Any:
    return np.concatenate([model.outputs(row) for row in rows])


FRAMES: list[Callable[[dict[str, Any]], Any]] = [dict, structured, pandas, polars, lazy, records]
MIXED = {"extra": KINDS.tolist(), "c": COLUMNS["c"], "a": COLUMNS["a"], "b": COLUMNS["b"]}


@pytest.mark.parametrize("frame", FRAMES)
def test_columns_are_matched_by_name(model: Model, frame: Any) -> None:
    x = frame(MIXED | {"extra": KINDS})
    np.testing.assert_array_equal(model.outputs(x), model.outputs(ROWS))
    assert model.predict(x).tolist() == model.predict(ROWS).tolist()
    np.testing.assert_array_equal(model.predict_proba(x), model.predict_proba(ROWS))
    assert model.evaluate(x, frame({"kind": KINDS})) == model.evaluate(ROWS, KINDS)


@pytest.mark.parametrize("frame", FRAMES)
def test_what_is_missing_is_named(model: Model, frame: Any) -> None:
    with pytest.raises(DataError, match=r"inputs lack 1 of the 3 columns of model .*: 'b'; name the columns as in"):
        model.predict(frame({"a": COLUMNS["a"], "c": COLUMNS["c"], "d": COLUMNS["b"]}))


@pytest.mark.parametrize("frame", FRAMES)
def test_text_in_a_column_that_is_needed_is_named(model: Model, frame: Any) -> None:
    with pytest.raises(DataError, match="inputs: column 'b' holds"):
        model.predict(frame(COLUMNS | {"b": KINDS}))


def test_a_frame_without_names_is_no_array_in_disguise(model: Model) -> None:
    with pytest.raises(DataError, match="inputs lack 3 of the 3 columns"):
        model.predict(pandas(ROWS))


def test_targets_whose_rows_have_another_order_are_refused(model: Model) -> None:
    x, y = pandas(COLUMNS), pandas({"kind": KINDS})["kind"]
    shuffled = y.sample(frac=1, random_state=0)
    for use in (model.evaluate, lambda x, y: zoo_core.train(model.spec, data=(x, y), output=None)):
        with pytest.raises(DataError, match=r"targets: the rows have another order .*: give \.loc\[x\.index\]"):
            use(x, shuffled)
    right = model.evaluate(x, y)
    assert model.evaluate(x, shuffled.loc[x.index]) == right
    assert model.evaluate(x, y.set_axis(range(100, 180))) == right  # other names tell nothing
    assert model.evaluate(x, y.to_numpy()) == right


def test_masked_values_are_no_values(model: Model) -> None:
    with pytest.raises(DataError, match="inputs have masked values; fill them first"):
        model.predict(np.ma.masked_greater(ROWS, 1))
    assert len(model.predict(np.ma.masked_greater(ROWS, 1e9))) == len(ROWS)


def test_series_are_targets_and_missing_values_are_named(model: Model) -> None:
    for frame in (pandas, polars):
        assert model.evaluate(ROWS, frame({"kind": KINDS})["kind"]) == model.evaluate(ROWS, KINDS)
        with pytest.raises(DataError, match="inputs hold nan in row 1, column 0"):
            model.predict(frame({"a": [1.0, None], "b": [1.0, 2.0], "c": [3, 4]}))
    with pytest.raises(DataError, match="targets have 2 columns: a, b; give the one with the labels"):
        model.evaluate(ROWS, {"a": KINDS, "b": KINDS})


@pytest.mark.parametrize("whole", ["Int64", "Float64", "int32", "boolean"])
def test_types_of_pandas(model: Model, whole: str) -> None:
    frame = pandas(COLUMNS | {"b": np.arange(len(ROWS)) % 2}).astype({"b": whole})
    x = ROWS.copy()
    x[:, 1] = np.arange(len(ROWS)) % 2
    np.testing.assert_array_equal(model.outputs(frame), model.outputs(x))


LABELS: dict[str, tuple[Any, list[Any]]] = {
    "objects": (np.array(["a", "b"], object), ["a", "b"]),
    "bytes": (np.array([b"a", b"b"]), ["a", "b"]),
    "booleans": (np.array([True, False]), [False, True]),
    "whole floats": (np.array([0.0, 255.0]), [0, 255]),
    "gaps": (np.array([-5, 7]), [-5, 7]),
    "codes": (np.array(["01", "02"]), ["01", "02"]),
    "texts of numbers": (np.array(["10", "9"]), [9, 10]),
}


def test_truth_of_any_spelling_is_one_label() -> None:
    from zoo_core.data.labels import LabelIndex

    for names in (("FALSE", "TRUE"), ("false", "true"), ("False", "True"), ("0", "1")):
        assert [LabelIndex(names).find(label) for label in ("True", "False", "yes")] == [1, 0, None]


@pytest.mark.parametrize("name", LABELS)
def test_labels_of_every_type_come_back_and_are_measured(tmp_path: Path, name: str) -> None:
    pair, expected = LABELS[name]
    y = pair[np.arange(80) % 2]
    x = np.where(np.arange(80) % 2, 1.0, -1.0)[:, None] + ROWS[:, :1] / 10
    np.savez(tmp_path / "t.npz", x=x, y=y.astype(str) if y.dtype.kind == "O" else y)
    spec = {
        "data": {"name": "npz", "path": str(tmp_path / "t.npz")},
        "model": {"loss": "cross_entropy", "layers": [{"units": 2, "activation": "softmax"}]}, "optimizer": "lbfgs",
    }  # fmt: skip
    model = zoo_core.train(spec)
    assert model.labels().tolist() == expected
    assert model.evaluate(x, y)["accuracy"] == 1
    assert model.evaluate(x, model.predict(x))["accuracy"] == 1
    assert model.evaluate(x, y.astype(object))["accuracy"] == 1
    with pytest.raises(DataError, match=r"label 'neither' is none of this model's classes"):
        model.evaluate(x[:1], ["neither"])
    with pytest.raises(DataError, match=r"row 0 .from 0. holds None; save whole numbers or names"):
        model.evaluate(x[:1], [None])


def test_a_single_row_may_be_a_mapping_with_the_names(model: Model) -> None:
    rows = [dict(zip("cba", row[::-1], strict=True)) for row in ROWS[:3].tolist()]
    np.testing.assert_allclose(row_by_row(model, rows), model.outputs(ROWS[:3]), rtol=1e-6)
    np.testing.assert_array_equal(model.predict({"kind": "up", **rows[0]}), model.predict(ROWS[:1]))


def test_a_row_that_lacks_a_name_is_refused(model: Model) -> None:
    with pytest.raises(DataError, match=r"row 1 \(from 0\) has no 'b', which row 0 has"):
        model.predict([{"a": 1.0, "b": 2.0, "c": 3.0}, {"a": 1.0, "c": 3.0}])


def test_a_row_without_its_table_says_how_to_keep_the_names(model: Model) -> None:
    row = pandas(COLUMNS)[["c", "b", "a"]].iloc[0]
    with pytest.raises(DataError, match=r"frame\.iloc\[\[0\]\], or row\.to_dict\(\), whose names are matched"):
        model.predict(row)
    with pytest.raises(DataError, match=r"for one row give \[x\]"):
        model.predict([1.0, 2.0, 3.0])
    with pytest.raises(DataError, match=r"for one row give x\[None, :\]"):
        model.predict(ROWS[0])
    np.testing.assert_array_equal(model.predict(row.to_dict()), model.predict(ROWS[:1]))
