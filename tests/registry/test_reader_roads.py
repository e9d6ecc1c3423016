"""A table that a plugin reads goes the same roads as a text table: new, train, evaluate, predict."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.plugins import Site

HOOKS = """
from zoo_core import hookimpl
from zoo_core.hookspecs import Reader

@hookimpl
def zoo_readers():
    return [Reader((".cols",), "lazy_cols:read")]
"""
LAZY = """
import json

import numpy as np

def read(path):
    if path.stat().st_size == 0:
        raise ValueError("nothing in it")
    return {name: np.array(values) for name, values in json.loads(path.read_text()).items()}
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Return a site whose plugin reads .cols; flowers.cols has 90 rows, with a name, floats, integers and a label."""
    monkeypatch.chdir(tmp_path)
    site = Site(tmp_path)
    site.install("zoo-cols", HOOKS)
    (tmp_path / "lazy_cols.py").write_text(LAZY)
    rng = np.random.default_rng(0)
    x, n = rng.normal(size=90) / 3, rng.integers(0, 9, 90)
    kind = np.where(x > 0, "big, round", "small")
    columns = {"width": x.tolist(), "petals": n.tolist(), "kind": kind.tolist()}
    (tmp_path / "flowers.cols").write_text(json.dumps(columns))
    lines = [f'{w!r},{p},"{k}"' for w, p, k in zip(*columns.values(), strict=True)]
    (tmp_path / "flowers.csv").write_text("\n".join(["width,petals,kind", *lines]) + "\n")
    (tmp_path / "reversed.cols").write_text(json.dumps(dict(reversed(columns.items()))))
    return site


@pytest.mark.slow
def test_new_train_evaluate_and_predict_read_it(site: Site) -> None:
    made = site.zoo("new", "flowers", "--data", "flowers.cols", "--target", "kind")
    assert made.returncode == 0, made.stderr
    assert "the reader of a plugin gives the columns" in made.stderr
    trained = site.zoo("train", "flowers.toml", "--set", "training.epochs=5", "-q")
    assert trained.returncode == 0, trained.stderr
    evaluated = [site.zoo("evaluate", "flowers.npz", "--json", "--data", f"flowers.{e}") for e in ("cols", "csv")]
    assert evaluated[0].returncode == 0, evaluated[0].stderr
    values = [{k: v for k, v in json.loads(done.stdout).items() if k != "warnings"} for done in evaluated]
    assert values[0] == values[1]
    assert values[0].keys() == {"loss", "accuracy"}
    predicted = [site.zoo("predict", "flowers.npz", name) for name in ("flowers.cols", "flowers.csv", "reversed.cols")]
    assert predicted[0].stdout.count("\n") >= 90
    assert len({done.stdout for done in predicted}) == 1, [done.stderr for done in predicted]


@pytest.mark.slow
def test_a_text_table_trains_to_the_same_bits(site: Site) -> None:
    digests = []
    for ending in ("cols", "csv"):
        site.zoo("new", ending, "--data", f"flowers.{ending}", "--target", "kind")
        done = site.zoo("train", f"{ending}.toml", "--set", "training.epochs=3", "--json")
        assert done.returncode == 0, done.stderr
        digests.append(json.loads(done.stdout)["validation_loss"])
    assert digests[0] == digests[1]


def test_a_reader_that_fails_is_named(site: Site) -> None:
    (site.folder / "empty.cols").write_text("")
    done = site.zoo("new", "x", "--data", "empty.cols")
    assert done.returncode == 4
    assert "plugin zoo-cols: reader '.cols' raised ValueError: nothing in it" in done.stderr
