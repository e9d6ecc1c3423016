"""`zoo predict` on tables: what is kept, labels beside probabilities, rows with a fault, and files of any size."""

import csv
import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import zoo_core
from tests.helpers.specs import regression_spec
from zoo_core.data.readers.features import open_features
from zoo_core.errors import DataError

KINDS = {"person": "id", "name": "ignore", "sex": "category", "sort": "category"}
HEAD = "person,name,sex,sort,age,alive\n"


def people(count):
    """Return the lines of a table with gaps, and a comma within a name."""
    rng = np.random.default_rng(1)
    for i in range(count):
        sex, sort, age = rng.choice(["male", "female"]), int(rng.integers(1, 4)), rng.normal(30, 12)
        shown = "" if rng.random() < 0.2 else f"{age:.1f}"
        yield f'p{i},"N, {i}",{sex},{sort},{shown},{"yes" if (sex == "female") * 2 > sort - age / 30 else "no"}\n'


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The bytes of a model of a table with described columns."""
    folder = tmp_path_factory.mktemp("people")
    (folder / "t.csv").write_text(HEAD + "".join(people(200)))
    layers = [{"units": 8, "activation": "relu"}, {"units": 2, "activation": "softmax"}]
    spec = {
        "data": {"name": "csv", "path": str(folder / "t.csv"), "target": "alive", "columns": KINDS, "validation": 0.2},
        "model": {"loss": "cross_entropy", "layers": layers}, "optimizer": "adam", "training": {"epochs": 2},
    }  # fmt: skip
    return zoo_core.train(zoo_core.Spec.parse(spec)).to_bytes()


@pytest.fixture
def model(trained, run_zoo):
    Path("m.npz").write_bytes(trained)
    return zoo_core.load("m.npz")


def table(text, delimiter=","):
    return list(csv.DictReader(io.StringIO(text), delimiter=delimiter))


def test_a_missing_feature_is_not_said_to_be_one_that_is_there():
    with pytest.raises(DataError, match=r"features: sex$"):
        open_features(io.StringIO("sec,age\nx,1\n"), ("sex", "sec", "age"))
    with pytest.raises(DataError, match="features: sex; did you mean 'sec'"):
        open_features(io.StringIO("sec,age\nx,1\n"), ("sex", "age"))


def test_a_table_without_names_and_with_too_few_columns_is_said_to_be_so():
    with pytest.raises(DataError, match="has 2 columns, but the model has 3 features"):
        open_features(io.StringIO("1,2\n3,4\n"), (), 3, {"target": 3, "header": False})


def test_values_have_no_probabilities(run_zoo):
    np.savez("d.npz", x=np.eye(3), y=np.arange(3.0))
    zoo_core.train(regression_spec("d.npz")).save("v.npz")
    np.save("x.npy", np.eye(3))
    code, _, err = run_zoo("predict", "v.npz", "x.npy", "--proba")
    assert (code, "gives no probabilities" in err, "leave out --proba" in err) == (2, True, True)


@pytest.mark.parametrize("order", "CF")
def test_a_missing_value_in_an_array_is_one_in_a_file_of_it(run_zoo, model, order):
    x = np.array([[0, 1, np.nan], [1, 0, 20.5]], order=order)
    np.save("x.npy", x)
    np.savez("x.npz", x=x)
    expected = "".join(f"{label}\n" for label in model.predict(x))
    for name in ("x.npy", "x.npz"):
        assert run_zoo("predict", "m.npz", name)[:2] == (0, expected)
    np.save("x.npy", np.where(np.isnan(x), np.inf, x))
    code, out, err = run_zoo("predict", "m.npz", "x.npy")
    assert (code, out, "row 0, column 2 (both from 0) is inf" in err) == (3, "", True)


def test_a_table_of_several_chunks_is_predicted_as_its_frame_is(run_zoo, model, monkeypatch):
    monkeypatch.setattr("zoo_core.cli._predictions.CELLS", 512 * 5)
    text = HEAD + "".join(people(1700))
    Path("new.csv").write_text(text)
    frame = pd.read_csv(io.StringIO(text))
    assert run_zoo("predict", "m.npz", "new.csv", "-o", "y.csv")[0] == 0
    assert Path("y.csv").read_text().split("\n") == ["label", *model.predict(frame), ""]
    assert run_zoo("predict", "m.npz", "new.csv", "-o", "p.npy", "--proba")[0] == 0
    np.testing.assert_array_equal(np.load("p.npy"), model.predict_proba(frame))
    code, out, _ = run_zoo("predict", "m.npz", "new.csv", "--keep", "all", "--proba")
    rows = table(out)
    assert (code, list(rows[0])) == (0, [*frame, "prediction", "probability_no", "probability_yes"])
    assert [row["prediction"] for row in rows] == model.predict(frame).tolist()
    assert [[row["probability_no"], row["probability_yes"]] for row in rows] == [
        [str(value) for value in row] for row in model.predict_proba(frame)
    ]
    assert out.split("\n")[1].startswith(text.split("\n")[1] + ",")


def test_each_chunk_but_the_last_is_of_whole_blocks_of_the_network(model):
    text = HEAD + "".join(people(1700)) * 30  # several pieces of text, of 256 KB each
    about = model.about
    open_table = open_features(io.StringIO(text), about.feature_names, columns=about.described_columns, gaps=True)
    chunks = list(open_table.chunks(512, 3 * 700))
    assert len(chunks) > 2
    assert [len(rows) % 512 for rows in chunks[:-1]] == [0] * (len(chunks) - 1)
    assert [rows.first for rows in chunks] == [1 + sum(map(len, chunks[:i])) for i in range(len(chunks))]
    assert sum(map(len, chunks)) == 51_000


@pytest.mark.parametrize(
    ("options", "header"),
    [
        ("--proba", "no,yes"),
        ("--proba --label", "prediction,probability_no,probability_yes"),
        ("--label", "prediction"),
        ("--keep id", "person,prediction"),
        ("--keep age,person", "age,person,prediction"),
        ("--keep age --keep sex --keep age", "age,sex,prediction"),
        ("--errors mark", "prediction,error"),
        ("--errors mark --keep id --proba", "person,prediction,probability_no,probability_yes,error"),
    ],
)
def test_the_header_says_what_each_column_is(run_zoo, model, options, header):
    Path("new.csv").write_text(HEAD + "".join(people(3)))
    code, out, _ = run_zoo("predict", "m.npz", "new.csv", *options.split())
    assert (code, out.split("\n")[0], out.count("\n")) == (0, header, 4)


def test_labels_and_probabilities_come_of_one_run_of_the_network(run_zoo, model, monkeypatch):
    Path("new.csv").write_text(HEAD + "".join(people(5)))
    seen = []
    outputs = zoo_core.Model.outputs
    monkeypatch.setattr(zoo_core.Model, "outputs", lambda self, x: seen.append(len(x)) or outputs(self, x))
    assert run_zoo("predict", "m.npz", "new.csv", "--label", "--proba")[0] == 0
    assert seen == [5]


BAD = {
    3: ("b,,male,2,old,\n", "line 4, column 'age': 'old' is text, not a number; turn it into numbers"),
    4: ("c,,male\n", "line 5 has 3 cells, not 6 as the first line"),
    6: ("d,,male,2,1,no,7\n", "line 7 has 7 cells, not 6 as the first line"),
}


def test_a_row_with_a_fault_is_marked_and_the_others_keep_their_predictions(run_zoo, model):
    good = list(people(8))
    rows = [BAD[i][0] if i in BAD else row for i, row in enumerate(good, 1)]
    Path("bad.csv").write_text(HEAD + "".join(rows))
    frame = pd.read_csv(io.StringIO(HEAD + "".join(good)))
    code, out, err = run_zoo("predict", "m.npz", "bad.csv", "--errors", "mark", "--keep", "id", "--proba")
    found = table(out)
    assert (code, [row["error"] for row in found]) == (0, [BAD.get(i, ("", ""))[1] for i in range(1, 9)])
    assert f"3 of 8 rows have an error and no prediction; the first: {BAD[3][1]}" in err
    assert [row["person"] for row in found] == ["p0", "p1", "b", "c", "p4", "d", "p6", "p7"]
    expected = ["" if i in BAD else str(p) for i, p in enumerate(model.predict_proba(frame)[:, 1], 1)]
    assert [row["probability_yes"] for row in found] == expected
    records = json.loads(run_zoo("predict", "m.npz", "bad.csv", "--errors", "mark", "--json")[1])
    assert records[2] == {"prediction": None, "error": BAD[3][1]}
    assert records[0] == {"prediction": str(model.predict(frame)[0]), "error": None}


def test_by_default_a_row_with_a_fault_refuses_the_file_and_nothing_is_written(run_zoo, model):
    Path("bad.csv").write_text(HEAD + "".join([*people(2000), BAD[3][0]]))
    for options in ((), ("-o", "y.csv"), ("--json",), ("--keep", "id", "-o", "y.csv.gz")):
        code, out, err = run_zoo("predict", "m.npz", "bad.csv", *options)
        assert (code, out) == (3, "")
        assert "bad.csv: line 2002, column 'age': 'old' is text" in err
    assert sorted(path.name for path in Path().iterdir()) == ["bad.csv", "m.npz"]


def test_a_file_of_faults_alone_is_marked(run_zoo, model):
    Path("bad.csv").write_text(HEAD + BAD[3][0] * 2)
    code, out, err = run_zoo("predict", "m.npz", "bad.csv", "--errors", "mark")
    assert (code, [row["prediction"] for row in table(out)]) == (0, ["", ""])
    assert "2 of 2 rows" in err


def test_a_row_that_the_preprocessor_refuses_is_marked_or_named(run_zoo):
    Path("t.csv").write_text("c,y\n" + "".join(f"{'uv'[i % 2]},{['no', 'yes'][i % 2]}\n" for i in range(20)))
    layers = [{"units": 2, "activation": "softmax"}]
    strict = {"name": "table", "category": {"name": "one_hot", "unknown": "error"}}
    spec = {
        "data": {"name": "csv", "path": "t.csv", "columns": {"c": "category"}, "preprocessor": strict},
        "model": {"loss": "cross_entropy", "layers": layers}, "optimizer": "adam", "training": {"epochs": 1},
    }  # fmt: skip
    zoo_core.train(zoo_core.Spec.parse(spec), output="m.npz")
    Path("new.csv").write_text("c\nu\nNA\nv\n")
    code, _, err = run_zoo("predict", "m.npz", "new.csv")
    assert code == 3
    assert "new.csv: line 3: " in err
    code, out, _ = run_zoo("predict", "m.npz", "new.csv", "--errors", "mark")
    assert (code, [bool(row["prediction"]) for row in table(out)]) == (0, [True, False, True])
    assert table(out)[1]["error"].startswith("line 3: column 'c' has a missing value")


def test_tables_with_tabs_and_packed_ones_are_read_and_written(run_zoo, model, monkeypatch):
    lines = HEAD + "".join(row.replace('"', "").replace("N, ", "N") for row in people(5))
    Path("new.tsv.gz").write_bytes(gzip.compress(lines.replace(",", "\t").encode()))
    for name in ("y.tsv", "y.tsv.gz", "y.csv", "y.csv.gz"):
        assert run_zoo("predict", "m.npz", "new.tsv.gz", "--keep", "id,age", "-o", name)[0] == 0
        raw = Path(name).read_bytes()
        text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode()
        assert [row["person"] for row in table(text, "\t" if ".tsv" in name else ",")] == [f"p{i}" for i in range(5)]
    monkeypatch.setattr("zoo_core.data.readers._contents.SPOOLED", 64)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path("new.tsv.gz").read_bytes())))
    code, out, _ = run_zoo("predict", "m.npz", "-", "--keep", "id,age")
    assert (code, out) == (0, Path("y.csv").read_text())


def test_a_table_without_a_header_is_read_as_in_training_and_its_columns_are_kept_by_index(run_zoo):
    Path("t.csv").write_text("".join(f"n{i};{i % 7},5;{i / 7:.2f}\n".replace(".", ",") for i in range(40)))
    spec = regression_spec("", data={
        "name": "csv", "path": "t.csv", "header": False, "target": 2, "features": [1], "delimiter": ";", "decimal": ",",
        "columns": {"0": "id"}, "task": "regression",
    })  # fmt: skip
    zoo_core.train(zoo_core.Spec.parse(spec), output="m.npz")
    plain = run_zoo("predict", "m.npz", "t.csv")[1].split()
    code, out, _ = run_zoo("predict", "m.npz", "t.csv", "--keep", "0,2")
    assert (code, out.split("\n")[:2]) == (0, ["0,2,prediction", f'n0,"0,00",{plain[0]}'])
    assert run_zoo("predict", "m.npz", "t.csv", "--keep", "id")[1].split("\n")[:2] == ["0,prediction", f"n0,{plain[0]}"]


REFUSED = {
    "--keep colour": "--keep colour: new.csv: there is no column 'colour'",
    "--errors maybe": "--errors maybe: give refuse or mark",
    "--label -o y.npy": "a .npy file has no names",
    "-o y.json": "must end in .npy, .csv or .tsv",
}


@pytest.mark.parametrize("options", REFUSED)
def test_what_cannot_be_asked_is_told(run_zoo, model, options):
    Path("new.csv").write_text(HEAD + "".join(people(3)))
    code, _, err = run_zoo("predict", "m.npz", "new.csv", *options.split())
    assert code == 2
    assert REFUSED[options] in err


def test_a_kept_column_of_the_name_of_a_new_one_and_an_array_of_numbers_are_refused(run_zoo, model):
    Path("new.csv").write_text(HEAD.replace("name", "prediction") + "".join(people(3)))
    assert "two columns would have the name 'prediction'" in run_zoo("predict", "m.npz", "new.csv", "--keep", "all")[2]
    np.save("x.npy", np.zeros((2, 3)))
    code, _, err = run_zoo("predict", "m.npz", "x.npy", "--keep", "all")
    assert code == 2
    assert "x.npy: is no table of text" in err


PEAK = """
import resource, sys
from zoo_core.cli import run
import numpy, zoo_core.model
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert run(["predict", "m.npz", "big.csv", *sys.argv[1:]]) == 0
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, file=sys.stderr)
"""


@pytest.mark.slow
@pytest.mark.parametrize("options", ["--keep all --proba -o y.csv", "--errors mark --json"])
def test_a_table_of_100_mb_is_predicted_within_100_mb(model, options):
    body = "".join(f'p{i},"{"N" * 600}, {i}",male,{i % 3},{i / 7:.1f},no\n' for i in range(2000))
    with Path("big.csv").open("w") as file:
        file.write(HEAD)
        file.writelines(body for _ in range(80))
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *options.split()], stdout=subprocess.DEVNULL, stderr=-1, check=True
    )
    assert int(done.stderr.split()[-1]) < 100


@pytest.mark.parametrize("rule", ["error", "ignore"])
def test_a_text_that_no_training_row_has_is_told_where_the_spec_refuses_such(rule, run_zoo):
    Path("t.csv").write_text(HEAD + "".join(people(60)))
    preprocessor = {"name": "table", "category": {"name": "one_hot", "unknown": rule}}
    data = {"name": "csv", "path": "t.csv", "target": "alive", "columns": KINDS, "preprocessor": preprocessor}
    layers = [{"units": 2, "activation": "softmax"}]
    spec = {
        "data": data,
        "model": {"loss": "cross_entropy", "layers": layers},
        "optimizer": "adam",
        "training": {"epochs": 1},
    }
    zoo_core.train(zoo_core.Spec.parse(spec)).save("m.npz")
    Path("new.csv").write_text("person,name,sex,sort,age\np1,N,male,1,30\np2,N,other,2,40\np3,N,female,7,20\n")
    why = "is a text that no training row has; a preprocessor with unknown = 'ignore' takes it as none"
    code, out, err = run_zoo("predict", "m.npz", "new.csv")
    loaded = zoo_core.load("m.npz")
    frame = pd.read_csv("new.csv")
    if rule == "ignore":
        assert (code, len(out.split()), len(loaded.predict(frame))) == (0, 3, 3)
        return
    assert (code, out) == (3, "")
    assert f"new.csv: line 3, column 'sex': 'other' {why}" in err
    marked = list(csv.DictReader(io.StringIO(run_zoo("predict", "m.npz", "new.csv", "--errors", "mark")[1])))
    assert [row["prediction"] != "" for row in marked] == [True, False, False]
    assert [row["error"] for row in marked[1:]] == [
        f"line 3, column 'sex': 'other' {why}", f"line 4, column 'sort': '7' {why}"
    ]  # fmt: skip
    for given in (frame, frame.to_dict("list"), frame.to_dict("records")):
        with pytest.raises(DataError, match=r"column 'sex', row 1 \(from 0\): 'other' is a text that no training row"):
            loaded.predict(given)
    lines = Path("new.csv").read_text().splitlines()
    Path("true.csv").write_text("\n".join([lines[0] + ",alive", *(line + ",yes" for line in lines[1:])]) + "\n")
    for options in ([], ["--report"]):
        code, out, err = run_zoo("evaluate", "m.npz", "--data", "true.csv", *options)
        assert (code, out) == (3, "")
        assert f"true.csv: line 3, column 'sex': 'other' {why}" in err


@pytest.mark.parametrize("end", ["", ",,,,,\n", '""\n'])
def test_lines_without_a_value_are_no_rows_and_said(run_zoo, model, end):
    rows = list(people(4))
    Path("new.csv").write_text("".join([HEAD, *rows[:2], "\n", ",,,,,\n", *rows[2:], end]))
    _, out, err = run_zoo("predict", "m.npz", "new.csv")
    assert len(out.split()) == 4
    assert f"note: new.csv: {1 + bool(end)} line(s) without any value are no rows; the first is line 5\n" in err
