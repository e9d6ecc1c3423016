"""`zoo_core.plot` and `Model.plot` draw what `zoo plot` draws; the figures show themselves in a notebook."""

from __future__ import annotations

import types
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

import zoo_core
from zoo_core.errors import UsageError
from zoo_core.hookspecs import Plot

LAYERS = [{"units": 8, "activation": "relu"}, {"units": 2, "activation": "softmax"}]
SPEC = {
    "model": {"loss": "cross_entropy", "layers": LAYERS},
    "optimizer": "adam",
    "training": {"epochs": 3, "layer_statistics": True},
    "data": {"test": 0.2},
}
X = np.random.default_rng(0).normal(size=(60, 3))
Y = np.where(X[:, 0] > 0, "right", "left")


@pytest.fixture(scope="module")
def model() -> zoo_core.Model:
    return zoo_core.train(SPEC, data=(X, Y))


@pytest.mark.parametrize(
    ("kind", "options"), [("curves", {"what": "accuracy"}), ("layers", {}), ("confusion", {"data": (X, Y)})]
)
def test_a_model_draws_itself_as_a_picture(model: zoo_core.Model, kind: str, options: dict[str, Any]) -> None:
    figure = model.plot(kind, **options)
    assert isinstance(figure, Figure)
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]
    assert len(zoo_core.plot(model, kind, **options).axes) == len(figure.axes)


def test_a_confusion_matrix_counts_the_rows_that_are_given(model: zoo_core.Model) -> None:
    title = model.plot("confusion", data=(X[:20], Y[:20])).axes[0].get_title(loc="left")
    assert title == f"Accuracy {(model.predict(X[:20]) == Y[:20]).mean():.4f} on 20 rows"


def test_images_have_pictures_of_weights_and_other_rows_have_none(model: zoo_core.Model) -> None:
    assert len(zoo_core.load("glyphs-quickstart").plot("weights").axes) >= 1
    with pytest.raises(UsageError, match="not trained on images"):
        model.plot("weights")


def test_several_models_share_curves_alone(model: zoo_core.Model) -> None:
    other = zoo_core.load("glyphs-quickstart")
    assert zoo_core.plot([model, other]).axes
    with pytest.raises(UsageError, match="one model at a time"):
        zoo_core.plot([model, other], "layers")
    with pytest.raises(UsageError, match="no model"):
        zoo_core.plot([])
    with pytest.raises(UsageError, match="did you mean 'curves'"):
        model.plot("curve")


def test_a_plot_of_a_plugin_draws_too(model: zoo_core.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = types.ModuleType("drawn_tools")
    tools.draw = lambda models, figure: figure.subplots().set_title(models[0].name)  # type: ignore[attr-defined]
    monkeypatch.setitem(__import__("sys").modules, "drawn_tools", tools)
    plugin = types.ModuleType("drawn_plugin")
    plugin.zoo_plots = zoo_core.hookimpl(lambda: [Plot("sizes", "drawn_tools:draw", "The sizes.")])  # type: ignore[attr-defined]
    registry = zoo_core.Registry()
    registry.add(_named_hook(plugin))
    assert model.plot("sizes", registry=registry).axes[0].get_title() == "model"


def _named_hook(plugin: types.ModuleType) -> types.ModuleType:
    plugin.zoo_plots.__name__ = "zoo_plots"
    return plugin


# ------------------------------------------------------------------ histories as frames


def test_a_history_is_a_frame_of_pandas_and_of_polars() -> None:
    import pandas
    import polars

    stopping = {"name": "early_stopping", "patience": 100}
    training = {"epochs": 260, "evaluate_every": 130, "batch_size": 60, "early_stopping": stopping}
    spec = SPEC | {"training": training, "data": {"validation": 0.2}, "optimizer": "sgd"}
    model = zoo_core.train(spec, data=(X, Y))
    lines = polars.DataFrame(model.history, infer_schema_length=None).to_dicts()
    assert [{key: value for key, value in line.items() if value is not None} for line in lines] == model.history
    frame = pandas.DataFrame(model.history)
    assert frame["epoch"].tolist() == list(range(260))
    for key in frame.columns:
        known = {at: record[key] for at, record in enumerate(model.history) if key in record}
        assert frame[key].dropna().to_dict() == known
