"""Standard output and standard error: closed, full, gone, of a narrow encoding, and with foreign text."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import zoo_core

Zoo = Callable[..., tuple[int, str, str]]
ESCAPES = "\x1b[31mred\x1b[2J"
TOML = """
name = "colours"
data = {{ name = "csv", path = "t.csv", target = "y", validation = 0.2, test = 0.2 }}
model = {{ loss = "cross_entropy", layers = [{{ units = 2, activation = "softmax" }}] }}
optimizer = {{ name = "adam", learning_rate = 0.05 }}
training = {{ epochs = {epochs}, batch_size = 16, metrics = ["accuracy", "confusion_matrix"] }}
"""


def colours(folder: Path, first: str = ESCAPES, second: str = "blue", epochs: int = 3) -> None:
    """Write t.csv with two labels, colours.toml, and rows.csv to predict."""
    values = np.random.default_rng(0).normal(size=(80, 2))
    rows = [f"{a:.3f},{b:.3f},{first if a > 0 else second}" for a, b in values]
    (folder / "t.csv").write_text("\n".join(["a,b,y", *rows]) + "\n", encoding="utf-8")
    (folder / "rows.csv").write_text("\n".join(["a,b", *(row.rpartition(",")[0] for row in rows)]) + "\n")
    (folder / "colours.toml").write_text(TOML.format(epochs=epochs))


def zoo(folder: Path, line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a shell line in which $ZOO stands for the command."""
    command = f"{sys.executable} -P -m zoo_core"
    return subprocess.run(
        ["bash", "-c", line.replace("$ZOO", command)],
        cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with colours.npz, whose classes are `rêd` and `blue`."""
    place = tmp_path_factory.mktemp("colours")
    colours(place, "rêd")
    zoo_core.train(str(place / "colours.toml"), place, output=place / "colours.npz")
    return place


def test_a_reader_that_has_gone_is_no_error(folder: Path) -> None:
    line = "for i in $(seq 2000); do echo 0.5,0.5; done | $ZOO predict colours.npz - | head -1; echo ${PIPESTATUS[1]}"
    found = zoo(folder, line)
    assert found.stdout.split() == ["rêd", "0"]
    assert found.stderr == ""


@pytest.mark.parametrize(
    ("redirection", "reason"),
    [(">&-", "standard output is closed"), ("> /dev/full", "cannot write to standard output: No space left on device")],
)
@pytest.mark.parametrize("command", ["predict colours.npz rows.csv", "list parts", "--help", "show colours.npz --json"])
def test_results_that_cannot_be_written_are_an_error(folder: Path, command: str, redirection: str, reason: str) -> None:
    found = zoo(folder, f"$ZOO {command} {redirection}")
    assert (found.returncode, found.stderr) == (5, f"error: {reason}\n")


def test_rows_from_a_closed_standard_input_are_an_error(folder: Path) -> None:
    found = zoo(folder, "$ZOO predict colours.npz - <&-")
    assert (found.returncode, found.stderr) == (5, "error: standard input is closed\n")


@pytest.mark.parametrize("redirection", ["2>&-", "2> /dev/full", "2>&1 >/dev/null | head -0"])
def test_messages_that_cannot_be_written_are_not(tmp_path: Path, redirection: str) -> None:
    colours(tmp_path, epochs=40)
    found = zoo(tmp_path, f"$ZOO train colours.toml {redirection}; echo ${{PIPESTATUS[0]}}")
    assert found.stdout.split()[-1] == "0"
    assert len(zoo_core.load(tmp_path / "colours.npz").history) == 40


@pytest.mark.parametrize(("redirection", "code"), [("| head -0", 0), ("> /dev/full", 5), (">&-", 5)])
@pytest.mark.parametrize("json", ["", "--json"])
def test_a_run_is_saved_whatever_happens_to_its_output(tmp_path: Path, redirection: str, code: int, json: str) -> None:
    colours(tmp_path)
    found = zoo(tmp_path, f"$ZOO train colours.toml {json} {redirection}; echo ${{PIPESTATUS[0]}} >&2")
    assert found.stderr.split()[-1] == str(code)
    assert ("the model is saved: colours.npz" in found.stderr) == (code == 5)
    assert len(zoo_core.load(tmp_path / "colours.npz").history) == 3


def test_a_model_is_never_written_to_through_a_closed_descriptor(tmp_path: Path) -> None:
    colours(tmp_path)
    zoo(tmp_path, "$ZOO train colours.toml <&- >&- 2>&-")
    assert zoo_core.load(tmp_path / "colours.npz").predict(np.zeros((1, 2))).shape == (1,)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
@pytest.mark.slow
def test_a_label_that_the_encoding_lacks_is_written_as_an_escape(tmp_path: Path, encoding: str) -> None:
    colours(tmp_path, "日本")
    zoo_core.train(str(tmp_path / "colours.toml"), tmp_path, output=tmp_path / "colours.npz")
    found = zoo(tmp_path, "$ZOO predict colours.npz rows.csv && $ZOO show colours.npz", PYTHONIOENCODING=encoding)
    assert found.returncode == 0
    assert set(found.stdout.split()[:80]) == {"\\u65e5\\u672c", "blue"}
    assert found.stderr == ""


COMMANDS = (
    "predict c.npz rows.csv", "predict c.npz rows.csv --proba", "predict c.npz rows.csv --json", "show c.npz",
    "evaluate c.npz", "compare c.npz d.npz", "compare --exact c.npz d.npz", "explain c.npz", "show c.npz --json",
    "predict c.npz other.csv", "evaluate c.npz --data other.csv", "train colours.toml --force", "list models",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_text_of_others_never_steers_the_terminal(run_zoo: Zoo, tmp_path: Path, command: str) -> None:
    colours(tmp_path)
    for seed, name in enumerate("cd"):
        spec = zoo_core.read_spec("colours.toml", [f"seed={seed}", f'description="{ESCAPES}"'])
        zoo_core.train(spec, output=f"{name}.npz")
    (tmp_path / "other.csv").write_text("\x1b[1mq,\x1b]0;title\x07\n\x1b[3A,\r2\n")
    code, out, err = run_zoo(*command.split())
    assert code in (0, 3)
    assert not set(out + err) & set("\x1b\x07\r\x9b")


HOSTILE = "\x1b[2J\x07\x7f\x9b\u202e\u2028\U000e0001"
FRIENDLY = "caf\xe9\xa0東京\u3000\u0646\u0645\u06cc\u200c\u062f 👩\u200d🔬"


def test_json_is_valid_whatever_stands_in_it(run_zoo: Zoo, tmp_path: Path) -> None:
    colours(tmp_path, HOSTILE, FRIENDLY)
    model = zoo_core.train(zoo_core.read_spec("colours.toml", [f'description="{FRIENDLY}"']), output="c.npz")
    for command in ("predict c.npz rows.csv --json", "show c.npz --json", "evaluate c.npz --json"):
        code, out, _ = run_zoo(*command.split())
        assert code == 0
        json.loads(out)
        assert not set(out) & set(HOSTILE) - set("[2J")
    assert set(json.loads(run_zoo("predict", "c.npz", "rows.csv", "--json")[1])) == {FRIENDLY, HOSTILE}
    assert model.labels().tolist() == sorted([FRIENDLY, HOSTILE])


def test_spaces_and_joiners_of_other_scripts_stay_as_they_are(run_zoo: Zoo, tmp_path: Path) -> None:
    colours(tmp_path, FRIENDLY)
    zoo_core.train("colours.toml", output="c.npz")
    assert set(run_zoo("predict", "c.npz", "rows.csv")[1].split("\n")) == {FRIENDLY, "blue", ""}


def test_a_label_with_line_ends_is_one_line_on_the_terminal_and_quoted_in_a_csv_file(
    run_zoo: Zoo, tmp_path: Path
) -> None:
    label = 'a\n=1+1,"q"\rz'
    x = np.random.default_rng(0).normal(size=(80, 2))
    np.savez("t.npz", x=x, y=np.where(x[:, 0] > 0, label, "b"))
    spec = TOML.format(epochs=3).replace('"csv", path = "t.csv", target = "y"', '"npz", path = "t.npz"')
    Path("colours.toml").write_text(spec)
    zoo_core.train("colours.toml", output="c.npz")
    colours(tmp_path)
    assert set(run_zoo("predict", "c.npz", "rows.csv")[1].split("\n")) == {'a\\n=1+1,"q"\\rz', "b", ""}
    assert run_zoo("predict", "c.npz", "rows.csv", "-o", "y.csv")[0] == 0
    with Path("y.csv").open(newline="") as file:
        assert {row["label"] for row in csv.DictReader(file)} == {label, "b"}
