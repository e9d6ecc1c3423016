"""Layer statistics are drawn as they were recorded, for each layer, in three panels."""

from __future__ import annotations

from typing import Any

import pytest
from matplotlib.axes import Axes

from zoo_core.display.plots import layer_statistics, save_figure
from zoo_core.errors import UsageError


def history(layers: int, epochs: int = 3, **changes: float) -> list[Any]:
    return [
        {"epoch": epoch, "train_loss": 1.0}
        | {f"layers.{at}.dead_units": at / 100 for at in range(layers - 1)}
        | {f"layers.{at}.gradient_norm": 10.0**-at for at in range(layers)}
        | {f"layers.{at}.update_ratio": 1e-3 for at in range(layers)}
        | changes
        for epoch in range(epochs)
    ]


def points(axes: Axes, label: str) -> list[tuple[float, float]]:
    (line,) = [line for line in axes.lines if line.get_label() == label]
    return [(float(x), float(y)) for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)]


@pytest.mark.parametrize("count", [1, 2, 7, 8, 20])
@pytest.mark.slow
def test_each_layer_is_drawn_and_named_in_three_panels(count: int, tmp_path: Any) -> None:
    figure = layer_statistics("net", history(count), ["relu"] * (count - 1) + ["softmax"])
    dead, gradient, update = figure.axes
    assert points(gradient, f"layers.{count - 1}") == [(epoch, 10.0 ** (1 - count)) for epoch in (1, 2, 3)]
    names = [*(f"layers.{at} relu" for at in range(count - 1)), f"layers.{count - 1} softmax"]
    assert [text.get_text() for text in update.texts] == names
    named = [text.get_text() for text in dead.texts]
    assert named == (names[:-1] if count > 1 else ["no layer has an activation that can be 0 for all rows"])
    assert (dead.get_yscale(), gradient.get_yscale(), update.get_yscale()) == ("linear", "log", "log")
    lines = [line for line in gradient.lines if line.get_label().startswith("layers")]
    assert len({line.get_color() for line in lines}) == count
    save_figure(figure, tmp_path / "p.png")


def test_the_usual_range_of_updates_is_marked_and_a_zero_is_visible(tmp_path: Any) -> None:
    records = history(2)
    records[1]["layers.0.gradient_norm"] = 0.0
    figure = layer_statistics("net", records, ["relu", "softmax"])
    _, gradient, update = figure.axes
    assert points(gradient, "zero")[0][0] == 2
    band = update.patches[0].get_extents().transformed(update.transData.inverted())
    assert (band.y0, band.y1) == pytest.approx((3e-5, 3e-2))
    assert "usual" in update.get_title(loc="right")
    save_figure(figure, tmp_path / "p.svg")


@pytest.mark.parametrize("records", [[], [{"epoch": 0, "train_loss": 1.0}]])
def test_a_model_without_statistics_learns_how_to_keep_them(records: list[Any]) -> None:
    with pytest.raises(UsageError, match=r"net: .* no layer statistics; .*`\[training\] layer_statistics = true`"):
        layer_statistics("net", records, ["relu"])


def test_all_values_zero(tmp_path: Any) -> None:
    changes = {"layers.0.gradient_norm": 0.0, "layers.0.update_ratio": 0.0}
    save_figure(layer_statistics("net", history(1, 1, **changes), ["relu"]), tmp_path / "p.png")


@pytest.mark.parametrize("norms", [(0.43, 1.0), (0.2, 0.9), (0.02, 1.5), (1e-7, 1.0)])
def test_each_axis_has_two_ticks_with_numbers_in_view(norms):
    records = [{"epoch": at, "layers.0.gradient_norm": norm} for at, norm in enumerate(norms)]
    axes = layer_statistics("m", records, ["relu"]).axes[1]
    low, high = axes.get_ylim()
    labels = zip(axes.get_yticks(), axes.yaxis.get_majorticklabels(), strict=True)
    assert len([tick for tick, label in labels if low <= tick <= high and label.get_text()]) >= 2
