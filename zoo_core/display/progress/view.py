"""The live view of a run as lines of styled text, fitted to the terminal."""

from __future__ import annotations

import math
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING

from zoo_core.display.progress.state import Figure, State
from zoo_core.display.text.braille import Curve, draw
from zoo_core.display.text.figures import SPLITS, finite
from zoo_core.display.text.tables import duration, number, printable
from zoo_core.training.events import LayerStats

if TYPE_CHECKING:
    from rich.text import Text

BAR = 60  # a longer bar tells no more
NAME = 26  # cells for the name of a figure or a layer
CURVE_STYLES = {"train": "cyan", "validation": "yellow", "test": "bold"}
USUAL = (3e-5, 3e-2)  # update-to-weight ratios between these are left without a remark; about 1e-3 is typical


def live_lines(state: State, seconds: float, width: int, height: int, learner: bool) -> list[Text]:
    """Return the view while training runs, at most `height` lines of at most `width` cells."""
    head = _head(state, seconds, width)
    layers = state.layers if learner else ()
    below = min(len(layers), 4) + 2 if layers else 0
    block = figure_lines(state, width, max(height - len(head) - 1 - below, 0), "now")
    table = _layer_lines(layers, height - len(head) - len(block) - 2)
    lines = [*head, _text(), *block]
    return _fitted([*lines, _text(), *table] if table else lines, width, height)


def summary_lines(state: State, seconds: float, width: int, height: int) -> list[Text]:
    """Return what stays on the screen when training is over."""
    head = _text((state.name, "bold"), f": {state.ending(seconds)}")
    head.no_wrap = False
    return [head, *_fitted(figure_lines(state, width, min(height - 2, 9), "last"), width, height)]


def _text(*pieces: str | tuple[str, str]) -> Text:
    from rich.text import Text

    return Text.assemble(*pieces, no_wrap=True, overflow="crop", end="")


def _fitted(lines: list[Text], width: int, height: int) -> list[Text]:
    for line in lines:
        line.rstrip()
        line.truncate(width, overflow="ellipsis")
    return lines[:height]


def _head(state: State, seconds: float, width: int) -> list[Text]:
    start, now = state.started, state.progress
    bar = min(BAR, width - 44)
    epoch = min(state.done + 1, start.epochs)
    facts = [f"{duration(seconds)} so far"]
    loss = ""
    if now is not None:
        facts += [f"{now.rows_per_second:,.0f} rows/s", f"learning rate {now.learning_rate:.3g}"]
        loss = f"loss {number(now.loss)}"
    left = state.left(seconds)
    rows = start.rows.get("train", 0)
    size = f"{number(start.parameters)} parameters, {number(rows)} rows, {state.threads()}"
    return [
        _text((state.name, "bold"), "  ", (size, "dim")),
        _text("epoch  ", *_bar(state.share(), bar), _of(epoch, start.epochs), _left(left)),
        _text("step   ", *_bar(state.step / max(start.steps, 1), bar), _of(state.step, start.steps), loss),
        _text(f"{'':7}{'   '.join(facts)}"),
    ]


def _of(part: int, whole: int) -> str:
    return f"  {f'{number(part)}/{number(whole)}':<13}  "


def _left(seconds: float) -> str:
    return f"{duration(seconds)} left" if finite(seconds) else ""


def _bar(share: float, width: int) -> tuple[tuple[str, str], tuple[str, str]]:
    full = round(min(max(share, 0.0), 1.0) * max(width, 0))
    return ("━" * full, "cyan"), ("─" * (width - full), "dim")


