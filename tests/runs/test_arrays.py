"""Training on arrays, frames and `Data` that a caller gives, and using such a model anywhere."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

import zoo_core
from tests.helpers.specs import merged
from zoo_core.data import DataFolder, Origin
from zoo_core.errors import DataError, SpecError, UsageError
from zoo_core.model.evaluation import evaluate_table
from zoo_core.parts import Data, Table
from zoo_core.runs import evaluation_rows

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 4))
Y = (X[:, 0] > 0).astype(int) + (X[:, 1] > 1)
CLASSIFIER = {
    "model": {"loss": "cross_entropy", "layers": [{"units": 3, "activation": "softmax"}]},
    "optimizer": "adam",
    "training": {"epochs": 2},
}
REGRESSION = {"model": {"loss": "mse", "layers": [{"units": 1}]}, "optimizer": "sgd", "training": {"epochs": 1}}


def spec(**changes):
    return merged(CLASSIFIER, changes)


def weights(model):
    return {name: array.copy() for name, array in model.network.state().items()}


def assert_same(one, other):
    mine, theirs = weights(one), weights(other)
    assert mine.keys() == theirs.keys()
    for name, array in mine.items():
        np.testing.assert_array_equal(array, theirs[name])


@pytest.fixture(scope="module")
def from_file(tmp_path_factory):
    """The model that a run on a file of the same arrays gives: the reference."""
    path = tmp_path_factory.mktemp("data") / "d.npz"
    np.savez(path, x=X, y=Y)
    return zoo_core.train(spec(data={"name": "npz", "path": str(path), "validation": 0.2}))


@pytest.mark.parametrize(
    "data",
    [
        (X, Y),
        [X, Y],
        (X.tolist(), Y.tolist()),
        (X.astype(object), Y.astype(object)),
        {"x": X, "y": Y},
        {"train": (X, Y)},
        {"train": {"x": X, "y": Y[:, None]}},
        Table(X, Y),
        (X, pd.Series(Y, dtype="category")),
        (pd.DataFrame(X), pl.Series(Y)),
        Data(Table(X, Y), class_names=("0", "1", "2"), preprocessor="standard"),
    ],
)
def test_arrays_in_any_form_train_the_model_of_a_file_that_holds_them(data, from_file):
    model = zoo_core.train(spec(data={"name": "arrays", "validation": 0.2}), data=data)
    assert_same(model, from_file)
    assert model.about.data_sha256 == from_file.about.data_sha256
    np.testing.assert_array_equal(model.training_rows.hashes, from_file.training_rows.hashes)
    np.testing.assert_array_equal(model.predict(X), from_file.predict(X))


def frames():
    columns = {"a": X[:, 0], "b": X[:, 1], "kind": np.array(["low", "mid", "top"])[Y], "c": X[:, 2], "d": X[:, 3]}
    yield pd.DataFrame(columns)
    yield pl.DataFrame(columns)
    yield pl.LazyFrame(columns)
    yield columns


@pytest.mark.parametrize("frame", list(frames()), ids=lambda frame: type(frame).__name__)
def test_a_frame_is_divided_by_its_target(frame, from_file):
    model = zoo_core.train(spec(data={"validation": 0.2, "name": "arrays"}), data=frame, target="kind")
    assert_same(model, from_file)
    assert model.about.feature_names == ["a", "b", "c", "d"]
    assert set(model.predict(frame)) <= {"low", "mid", "top"}
    assert model.evaluate(frame) == model.evaluate(X, np.array(["low", "mid", "top"])[Y])
    by_place = zoo_core.train(spec(data={"name": "arrays", "target": 2, "validation": 0.2}), data=frame)
    assert_same(by_place, from_file)


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        (np.array(["no", "yes"]), ["no", "yes"]),
        (np.array([b"no", b"yes"]), ["no", "yes"]),
        (np.array([False, True]), [False, True]),
        (np.array([-5, 700]), [-5, 700]),
        (np.array([2.0, 4.0]), [2, 4]),
        (np.array(["b", 3], object), ["3", "b"]),
        (np.array([0, 255], np.uint8), [0, 255]),
        (np.array(["no", "yes"], getattr(np.dtypes, "StringDType", lambda: "U3")()), ["no", "yes"]),
    ],
)  # fmt: skip
def test_labels_of_any_kind_are_learnt_and_predicted(labels, classes):
    two = {"layers": [{"units": 2, "activation": "softmax"}]}
    codes = (X[:, 0] > 0).astype(int)
    model = zoo_core.train(
        spec(model=two, optimizer={"name": "adam", "learning_rate": 0.1}, training={"epochs": 9}),
        data=(X, labels[codes]),
    )
    assert model.labels().tolist() == classes
    assert model.evaluate((X, labels[codes]))["accuracy"] > 0.9
    assert set(model.predict(X).tolist()) == set(classes)


def test_splits_that_are_given_are_those_of_the_same_rows_in_one_array():
    apart = {"train": (X[:50], Y[:50]), "validation": (X[50:70], Y[50:70]), "test": (X[70:], Y[70:])}
    model = zoo_core.train(spec(), data=apart)
    slices = {"name": "arrays", "train": ":50", "validation": "50:70", "test": "70:"}
    other = zoo_core.train(spec(data=slices), data=(X, Y))
    assert_same(model, other)
    assert model.history == other.history
    assert model.spec.data.validation == "50:"
    with pytest.raises(UsageError, match="validation rows are given apart"):
        zoo_core.train(spec(data={"name": "arrays", "validation": 0.2}), data=apart)
    with pytest.raises(UsageError, match="test rows are given apart"):
        zoo_core.train(spec(data={"name": "arrays", "test": 0.2}), data=apart)


def test_a_regression_is_told_by_its_loss_and_takes_weights():
    y = X @ [1.0, 2, 3, 4]
    w = np.r_[np.ones(45), np.zeros(45)]
    weighted = zoo_core.train(merged(REGRESSION, {"training": {"shuffle": False, "batch_size": 45}}), data=(X, y, w))
    only = {"data": {"name": "arrays", "preprocessor": weighted.spec.to_dict()["data"]["preprocessor"]}}
    assert weighted.about.task == "regression"
    assert weighted.evaluate((X, y, w))["loss"] == pytest.approx(weighted.evaluate(X[:45], y[:45])["loss"], rel=1e-5)
    assert zoo_core.train(merged(REGRESSION, only), data={"x": X, "y": y[:, None]}).predict(X).shape == (90,)
    frame = pd.DataFrame({"p": X[:, 0], "q": y, "w": w, "r": 2 * y})
    options = {"data": {"name": "arrays", "weights": "w"}, "model": {"layers": [{"units": 2}]}}
    both = zoo_core.train(merged(REGRESSION, options), data=frame, target=["r", "q"])
    assert (both.about.feature_names, both.about.target_names) == (["p"], ["r", "q"])


def test_numbers_of_dtype_object_are_numbers():
    y = X @ [1.0, 2, 3, 4]
    plain, given = (zoo_core.train(REGRESSION, data=pair) for pair in ((X, y), (X.astype(object), y.astype(object))))
    assert_same(given, plain)
    np.testing.assert_array_equal(given.predict(X.astype(object)), plain.predict(X))
    assert given.evaluate(X.astype(object), y.astype(object)) == plain.evaluate(X, y)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (X, "give \\(x, y\\)"),
        ((X,), "give \\(x, y\\)"),
        ((X, Y[:5]), "5.* for 90 rows"),
        ((X[:, 0], Y), "give x\\[:, None\\]"),
        ((X.astype(str), Y), "not numbers"),
        ((X.astype(str).astype(object), Y), "not numbers"),
        ((np.full((90, 4), 10**400), Y), "not numbers"),
        ((np.where(X > 2, np.nan, X), Y), "row .*finite"),
        ((X, np.where(Y > 1, np.nan, Y)), "row .* has no label"),
        ((X, [None, *Y.tolist()[1:]]), "row 0 .*has no label"),
        ((X, pd.array([pd.NA, *Y.tolist()[1:]])), "row 0 .*has no label"),
        ((X, X[:, 0]), "measurements"),
        ((X, Y, -np.ones(90)), "weight"),
        ((np.ma.masked_greater(X, 2), Y), "masked"),
        (pd.DataFrame({"a": [1, 2], "y": [0, 1]}), "none is named as target"),
        ({"train": (X, Y), "test": (X[:, :2], Y)}, "2 and 4 features"),
        ({"train": (X, Y), "test": (X, Y + 1)}, "label '3'"),
        (([[1, 2], [3]], [0, 1]), "is no array"),
        (42, "give \\(x, y\\)"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused_with_its_place(data, words):
    with pytest.raises(DataError, match=words) as caught:
        zoo_core.train(spec(), data=data)
    assert isinstance(caught.value, ValueError)


def test_a_spec_file_of_another_data_set_is_trained_on_arrays(tmp_path, from_file):
    path = tmp_path / "s.toml"
    path.write_text(
        "[data]\nname = 'csv'\npath = 'none.csv'\ntarget = 'kind'\nvalidation = 0.2\n[model]\nloss = 'cross_entropy'\n"
        "[[model.layers]]\nunits = 3\nactivation = 'softmax'\n[optimizer]\nname = 'adam'\n[training]\nepochs = 2\n"
    )
    frame = next(frames())
    assert_same(zoo_core.train(path, data=frame), from_file)
    path.write_text(path.read_text().partition("[model]")[2].join(["[model]", ""]))
    model = zoo_core.train(path, data=(X, Y), output=tmp_path / "m.npz")
    assert model.spec.data.source.name == "arrays"
    with pytest.raises(SpecError, match="data: is required"):
        zoo_core.train(path)
    with pytest.raises(DataError, match=r"belong to the Python process.*data=\(x, y\)"):
        zoo_core.train(model.spec)
    with pytest.raises(UsageError, match="no data are given"):
        zoo_core.train(model.spec, target="y")


def test_the_task_is_that_of_the_loss_or_else_of_the_targets():
    tasks = [zoo_core.train(REGRESSION, data=(X, y)).about.task for y in (X[:, 0], 5 * Y, Y.astype(float))]
    assert tasks == ["regression"] * 3
    three = {"model": {"layers": [{"units": 3}]}}
    assert zoo_core.train(merged(REGRESSION, three), data=(X, Y)).about.task == "classification"
    assert zoo_core.train(merged(REGRESSION, three), data=(X, X[:, :3])).about.task == "regression"


def test_a_stopped_run_goes_on_with_the_same_arrays_and_no_others(tmp_path):
    whole = zoo_core.train(spec(training={"epochs": 4}), data=(X, Y))
    output = zoo_core.runs.Output(tmp_path / "m.npz")
    trainer = zoo_core.prepare(spec(training={"epochs": 4}), data=(X, Y))
    with output.lock():
        for event in zoo_core.follow(trainer, output, zoo_core.training.Interval.parse("1steps")):
            if type(event).__name__ == "EpochEnded" and event.record["epoch"] == 1:
                trainer.interrupt("test")
    with pytest.raises(DataError, match="belong to the Python process"):
        zoo_core.resume(tmp_path / "m.npz")
    with pytest.raises(zoo_core.ZooError, match="data_sha256"):
        zoo_core.resume(tmp_path / "m.npz", data=(X + 1, Y))
    assert_same(zoo_core.resume(tmp_path / "m.npz", data=(X, Y)), whole)


def test_rows_trained_on_are_noticed_in_a_file(tmp_path, from_file):
    y = np.array(["low", "mid", "top"])[Y]
    model = zoo_core.train(spec(), data=(X, y), output=tmp_path / "m.npz")
    np.savez(tmp_path / "new.npz", x=np.r_[X[:30], X[:10] + 9], y=np.r_[y[:30], y[:10]])
    found = zoo_core.load(tmp_path / "m.npz")
    measured = evaluation_rows(found, "test", DataFolder.open(None), zoo_core.Registry(), str(tmp_path / "new.npz"))
    assert "30 of the 40" in " ".join(measured.warnings.values())
    later = zoo_core.train(spec(), data={"train": (X[:45], Y[:45]), "test": (X[40:], Y[40:])}, start_from=from_file)
    assert "test rows are rows that the earlier model was trained on" in " ".join(later.warnings.values())
    assert model.warnings == {}


def test_the_file_is_used_where_nothing_else_is_installed(tmp_path):
    frame = next(frames())
    model = zoo_core.train(spec(), data=frame, target="kind", output=tmp_path / "m.npz")
    np.savez(tmp_path / "x.npz", x=X)
    code = (
        "import sys, numpy, zoo_core\n"
        "for name in ('pandas', 'polars', 'pyarrow', 'narwhals', 'sklearn'): sys.modules[name] = None\n"
        f"m = zoo_core.load({str(tmp_path / 'm.npz')!r}); x = numpy.load({str(tmp_path / 'x.npz')!r})['x']\n"
        "print(''.join(m.predict(x))); m.spec"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "".join(model.predict(X))


def test_a_spec_of_built_in_parts_needs_no_proof_that_it_comes_back():
    """A run skips the proof for plain data and built-in parts: it would find nothing."""
    from zoo_core.spec import stored

    parsed = zoo_core.Spec.parse(spec(data={"name": "arrays"}, optimizer={"name": "adam", "learning_rate": 1}))
    again = stored(parsed, zoo_core.Registry())
    assert again == parsed
    assert again is stored(parsed, zoo_core.Registry())  # the proof is made once for each spec
    moved = parsed.from_origin(Origin(Path("elsewhere")))
    assert stored(moved, zoo_core.Registry()).origin is moved.origin


@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_a_model_of_a_frame_is_evaluated_on_a_table_in_a_file(tmp_path, ending):
    frame = next(frames())
    model = zoo_core.train(spec(), data=frame, target="kind")
    path = tmp_path / f"new{ending}"
    frame[["kind", "d", "c", "b", "a"]].to_csv(path, index=False, sep="\t" if ending == ".tsv" else ",")
    rows = evaluation_rows(model, "test", DataFolder.open(None), zoo_core.Registry(), str(path))
    assert evaluate_table(model, rows.table) == model.evaluate(frame)
    assert "90 of the 90" in " ".join(rows.warnings.values())


def test_folds_are_taken_from_arrays():
    found = zoo_core.cross_validate(spec(), 3, data=(X, Y))
    alone = zoo_core.train(found.folds[1].model.spec, data=(X, Y))
    assert [fold.rows for fold in found.folds] == [30, 30, 30]
    assert_same(alone, found.folds[1].model)
