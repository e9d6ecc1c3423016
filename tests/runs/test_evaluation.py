"""A trained model meets its users' arrays and files: what fits is used, what does not is named."""

import copy
import csv
import json
import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import zoo_core
from tests.helpers.specs import regression_spec, small_spec
from zoo_core.cli import run
from zoo_core.data import DataFolder
from zoo_core.errors import DataError, NumericError
from zoo_core.model.evaluation import evaluate_table
from zoo_core.registry import Registry
from zoo_core.runs import evaluation_rows
from zoo_plugins.datasets.idx_files import Idx

NAMES = ["no, never", "yes"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A CSV of two classes and the model that learnt it, trained from a spec beside the file."""
    folder = tmp_path_factory.mktemp("table")
    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 2, 80)
    rows = rng.normal(size=(80, 2)) + 3 * kinds[:, None]
    write(folder / "t.csv", [[*row, NAMES[kind]] for row, kind in zip(rows, kinds, strict=True)])
    spec = {
        "name": "t",
        "data": {"name": "csv", "path": "t.csv", "target": "kind", "delimiter": ";", "test": 0.25},
        "model": {"loss": "cross_entropy", "layers": [{"units": 2, "activation": "softmax"}]},
        "optimizer": {"name": "lbfgs"},
        "training": {"epochs": 20, "batch_size": "all"},
    }
    (folder / "t.json").write_text(json.dumps(spec))
    zoo_core.train(folder / "t.json").save(folder / "t.npz")
    return folder


def write(path, rows):
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=";").writerows([["a", "b", "kind"], *rows])


@pytest.fixture
def model(folder):
    return zoo_core.load(folder / "t.npz")


@pytest.fixture
def run_zoo(run_zoo, folder, monkeypatch):
    monkeypatch.chdir(folder)
    return run_zoo


def test_lists_serve_as_arrays(model):
    assert model.predict([[3, 3], [0, 0]]).tolist() == ["yes", "no, never"]
    assert model.evaluate([[3, 3], [0, 0]], ["yes", "no, never"])["accuracy"] == 1
    assert model.evaluate([[3, 3], [0, 0]], [["yes"], ["no, never"]])["accuracy"] == 1  # a column, as in training
    assert repr(model) == "<Model 't': 2 -> 2 softmax; 6 parameters>"


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.array([1, 2]), ["yes"], r"shape \(2,\).*needs \(rows, 2\); for one row give x\[None, :\]"),
        ([1, 2], ["yes"], r"shape \(2,\).*needs \(rows, 2\); for one row give \[x\]"),
        ([[1, 2], [3]], ["yes", "yes"], "inputs are no array: the rows differ in length"),
        ([["1", "2"]], ["yes"], "inputs must be numbers"),
        ([[1, np.nan]], ["yes"], "inputs hold nan in row 0, column 1"),
        ([[1, 2]], ["maybe"], "label 'maybe' is none of this model's classes"),
        ([[1, 2]], [1], "label 1 is none of this model's classes"),
        ([[1, 2]], ["yes", "yes"], "1 rows of inputs and 2 targets"),
        ([[1, 2]], "yes", "1 rows of inputs and 1 targets"),
        ([[1, 2]], [["yes", "yes"]], r"labels have shape \(1, 2\); give one for each row, shape \(1,\)"),
        (np.empty((0, 2)), [], "0 rows of inputs and 0 targets"),
    ],
)
def test_what_does_not_fit_is_named(model, x, y, words):
    with pytest.raises(DataError, match=words):
        model.evaluate(x, y)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        ([1.0], r"shape \(1, 1\); the model needs numbers \(1, 2\)"),
        ([["a", "b"]], r"<U1 of shape \(1, 2\)"),
        ([[1, np.inf]], "targets hold inf in row 0, column 1"),
    ],
)
def test_values_that_do_not_fit_are_named(tmp_path, y, words):
    x = np.random.default_rng(0).normal(size=(20, 2))
    np.savez(tmp_path / "r.npz", x=x, y=x)
    model = zoo_core.train(regression_spec(tmp_path / "r.npz", model={"layers": [{"units": 2}]}))
    with pytest.raises(DataError, match=words):
        model.evaluate([[1, 2]], y)


def test_labels_below_zero_are_numbers_too(tmp_path):
    x = np.linspace(-1, 1, 40)[:, None]
    np.savez(tmp_path / "s.npz", x=x, y=np.where(x[:, 0] < 0, -1, 1))
    model = zoo_core.train({
        "data": {"name": "npz", "path": str(tmp_path / "s.npz")},
        "model": {"loss": "cross_entropy", "layers": [{"units": 2, "activation": "softmax"}]}, "optimizer": "lbfgs",
    })  # fmt: skip
    assert model.predict([[-1.0], [1.0]]).tolist() == [-1, 1]
    assert model.evaluate([[-1.0], [1.0]], [-1, 1])["accuracy"] == 1


def test_a_shipped_model_is_loaded_by_its_name():
    assert zoo_core.load("glyphs-quickstart").spec.name == "glyphs-quickstart"
    assert "load" in dir(zoo_core)


def test_a_file_is_measured_whole_and_its_classes_are_those_of_the_model(run_zoo, model, folder):
    write(folder / "later.csv", [[3, 3, "yes"], [3.5, 3, "yes"], [0, 0, "yes"]])
    code, out, _ = run_zoo("evaluate", "t.npz", "--data", "later.csv", "--json")
    assert code == 0
    assert json.loads(out)["accuracy"] == pytest.approx(2 / 3)
    whole = json.loads(run_zoo("evaluate", "t.npz", "--data", "t.csv", "--json")[1])
    assert whole.pop("warnings")[0]["text"].startswith(
        "60 of the 80 rows of t.csv are rows that model 't' was trained on"
    )
    rows = [line.split(";") for line in (folder / "t.csv").read_text().splitlines()[1:]]
    expected = model.evaluate([[float(a), float(b)] for a, b, _ in rows], [name.strip('"') for *_, name in rows])
    assert whole == pytest.approx(expected)


@pytest.mark.parametrize(
    ("header", "row", "words"),
    [
        ("a;b;kind", "1;2;perhaps", "the label 'perhaps', which is none of the classes of model 't' (no, never, yes)"),
        ("b;kind", "1;yes", "there is no column 'a'"),
        ("a;c;d", "1;2;yes", "there is no column 'kind'"),
    ],
)
def test_a_file_of_another_form_is_refused(run_zoo, folder, header, row, words):
    (folder / "other.csv").write_text(f"{header}\n{row}\n")
    code, out, err = run_zoo("evaluate", "t.npz", "--data", "other.csv")
    assert (code, out) == (3, "")
    assert words in err


@pytest.mark.parametrize("end", ["csv", "tsv"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_columns_of_another_file_are_matched_by_name_and_others_left_out(run_zoo, folder, end, delimiter):
    """Prediction and evaluation follow one rule; texts in a column that is left out do no harm."""
    rows = [["kind", "city", "b", "a"], ["yes", "Ulm", "3", "3"], ["yes", "Bonn", "0", "0"]]
    text = "\n".join(delimiter.join(row) for row in rows)
    (folder / f"later.{end}").write_text(text)
    assert run_zoo("predict", "t.npz", f"later.{end}")[:2] == (0, "yes\nno, never\n")
    code, out, _ = run_zoo("evaluate", "t.npz", "--data", f"later.{end}", "--json")
    assert (code, json.loads(out)["accuracy"]) == (0, 0.5)


def test_a_data_set_that_needs_options_asks_for_a_file(run_zoo):
    code, _, err = run_zoo("evaluate", "glyphs-quickstart", "--data", "csv")
    assert (code, "--data FILE" in err) == (2, True)
    code, _, err = run_zoo("evaluate", "glyphs-quickstart", "--data", "t.csv")
    assert (code, "reads no files" in err) == (2, True)


def test_labels_with_commas_survive_a_csv(run_zoo, folder):
    assert run_zoo("predict", "t.npz", "t.csv", "-o", "labels.csv")[0] == 0
    with (folder / "labels.csv").open(newline="") as file:
        (title,), *labels = csv.reader(file)
    assert title == "label"
    assert {label for (label,) in labels} == set(NAMES)
    assert run_zoo("predict", "t.npz", "t.csv", "--proba", "-o", "p.csv")[0] == 0
    with (folder / "p.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == NAMES
    assert all(len(cell) <= 14 and abs(sum(map(float, row)) - 1) < 1e-5 for row in rows for cell in row)


def test_a_path_is_found_from_the_working_folder_or_beside_the_spec(run_zoo, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run_zoo("train", str(folder / "t.json"), "-q", "-o", "m.npz")[0] == 0
    code, _, err = run_zoo("evaluate", "m.npz")
    assert (code, "--data-dir" in err) == (3, True)
    assert run_zoo("evaluate", "m.npz", "--data-dir", str(folder))[0] == 0


def test_an_absurd_label_of_an_idx_file_is_refused(tmp_path):
    (tmp_path / "x").write_bytes(bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 5, 6]))
    (tmp_path / "y").write_bytes(bytes([0, 0, 12, 1, 0, 0, 0, 2, 0, 0, 0, 1, 119, 53, 148, 0]))
    with pytest.raises(DataError, match=r"row 1 .from 0. has the label 2000000000; labels are 0 to 9999"):
        Idx(str(tmp_path / "x"), str(tmp_path / "y")).load(DataFolder.open())


def test_threads_may_share_a_model():
    wide = {"units": 100, "activation": "log_softmax"}
    model = zoo_core.train(
        small_spec(wide, data={"rows": 500, "test_rows": 300}, optimizer="adam", training={"epochs": 1})
    )
    inputs = [np.random.default_rng(i).integers(0, 256, (500, model.about.inputs)) for i in range(4)]
    alone = [model.outputs(x) for x in inputs]

    def differing(at):
        return sum(not np.array_equal(model.outputs(inputs[at]), alone[at]) for _ in range(100))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(differing, range(4))) == 0
    np.testing.assert_array_equal(copy.deepcopy(model).outputs(inputs[0]), alone[0])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).outputs(inputs[0]), alone[0])


def test_a_split_in_which_no_row_weighs_anything_is_refused(tmp_path):
    np.savez(tmp_path / "w.npz", x=np.arange(20.0)[:, None], y=np.arange(20) % 2, w=np.arange(20) < 15)
    data = {"name": "npz", "path": str(tmp_path / "w.npz"), "weights": "w", "validation": "15:"}
    model = {"loss": "cross_entropy", "layers": [{"units": 2, "activation": "softmax"}]}
    training = {"epochs": 1, "batch_size": 5}
    with pytest.raises(DataError, match=r"data\.validation: all its 5 rows have the weight 0"):
        zoo_core.train({"data": data, "model": model, "optimizer": {"name": "sgd"}, "training": training})


def test_a_model_from_npy_files_is_measured_on_arrays_that_came_later(tmp_path, capsys):
    rng = np.random.default_rng(0)
    y = rng.permutation(np.arange(60) % 3)
    x = rng.normal(size=(60, 4)) + y[:, None]
    names = np.array(["cat", "dog", "eel"])[y]
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", names)
    np.savez(tmp_path / "later.npz", x=x[names != "cat"][:9], y=names[names != "cat"][:9])
    data = {"name": "npy", "inputs": str(tmp_path / "x.npy"), "targets": str(tmp_path / "y.npy")}
    model = {"loss": "cross_entropy", "layers": [{"units": 3, "activation": "softmax"}]}
    trained = zoo_core.train({"data": data, "model": model, "optimizer": "adam", "training": {"epochs": 3}})
    trained.save(tmp_path / "m.npz")
    assert run(["evaluate", str(tmp_path / "m.npz"), "--data", str(tmp_path / "later.npz"), "--json"]) == 0
    wanted = trained.evaluate(x[names != "cat"][:9], names[names != "cat"][:9])
    measured = json.loads(capsys.readouterr().out)
    assert "9 of the 9 rows" in measured.pop("warnings")[0]["text"]
    assert measured == pytest.approx(wanted)
    assert run(["evaluate", str(tmp_path / "m.npz"), "--data", str(tmp_path / "x.npy")]) == 2
    assert "give a .npz file with arrays x and y" in capsys.readouterr().err


def test_a_model_whose_outputs_are_not_finite_gets_no_metrics(tmp_path, run_zoo):
    """Its weights are finite, and its outputs overflow: it is neither praised nor drawn."""
    model = zoo_core.train(small_spec())
    for layer in model.network.layers:
        model.network.weights(layer)[...] = 3e38
    model.save(tmp_path / "huge.npz")
    with pytest.raises(NumericError, match="gives values that are not finite"):
        model.evaluate(np.full((2, 784), 255), [0, 1])
    for command in ("evaluate", "plot --kind confusion -o c.png"):
        verb, *options = command.split()
        code, out, err = run_zoo(verb, tmp_path / "huge.npz", *options)
        assert (code, out) == (6, "")
        assert "gives values that are not finite" in err


def test_a_model_of_a_table_is_evaluated_on_arrays_too(folder, tmp_path):
    model = zoo_core.load(folder / "t.npz")
    x = np.random.default_rng(3).normal(size=(20, 2)) * 3
    np.savez(tmp_path / "e.npz", x=x, y=np.array(NAMES)[np.arange(20) % 2])
    rows = evaluation_rows(model, "test", DataFolder.open(), Registry(), str(tmp_path / "e.npz"))
    assert model.evaluate(x, np.array(NAMES)[np.arange(20) % 2]) == evaluate_table(model, rows.table)


def test_the_own_table_may_have_its_columns_in_another_order_and_more_of_them(run_zoo, folder):
    """Reading by name is one rule for `predict`, for other files and for the model's own."""
    before = (folder / "t.csv").read_text()
    plain = run_zoo("evaluate", "t.npz")
    rows = [row.split(";") for row in before.splitlines()]
    notes = ["note", *["seen"] * (len(rows) - 1)]
    try:
        lines = [";".join([note, *row[::-1]]) for note, row in zip(notes, rows, strict=True)]
        (folder / "t.csv").write_text("\n".join(lines))
        assert run_zoo("evaluate", "t.npz") == plain
    finally:
        (folder / "t.csv").write_text(before)


def test_figures_of_a_file_stand_below_its_name(run_zoo):
    assert run_zoo("evaluate", "t.npz", "--data", "t.csv")[1].split()[:2] == ["metric", "t.csv"]
    assert run_zoo("evaluate", "t.npz", "--split", "train")[1].split()[:2] == ["metric", "train"]