def figure_lines(state: State, width: int, height: int, latest: str) -> list[Text]:
    """Return the figures of each split with their best, and beside them the curve of the loss."""
    if not state.figures:
        return [_text(("figures follow after the first epoch", "dim"))][:height]
    table = _figure_table(state.figures, state.done, latest, height)
    left = max(line.cell_len for line in table)
    rows = min(height, max(len(table), 7, height // 2 if width > 100 else 0))
    curve, legend = _curve(state.figures, width - left - 3, rows) if rows >= 4 else ([], "")
    table += [_text() for _ in curve[len(table) :]]
    lines = [_beside(*pair, left + 3) for pair in zip_longest(table, curve)]
    return [*lines, _text((f"{legend:>{width}}", "dim"))][:height] if legend else lines


def _beside(left: Text, right: Text | None, width: int) -> Text:
    if right is None:
        return left
    left.pad_right(width - left.cell_len)
    return left.append_text(right)


def _figure_table(figures: dict[str, Figure], epoch: int, latest: str, height: int) -> list[Text]:
    shown = list(figures.items())
    hidden = len(shown) - max(height - 1, 1)
    if hidden > 0:
        shown = shown[: max(height - 2, 1)]
    name = max(min(max(len(key) for key, _ in shown), NAME), 10)
    cells = [number(value) for _, figure in shown for value in (figure.last, figure.best)]
    wide = max(6, *map(len, cells))
    head = _text((f"{'':{name}}  {latest:>{wide}}  {'best':>{wide}}", "dim"))
    lines = [head, *(_figure_row(key, figure, (name, wide), (epoch, latest)) for key, figure in shown)]
    if hidden > 0:
        lines.append(_text((f"and {len(figures) - len(shown)} more", "dim")))
    return lines


def _figure_row(key: str, figure: Figure, widths: tuple[int, int], now: tuple[int, str]) -> Text:
    (name, wide), (epoch, latest) = widths, now
    current = figure.best is not None and figure.best_epoch == epoch
    where = latest if current else "-" if figure.best is None else f"epoch {figure.best_epoch}"
    value = f"{number(figure.last):>{wide}}"
    label = _cells(printable(key).replace("_", " "), name)
    return _text(
        label, "  ", (value, "bold" if current else ""), f"  {number(figure.best):>{wide}}  ",
        (f"{where:<8}", "bold green" if current else ""),
    )  # fmt: skip


def _curve(figures: dict[str, Figure], width: int, height: int) -> tuple[list[Text], str]:
    """Draw the loss of each split: train dashed, validation dotted, test solid, as in the plots.

    Returns the lines, and the names of the curves if the lines have no room for them.
    """
    dashes = {"train": 1, "validation": 2, "test": 0}
    found = {split: figures[f"{split}_loss"] for split in SPLITS if f"{split}_loss" in figures}
    curves = [Curve(split, f.epochs, f.values, dashes[split]) for split, f in found.items() if f.values]
    if not curves or width < 24 or max(len(curve.xs) for curve in curves) < 2:
        return [], ""
    plot = draw(curves, width, height)
    styles = [CURVE_STYLES[curve.name] for curve in curves]
    return [_coloured(*row, styles) for row in zip(plot.lines, plot.owners, strict=True)], plot.legend


def _coloured(line: str, owners: list[int], styles: list[str]) -> Text:
    if not owners:
        return _text((line, "dim"))
    runs = groupby(zip(owners, line, strict=True), key=lambda pair: pair[0])
    pieces = [("".join(c for _, c in run), styles[owner] if owner >= 0 else "") for owner, run in runs]
    return _text(*pieces)


def _layer_lines(layers: tuple[LayerStats, ...], height: int) -> list[Text]:
    """Return a table with a row for each layer, or nothing where there is no room for one."""
    if not layers or height < 2:
        return []
    shown = layers if len(layers) <= height - 1 else layers[: max(height - 2, 1)]
    name = max(min(max(len(layer.name) for layer in shown), NAME), 10)
    head = f"{'layer':{name}}  {'units':>5}  {'dead':>5}  {'gradient':>8}  {'update/weight':>13}  (usual: 0.001)"
    lines = [_text((head, "dim")), *(_layer_row(layer, name) for layer in shown)]
    if len(shown) < len(layers):
        lines.append(_text((f"and {len(layers) - len(shown)} more layers", "dim")))
    return lines


def _layer_row(layer: LayerStats, name: int) -> Text:
    dead = "-" if layer.dead is None else f"{100 * layer.dead:.0f} %"
    remark = ", ".join(remarks(layer))
    return _text(
        _cells(printable(layer.name), name),
        f"  {number(layer.units):>5}  {dead:>5}  {layer.gradient_norm:8.1e}  {layer.update_ratio:13.1e}  ",
        (remark, "yellow"),
    )


def remarks(layer: LayerStats) -> list[str]:
    """Return what is unusual about a layer, in words."""
    if not (math.isfinite(layer.gradient_norm) and math.isfinite(layer.update_ratio)):
        return ["not finite"]
    dead = layer.dead or 0.0
    low, high = USUAL
    found = {
        "all dead": dead == 1,
        "many dead": 0.5 <= dead < 1,
        "no gradient": layer.gradient_norm == 0,
        "large steps": layer.update_ratio > high,
        "small steps": 0 < layer.update_ratio < low,
    }
    return [remark for remark, holds in found.items() if holds]


def _cells(text: str, width: int) -> str:
    from rich.cells import set_cell_size

    return set_cell_size(text, width)
