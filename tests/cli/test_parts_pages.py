"""`zoo show PART` and `zoo list parts`: what a learner or an author of specs looks up, at 80 columns."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
from annotated_types import Ge, Le

from tests.helpers.plugins import registry_with
from zoo_core.parts import KINDS, Activation, Optimizer, Rate
from zoo_core.registry import Registry
from zoo_core.spec.describe import describe, option_rows, summary


@pytest.fixture
def run_zoo(run_zoo, monkeypatch):
    """Run a command in an empty folder, 80 columns wide; returns exit code, standard output, standard error."""
    monkeypatch.setenv("COLUMNS", "80")
    return run_zoo


def dotted(out: str) -> list[str]:
    """Return the lines of a plot: those with a braille dot."""
    return [line for line in out.splitlines() if re.search("[\u2801-\u28ff]", line)]


# ------------------------------------------------------------------ zoo show


def test_a_part_shows_formula_source_options_origin_code_and_plot(run_zoo):
    code, out, err = run_zoo("show", "gelu")
    assert (code, err) == (0, "")
    assert out.startswith("gelu  an activation of mlp-zoo ")
    assert "f(z) = z P(Z <= z)" in out
    assert "Hendrycks and Gimpel 2016" in " ".join(out.split())
    assert re.search(r'^approximate +"none" or "tanh" +"none"$', out, re.MULTILINE)
    assert re.search(r"^code +\S+activations/\w+\.py:\d+$", out, re.MULTILINE)
    assert "f'(z)" in out
    assert len(dotted(out)) >= 10
    assert max(map(len, out.splitlines())) <= 80 or "code" in max(out.splitlines(), key=len)


@pytest.mark.parametrize(("name", "words"), [
    ("softmax", "output 3"), ("maxout", "input 2"),
    ("on_plateau", "epoch (before it reacts"), ("he_normal", "std 0.062"),
    ("mse", "gradient"), ("cross_entropy", "output for the true class"), ("exponential", "learning rate against epoch"),
])  # fmt: skip
def test_kinds_that_have_a_picture_show_it(run_zoo, name, words):
    code, out, _ = run_zoo("show", name)
    assert code == 0
    assert words in out
    assert dotted(out)


@pytest.mark.parametrize("name", ["adam", "dropout", "accuracy", "csv", "pcg64", "batch_norm", "early_stopping"])
def test_other_kinds_show_their_page(run_zoo, name):
    code, out, _ = run_zoo("show", name)
    assert code == 0
    assert "in a spec" in out
    assert not dotted(out)


def test_options_change_the_plot_and_the_line_for_a_spec(run_zoo):
    plain, steep = run_zoo("show", "leaky_relu")[1], run_zoo("show", "leaky_relu", "--set", "slope=0.5")[1]
    assert dotted(plain) != dotted(steep)
    assert 'activation = { name = "leaky_relu", slope = 0.5 }' in steep
    assert "(log)" not in run_zoo("show", "cosine", "--kind", "schedule")[1]
    assert "(log)" in run_zoo("show", "exponential", "--kind", "schedule", "--set", "factor=0.5")[1]


@pytest.mark.parametrize(("arguments", "file"), [
    (["gelu"], "a.png"), (["cosine", "--kind", "schedule", "--epochs", "5"], "b.svg"),
    (["orthogonal", "--kind", "initializer"], "c.pdf"),
    (["huber", "--set", "delta=0.5"], "d.png"),
])  # fmt: skip
def test_a_part_is_drawn_into_a_file(run_zoo, arguments, file):
    assert run_zoo("show", *arguments, "-o", file) == (0, f"saved {file}\n", "")
    assert Path(file).stat().st_size > 1000
    assert run_zoo("show", *arguments, "-o", file) == (0, f"saved {file}\n", "")
    code, out, err = run_zoo("show", "sigmoid", "-o", file)  # it would replace another picture
    assert (code, out) == (2, "")
    assert "--force" in err


@pytest.mark.parametrize(("arguments", "code", "words"), [
    (["identity", "-o", "x.png"], 2, "--kind activation or --kind initializer"),
    (["adam", "-o", "x.png"], 2, "no picture"),
    (["gelu", "--kind", "loss"], 2, "no loss"),
    (["leaky_relu", "--set", "slope=7"], 3, "slope"),
    (["leaky_relu", "--set", "slop=0.1"], 3, "did you mean 'slope'"),
    (["glyphs-quickstart", "-o", "x.png"], 2, "zoo plot glyphs-quickstart"),
    (["gelu", "-o", "x.bmp"], 2, ".svg"),
])  # fmt: skip
def test_a_mistake_gets_one_message(run_zoo, arguments, code, words):
    found, out, err = run_zoo("show", *arguments)
    assert (found, out) == (code, "")
    assert words in err
    assert not list(Path().iterdir())


def test_json_tells_the_same(run_zoo):
    (part,) = json.loads(run_zoo("show", "leaky_relu", "--json")[1])
    assert part["kind"] == "activation"
    assert part["options"] == [{"option": "slope", "type": "float >= 0, <= 1", "default": "0.01"}]
    file, _, line = part["code"].rpartition(":")
    assert "class LeakyRelu" in "".join(Path(file).read_text().splitlines()[int(line) - 1 : int(line) + 1])
    assert {p["kind"] for p in json.loads(run_zoo("show", "identity", "--json")[1])} == {"activation", "initializer"}


@dataclass
class Broken(Activation):
    """Fails on the first number."""

    name = "broken"
    depth: Annotated[int, Ge(1), Le(3)] = 2

    def forward(self, z, out):
        raise ZeroDivisionError("no luck")


@dataclass
class Wrapping(Optimizer):
    name = "wrapping"
    learning_rate: Rate = 0.1
    inner: Optimizer | None = None
    by_path: dict[str, Optimizer] = field(default_factory=dict)


def test_a_strangers_part_that_fails_still_has_a_page(run_zoo, monkeypatch):
    registry = registry_with(Broken, Wrapping, distribution="zoo-stranger", version="2.0")
    monkeypatch.setattr("zoo_core.registry.Registry", lambda: registry)
    code, out, _ = run_zoo("show", "broken")
    assert code == 0
    assert "broken  an activation of zoo-stranger 2.0" in out
    assert "cannot be drawn: ZeroDivisionError: no luck" in out
    assert re.search("^depth +int >= 1, <= 3 +2$", out, re.MULTILINE)
    listed = run_zoo("list", "parts", "broken")[1]
    assert "[zoo-stranger] Fails on the first number." in listed
    assert "wrapping  an optimizer of zoo-stranger" in run_zoo("show", "wrapping")[1]
    assert summary(Wrapping) == ""  # not the signature that a dataclass has for a docstring
    rows = {row.pop("option"): row for row in option_rows(Wrapping)}
    assert rows["inner"] == {"type": "an optimizer or none", "default": "none"}
    assert rows["by_path"] == {"type": "table of an optimizer", "default": "{}"}


# ------------------------------------------------------------------ zoo list parts


def test_parts_are_grouped_by_kind_with_a_line_each(run_zoo):
    out = run_zoo("list", "parts")[1]
    headings = re.findall(r"^(\w+) \((\d+)\)$", out, re.MULTILINE)
    assert [kind for kind, _ in headings] == sorted(KINDS)
    assert sum(int(count) for _, count in headings) == len(Registry().entries())
    assert re.search(r"^  adam +Adam: p -= learning_rate", out, re.MULTILINE)


def test_wildcards_and_kinds_choose(run_zoo):
    out = run_zoo("list", "parts", "*relu*")[1]
    names = re.findall(r"^  (\w+)", out, re.MULTILINE)
    assert {"relu", "leaky_relu", "prelu"} <= set(names)
    assert all("relu" in name for name in names)
    rows = json.loads(run_zoo("list", "parts", "a*", "--kind", "optimizer", "--json")[1])
    assert {row["kind"] for row in rows} == {"optimizer"}
    assert all(row["name"].startswith("a") and row["what"] for row in rows)
    assert run_zoo("list", "parts", "nothing*")[1] == "no parts match 'nothing*'\n"


@pytest.mark.parametrize(("arguments", "words"), [
    (["parts", "--kind", "optimiser"], "did you mean 'optimizer'"), (["--kind", "loss"], "zoo list parts --kind loss"),
])  # fmt: skip
def test_a_kind_that_cannot_be_listed_is_refused(run_zoo, arguments, words):
    code, out, err = run_zoo("list", *arguments)
    assert (code, out) == (2, "")
    assert words in err


def test_on_a_terminal_a_part_takes_one_line():
    from rich.console import Console

    from zoo_core.display.text import PartList

    registry = Registry()
    rows = [
        {"kind": e.kind, "name": e.name, "from": e.distribution, "what": summary(e.part)} for e in registry.entries()
    ]
    console = Console(width=80, force_terminal=True, color_system=None, _environ={"TERM": "xterm"})
    with console.capture() as capture:
        console.print(PartList(rows))
    lines = capture.get().splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) == len(rows) + len(KINDS)


# ------------------------------------------------------------------ every part


def test_every_part_has_a_summary_and_a_line_that_a_spec_takes():
    """The line for a spec is TOML, and names what the registry knows."""
    import tomllib

    registry = Registry()
    for entry in registry.entries():
        shown = describe(entry)
        assert 8 < len(summary(entry.part)) < 140, entry.name
        (value,) = tomllib.loads(shown["in_a_spec"]).values()
        part = value[0] if isinstance(value, list) else value
        assert (part["name"] if isinstance(part, dict) else part) == entry.name
        for row in shown["options"]:
            assert row["default"] in ("none", "required") or tomllib.loads(f"x = {row['default']}"), entry.name


def test_plots_cost_no_import_where_there_is_none():
    code = "import sys\nfrom zoo_core.cli import run\nrun(['show', 'gelu'])\nassert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_schedule_is_logarithmic_only_where_that_helps():
    from zoo_core.display.samples import sample_schedule

    registry = Registry()
    cosine = sample_schedule(registry.get("schedule", "cosine")(), 20, 100)
    assert not cosine.is_wide  # only its last steps are small
    assert sample_schedule(registry.get("schedule", "exponential")(factor=0.5), 20, 100).is_wide
    np.testing.assert_allclose(cosine.rates[1000], 0.0005)
