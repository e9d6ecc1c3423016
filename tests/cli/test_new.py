"""`zoo new --data`: a spec for a CSV file of one's own, which trains as it stands."""

import shlex
import tomllib
from pathlib import Path

import numpy as np
import pytest

import zoo_core

LABELLED = "".join(f"{i % 3 + i / 100},{-i},{'abc'[i % 3]}\n" for i in range(60))
FILES = {
    "labels": ("p,q,kind\n" + LABELLED, {"target": "kind", "task": "classification", "stratify": True}, 3),
    "no header": (LABELLED, {"target": 2, "task": "classification", "header": False}, 3),
    "semicolons": (
        ("p,q,kind\n" + LABELLED).replace(",", ";"),
        {"target": "kind", "task": "classification", "delimiter": ";"},
        3,
    ),
    "values": (
        "p,q\n" + "".join(f"{i},{i / 7}\n" for i in range(60)),
        {"target": "q", "task": "regression"},
        1,
    ),
    "whole numbers of few kinds": (
        "p,2019\n" + "".join(f"{i},{i % 2}\n" for i in range(60)),
        {"target": "2019", "task": "classification"},
        2,
    ),
    "texts and blanks": (
        "id,p,gap,q\n" + "".join(f"n{i},{i},{i or ''},{i / 7}\n" for i in range(60)),
        {
            "target": "q",
            "task": "regression",
            "preprocessor": "table",
            "columns": {"id": "id", "p": "number", "gap": "number"},
        },
        1,
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_the_spec_fits_the_file_and_trains(run_zoo, name):
    text, expected, units = FILES[name]
    Path("my.csv").write_text(text)
    assert run_zoo("new", "mine", "--data", "my.csv")[:2] == (0, "saved mine.toml; train it: zoo train mine.toml\n")
    spec = tomllib.loads(Path("mine.toml").read_text())
    assert expected.items() <= spec["data"].items()
    assert spec["model"]["layers"][-1]["units"] == units
    assert run_zoo("train", "mine.toml", "--quiet", "--set", "training.epochs=2")[0] == 0
    assert run_zoo("evaluate", "mine.npz")[0] == 0


def test_a_relation_is_learnt_from_few_rows(run_zoo):
    """Small tables get small batches, so that forty epochs are steps enough."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1040, 3)) * [1, 10, 0.1]
    y = x @ [[2], [-0.1], [5]] + 0.1 * rng.normal(size=(1040, 1))
    rows = "".join(
        f"{a},{b},{c},{value}\n" for (a, b, c), (value,) in zip(x[:40].tolist(), y[:40].tolist(), strict=True)
    )
    Path("my.csv").write_text("a,b,c,y\n" + rows)
    assert run_zoo("new", "mine", "--data", "my.csv")[0] == 0
    assert zoo_core.train("mine.toml").evaluate(x[40:], y[40:])["r2"] > 0.9


def test_target_and_task_can_be_told(run_zoo):
    Path("my.csv").write_text("p,q\n" + "".join(f"{i % 2},{i}\n" for i in range(60)))
    assert run_zoo("new", "mine", "--data", "my.csv", "--target", "p", "--task", "regression")[0] == 0
    assert tomllib.loads(Path("mine.toml").read_text())["data"]["target"] == "p"
    assert run_zoo("train", "mine.toml", "--quiet", "--set", "training.epochs=2")[0] == 0


def test_what_is_guessed_and_left_out_is_said(run_zoo):
    Path("my.csv").write_text(FILES["texts and blanks"][0])
    assert run_zoo("new", "mine", "--data", "my.csv")[2].splitlines() == [
        "my.csv: regression of 'q', from 2 column(s) and 60 rows",
        "column  kind    found               done",
        "q       target  60 numbers          predicted",
        "id      id      60 different texts  not learnt from",
        "p       number  0 to 59             standardized",
        "gap     number  1 to 59, 1 missing  gaps: median; standardized",
        "note: column 'id' is left out: each row has another text, which tells nothing of new rows",
        "note: column 'p' counts up from row to row (0, 1, 2, ...); if it only numbers the rows, write "
        'p = "ignore" in [data.columns]',
    ]


@pytest.mark.parametrize(
    ("text", "arguments", "code", "words"),
    [
        ("p,q\n1,2\n", ("--target", "r"), 3, "there is no column 'r'"),
        ("p,q\n1,2\n3\n", (), 3, "line 3 has 1 cells, not 2"),
        ("p,q\n", (), 3, "no rows"),
        ("p,q\n1,\n", (), 3, "no row has a value in the target, column 'q'; line 2 is the first without"),
        ("p,q\nx,y\nx,z\n", (), 3, "no column to predict from: column 'p': all rows have the text 'x'"),
        (
            'x,kind\n1.5,a\n"2,5",b\n',
            (),
            3,
            "line 3: '2,5' is not a number here, because of its decimal comma; write 2.5",
        ),
        ("p,q\n1,y\n", ("--task", "regression"), 3, "a regression predicts numbers"),
        ("p,q\n1,5.25\n2,5.25\n", (), 3, "all rows of the target, column 'q', have the value 5.25"),
        ("p,q\n" + "".join(f"{i},{i}.5\n" for i in range(30)) + "1,soon\n", (), 3, "if 'soon' stands for a missing"),
        ("p,q\n" + "".join(f"{i}.5,a\n{i},b\n" for i in range(30)) + "soon,a\n", (), 3, "if 'soon' stands for a mis"),
        ("p,q\n1,2\n", ("--from", "mnist-mlp"), 2, "give one of them"),
        (None, (), 3, "there is no such file"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(run_zoo, text, arguments, code, words):
    if text is not None:
        Path("my.csv").write_text(text)
    found, out, err = run_zoo("new", "mine", "--data", "my.csv", *arguments)
    assert (found, out) == (code, "")
    assert words in err
    assert not Path("mine.toml").exists()


def test_the_only_column_is_learnt_from_whatever_its_name(run_zoo):
    Path("my.csv").write_text("X,y\n" + "".join(f"{i},{i * i}.5\n" for i in range(30)))
    assert run_zoo("new", "mine", "--data", "my.csv")[0] == 0
    assert "columns" not in tomllib.loads(Path("mine.toml").read_text())["data"]


def test_columns_that_are_named_to_learn_from_are_written_with_their_kinds(run_zoo):
    Path("my.csv").write_text("id,a,b,y\n" + "".join(f"{i},{i % 7},{'pq'[i % 2]},{i}.5\n" for i in range(30)))
    options = ("--set", "data.features=['b','a']")
    assert run_zoo("new", "mine", "--data", "my.csv", *options)[0] == 0
    data = tomllib.loads(Path("mine.toml").read_text())["data"]
    assert (data["features"], data["columns"]) == (["b", "a"], {"b": "category", "a": "number"})


SURPRISES = {
    "an id by its name": ("CustomerId", lambda i: 7 * i + 3, True, "column 'CustomerId' is left out: by its name"),
    "row names of R": ("X", lambda i: i + 1, True, "column 'X' is left out: by its name"),
    "row names of pandas": ("Unnamed: 0.1", lambda i: i, True, "column 'Unnamed: 0.1' is left out: by its name"),
    "some row names": ("#", lambda i: i + i // 9, True, "column '#' is left out: by its name"),
    "X, not of R": ("X", lambda i: 5 * i, False, ""),
    "a number of the row": ("t", lambda i: i + 1, False, "column 't' counts up from row to row (1, 2, 3, ...)"),
    "the target in cents": ("cents", lambda i: VALUES[i] * 100, False, "column 'cents' tells the target exactly"),
    "its logarithm": ("log", lambda i: np.log(VALUES[i] + 9), False, "column 'log' tells the target exactly"),
    "its negative": ("loss", lambda i: -VALUES[i], False, "column 'loss' tells the target exactly"),
    "a rounded summand": ("rest", lambda i: round(VALUES[i] - NOISE[i], 2), False, "columns 'noise', 'rest' tell the"),
    "a weighted one": ("w", lambda i: 3 * VALUES[i] - NOISE[i] / 2, False, "'noise', 'w' tell the target together"),
    "a summand": ("rest", lambda i: VALUES[i] - NOISE[i], False, "columns 'noise', 'rest' add up to the target"),
    "an id that is repeated": ("group_id", lambda i: i // 2, False, "column 'group_id' may say whose a row is"),
    "years": ("bought_in", lambda i: 1990 + i % 30, False, ""),
    "nearly the target": ("guess", lambda i: VALUES[i] + 0.1 * NOISE[i - 1], False, ""),
}  # fmt: skip
VALUES, NOISE = np.random.default_rng(0).normal(size=(2, 40)).round(6)


@pytest.mark.parametrize("name", SURPRISES)
def test_a_column_that_names_rows_or_tells_the_target_is_said(run_zoo, name):
    column, cell, left_out, words = SURPRISES[name]
    rows = "".join(f"{NOISE[i]},{cell(i)},{VALUES[i]}\n" for i in range(40))
    Path("my.csv").write_text(f"noise,{column},y\n{rows}")
    said = [line for line in run_zoo("new", "mine", "--data", "my.csv")[2].splitlines() if line.startswith("note")]
    assert [line for line in said if words in line] == said
    assert len(said) == bool(words)
    data = tomllib.loads(Path("mine.toml").read_text())["data"]
    assert data.get("columns") == ({"noise": "number", column: "id"} if left_out else None)


def test_a_column_that_gives_away_the_classes_is_said(run_zoo):
    rows = "".join(
        f"{NOISE[i]},{'7' if VALUES[i] > 0 else '3'},{'yes' if VALUES[i] > 0 else 'no'}\n" for i in range(40)
    )
    Path("my.csv").write_text(f"noise,code,y\n{rows}")
    assert "column 'code' tells the target exactly" in run_zoo("new", "mine", "--data", "my.csv")[2]


def test_classes_that_may_be_one_or_may_be_amounts_are_said(run_zoo):
    Path("my.csv").write_text("x,y\n" + "".join(f"{i / 7:.3f},{['Yes', 'yes', 'no'][i % 3]}\n" for i in range(60)))
    assert "'Yes' and 'yes' differ only in upper and lower case" in run_zoo("new", "a", "--data", "my.csv")[2]
    Path("my.csv").write_text("x,y\n" + "".join(f"{i / 7:.3f},{i % 5 + 1}\n" for i in range(60)))
    assert "if they are amounts, say task = regression" in run_zoo("new", "b", "--data", "my.csv")[2]


@pytest.mark.parametrize("name", ["price", "ph.karno", "my price"])
def test_what_a_message_advises_about_a_column_works(run_zoo, name):
    Path("my.csv").write_text(f"{name},x,y\n" + "".join(f"{'$€'[i % 2]}{i},{i % 7},{i}.5\n" for i in range(60)))
    advised = shlex.split(run_zoo("new", "mine", "--data", "my.csv")[2].partition("as with ")[2])
    assert advised[0] == "--set"
    assert run_zoo("new", "mine", "--data", "my.csv", *advised)[0] == 0
    assert tomllib.loads(Path("mine.toml").read_text())["data"]["columns"][name] == "category"


@pytest.mark.filterwarnings("ignore:.*without a target are left out")
@pytest.mark.parametrize("last", ["(c) 2020 Office,,", "Source,of all,", "31/31/2020,z,"])
def test_a_row_without_a_target_is_left_out_whatever_else_it_holds(run_zoo, last):
    """Footers stand in the first column; neither kinds nor training look at them."""
    rows = "".join(f"{i / 4},{'pqr'[i % 3]},{i % 8}.5\n" for i in range(60))
    Path("my.csv").write_text(f"x,s,y\n{rows}{last}\n")
    code, _, err = run_zoo("new", "mine", "--data", "my.csv")
    assert (code, "3 texts: p, q, r " in err, "the first is line 62" in err) == (0, True, True)
    assert run_zoo("train", "mine.toml", "--set", "training.epochs=1")[0] == 0


def test_a_target_needs_a_file(run_zoo):
    assert run_zoo("new", "mine", "--target", "q")[0] == 2


def test_values_of_another_file_can_be_predicted(run_zoo):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(80, 2))
    Path("my.csv").write_text("p,q,r\n" + "".join(f"{a:.4f},{b:.4f},{a - b:.4f}\n" for a, b in rows))
    run_zoo("new", "mine", "--data", "my.csv")
    run_zoo("train", "mine.toml", "--quiet")
    Path("later.csv").write_text("q,p\n0.5,1\n")
    code, out, _ = run_zoo("predict", "mine.npz", "later.csv")
    assert code == 0
    assert float(out) == pytest.approx(0.5, abs=0.2)


TARGETS = {
    "numbers": lambda i: f"{i / 4}",
    "decimal commas": lambda i: f'"{i},5"',
    "dollars": lambda i: f"${i}.00",
    "labels": lambda i: "xyz"[i % 3],
    "codes": lambda i: f"0{i % 3}",
    "gaps": lambda i: f"{i % 2 * 255}",
    "float classes": lambda i: f"{i % 2}.0",
    "truth": lambda i: f"{i % 2 == 0}",
    "missing": lambda i: "NA" if i % 10 == 0 else "ab"[i % 2],
    "ids": lambda i: f"n{i}",
    "units": lambda i: f"{i} kg",
    "dates": lambda i: f"2020-01-{i % 28 + 1:02}",
}
READY = set(TARGETS) - {"ids", "units", "decimal commas"}  # the other columns have a decimal point


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("form", [",a,b,y", "0,1,2", "", "a,b,y,", "title"])
@pytest.mark.filterwarnings("ignore:.*without a target are left out")
def test_what_is_called_ready_trains_predicts_and_is_measured(run_zoo, target, form):
    """The same file is read in the same way on all roads, or refused by the first."""
    lead, tail = ("r{}," if form.startswith(",") else ""), ("," if form.endswith(",") else "")
    header = "Heights of 2020\na,b,y\n" if form == "title" else f"{form}\n" if form else ""
    cells = [f"{i % 7 + 0.5},{i},{TARGETS[target](i)}" for i in range(1, 61)]
    Path("my.csv").write_text(header + "".join(f"{lead.format(i)}{row}{tail}\n" for i, row in enumerate(cells)))
    code, _, err = run_zoo("new", "mine", "--data", "my.csv")
    assert code == (0 if target in READY else 3), err
    assert Path("mine.toml").exists() == (code == 0)
    if code:
        assert "the target, column" in err
        return
    assert run_zoo("train", "mine.toml", "--quiet", "--set", "training.epochs=1")[0] == 0
    code, out, _ = run_zoo("predict", "mine.npz", "my.csv")
    assert (code, len(out.splitlines())) == (0, 60)
    assert run_zoo("evaluate", "mine.npz", "--data", "my.csv")[0] == 0


def test_how_a_table_is_read_can_be_told_and_is_kept(run_zoo):
    Path("my.csv").write_text("p;q\n" + "".join(f'"1,{i:03}";{"NA" if i % 3 else "EU"}\n' for i in range(60)))
    code, _, err = run_zoo("new", "mine", "--data", "my.csv")
    assert (code, "'1,000' may be 1 or 1000; say --set data.decimal=, or --set data.thousands=," in err) == (3, True)
    assert run_zoo("new", "mine", "--data", "my.csv", "--set", "data.thousands=,", "--set", "data.missing=[]")[0] == 0
    data = tomllib.loads(Path("mine.toml").read_text())["data"]
    assert (data["thousands"], data["missing"], data["delimiter"]) == (",", [], ";")
    assert run_zoo("train", "mine.toml", "--quiet", "--set", "training.epochs=1")[0] == 0
    code, out, _ = run_zoo("predict", "mine.npz", "my.csv", "--proba")
    assert (code, out.splitlines()[0], len(out.splitlines())) == (0, "EU,NA", 61)
    for wrong, words in (("data.decimal=x", "decimal must be"), ("data.path=x", "nothing that a table is read by")):
        code, _, err = run_zoo("new", "other", "--data", "my.csv", "--set", wrong)
        assert (code, words in err) == (2, True)


def test_a_second_spec_of_one_name_is_told_the_ways_out(run_zoo):
    assert run_zoo("new", "mine")[0] == 0
    code, _, err = run_zoo("new", "mine")
    assert (code, err) == (2, "error: mine.toml: exists; choose another name, or replace it with --force\n")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (lambda i: f"{i},{i % 2 == 0},{i}", "column 'q' is true or false; it is read as 1 or 0"),
        (lambda i: f"{i},{i:05},{i}", "column 'q' is left out: it has codes such as '00000'"),
        (lambda i: f"{i},{10**17 + i},{i}", "column 'q' is left out: it has whole numbers of 16 digits"),
        (lambda i: f"{i},{i} kg,{i}", "column 'q' is left out: line 2: '0 kg' is a number with the unit 'kg'"),
        (lambda i: f"{i},{i}%,{i}", "column 'q': the sign '%' beside its numbers is left out"),
        (lambda i: f"{i},{i},{1000 * i}", "the target, column 'r' has mean 2.95e+04"),
        (lambda i: f"{i},{'Total' if i == 59 else 'x'},{i}", "the last row has 'Total'"),
        (lambda i: f"{i},{i},{'' if i == 7 else i / 8}", "column 'r', and are left out; the first is line 9\n"),
        (lambda i: f"{i},{i},{'' if i == 7 else 'ab'[i % 2]}", "line 9. If that is a label: data.missing = []"),
        (lambda i: f"{i},,{i}", "column 'q' is left out: no row has a value"),
    ],
)
def test_what_may_surprise_is_said(run_zoo, rows, words):
    Path("my.csv").write_text("p,q,r\n" + "".join(rows(i) + "\n" for i in range(60)))
    code, _, err = run_zoo("new", "mine", "--data", "my.csv")
    assert code == 0
    assert words in err


@pytest.mark.parametrize(
    ("source", "content", "code"),
    [("m.npz", b"PK\3\4\xff", 2), ("s.json", b"{}", 2), ("s.toml", b"name = '\xff'", 3), ("s.toml", b"name = [", 3)],
)
def test_from_takes_a_spec_alone(run_zoo, source, content, code):
    Path(source).write_bytes(content)
    found, _, err = run_zoo("new", "mine", "--from", f"./{source}")
    assert (found, "bug of the zoo" in err) == (code, False)
    assert not Path("mine.toml").exists()


@pytest.mark.parametrize(
    "arguments", [("train", "my.csv"), ("train", "./my.csv"), ("validate", "my.csv"), ("new", "my.csv")]
)
def test_a_table_in_place_of_a_spec_leads_to_zoo_new(run_zoo, arguments):
    Path("my.csv").write_text("p,q\n1,2\n")
    code, out, err = run_zoo(*arguments)
    assert (code, out) == (2, "")
    assert "my.csv: is the name of a table, not of a spec; write a spec for it: zoo new NAME --data " in err
    assert [path.name for path in Path().iterdir()] == ["my.csv"]
