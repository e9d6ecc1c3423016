"""Learning curves of several models: each is named, in its place, whatever the names are."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text

from zoo_core.display.plots import learning_curves, save_figure
from zoo_core.display.plots._line_labels import distinct_names, spread
from zoo_core.errors import UsageError


def records(level: float, epochs: int = 4, *, kept: int | None = None, splits: str = "train test") -> list[Any]:
    """Return records whose loss ends at `level` and whose accuracy ends at 1 - `level`."""
    found = []
    for epoch in range(epochs):
        loss = level + (epochs - 1 - epoch) / 10
        found.append({"epoch": epoch} | {f"{s}_loss": loss for s in splits.split()})
        found[-1] |= {f"{s}_accuracy": 1 - loss for s in splits.split()}
        if kept == epoch:
            found[-1]["kept"] = 1
    return found


def labels(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts if isinstance(text, Annotation)]


def drawn(axes: Axes) -> list[Any]:
    return [line for line in axes.lines if len(line.get_xdata()) > 1]


@pytest.mark.parametrize("count", [2, 5, 7])
def test_each_of_a_few_models_has_a_colour_a_marker_and_a_label_at_its_line(count: int) -> None:
    figure = learning_curves([(f"net{at}", records((at + 1) / 10)) for at in range(count)])
    train_loss, test_loss, _, test_accuracy = figure.axes
    for axes in figure.axes:
        lines = drawn(axes)
        assert len({line.get_color() for line in lines}) == len({line.get_marker() for line in lines}) == count
    assert labels(train_loss) == []
    assert labels(test_loss) == [f"net{at}: {(at + 1) / 10:.4f} in epoch 4" for at in range(count)]
    assert labels(test_accuracy) == [f"net{at}: {1 - (at + 1) / 10:.4f} in epoch 4" for at in range(count)]
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == ["train loss", "test loss"]


def test_the_saved_epoch_is_marked_and_its_value_said() -> None:
    figure = learning_curves([("a", records(0.1, kept=1)), ("b", records(0.2))], what="accuracy")
    train, test = figure.axes
    for axes in (train, test):
        rings = [line for line in axes.lines if line.get_label() == "saved"]
        assert [list(line.get_xdata()) for line in rings] == [[2], [4]]
    assert labels(test) == ["a: 0.7000 in epoch 2", "b: 0.8000 in epoch 4"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["saved epoch"]


def test_a_model_without_a_split_is_named_where_its_line_is() -> None:
    figure = learning_curves([("a", records(0.1)), ("b", records(0.2, splits="train"))], what="loss")
    train_loss, test_loss, *_ = figure.axes
    assert labels(train_loss) == ["b: 0.2000 in epoch 4"]
    assert labels(test_loss) == ["a: 0.1000 in epoch 4"]


def placed(axes: Axes, figure: Figure) -> list[tuple[float, float]]:
    """Return lower and upper edges of the labels, in pixels."""
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    boxes = [Text.get_window_extent(text, renderer) for text in axes.texts]  # without the line to the curve
    return sorted((box.y0, box.y1) for box in boxes)


@pytest.mark.parametrize("level", [0.0, 1.0])
def test_labels_of_equal_lines_do_not_cover_each_other(level: float) -> None:
    figure = learning_curves([(f"net{at}", records(level)) for at in range(7)])
    figure.canvas.draw()
    for axes in (figure.axes[1], figure.axes[3]):
        edges = placed(axes, figure)
        assert len(edges) == 7
        assert all(above[0] >= below[1] - 1 for below, above in itertools.pairwise(edges))
        assert edges[0][0] >= 0
        assert edges[-1][1] <= figure.bbox.y1


@pytest.mark.parametrize("places", [[0.5] * 5, [0.0, 0.01, 0.9], [1.0, 0.0, 0.99], [0.3, 0.31, 0.32, 0.6], [0.2]])
def test_places_are_moved_as_little_as_possible(places: list[float]) -> None:
    """The reference is a projection by quadratic programming, here by Dykstra's alternating projections."""
    gap, order = 0.1, np.argsort(places, kind="stable")
    x = np.array(places)[order]
    corrections = np.zeros((len(x), len(x)))
    for _ in range(3000):
        for at in range(len(x) - 1):
            y = x + corrections[at]
            x = y.copy()
            short = max(gap - (y[at + 1] - y[at]), 0) / 2
            x[at : at + 2] += [-short, short]
            corrections[at] = y - x
    found = np.array(spread(places, gap))[order]
    assert np.all(np.diff(found) >= gap - 1e-12)
    assert 0 <= found.min() <= found.max() <= 1
    inside = (x >= 0).all() and (x <= 1).all()
    if inside:
        np.testing.assert_allclose(found, x, atol=1e-6)


