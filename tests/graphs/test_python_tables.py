"""The module that an export writes takes the same tables as the model: it gives the same answers, or an error."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pytest

import zoo_core

RNG = np.random.default_rng(0)
ROWS = 60
WHEN = pd.Timestamp("2024-01-01") + pd.to_timedelta(RNG.integers(0, 30_000_000, ROWS), unit="s")
FRAME = pd.DataFrame({
    "id": np.arange(ROWS),
    "size": np.where(RNG.random(ROWS) < 0.1, np.nan, RNG.normal(3, 1, ROWS)),
    "grade": RNG.choice(np.array(["1", "2", "7", None], object), ROWS),
    "flag": RNG.choice(np.array(["False", "True"], object), ROWS),
    "port": RNG.choice(np.array(["a", "B c"], object), ROWS),
    "when": WHEN.strftime("%d/%m/%Y"),
    "seen": WHEN,
    "alone": RNG.random(ROWS) < 0.5,
    "note": [f"note {i}" for i in range(ROWS)],
})  # fmt: skip
KINDS = {"id": "id", "note": "ignore", "grade": "category", "flag": "category", "port": "category", "when": "date_dmy",
         "seen": "date", "alone": "boolean"}  # fmt: skip
COLUMNS = ["size", "grade", "flag", "port", "when", "seen", "alone"]


def model_of(frame, preprocessor="table", **data):
    layers = [{"units": 2, "activation": "softmax"}]
    spec = {"data": {"preprocessor": preprocessor, **data}, "model": {"loss": "cross_entropy", "layers": layers},
            "optimizer": "adam", "training": {"epochs": 1}}  # fmt: skip
    return zoo_core.train(spec, data=frame.assign(y=np.arange(len(frame)) % 2), target="y")


def exported(model, folder):
    zoo_core.export(model, folder / "m.py")
    space = {"__name__": "m"}
    exec((folder / "m.py").read_text(encoding="utf-8"), space)
    return space


@pytest.fixture(scope="module", params=["ignore", "error"])
def both(request, tmp_path_factory):
    preprocessor = {"name": "table", "category": {"name": "one_hot", "unknown": request.param}}
    model = model_of(FRAME, preprocessor, columns=KINDS)
    return model, exported(model, tmp_path_factory.mktemp("m"))


def check(both, x, what=""):
    """Compare what a model and its export give; return whether they gave something."""
    model, space = both
    try:
        expected = model.predict_proba(x)
    except zoo_core.ZooError:
        with pytest.raises(ValueError, match=r"\w"):
            space["predict_proba"](x)
        return False
    np.testing.assert_allclose(space["predict_proba"](x), expected, rtol=0, atol=1e-6, err_msg=str(what))
    return True


VALUES = [
    None, np.nan, pd.NaT, pd.NA, "", " ", "NA", "?", "n/a", "None", "-", "7", "7.0", 7, 7.0, 7.5, "07", " 7 ",
    np.int8(2), np.float32(7), "TRUE", "true", True, False, np.bool_(True), 1, 0, "1", "0.0", "yes", "No", "zz", b"7",
    "B c", "b c", "31/01/2024", "01/31/2024", "5.1.24", "2024-01-05", "2024-01-05 10:30", "2024-01-05T10:30:00.999Z",
    "Jan 5, 2024", "5/1/2024 10:30:00,5 PM", "31/02/2024", "2024", "20240105", dt.date(2024, 1, 5),
    dt.datetime(2024, 1, 5, 10, 30, 1, 5), dt.datetime(2024, 1, 5, tzinfo=dt.timezone(dt.timedelta(hours=2))),
    np.datetime64("2024-01-05T10:30:00.123"), pd.Timestamp("2024-01-05 10:30", tz="UTC"), dt.time(1, 2), 1.7e9, "1.7e9",
    "- 5", "\u22125", "$5", "5%", "1_000", "inf", np.inf, "1e999", "\uff11", [1], 1j,
]  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS)
def test_each_value_is_taken_as_the_model_takes_it(both, column):
    row, taken = dict(FRAME[COLUMNS].iloc[0]), 0
    for value in VALUES:
        entries = np.empty((1, len(COLUMNS)), object)
        entries[0, :] = list((row | {column: value}).values())
        taken += check(both, entries, (column, value))
        check(both, [row | {column: value}], (column, value))
    assert 0 < taken < len(VALUES)


@pytest.mark.slow
@pytest.mark.parametrize("column", COLUMNS)
def test_each_value_in_a_list_and_in_a_frame_is_taken_as_the_model_takes_it(both, column):
    row = dict(FRAME[COLUMNS].iloc[0])
    for value in (value for value in VALUES if not isinstance(value, list)):
        entries = list((row | {column: value}).values())
        check(both, [entries], (column, value))
        check(both, pd.DataFrame({name: [entry] for name, entry in zip(COLUMNS, entries, strict=True)}), value)


def test_columns_are_matched_by_name_in_every_kind_of_table(both):
    frame = FRAME.drop(columns="seen").assign(seen=FRAME["seen"])[:20]
    lists = {name: [None if v is pd.NaT or v != v else v for v in frame[name].tolist()] for name in frame}
    for table in (
        frame,
        frame[frame.columns[::-1]],
        frame.convert_dtypes(),
        frame.astype({"grade": "category", "alone": "boolean"}),
        frame.assign(seen=frame["seen"].dt.tz_localize("Europe/Berlin")),
        frame.to_dict("list"),
        frame.to_dict("records"),
        frame.to_dict("records")[0],
        frame[COLUMNS].to_numpy(),
        frame[COLUMNS].to_numpy().tolist(),
        frame.drop(columns="seen").assign(seen="2024-01-05").astype(str).to_records(index=False),
        pl.DataFrame(lists),
        pl.DataFrame(lists)[:, ::-1].lazy(),
        pl.DataFrame(lists).with_columns(pl.col("grade").cast(pl.Categorical)),
    ):
        assert check(both, table, type(table))
    for table in (
        frame.drop(columns="size"),
        {"size": [1.0]},
        [{"size": 1.0}],
        np.zeros((1, 3)),
        np.zeros(7),
        "x",
        None,
    ):
        assert not check(both, table, type(table))
    with pytest.raises(ValueError, match=r"x lacks the columns \['size', 'port'\]; it has \['id', 'grade'"):
        both[1]["predict"](frame.drop(columns=["size", "port"]))


def test_numbers_are_places_and_seconds_and_others_are_refused(both):
    rows = np.array([[3.0, 0, 1, 1, 1.7e9, 1.6e9, 1], [np.nan, 1, 0, 1, 0, -1, 1], [3.0, 2, 0, 0, -5e8, 0, 0]])
    assert check(both, rows)
    assert check(both, rows.tolist())
    for at, value in ((0, np.inf), (1, 0.5), (1, 3), (2, -2), (6, 2), (4, -np.inf)):
        wrong = rows.copy()
        wrong[0, at] = value
        assert not check(both, wrong, (at, value))


def test_plain_numbers_with_names_are_matched_by_name_and_a_gap_is_refused(tmp_path):
    frame = pd.DataFrame(RNG.normal(0, 1, (40, 3)), columns=["a", "b", "c"])
    model = model_of(frame, "standard")
    made = model, exported(model, tmp_path)
    for table in (
        frame,
        frame[["c", "a", "b"]],
        frame.to_dict("list"),
        frame.to_numpy(),
        pl.DataFrame(frame.to_dict("list")),
    ):
        assert check(made, table)
    gap = frame.astype("Float64")
    gap.iloc[3, 1] = pd.NA
    assert not check(made, gap)
    assert not check(made, frame.assign(a=np.inf).to_numpy())
    assert not check(made, frame[["a", "b"]])
    with pytest.raises(ValueError, match=r"row 3 \(from 0\): an entry is missing"):
        made[1]["predict"](gap)


def test_the_code_of_a_table_is_to_be_read(tmp_path):
    model = model_of(FRAME, columns=KINDS)
    space = exported(model, tmp_path)
    text = (tmp_path / "m.py").read_text(encoding="utf-8")
    bias = model.network.state()["layers.0.bias"]
    assert space["ARRAYS"]["layers.0.bias"].tobytes() == bias.tobytes()
    assert f'"layers.0.bias": np.array([{bias[0]!s}, {bias[1]!s}], np.float32)' in text
    assert "base64" not in text  # all arrays are short
    assert "^" not in text  # the parts of a date are never negative in their period
