"""Columns that are no numbers, and missing values: trained, saved, loaded, resumed; what does not fit is refused."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import zoo_core
from tests.helpers.plugins import registry_with
from zoo_core.errors import DataError, ModelFileError, PluginError, SpecError
from zoo_core.model import DataDescription
from zoo_core.parts import Column, Data, Dataset, Table
from zoo_core.runs import Output, prepare, prepare_resumed
from zoo_core.runs._checkpoint import write_checkpoint
from zoo_core.storage import read_model_file, write_model_file
from zoo_core.training import Interval
from zoo_core.training.events import SafePoint

COLUMNS = (
    Column("size"), Column("sort", "category", ("u", "v", "w", "z")), Column("on", "boolean"), Column("day", "date"),
)  # fmt: skip
rng = np.random.default_rng(0)
X = np.column_stack([
    rng.normal(size=240), rng.integers(0, 3, 240), rng.integers(0, 2, 240), rng.integers(0, 2**30, 240),
]).astype(float)  # fmt: skip
Y = (X[:, 0] + 2 * (X[:, 1] == 2) > 0.4).astype(int)
X[rng.random(X.shape) < 0.05] = np.nan
DATA = Data(Table(X, Y), class_names=("no", "yes"), columns=COLUMNS, preprocessor="table")
LAYERS = [{"units": 8, "activation": "relu"}, {"units": 2, "activation": "softmax"}]


def registry_of(data):
    @dataclass
    class Rows(Dataset):
        """Rows made by hand."""

        name = "rows"

        def load(self, folder):
            return data

    return registry_with(Rows)


def spec_for(registry, **data):
    plain = {"data": {"name": "rows", "validation": 0.2, "test": 0.2, **data},
             "model": {"loss": "cross_entropy", "layers": LAYERS},
             "optimizer": {"name": "adam", "learning_rate": 0.02}, "training": {"epochs": 20}}  # fmt: skip
    return zoo_core.Spec.parse(plain, registry)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    registry = registry_of(DATA)
    model = zoo_core.train(spec_for(registry), registry=registry)
    path = tmp_path_factory.mktemp("columns") / "rows.npz"
    model.save(path)
    return model, path, registry


def test_a_model_learns_from_categories_dates_and_gaps_and_comes_back_from_its_file(trained):
    model, path, registry = trained
    assert model.history[-1]["test_accuracy"] > 0.9
    loaded = zoo_core.load(path, registry)
    np.testing.assert_array_equal(loaded.outputs(X), model.outputs(X))
    assert loaded.preprocessor.columns == COLUMNS
    assert loaded.preprocessor.output_names() == model.preprocessor.output_names()
    assert loaded.about.feature_names == ["size", "sort", "on", "day"]


def test_a_model_of_columns_takes_missing_and_unknown_values_and_refuses_infinity(trained):
    model = trained[0]
    rows = np.array([[0, -1, 1, 1e9], [np.nan] * 4])
    assert np.isfinite(model.outputs(rows)).all()
    with pytest.raises(DataError, match=r"gives inf in the number .size., row 1"):
        model.predict(np.array([[0, 1, 1, 0], [np.inf, 1, 1, 0]]))


def test_a_missing_value_has_one_digest_whatever_its_bits(trained):
    model, _, registry = trained
    other = X.copy()
    other[np.isnan(other)] = -np.float64(np.nan)
    assert other.tobytes() != X.tobytes()
    registry = registry_of(replace(DATA, train=Table(other, Y)))
    again = zoo_core.train(spec_for(registry), registry=registry)
    assert again.about.data_sha256 == model.about.data_sha256
    np.testing.assert_array_equal(again.training_rows.hashes, model.training_rows.hashes)
    assert model.training_rows.shared_with(Table(other, Y)) == model.training_rows.shared_with(Table(X, Y))
    np.testing.assert_array_equal(again.outputs(X), model.outputs(X))


def test_a_model_without_columns_writes_no_key_for_them():
    model = zoo_core.train(zoo_core.read_spec("glyphs-quickstart", ["training.epochs=1"]))
    assert "columns" not in model.header()["about"]


@pytest.mark.parametrize(
    ("preprocessor", "columns", "told"),
    [
        ("standard", COLUMNS, "'standard', which takes numbers alone, and column 'sort' is a category; .*'table'"),
        ("standard", [Column(c.name) for c in COLUMNS], "column 'day' has no value in row 0 .*'table'"),
    ],
)
def test_a_preprocessor_of_numbers_is_refused_for_other_columns(preprocessor, columns, told):
    registry = registry_of(replace(DATA, columns=columns))
    with pytest.raises(SpecError, match=told):
        zoo_core.train(spec_for(registry, preprocessor=preprocessor), registry=registry)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (COLUMNS[:3], "describes 3 columns of 4"),
        ((*COLUMNS[:3], Column("size")), "two columns of one name"),
        ((*COLUMNS[:3], Column("day", "time")), "the kind 'time'"),
        ((Column("size", "number", ("a",)), *COLUMNS[1:]), "a number, categories"),
        ((COLUMNS[0], Column("sort", "category", ("u", "u", "v")), *COLUMNS[2:]), "a category twice"),
        ((COLUMNS[0], Column("sort", "category", ("u", "v")), *COLUMNS[2:]), "gives 2 in the category 'sort'"),
        ((Column("size", "boolean"), *COLUMNS[1:]), "in the boolean 'size', row 0"),
    ],
)
def test_columns_that_do_not_describe_the_rows_name_the_data_set(columns, told):
    registry = registry_of(replace(DATA, columns=columns))
    with pytest.raises(PluginError, match=f"dataset 'rows'.*{told}"):
        zoo_core.train(spec_for(registry), registry=registry)


def change_about(columns):
    def change(header, arrays):
        header["about"]["columns"] = columns(header["about"]["columns"])

    return change


def change_array(name, value):
    def change(header, arrays):
        arrays[f"preprocessor.{name}"] = value(arrays[f"preprocessor.{name}"])

    return change


@pytest.mark.parametrize(
    "change",
    [
        change_about(lambda c: c[:2]),
        change_about(lambda c: [*c[:3], {**c[3], "kind": "moment"}]),
        change_about(lambda c: [{**c[0], "categories": ["a"]}, *c[1:]]),
        change_about(lambda c: [*c[:1], {**c[1], "categories": ["u", "u"]}, *c[2:]]),
        change_about(lambda c: [*c[:1], {**c[1], "categories": ["u" * 1001]}, *c[2:]]),
        change_about(lambda c: [*c[:1], {**c[1], "name": "other"}, *c[2:]]),
        change_about(lambda c: [*c[:1], {**c[1], "kind": "number", "categories": []}, *c[2:]]),
        change_about(lambda c: [*c[:3], {**c[3], "colour": "red"}]),
        change_array("fill", lambda a: a[:1]),
        change_array("kept", lambda a: a + 5),
        change_array("kept", lambda a: a[::-1].copy()),
        change_array("flagged", lambda a: np.array([99])),
        change_array("category.sizes", lambda a: a + 1),
        change_array("category.sizes", lambda a: -a),
        change_array("category.values", lambda a: a[1:]),
        change_array("category.missing", lambda a: np.append(a, a)),
        change_array("date.kept", lambda a: a * 9),
        change_array("date.scale", lambda a: a[:, :1]),
        change_array("number.shift", lambda a: np.append(a, a)),
    ],
)  # fmt: skip
def test_a_file_whose_columns_do_not_fit_is_refused(trained, tmp_path, change):
    _, path, registry = trained
    contents = read_model_file(path)
    header, arrays = contents.header, dict(contents.arrays)
    change(header, arrays)
    write_model_file(tmp_path / "odd.npz", header, arrays)
    with pytest.raises(ModelFileError):
        zoo_core.load(tmp_path / "odd.npz", registry)


def test_a_run_with_columns_goes_on_as_if_it_had_never_stopped(trained, tmp_path):
    model, _, registry = trained
    trainer = prepare(spec_for(registry), registry=registry)
    for event in trainer.events(Interval(steps=1)):
        if isinstance(event, SafePoint) and trainer.optimizer.steps >= 13:
            write_checkpoint(trainer, Output(tmp_path / "m.npz").checkpoint_path(15))
            break
    resumed = prepare_resumed(Output(tmp_path / "m.npz"), None, registry)
    list(resumed.events())
    np.testing.assert_array_equal(resumed.model.outputs(X), model.outputs(X))


def test_a_rule_that_refuses_unknown_categories_is_no_fault_of_the_file(tmp_path):
    columns = (COLUMNS[0], Column("sort", "category", ("never", "u", "v", "w")), *COLUMNS[2:])
    registry = registry_of(replace(DATA, train=Table(X + np.eye(4)[1], Y), columns=columns))
    rule = {"name": "table", "category": {"name": "one_hot", "unknown": "error"}}
    zoo_core.train(spec_for(registry, preprocessor=rule), registry=registry).save(tmp_path / "m.npz")
    model = zoo_core.load(tmp_path / "m.npz", registry)
    sorts = ["u", "v", "never", "w"]
    with pytest.raises(
        DataError, match=r"row 2 \(from 0\): column 'sort' has the value 'never' that no training row has"
    ):
        model.predict({"size": [1.0] * 4, "sort": sorts, "on": [True] * 4, "day": ["2020-01-01"] * 4})


def test_a_model_is_trained_further_with_its_own_codes(trained):
    _, path, registry = trained
    columns = (COLUMNS[0], Column("sort", "category", ("a", "u", "v", "w")), *COLUMNS[2:])  # other codes, no "z"
    other = registry_of(replace(DATA, train=Table(X + np.eye(4)[1], Y), columns=columns))
    start = {"start_from": path}
    again = zoo_core.train(spec_for(other), registry=other, **start)
    same = zoo_core.train(spec_for(registry), registry=registry, **start)
    np.testing.assert_array_equal(again.outputs(X), same.outputs(X))
    assert again.about.described_columns == COLUMNS
    plain = registry_of(replace(DATA, train=Table(np.nan_to_num(X), Y), columns=()))
    with pytest.raises(DataError, match="the model does, and the data does not"):
        zoo_core.train(spec_for(plain), registry=plain, **start)


def test_labels_need_their_names_in_a_file() -> None:
    with pytest.raises(ValueError, match="target_names are missing: they name the labels"):
        DataDescription(inputs=2, task="multilabel")
    assert DataDescription(inputs=2, task="multilabel", target_names=["a", "b"]).task == "multilabel"