@pytest.mark.parametrize("count", [8, 12, 20, 40])
def test_each_of_many_models_has_a_panel_among_the_others_in_grey_sorted_by_its_result(count: int) -> None:
    order = np.random.default_rng(0).permutation(count)
    figure = learning_curves([(f"net{at}", records(at / 100, 3)) for at in order])
    panels = [axes for axes in figure.axes if axes.lines]
    assert [axes.get_title(loc="left") for axes in panels] == [f"{at + 1}. net{at}" for at in range(count)]
    assert len({axes.get_ylim() for axes in panels}) == len({axes.get_xlim() for axes in panels}) == 1
    assert all(len(axes.collections[0].get_segments()) == count for axes in panels)  # type: ignore[attr-defined]
    assert panels[1].get_title(loc="right") == "0.0100"
    assert "sorted by the test loss of the saved epoch" in figure.get_suptitle()


def test_higher_comes_first_where_higher_is_better_and_validation_decides() -> None:
    runs = [(f"net{at}", records(at / 100, splits="train validation test")) for at in range(9)]
    figure = learning_curves(runs, what="accuracy", higher_is_better={"accuracy": True})
    assert figure.axes[0].get_title(loc="left") == "1. net0"
    assert "by the validation accuracy" in figure.get_suptitle()
    unknown = learning_curves(runs[::-1], what="accuracy")
    assert unknown.axes[0].get_title(loc="left") == "1. net8"
    assert unknown.get_suptitle() == "9 models"


def test_a_model_that_recorded_nothing_comes_last() -> None:
    diverged = [{"epoch": 0, "test_loss": math.nan}]
    figure = learning_curves([("bad", diverged), *((f"net{at}", records(at / 100)) for at in range(8))])
    assert [axes.get_title(loc="left") for axes in figure.axes][8] == "9. bad"
    assert figure.axes[8].get_title(loc="right") == "-"


def test_more_models_than_a_picture_can_show_are_refused() -> None:
    with pytest.raises(UsageError, match="101 models are too many for one picture; draw at most 100"):
        learning_curves([("n", records(0.1))] * 101)


def test_a_metric_with_its_split_leads_to_the_metric() -> None:
    with pytest.raises(UsageError, match="name the metric alone, 'loss'"):
        learning_curves([("net", records(0.1))], what="test_loss")


def test_an_empty_history_is_named() -> None:
    with pytest.raises(UsageError, match="the history of net is empty"):
        learning_curves([("net", [])])


@pytest.mark.parametrize("epochs", [1, 2, 30, 1000])
@pytest.mark.parametrize("count", [1, 2, 8])
def test_no_axis_shows_an_epoch_zero(epochs: int, count: int) -> None:
    axes = learning_curves([(f"net{at}", records(at, epochs)) for at in range(count)]).axes[0]
    low, high = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    assert min(ticks) >= 1
    assert all(tick == int(tick) for tick in ticks)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a", "b"], ["a", "b"]),
        (["m", "m", "n"], ["m (1)", "m (2)", "n"]),
        (["net-of-the-year-with-relu", "b"], ["net-of-…th-relu", "b"]),
        (["run-with-rate-0.1-of-batch-32", "run-with-rate-0.2-of-batch-32"], ["…-0.1-of-batch-…", "…-0.2-of-batch-…"]),
        (["x" * 40, "x" * 40], ["xxxxxxx…xxx… (1)", "xxxxxxx…xxx… (2)"]),
        (["三", "四"], ["三 (1)", "四 (2)"]),
        (["a\nb", "$_\x1b"], ["a b", "$_\\x1b"]),
    ],
)
def test_names_differ(names: list[str], expected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from zoo_core.display.plots import _line_labels

    monkeypatch.setattr(_line_labels, "unshown", lambda texts: {"三", "四"} & set("".join(texts)))
    found = distinct_names(names, 16)
    assert found == expected
    assert len(set(found)) == len(found)


def test_names_are_written_as_they_are(tmp_path: Any) -> None:
    for count in (2, 8):
        runs = [("_a$b_$", records(0.1)), ("n_1", records(0.2)), *((f"net{at}", records(0.3)) for at in range(6))]
        save_figure(learning_curves(runs[:count]), tmp_path / "p.svg")
        text = (tmp_path / "p.svg").read_text()
        assert "_a$b_$" in text
        assert "n_1" in text


@pytest.mark.parametrize("count", [8, 9, 21])
def test_the_legend_of_many_models_fits_its_picture(count):
    record = {"epoch": 0, "train_loss": 1.0, "validation_loss": 1.0, "test_loss": 1.0}
    runs = [(f"m{at}", [record]) for at in range(count)]
    figure = learning_curves(runs)
    figure.canvas.draw()
    box = figure.legends[0].get_window_extent()
    assert box.x0 >= 0
    assert box.x1 <= figure.bbox.width
