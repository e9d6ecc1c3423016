"""A first spec says what each column of a table is, and the table that it was written for trains with no hand work."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest

import zoo_core
from zoo_core.cli.commands.new import columns_text
from zoo_core.data.readers.features import read_features
from zoo_core.errors import DataError, UsageError
from zoo_core.parts import Column
from zoo_core.spec.from_csv import csv_spec, guess, told_options

ROWS = 60
NAMES = [f"Name {i}, of {i % 7}" for i in range(ROWS)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def finding(cell, rows=ROWS, **told):
    """Return what is found of a column `c`, whose cells a function of the row gives."""
    lines = [f"{i % 9 * 1.5},{cell(i)},{'ab'[i % 2]}" for i in range(rows)]
    Path("t.csv").write_text("p,c,y\n" + "\n".join(lines) + "\n")
    return guess(Path("t.csv"), told=told).kinds[1]


@pytest.mark.parametrize(
    ("cell", "kind", "found", "gaps"),
    [
        (lambda i: i * i, "number", "0 to 3481", 0),
        (lambda i: "NA" if i == 7 else i * i, "number", "0 to 3481", 1),
        (lambda i: ("red", "blue", "green")[i % 3], "category", "3 texts: blue, green, red", 0),
        (lambda i: ("red", "", "green")[i % 3], "category", "2 texts: green, red", 20),
        (lambda i: f"t{i % 20}", "category", "20 texts: t0, t1, t10, ...", 0),
        (lambda i: f"t{i % 21}", "ignore", "21 different texts", 0),
        (lambda i: f"0{i % 5}", "category", "5 texts: 00, 01, 02, ...", 0),
        (lambda i: i % 3 == 0, "boolean", "true or false", 0),
        (lambda i: "" if i == 4 else i % 3 == 0, "boolean", "true or false", 1),
        (lambda i: ("yes", "no")[i % 2], "boolean", "no or yes", 0),
        (lambda i: ("Y", "N", "?")[i % 3], "boolean", "N or Y", 20),
        (lambda i: ("0", "1")[i % 2], "number", "0 to 1", 0),
        (lambda i: f"2020-02-{i % 29 + 1:02}", "date", "2020-02-01 to 2020-02-29", 0),
        (lambda i: f"2020-02-{i % 29 + 1:02} 10:30:00" if i else "", "date", "2020-02-01 to 2020-02-29", 1),
        (lambda i: f"{i % 28 + 1}.3.2020", "date_dmy", "2020-03-01 to 2020-03-28", 0),
        (lambda i: f"3/{i % 28 + 1}/2020", "date_mdy", "2020-03-01 to 2020-03-28", 0),
        (lambda i: f'"{NAMES[i]}"', "id", "60 different texts", 0),
        (lambda i: "x", "ignore", "1 text: x", 0),
        (lambda i: 5, "ignore", "5 to 5", 0),
        (lambda i: "", "ignore", "no value", 0),
        (lambda i: f"{i} kg", "ignore", "60 texts: 0 kg, 1 kg, 10 kg, ...", 0),
    ],
)
def test_the_kind_of_a_column_is_found(cell, kind, found, gaps):
    own = finding(cell)
    assert (own.kind, own.found, own.gaps) == (kind, found, gaps)
    assert bool(own.why) == (kind in ("id", "ignore"))


def test_many_rows_allow_more_categories_but_at_most_200():
    states, people = (finding(lambda i, n=n: f"t{i % n}", rows=1000) for n in (45, 95))
    assert (states.kind, states.note, people.kind) == ("category", "", "category")
    assert people.may_group
    assert finding(lambda i: f"t{i % 105}", rows=1000).kind == "ignore"
    assert finding(lambda i: f"t{i % 201}", rows=6000).kind == "ignore"


def test_dates_in_two_orders_are_read_in_the_likelier_one_which_is_said():
    found = finding(lambda i: f"{i % 12 + 1}/1/20{i % 20 + 10}")
    assert (found.kind, found.found) == ("date_mdy", "2010-01-01 to 2029-12-01")
    assert (
        found.note == 'is read as month, day, year; if it is day, month, year, write c = "date_dmy" in [data.columns]'
    )


def test_a_kind_that_is_told_wins():
    assert finding(lambda i: i % 3, columns={"c": "category"}).kind == "category"
    assert finding(lambda i: f"x{i}", columns={"c": "category"}).categories == ROWS
    assert finding(lambda i: f"{i} {'z' * (i == 3)}", columns={"c": "category"}).kind == "category"
    assert told_options(["data.columns.c=category"]) == {"columns": {"c": "category"}}
    with pytest.raises(UsageError, match=r"data.columns.c = 'text': there is no such kind; there are: number"):
        finding(lambda i: i, columns={"c": "text"})
    with pytest.raises(UsageError, match=r"'data.colums' is nothing .*; did you mean 'data.columns'"):
        told_options(["data.colums.c=category"])
    with pytest.raises(DataError, match="no column 'd'"):
        finding(lambda i: i, columns={"d": "number"})


def test_dates_of_several_forms_are_told_to_be_so(tmp_path):
    rows = "".join(f"{['2023-01-%02d', '%02d.03.2023'][i % 2] % (i + 1)},{i % 5},{'pq'[i % 2]}\n" for i in range(25))
    (tmp_path / "t.csv").write_text("when,a,y\n" + rows)
    found = guess(tmp_path / "t.csv")
    assert found.columns["when"] == "ignore"
    assert any(
        "it has dates in more than one form, such as '2023-01-25' and '12.03.2023'; write" in n for n in found.notes
    )


@pytest.mark.parametrize(
    ("odd", "form", "told"),
    [
        ("2023-02-30", "2020-02-{:02}", "line 5: '2023-02-30' is no date such as 2026-01-31 .* leave the cell empty"),
        ("soon", "{}.3.2020", "'soon' is no date such as 31/1/2026, as .* if 'soon' stands .* add it to data.missing"),
        ("2020-03-05", "3/{}/2020", "'2020-03-05' is no date such as 1/31/2026"),
    ],
)
def test_a_few_texts_among_dates_are_asked_about(odd, form, told):
    def cell(i):
        return odd if i in (3, 9) else form.format(i % 9 + 13)

    with pytest.raises(DataError, match=told) as caught:
        finding(cell)
    assert "as are 1 more of 60 cells" in str(caught.value)
    assert "or say what it is in data.columns: {'c': 'category'}" in str(caught.value)
    assert finding(cell, columns={"c": "category"}).kind == "category"
    assert finding(lambda i: odd if i % 5 == 0 else form.format(i % 9 + 13)).kind in ("category", "ignore")


def test_a_few_dates_of_several_forms_are_no_category():
    found = finding(lambda i: ["2020-01-05", "31.1.2020"][i % 2])
    assert (found.kind, "more than one form" in found.why) == ("ignore", True)


def test_numbers_with_a_few_texts_are_asked_about():
    with pytest.raises(DataError, match=r"line 5: 'z' is text.*or say what it is in data.columns: .'c': 'category'"):
        finding(lambda i: "z" if i == 3 else i)


def test_a_cut_table_of_columns_still_counts_gaps_and_tells_names_apart(monkeypatch):
    found, done = "4334.15 to 85199.7, 4,123 missing", "gaps: median; standardized"
    names = ["certification_body_address", "certification_body_contact"]
    rows = [{"column": name, "kind": "number", "found": found, "done": done} for name in names]
    monkeypatch.setenv("COLUMNS", "80")
    first, second = columns_text(rows).splitlines()[1:]
    assert "..., 4,123 missing" in first
    assert first[:16] != second[:16]
    monkeypatch.setenv("COLUMNS", "120")
    assert [line.split("  ")[:2] for line in columns_text(rows).splitlines()[1:]] == [[n, "number"] for n in names]
    assert found in columns_text(rows)


def test_the_table_of_columns_has_at_most_80_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    rows = [{"column": "c" * 90, "kind": "date_dmy", "found": "f\n" * 90, "done": "d" * 90}] * 70
    lines = columns_text(rows).splitlines()
    assert len(lines) == 62
    assert max(map(len, lines)) == 80
    assert lines[-1] == "... and 10 more"


def people(rows=400):
    """Return a table as people have it: an id, names, categories, gaps, truth values, dates, zones with zeros."""
    rng, lines = np.random.default_rng(3), ["id,name,sex,class,age,fare,port,alone,boarded,zip,ship,survived"]
    for i in range(rows):
        sex, sort, age = rng.choice(["male", "female"]), int(rng.integers(1, 4)), rng.normal(30, 12)
        score = 2.5 * (sex == "female") - 1.2 * (sort - 2) - (age - 30) / 30 + rng.normal(0, 0.3)
        shown, port = "" if rng.random() < 0.2 else f"{age:.1f}", rng.choice(["S", "C", "Q", "NA"])
        day = f"{rng.integers(1, 29)}/{rng.integers(1, 13)}/1912"
        row = (i + 1, f'"N {i}, Mr"', sex, ("1st", "2nd", "3rd")[sort - 1], shown, f"{rng.gamma(2, 20):.2f}", port,
               rng.random() < 0.5, day, f"0{rng.integers(100, 105)}", "Titanic", score > 0.8)  # fmt: skip
        lines.append(",".join(map(str, row)))
    return "\n".join(lines) + "\n"


def test_a_table_with_all_of_it_is_learnt_and_predicted_with_no_hand_work(run_zoo):
    Path("people.csv").write_text(people())
    code, out, _ = run_zoo("new", "mine", "--data", "people.csv", "--json")
    assert code == 0
    told = {row["column"]: row["kind"] for row in json.loads(out)["columns"]}
    assert told == {
        "survived": "target", "id": "id", "name": "id", "sex": "category", "class": "category", "age": "number",
        "fare": "number", "port": "category", "alone": "boolean", "boarded": "date_dmy", "zip": "category",
        "ship": "ignore",
    }  # fmt: skip
    written = tomllib.loads(Path("mine.toml").read_text())["data"]["columns"]
    assert written == {name: kind for name, kind in told.items() if kind != "target"}
    assert run_zoo("train", "mine.toml", "--quiet")[0] == 0
    figures = json.loads(run_zoo("evaluate", "mine.npz", "--json")[1])
    assert figures["accuracy"] > 0.85
    head, *rows = people(30).splitlines()
    code, out, _ = run_zoo("predict", "mine.npz", "people.csv")
    assert code == 0
    lines = [",".join(row.split(",")[:-1]).replace(",S,", ",Mars,") for row in rows]  # an unknown port, no target
    Path("new.csv").write_text("\n".join([head.removesuffix(",survived"), *lines]) + "\n")
    code, again, err = run_zoo("predict", "mine.npz", "new.csv")
    assert (code, len(again.splitlines()), err) == (0, 30, "")


def notes(columns, labels):
    """Return the notes on a table of these columns, and a target."""
    names = [*columns, "y"]
    rows = zip(*columns.values(), labels, strict=True)
    Path("t.csv").write_text("\n".join(",".join(map(str, row)) for row in [names, *rows]) + "\n")
    return [note for note in guess(Path("t.csv")).notes if "classes, with" not in note]


def test_near_copies_of_the_target_are_said():
    y, noise = np.random.default_rng(0).normal(size=(2, ROWS)).round(4)
    near = (y + 0.01 * noise).round(4)
    assert any(
        "column 'near' is nearly the target, correlation 0.999" in n for n in notes({"p": noise, "near": near}, y)
    )
    far = (y + 0.1 * np.roll(noise, 1)).round(4)
    assert notes({"p": noise, "far": far}, y) == []
    labels = ["ab"[i % 2] for i in range(ROWS)]
    words = [("no", "yes")[i % 2] for i in range(ROWS)]
    assert any("column 'w' tells the target exactly" in note for note in notes({"p": noise, "w": words}, labels))
    words[5] = "no"
    assert notes({"p": noise, "w": words}, labels) == []
    many, noise = 5 * ROWS, np.random.default_rng(0).normal(size=5 * ROWS).round(4)
    told = {"p": noise, "w": ["no" if i == 5 else ("no", "yes")[i % 2] for i in range(many)]}
    said = f"column 'w' tells the target in {many - 1} of {many} rows"
    assert any(said in note for note in notes(told, ["ab"[i % 2] for i in range(many)]))
    codes = {"p": noise, "w": [int(i == 5 or i % 2 == 0) for i in range(many)]}
    assert any(said in note for note in notes(codes, ["ab"[i % 2] for i in range(many)]))
    rare = ["b" if i < 10 else "a" for i in range(many)]
    assert notes({"p": noise, "w": ["y" if i < 9 else "n" for i in range(many)]}, rare) == []


def test_classes_of_one_row_and_columns_of_one_value_are_said():
    noise = np.random.default_rng(0).normal(size=ROWS).round(4)
    found = notes({"p": noise, "same": ["x"] * ROWS}, ["c", *(["ab"[i % 2] for i in range(ROWS - 1)])])
    assert "1 class(es) have one row, so that it is learnt or tested, never both: 'c'" in found
    assert "column 'same' is left out: all rows have the text 'x'" in found


def test_a_model_is_shown_with_its_columns_and_what_was_learnt(run_zoo):
    Path("people.csv").write_text(people())
    assert run_zoo("new", "mine", "--data", "people.csv")[0] == 0
    assert run_zoo("train", "mine.toml", "--quiet", "--set", "training.epochs=1")[0] == 0
    _, out, _ = run_zoo("show", "mine.npz")
    for words in ("preprocessor", "categories female, male", "date (dmy)", "a missing value becomes"):
        assert words in out
    about = json.loads(run_zoo("show", "mine.npz", "--json")[1])["about"]
    assert about["columns"][0] == {"name": "sex", "kind": "category", "categories": ["female", "male"], "order": ""}


def test_yes_and_no_beside_numbers_are_trained_on(run_zoo):
    lines = [f"{'yes' if i % 3 else 'no'},{i},{'a' if i % 2 else 'b'}" for i in range(30)]
    Path("t.csv").write_text("student,balance,y\n" + "\n".join(lines) + "\n")
    code, _, said = run_zoo("new", "t", "--data", "t.csv")
    assert (code, "student  boolean" in said) == (0, True)
    assert run_zoo("train", "t.toml", "-q", "--set", "training.epochs=1")[0] == 0


def test_rows_of_a_person_and_times_are_said_and_kept_apart(run_zoo):
    lines = [f"p{i % 40},2024-{1 + i // 40:02}-{1 + i % 28:02},{i % 7},{'ab'[i % 2]}" for i in range(240)]
    Path("t.csv").write_text("person,when,a,y\n" + "\n".join(lines) + "\n")
    _, _, said = run_zoo("new", "t", "--data", "t.csv")
    assert "column 'person' may say whose a row is" in said
    assert "--set data.group=person" in said
    assert "--set data.time=when" in said
    assert run_zoo("new", "t", "--data", "t.csv", "--set", "data.group=person", "--force")[0] == 0
    data = tomllib.loads(Path("t.toml").read_text())["data"]
    assert (data["group"], data["columns"]["person"], data.get("stratify")) == ("person", "ignore", None)
    code, _, said = run_zoo("new", "t", "--data", "t.csv", "--set", "data.group=0", "--force")  # by its index
    assert (code, "'person' is left out: data.group says that it tells which rows" in said) == (0, True)
    assert "may say whose" not in said
    code, _, said = run_zoo("new", "u", "--data", "t.csv", "--set", "data.group=0", "--set", "data.time=when")
    assert (code, "data.group and data.time" in said, Path("u.toml").exists()) == (2, True, False)
    assert run_zoo("train", "t.toml", "-q", "--set", "training.epochs=1")[0] == 0
    assert run_zoo("new", "t", "--data", "t.csv", "--set", "data.time=when", "--force")[0] == 0
    changes = ["--set", "training.early_stopping=null", "--set", "training.epochs=1"]
    assert run_zoo("train", "t.toml", "-q", "--force", *changes)[0] == 0


def notes_of(cell, rows=ROWS, **told):
    """Return the notes on a column `c`, whose cells a function of the row gives."""
    finding(cell, rows)
    return [note for note in guess(Path("t.csv"), told=told).notes if "'c'" in note]


@pytest.mark.parametrize(
    ("cell", "kind", "note"),
    [
        (lambda i: f"{100 + i % 5}" + "a" * (i in (7, 12)), "category", "of '102a', line 9: its numbers are codes"),
        (lambda i: ("12a", "12b")[i % 2] if i > 57 else i % 9, "category", "because of '12a', line 60"),
        (lambda i: f"0{i % 5}" if i else "12A", "category", "because of '12A', line 2"),
        (lambda i: "X12" if i == 5 else i % 5 + 10, "category", "because of 'X12', line 7"),
        (lambda i: "rotary" if i == 5 else (4, 6, 8)[i % 3], "category", "line 7: its numbers are classes"),
        (lambda i: "6+" if i % 20 == 0 else i % 6, "category", "'6+', line 2: its numbers are classes"),
        (lambda i: ("<5", "9+")[i % 2] if i % 20 < 2 else i % 5 + 5, "category", "'<5', line 2: its numbers are cl"),
        (lambda i: "A" if i == 5 else f"0{i % 9}.1" if i % 2 else f"0{i % 9}", "category", "because of 'A', line 7"),
        (lambda i: "14000306X" if i == 5 else 140003065 + i, "ignore", "it has codes such as '14000306X'"),
        (lambda i: "98115-4820" if i == 5 else 98000 + i, "ignore", "it has codes such as '98115-4820'"),
        (lambda i: "41" + "ABCDG"[i % 5] if i > 54 else i, "ignore", "it has codes such as '41A'"),
        (lambda i: "*" if i == 5 else i * 1.5, "number", "'*' is a missing value for data.missing"),
        (lambda i: ("n.a.", "..")[i % 2] if i > 57 else i, "number", "'n.a.', '..' are missing values for"),
        (lambda i: "#DIV/0!" if i == 5 else i, "number", "'#DIV/0!' is a missing value"),
        (lambda i: "DNF" if i > 57 else i, "number", "'DNF' is a missing value for data.missing"),
        (lambda i: "-" if i == 5 else i, "number", "'-' is read as a missing value; the first is line 7"),
        (lambda i: f"{1950 + i} {('Jan', 'June', 'SEP')[i % 3]}", "date", "is a time"),
        (lambda i: f"{i % 28 + 1}-{('Jan', 'June', 'SEP')[i % 3]}-{i + 10}", "date", "is a time"),
        (lambda i: f"{('Jan', 'Jun', 'Sep')[i % 3]}-{i + 10}", "date", "is a time"),
        (lambda i: f"{1950 + i // 4}-Q{i % 4 + 1}", "date", "is a time"),
    ],
)  # fmt: skip
def test_odd_texts_among_numbers_are_understood_and_said(cell, kind, note):
    assert finding(cell).kind == kind
    assert note in " ".join(notes_of(cell))


@pytest.mark.parametrize("odd", ["12O", "5kg", "5g", "1,5", "$5", "<0.006", "abc", "5a", "1e", "2026-01-31"])
def test_a_single_odd_text_in_a_measure_is_asked_about(odd):
    with pytest.raises(DataError, match=r"column 'c': line 7: "):
        finding(lambda i: f'"{odd}"' if i == 5 else i * 1.5)


@pytest.mark.parametrize(
    "odd", ["12O", "5kg", "5g", "5m", "5a", "EUR250", "Rs250", "1500000kg", "1500000l", "1000-2000", "2020-2021"]
)
def test_a_unit_or_a_typing_error_among_whole_numbers_is_asked_about(odd):
    again = (5, 9) if odd[-1] in "gm" else (5,)
    with pytest.raises(DataError, match=r"column 'c': line 7: "):
        finding(lambda i: odd if i in again else i)


def test_a_measure_below_what_can_be_measured_is_asked_about():
    Path("t.csv").write_text("c,y\n" + "".join(f"{'<0.5' if i % 9 == 0 else i % 40 / 10},{i}\n" for i in range(900)))
    with pytest.raises(DataError, match=r"column 'c': line 2: '<0.5' is not a finite number"):
        guess(Path("t.csv"))


@pytest.mark.parametrize(("word", "columns"), [("low", "c,y,s"), ("low", "c,s,y"), ("unknown", "c,s,y")])
def test_a_class_of_another_column_is_no_word_for_a_missing_number(word, columns):
    rows = (f"{word if i % 30 == 0 else i},{(word, 'mid', 'high')[i % 3]},{i % 7 + 0.5}\n" for i in range(600))
    Path("t.csv").write_text(columns + "\n" + "".join(rows))
    with pytest.raises(DataError, match=rf"column 'c': line 2: '{word}' is text, not a number"):
        guess(Path("t.csv"), "s" if word == "unknown" else "y")


def test_a_few_notes_speak_of_many_columns():
    names = [f"c{i}" for i in range(12)]
    texts = [f"t{i}" for i in range(4)]
    rows = [
        ",".join([*("5" * 12), *(f"{t}{i % 39}" for t in texts), f"2026-01-{i % 30 + 1}", str(i)]) for i in range(60)
    ]
    Path("t.csv").write_text(",".join([*names, *texts, "d", "y"]) + "\n" + "\n".join(rows))
    notes = guess(Path("t.csv")).notes
    assert len(notes) < 6
    assert "columns 'c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7' and 4 more are left out" in " ".join(notes)
    assert "columns 't0', 't1', 't2', 't3' are left out: they have many different texts; to take" in " ".join(notes)


@pytest.mark.parametrize("gap", ["", "NA", " NA", "-", "None"])
def test_a_column_with_gaps_only_where_the_target_is_missing_may_have_gaps(gap):
    rows = [f"{i},{gap if i == 50 else i * i},{'' if i > 47 else i + 0.5}" for i in range(ROWS)]
    Path("t.csv").write_text("o,p,y\n" + "\n".join(rows))
    assert guess(Path("t.csv")).columns == {"o": "number", "p": "number"}


@pytest.mark.parametrize(
    ("cell", "task"),
    [
        (lambda i: i % 9, "classification"),
        (lambda i: i % 5, "classification"),
        (lambda i: int(i**0.5), "regression"),
        (lambda i: 1990 + i % 12, "regression"),
        (lambda i: f"0{i % 9}" if i % 40 else "09", "classification"),
    ],
)
def test_counts_and_years_are_amounts_and_this_is_said(cell, task):
    Path("t.csv").write_text("p,y\n" + "\n".join(f"{i % 17}.5,{cell(i)}" for i in range(120)))
    found = guess(Path("t.csv"))
    assert found.task == task
    assert ("are taken for amounts; if they are labels" in " ".join(found.notes)) == (task == "regression")
    assert "taken for amounts" not in " ".join(guess(Path("t.csv"), task="regression").notes)


def test_that_many_dates_are_classes_is_said():
    Path("t.csv").write_text("p,y\n" + "\n".join(f"{i}.5,2026-{i % 5 + 1:02}-{i % 6 + 1:02}" for i in range(90)))
    assert "each of the 30 dates of the target, column 'y', is a class" in " ".join(guess(Path("t.csv")).notes)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (lambda i: -999 if i % 20 == 3 else i, "has -999 in 3 rows, far from other numbers"),
        (lambda i: 99 if i % 20 == 3 else i % 10, "has 99 in 3 rows, far from other numbers"),
        (lambda i: 99 if i == 3 else i % 10, ""),
        (lambda i: i + 40, ""),
        (lambda i: -9 if i % 20 == 3 else i, ""),
    ],
)
def test_numbers_that_may_stand_for_missing_values_are_said(cell, said):
    notes = " ".join(notes_of(cell))
    assert said in notes
    assert ("far from" in notes) == bool(said)


def test_numbers_that_may_be_codes_are_said():
    Path("t.csv").write_text("zipcode,p,y\n" + "\n".join(f"{98000 + i % 9},{i},{i}.5" for i in range(ROWS)))
    assert 'for codes write zipcode = "category" in [data.columns]' in " ".join(guess(Path("t.csv")).notes)


def test_a_frame_is_predicted_as_its_file_is_with_marks_and_blanks_in_names():
    rows = [f"{'-' if i == 5 else i},{i * 2},{i * 3}.5" for i in range(ROWS)]
    Path("t.csv").write_text("a,b ,y\n" + "\n".join(rows))
    Path("s.toml").write_text(csv_spec("job", guess(Path("t.csv"))))
    model = zoo_core.train(zoo_core.read_spec("s.toml", ["training.epochs=1"]))
    frame = {"a": np.array(["-" if i == 5 else i for i in range(ROWS)], object), "b ": np.arange(ROWS) * 2}
    np.testing.assert_array_equal(model.predict(frame), model.predict({"a": frame["a"], "b": frame["b "]}))
    x = read_features("t.csv", ["a", "b"], options=model.data_options, columns=[Column("a"), Column("b")], gaps=True)
    np.testing.assert_allclose(model.predict(frame), model.predict(x), rtol=1e-6)
