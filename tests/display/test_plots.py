"""Plots draw the given numbers and mark the saved one; the same figure always gives the same file."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.helpers.builtin import PARTS
from zoo_core.display.plots import (
    activation_curve,
    confusion_matrix,
    first_layer_weights,
    learning_curves,
    part_figure,
    save_figure,
    schedule_curve,
)
from zoo_core.errors import PluginError, ResourceError, UsageError
from zoo_core.parts import Activation, Array, Parameter, Schedule

RECORDS = [
    {"epoch": 0, "train_loss": 1.0, "test_loss": 1.1, "train_accuracy": 0.5, "test_accuracy": 0.45},
    {"epoch": 1, "train_loss": 0.5},  # the test split is not evaluated every epoch
    {"epoch": 2, "train_loss": 0.3, "test_loss": 0.6, "train_accuracy": 0.8, "test_accuracy": 0.75},
    {"epoch": 3, "train_loss": 0.2, "test_loss": 0.7, "train_accuracy": 0.9, "test_accuracy": 0.7},
]


def line(axes: Axes, label: str) -> list[tuple[float, float]]:
    (found,) = [line for line in axes.lines if line.get_label() == label]
    return [(float(x), float(y)) for x, y in zip(found.get_xdata(), found.get_ydata(), strict=True)]


def legend(figure: Figure) -> list[str]:
    return [text.get_text().strip() for text in figure.legends[0].get_texts()]


# ------------------------------------------------------------------ learning curves


def test_learning_curves_draw_each_split_and_ring_the_saved_epoch() -> None:
    figure = learning_curves([("net", RECORDS)])
    loss, accuracy = figure.axes
    assert line(loss, "train") == [(1, 1.0), (2, 0.5), (3, 0.3), (4, 0.2)]
    assert line(loss, "test") == [(1, 1.1), (3, 0.6), (4, 0.7)]
    assert line(loss, "saved") == [(4, 0.7)]
    assert line(accuracy, "saved") == [(4, 0.7)]
    assert loss.get_title(loc="right") == "saved epoch 4: test loss 0.7000"
    assert (loss.get_ylabel(), accuracy.get_xlabel()) == ("loss (mean over rows)", "epoch")
    assert legend(figure) == ["train", "test", "saved epoch"]
    assert {label.get_label(): label.get_linestyle() for label in loss.lines} == {
        "train": "--",
        "test": "-",
        "saved": "None",
    }


@pytest.mark.parametrize(
    ("kept", "where", "note"),
    [
        (0, (1, 1.1), "saved epoch 1: test loss 1.1000"),
        (1, (2, 0.5), "saved epoch 2: train loss 0.5000"),  # the test split was not measured there
        (2, (3, 0.6), "saved epoch 3: test loss 0.6000"),
    ],
)
def test_the_ring_is_where_early_stopping_took_the_weights(kept: int, where: tuple[int, float], note: str) -> None:
    records = [record | ({"kept": 1} if record["epoch"] == kept else {}) for record in RECORDS]
    loss = learning_curves([("net", records)]).axes[0]
    assert line(loss, "saved") == [where]
    assert loss.get_title(loc="right") == note


@pytest.mark.parametrize(("last", "scale"), [(0.5, "linear"), (0.005, "log"), (0.0, "linear")])
def test_a_wide_range_of_losses_has_a_log_scale(last: float, scale: str) -> None:
    records = [{"epoch": 1, "train_loss": 1.0}, {"epoch": 2, "train_loss": last}]
    assert learning_curves([("n", records)]).axes[0].get_yscale() == scale


def test_a_diverged_run_is_drawn_as_far_as_it_is_finite() -> None:
    records = [{"epoch": 1, "train_loss": 1.0}, {"epoch": 2, "train_loss": math.nan}]
    assert line(learning_curves([("n", records)]).axes[0], "train") == [(1, 1.0)]


@pytest.mark.parametrize("runs", [[("net", RECORDS)], [("net", [])], []])
def test_an_unrecorded_metric_is_refused(runs: list[Any]) -> None:
    with pytest.raises(UsageError, match="no model recorded 'acuracy'"):
        learning_curves(runs, what="acuracy")


def test_the_error_names_the_recorded_metrics() -> None:
    with pytest.raises(UsageError, match=r"did you mean 'accuracy'\?; recorded: loss, accuracy"):
        learning_curves([("net", RECORDS)], what="acuracy")


# ------------------------------------------------------------------ matrices and dots


def test_confusion_matrix_shows_counts_shares_and_recall() -> None:
    counts = np.array([[1030, 2, 8], [0, 5, 15], [0, 0, 0]])
    axes = confusion_matrix(counts, ["cat", "dog_$x$", "eel"]).axes[0]
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["1,030", "2", "8", "0", "5", "15", "0", "0", "0", "recall", "0.990", "0.250", "-"]
    np.testing.assert_allclose(
        axes.images[0].get_array(), [[1030 / 1040, 2 / 1040, 8 / 1040], [0, 0.25, 0.75], [0, 0, 0]]
    )
    assert [label.get_text() for label in axes.get_yticklabels()] == ["cat", "dog_$x$", "eel"]
    assert axes.get_title(loc="left") == "Accuracy 0.9764 on 1,060 rows"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("predicted class", "true class")


@pytest.mark.parametrize(("counts", "names"), [(np.ones((2, 3)), []), (np.ones((2, 2)), ["a"]), (np.ones((0, 0)), [])])
def test_confusion_matrix_refuses_what_does_not_fit(counts: Array, names: list[str]) -> None:
    with pytest.raises(UsageError, match="square"):
        confusion_matrix(counts, names)


@pytest.mark.parametrize("colours", ["Blues", "cividis"])
def test_shades_keep_their_order_in_grey(colours: str) -> None:
    from matplotlib import colormaps

    red, green, blue, _ = colormaps[colours](np.linspace(0, 1, 64)).T
    grey = np.diff(0.299 * red + 0.587 * green + 0.114 * blue)  # ITU-R BT.601
    assert (grey > 0).all() or (grey < 0).all()


def test_first_layer_weights_are_laid_out_as_images() -> None:
    weights = np.arange(24.0).reshape(6, 4) - 12
    weights[:, 1] = 0.01
    axes = first_layer_weights(weights, (2, 3), max_units=3).axes[0]
    shown = np.ma.filled(axes.images[0].get_array(), np.nan)
    assert shown.shape == (5, 7)
    np.testing.assert_array_equal(shown[:2, :3], weights[:, 0].reshape(2, 3))
    np.testing.assert_array_equal(shown[:2, 4:], weights[:, 2].reshape(2, 3))  # unit 1 has the smallest weights
    np.testing.assert_array_equal(shown[3:, :3], weights[:, 3].reshape(2, 3))
    assert np.isnan(shown[2]).all()
    low, high = axes.images[0].get_clim()
    assert low == -high
    assert "3 of 4 units" in axes.get_title(loc="left")


def test_weights_that_are_no_images_are_refused() -> None:
    with pytest.raises(UsageError, match="not images of 28 x 28"):
        first_layer_weights(np.ones((10, 3)), (28, 28))


# ------------------------------------------------------------------ parts


class Clip(Activation):
    name = "clip"
    kinks = (-1.0, 1.0)

    def forward(self, x: Array, out: Array) -> None:
        assert x.dtype == np.float64
        np.clip(x, -1, 1, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> None:
        np.less(np.abs(z), 1, out=out, casting="unsafe")


class Softmax(Activation):
    name = "softmax"

    def forward(self, x: Array, out: Array) -> None:
        np.exp(x, out=out)
        out /= out.sum(axis=1, keepdims=True)

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        out[...] = y * (grad - (grad * y).sum(axis=1, keepdims=True))


class Maxout(Activation):
    name = "maxout"

    def input_width(self, units: int) -> int:
        return 2 * units

    def forward(self, x: Array, out: Array) -> None:
        np.maximum(x[:, ::2], x[:, 1::2], out=out)

    def backward(self, x: Array, y: Array, grad: Array, out: Array) -> None:
        out[:, ::2] = grad * (x[:, ::2] >= x[:, 1::2])
        out[:, 1::2] = grad * (x[:, ::2] < x[:, 1::2])


class Noisy(Activation):
    """A leaky ReLU with a random slope in training and a trained factor, as `rrelu` and `prelu` in one."""

    name = "noisy"
    kinks = (0.0,)

    def parameters(self, width: int) -> dict[str, Parameter]:
        return {"factor": Parameter((width,), 2.0)}

    def forward(self, x: Array, out: Array) -> None:
        out[...] = self.weights["factor"] * np.where(x > 0, x, x * self.rng.uniform(0, 1, x.shape))

    def infer(self, x: Array, out: Array) -> None:
        out[...] = self.weights["factor"] * np.where(x > 0, x, x / 4)


def curves(figure: Figure) -> tuple[Array, list[Array], list[Array]]:
    """Return the inputs, outputs and derivatives that a figure shows."""
    upper, lower = ([drawn for drawn in axes.lines if len(drawn.get_xdata()) > 2] for axes in figure.axes)
    z = np.asarray(upper[0].get_xdata(), float)
    return z, *([np.asarray(drawn.get_ydata(), float) for drawn in side] for side in (upper, lower))


def test_an_elementwise_activation_with_its_derivative_and_kinks() -> None:
    figure = activation_curve(Clip())
    z, (a,), (slope,) = curves(figure)
    assert (z[0], z[-1]) == (-4.0, 4.0)
    np.testing.assert_array_equal(a, np.clip(z, -1, 1))
    inside, outside = np.abs(z) < 1, np.abs(z) > 1
    assert (slope[inside] == 1).all()
    assert (slope[outside] == 0).all()
    assert np.isnan(slope[~inside & ~outside]).all()  # a gap, not a steep line
    upright = [drawn.get_xdata()[0] for drawn in figure.axes[0].lines if len(drawn.get_xdata()) == 2]
    assert {-1.0, 1.0} <= set(upright)
    assert "kinks at -1, 1" in figure.axes[0].get_title(loc="left")


def test_an_activation_that_mixes_rows_shows_each_output() -> None:
    figure = activation_curve(Softmax())
    z, outputs, slopes = curves(figure)
    total = np.exp(z) + math.e + 1  # the other two inputs are 1 and 0
    expected = [np.exp(z) / total, math.e / total, 1 / total]
    np.testing.assert_allclose(outputs, expected, rtol=1e-12)
    np.testing.assert_allclose(slopes, [np.exp(z) * (math.e + 1) / total**2, -math.e * np.exp(z) / total**2,
                                        -np.exp(z) / total**2], rtol=1e-9)  # fmt: skip
    assert legend(figure) == ["output 1", "output 2", "output 3"]


def test_an_activation_that_narrows_varies_its_last_input() -> None:
    figure = activation_curve(Maxout())
    z, (a,), (slope,) = curves(figure)
    np.testing.assert_array_equal(a, np.maximum(1, z))
    np.testing.assert_array_equal(slope, z > 1)
    assert figure.axes[1].get_xlabel() == "input 2 of 2 (the others: 1)"


def test_an_activation_that_is_random_in_training_shows_what_it_is_otherwise() -> None:
    part = Noisy()
    z, (a,), (slope,) = curves(activation_curve(part))
    np.testing.assert_allclose(a, np.where(z > 0, 2 * z, z / 2))
    np.testing.assert_allclose(slope[np.abs(z) > 1e-3], np.where(z > 0, 2, 0.5)[np.abs(z) > 1e-3], rtol=1e-6)
    assert not hasattr(part, "weights")  # the part itself is not changed


class Warmup(Schedule):
    name = "warmup"

    def start(self, epochs: int, steps_per_epoch: int) -> None:
        self.epochs = epochs

    def rate(self, epoch: float) -> float:
        assert 0 <= epoch < self.epochs
        return 0.1 * min(epoch, 1)


@pytest.mark.parametrize(("name", "scale"), [("cosine", "linear"), ("step", "linear"), ("exponential", "log")])
def test_a_schedule_that_falls_by_orders_has_a_log_scale_and_one_that_ends_at_zero_has_none(
    name: str, scale: str
) -> None:
    part = next(p for p in PARTS if p.kind == "schedule" and p.name == name)
    options = {"factor": 0.5} if name == "exponential" else {}
    assert schedule_curve(part(**options), 20, 100).axes[0].get_yscale() == scale


def test_a_schedule_is_drawn_over_the_epochs() -> None:
    axes = schedule_curve(Warmup(), 4, 10).axes[0]
    x, y = (np.asarray(values) for values in axes.lines[0].get_data())
    np.testing.assert_allclose(x, np.arange(41) / 10)  # the last step is drawn to the end of the run
    np.testing.assert_allclose(y, 0.1 * np.minimum(x, 1))
    assert axes.get_ylabel() == "learning rate"
    assert axes.get_xlabel() == "epochs trained (10 steps each)"


def test_a_schedule_that_is_drawn_by_its_name_says_that_its_steps_are_an_example() -> None:
    assert part_figure(Warmup(), 4).axes[0].get_xlabel() == "epochs trained (drawn with 100 steps each)"
    assert schedule_curve(Warmup(), 4, 1).axes[0].get_xlabel() == "epochs trained (1 step each)"


class Fixed(Schedule):
    name = "fixed"

    def __init__(self, value: Any) -> None:
        self.value = value

    def rate(self, epoch: float) -> Any:
        return self.value


@pytest.mark.parametrize("value", ["x", None, np.ones(2), math.nan, math.inf])
def test_a_schedule_without_a_rate_is_named(value: Any) -> None:
    with pytest.raises(PluginError, match=r"'fixed'.*rate"):
        schedule_curve(Fixed(value), 4, 10)


def test_a_rate_of_zero_is_above_the_edge_of_the_axes() -> None:
    assert schedule_curve(Fixed(0.0), 4, 10).axes[0].get_ylim()[0] < 0


class Infinite(Clip):
    kinks = ()

    def forward(self, x: Array, out: Array) -> None:
        out[...] = np.where(x > 0, np.inf, x)


def test_an_activation_that_is_not_finite_says_so() -> None:
    assert "not finite" in activation_curve(Infinite()).axes[0].get_title(loc="left")
    assert "not finite" not in activation_curve(Clip()).axes[0].get_title(loc="left")


# ------------------------------------------------------------------ files


def figure() -> Figure:
    return learning_curves([("net", RECORDS), ("né", RECORDS)])


@pytest.mark.parametrize(("ending", "magic"), [(".png", b"\x89PNG\r\n"), (".SVG", b"<?xml"), (".pdf", b"%PDF-")])
def test_files_are_valid_and_the_same_each_time(tmp_path: Path, ending: str, magic: bytes) -> None:
    paths = [tmp_path / f"{name}{ending}" for name in "ab"]
    for path in paths:
        save_figure(figure(), path)
    first, second = (path.read_bytes() for path in paths)
    assert first.startswith(magic)
    assert first == second
    assert len(list(tmp_path.iterdir())) == 2  # no temporary file is left


@pytest.mark.parametrize("ending", [".png", ".svg", pytest.param(".pdf", marks=pytest.mark.slow)])
def test_signs_of_another_font_give_the_same_file_each_time(tmp_path: Path, ending: str) -> None:
    paths = [tmp_path / f"{name}{ending}" for name in "ab"]
    for path in paths:
        save_figure(learning_curves([("三", RECORDS[:2])]), path)
    first, second = (path.read_bytes() for path in paths)
    assert first == second


@pytest.mark.parametrize("name", ["plot.jpg", "plot", "png"])
def test_another_ending_is_refused_with_the_three_there_are(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"\.png, \.svg, \.pdf"):
        save_figure(figure(), tmp_path / name)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match=r"no[\\/]plot\.png cannot be written: .*Check the folder"):
        save_figure(figure(), tmp_path / "no" / "plot.png")


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plot.svg"
    path.write_text("old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResourceError, match="No space left"):
        save_figure(figure(), path)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("plot.svg", "old")]


def test_drawing_keeps_the_users_own_settings() -> None:
    import matplotlib

    with matplotlib.rc_context({"font.size": 23.0, "text.parse_math": True}):
        before = dict(matplotlib.rcParams)
        drawn = learning_curves([("net", RECORDS)])
        assert dict(matplotlib.rcParams) == before
        assert drawn.axes[0].yaxis.label.get_fontsize() == 10
