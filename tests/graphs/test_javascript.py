"""What is peculiar to models as JavaScript: lists of rows, texts in tables, web pages."""

from __future__ import annotations

import subprocess

import numpy as np
import pytest

import zoo_core
from tests.graphs.languages import EVIL, NODE, javascript, needs_node, strange_model
from tests.graphs.test_outputs import CASES, X
from tests.graphs.test_python_tables import COLUMNS, FRAME, KINDS, model_of


@needs_node
@pytest.mark.parametrize("name", ["texts", "labels", "a value"])
def test_a_row_and_a_list_of_rows_are_predicted(name, tmp_path):
    described, y = CASES[name]
    model = zoo_core.train(described, data=(X, y))
    zoo_core.export(model, tmp_path / "m.js")
    several, one = javascript(tmp_path / "m.js", "[model.predict(x), model.predict(x[0])]", X)
    assert several[0] == one
    np.testing.assert_allclose(several, model.predict(X), rtol=1e-5) if name == "a value" else None
    assert name == "a value" or several == model.predict(X).tolist()


TEXTS = {
    "size": [None, "", "NA", 2.5],
    "grade": ["7", "7.0", "07", " 2 ", "?", "zz", None, "True"],
    "flag": ["TRUE", "false", "zz", ""],
    "port": ["a", "B c", "b c", "n/a"],
    "when": ["31/01/2024", "5.1.2024", "5/1/2024 10:30", "5/1/2024 10:30:01.25+02:00", "", None],
    "seen": [
        "2024-01-05",
        "2024/1/5",
        "2024-01-05T10:30:00Z",
        "2024-01-05 10:30:00,5 -0530",
        "2024-02-29",
        "0050-03-01",
    ],
    "alone": ["yes", "No", "1", "0.0", "TRUE", True, False, None],
}
REFUSED = {
    "size": ["a", "1"], "grade": [3, -2, 0.5], "when": ["01/31/2024", "2024-01-05", "31/02/2024", "5/1/24", "x"],
    "seen": ["05/01/2024", "2024-02-30", "2024-13-01", "2023-02-29", "0000-01-05", "2024-01-05 25:00", "Jan 5, 2024"],
    "alone": ["maybe", 2],
}  # fmt: skip


@needs_node
def test_texts_of_a_table_are_taken_as_the_model_takes_them_or_refused(tmp_path):
    model = model_of(FRAME, columns=KINDS)
    zoo_core.export(model, tmp_path / "m.js")
    row = [3.0, "1", "True", "a", "31/01/2024", "2024-01-06", True]

    def rows(values):
        pairs = [(COLUMNS.index(name), value) for name in values for value in values[name]]
        return np.array([[*row[:at], value, *row[at + 1 :]] for at, value in pairs], object)

    x = rows(TEXTS)
    found = javascript(tmp_path / "m.js", "model.predict_proba(x)", x)
    np.testing.assert_allclose(found, model.predict_proba(x), rtol=0, atol=1e-6)
    attempt = "x.map((row) => { try { return model.predict(row); } catch (error) { return error.name; } })"
    assert set(javascript(tmp_path / "m.js", attempt, rows(REFUSED))) == {"TypeError"}


@needs_node
def test_what_the_model_refuses_has_no_prediction(tmp_path):
    model = zoo_core.train(CASES["texts"][0], data=(X, CASES["texts"][1]))
    zoo_core.export(model, tmp_path / "m.js")
    attempt = "x.map((row) => { try { return model.predict(row); } catch (error) { return error.message; } })"
    found = javascript(tmp_path / "m.js", attempt, np.array([[0, 1, np.nan, 2], [0, np.inf, 1, 2]]))
    assert found == ["a value of the row is missing, unknown or huge, and the model takes no such",
                     "column 1 takes numbers, not Infinity"]  # fmt: skip


@needs_node
def test_texts_of_strangers_stay_texts(tmp_path):
    model, table, rows = strange_model()
    zoo_core.export(model, tmp_path / "m.js")
    source = (tmp_path / "m.js").read_text(encoding="utf-8")
    assert "\u2028" not in source
    assert "<" + "/script" not in source
    assert "<!" + "--" not in source
    found = javascript(tmp_path / "m.js", "[model.LABELS, model.predict(x), globalThis.run]", rows)
    assert found == [model.labels().tolist(), model.predict(table).tolist(), None]
    assert EVIL in found[0]
    assert [file.name for file in tmp_path.iterdir()] == ["m.js"]


@needs_node
def test_a_web_page_has_the_model_as_a_global_and_a_wrong_row_is_refused(tmp_path):
    zoo_core.export("glyphs-quickstart", tmp_path / "my-glyphs.js")
    program = """const script = require("fs").readFileSync("my-glyphs.js", "utf8"), page = {};
require("vm").runInNewContext(script, page);
try { page.my_glyphs.predict([1, 2]); } catch (error) { console.log(error.message); }
try { page.my_glyphs.predict(Array(784).fill("a")); } catch (error) { console.log(error.message); }
console.log(Object.keys(page).join());"""
    done = subprocess.run([NODE, "-e", program], cwd=tmp_path, capture_output=True, text=True, check=True)
    wanted = ["a row has 2 entries; give 784", 'column 0 takes numbers, not "a"', "my_glyphs"]
    assert done.stdout.splitlines() == wanted
