"""`zoo explain`: the five sections with numbers that agree, within 100 columns, plain in a pipe, whole in JSON."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from zoo_core.cli import run

SMALL = (
    "--set",
    "data.rows=60",
    "--set",
    "data.test_rows=10",
    "--set",
    "data.train=:50",
    "--set",
    "data.validation=50:",
)


@pytest.fixture
def explain(run_zoo):
    """Explain the quickstart on few rows; returns exit code, standard output, standard error."""
    return lambda *arguments: run_zoo("explain", "glyphs-quickstart", *SMALL, *arguments)


def test_a_page_has_the_five_sections_and_fits(explain):
    code, out, err = explain()
    assert (code, err) == (0, "")
    sections = re.findall(r"^(\d)  (\w+)", out, re.MULTILINE)
    assert sections == [("1", "Forward"), ("2", "Loss"), ("3", "Backward"), ("4", "Update"), ("5", "Check")]
    body = out.split("1  Forward")[1]
    assert max(map(len, body.splitlines())) <= 100
    assert "\x1b" not in out
    assert "and 780 more" in out
    for words in ("z  = x W + b", "a  = relu(z)", "d  = dropout(a)", "δ = ∂L/∂z", "∂L/∂W  = xᵀ δ", "f'(z)", "the same"):
        assert words in body
    assert "DIFFERENT" not in out
    assert "\n\n\n" not in out
    assert "The first step of glyphs-quickstart: A first model" in out


def test_sums_by_hand_come_to_the_numbers_shown(explain):
    out = " ".join(explain("--rows", "1", "--units", "2")[1].split())
    sums = re.findall(r"By hand: \S+ \d+\] = (.+?) = (-?[\d.e-]+)(?= )", out)
    assert len(sums) == 4
    for terms, total in sums:
        terms = re.sub(r"\(\d[\d,]* more products\)", "", terms).replace("·", "*")
        assert eval(terms) == pytest.approx(float(total), rel=1e-2, abs=1e-4)


def test_rows_and_units_choose_how_much_is_shown(explain):
    few, many = explain("--rows", "1", "--units", "2")[1], explain("--rows", "3", "--units", "5")[1]
    assert "row 1" not in few
    assert "row 2" in many
    assert len(re.findall(r"^  input \d+", few, re.MULTILINE)) == 8
    assert len(re.findall(r"^  input \d+", many, re.MULTILINE)) == 20


def test_json_has_the_whole_step(explain):
    step = json.loads(explain("--json")[1])
    assert [stage["kind"] for stage in step["stages"]] == ["dense", "activation", "regularizer", "dense", "activation"]
    weights = step["changes"][0]
    assert np.shape(weights["gradient"]) == np.shape(weights["after"]) == (784, 64)
    np.testing.assert_allclose(np.add(weights["before"], weights["step"]), weights["after"])
    assert np.shape(step["stages"][0]["y"]) == (50, 64)
    assert all(check["agrees"] for check in step["checks"])
    assert step["loss_after"] < step["cost"]["total"]


@pytest.mark.parametrize("arguments", [["show", "gelu"], ["explain", "glyphs-quickstart", *SMALL]])
def test_a_terminal_without_unicode_gets_the_nearest_characters(arguments):
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-m", "zoo_core", *arguments], capture_output=True, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    out = done.stdout.decode("ascii")
    assert "....." in out if "gelu" in arguments else "dL/dW  = x^T delta" in out
    assert "?" not in out


def test_a_wrong_gradient_is_pointed_out(capsys):
    """The notebook's loss has half its gradient, on purpose."""
    from zoo_core.registry import Registry

    assert Registry().get("loss", "notebook_error")
    code = run(["explain", "glyphs-quickstart", *SMALL, "--set", "model.loss=notebook_error"])
    out = capsys.readouterr().out
    assert code == 0
    assert "DIFFERENT" in out
    assert "zoo plugins check" in out


@pytest.mark.parametrize(("arguments", "code", "words"), [
    (["--rows", "0"], 2, "rows"), (["--step", "2"], 2, "has 1 step(s)"),
    (["--set", "optimizer.name=adamm"], 2, "did you mean 'adam'"),
    (["--set", "model.layers.0.unitz=3"], 2, "did you mean 'units'"),
])  # fmt: skip
def test_a_mistake_gets_one_message(explain, arguments, code, words):
    found, out, err = explain(*arguments)
    assert (found, out) == (code, "")
    assert words in err
    assert "Traceback" not in err
