"""What a notebook shows of a model, a spec and a registry: right figures, valid marks, every text escaped."""

from __future__ import annotations

import tomllib
from xml.etree import ElementTree

import numpy as np
import pytest

import zoo_core
from zoo_core.basics.html import MAX_POINTS, html_table, line_chart

HOSTILE = '<script>alert("1")</script> & \x1b[31m'
LAYERS = [{"units": 8, "activation": "relu", "regularizers": ["l2"]}, {"units": 2, "activation": "softmax"}]
SPEC = {
    "name": "shown",
    "model": {"loss": "cross_entropy", "layers": LAYERS},
    "optimizer": "adam",
    "data": {"validation": 0.25},
    "training": {"epochs": 3},
}


@pytest.fixture(scope="module")
def model() -> zoo_core.Model:
    x = np.random.default_rng(0).normal(size=(80, 3))
    return zoo_core.train(SPEC, data=(x, np.where(np.arange(80) % 4 == 0, HOSTILE, "b")))


def tree(html: str) -> ElementTree.Element:
    """Read HTML as XML, which no unescaped text survives."""
    return ElementTree.fromstring(f"<div>{html}</div>")


def cells(table: ElementTree.Element) -> list[list[str]]:
    return [["".join(cell.itertext()) for cell in row] for row in table.iter("tr")]


def test_a_model_shows_layers_figures_beside_the_baseline_and_its_curve(model: zoo_core.Model) -> None:
    page = tree(model._repr_html_())
    layers, figures = map(cells, page.iter("table"))
    assert layers[1:] == [
        ["inputs", "3", "", "standard", ""],
        ["layers.0", "8", "relu", "l2 strength=0.0001", "32"],
        ["layers.1", "2", "softmax", "", "18"],
    ]
    last = model.history[-1]
    assert figures[0] == ["epoch 3 of 3", "train", "validation", "baseline"]
    accuracy = next(row for row in figures if row[0] == "accuracy")
    assert float(accuracy[2]) == pytest.approx(last["validation_accuracy"], rel=1e-3)
    assert float(accuracy[3]) == pytest.approx(max(model.about.baseline), rel=1e-3)
    lines = [mark for mark in page.iter() if mark.tag.endswith("polyline")]
    assert [len(line.get("points", "").split()) for line in lines] == [3, 3]


def test_a_regression_and_several_labels_show_themselves_too() -> None:
    rng = np.random.default_rng(0)
    x, layers = rng.normal(size=(60, 3)), [{"units": 2, "activation": "sigmoid"}]
    labels = {"model": {"loss": "binary_cross_entropy", "layers": layers}, "data": {"task": "multilabel"}}
    values = {"model": {"loss": "mse", "layers": [{"units": 2}]}, "data": {"preprocessor": "table"}}
    for change, y, text in ((labels, rng.random((60, 2)) > 0.5, "2 labels a row"), (values, x[:, :2], "2 targets")):
        page = tree(zoo_core.train(SPEC | change, data=(x, y))._repr_html_())
        layer_rows, figures = map(cells, page.iter("table"))
        assert text in "".join(page.itertext())
        assert "baseline" not in figures[0]
        assert "(" not in layer_rows[1][3]


def test_texts_of_strangers_are_escaped(model: zoo_core.Model) -> None:
    html = model._repr_html_()
    assert "<script" not in html
    assert "\x1b" not in html
    assert "&lt;script&gt;" in html
    assert "<script" not in html_table([HOSTILE], [[HOSTILE]]) + line_chart(HOSTILE, {HOSTILE: ([1.0], [2.0])})
    described = SPEC | {"description": HOSTILE, "data": "glyphs", "training": {"epochs": 1}}
    assert "<script" not in zoo_core.Spec.parse(described)._repr_html_()


@pytest.mark.parametrize(
    ("xs", "ys"),
    [
        ([1.0], [0.5]),
        ([1.0, 2.0], [0.0, 0.0]),
        ([1.0, 2.0], [-1e300, 1e300]),
        ([1.0, 2.0, 3.0], [1e-300, 1.0, 1e300]),
        (list(map(float, range(5000))), [1.0 / (at + 1) for at in range(5000)]),
    ],
)
def test_a_chart_lies_within_its_frame(xs: list[float], ys: list[float]) -> None:
    chart = ElementTree.fromstring(line_chart("loss", {"train": (xs, ys)}))
    width, height = float(chart.get("width", "")), float(chart.get("height", ""))
    for line in (mark for mark in chart.iter() if mark.tag.endswith("polyline")):
        points = [tuple(map(float, point.split(","))) for point in line.get("points", "").split()]
        assert len(points) == min(len(xs), MAX_POINTS)
        assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
        assert points[0][1] == pytest.approx(max(y for _, y in points)) or ys[0] >= ys[-1]


def test_a_chart_of_nothing_is_empty() -> None:
    assert line_chart("loss", {"train": ([], [])}) == ""


@pytest.mark.parametrize("name", ["glyphs-quickstart", "mnist-mlp", "notebook-2-dropout", "corrected-3-minibatch"])
def test_a_spec_prints_as_toml_that_gives_it_back(name: str) -> None:
    spec = zoo_core.read_spec(name)
    assert zoo_core.Spec.parse(tomllib.loads(str(spec))) == spec
    assert " at 0x" not in repr(spec) + repr(spec.model) + repr(spec.training)
    assert repr(spec).startswith(f"<Spec {name!r}: ")
    assert "\n" not in repr(spec)


def test_a_spec_with_unusual_texts_and_numbers_prints_as_toml_too() -> None:
    paths = {"*.bias": {"name": "adamw", "weight_decay": 0.0}, 'a "key" \\': "sgd"}
    changed = {"optimizer": {"name": "groups", "base": "adamw", "paths": paths}, "description": HOSTILE + "\n\x7f'"}
    changed["training"] = {"early_stopping": {"name": "early_stopping", "min_delta": 1e-12}, "batch_size": "all"}
    spec = zoo_core.Spec.parse(SPEC | {"data": {"name": "glyphs", "validation": "-5:"}} | changed)
    assert zoo_core.Spec.parse(tomllib.loads(str(spec))) == spec


def test_a_registry_shows_its_parts_by_kind() -> None:
    registry = zoo_core.Registry()
    plugins, kinds = map(cells, tree(registry._repr_html_()).iter("table"))
    assert [plugins[1][0], plugins[1][2]] == ["mlp-zoo", "ok"]
    (activations,) = [row for row in kinds if row[0] == "activation"]
    assert activations[2].split(", ") == registry.names("activation")
    assert "parts of" in repr(registry)


def test_a_part_without_options_has_a_readable_repr() -> None:
    assert repr(zoo_core.Registry().get("activation", "relu")()) == "Relu()"
