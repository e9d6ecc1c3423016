"""The live view of a run, and the summary after it, as lines of styled text that fit the terminal."""

from __future__ import annotations

import math
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING

from zoo_core.display._records import SPLITS, is_finite_number
from zoo_core.display.progress._run_progress import MetricHistory, RunProgress
from zoo_core.display.text import Curve, draw_curves, format_duration, format_number, printable
from zoo_core.training.events import LayerStats

if TYPE_CHECKING:
    from rich.text import Text

MAX_BAR = 60  # characters; a longer bar shows nothing more
MAX_NAME = 26  # characters of the name of a metric or a layer
CURVE_STYLES = {"train": "cyan", "validation": "yellow", "test": "bold"}
USUAL_UPDATES = (3e-5, 3e-2)  # update-to-weight ratios between these get no remark; about 1e-3 is typical


def live_lines(run: RunProgress, seconds: float, width: int, height: int, layers: bool) -> list[Text]:
    """Return the view during training: at most `height` lines of at most `width` characters."""
    head = _head_lines(run, seconds, width)
    shown = run.layers if layers else ()
    below = min(len(shown), 4) + 2 if shown else 0
    block = metric_lines(run, width, max(height - len(head) - 1 - below, 0), "now")
    table = _layer_lines(shown, height - len(head) - len(block) - 2)
    lines = [*head, _styled_text(), *block]
    return _fit_lines([*lines, _styled_text(), *table] if table else lines, width, height)


def summary_lines(run: RunProgress, seconds: float, width: int, height: int) -> list[Text]:
    """Return the lines that stay on the screen after training."""
    head = _styled_text((run.name, "bold"), f": {run.ending(seconds)}")
    head.no_wrap = False
    return [head, *_fit_lines(metric_lines(run, width, min(height - 2, 9), "saved"), width, height)]


def _styled_text(*pieces: str | tuple[str, str]) -> Text:
    from rich.text import Text

    return Text.assemble(*pieces, no_wrap=True, overflow="crop", end="")


def _fit_lines(lines: list[Text], width: int, height: int) -> list[Text]:
    for line in lines:
        line.rstrip()
        line.truncate(width, overflow="ellipsis")
    return lines[:height]


def _head_lines(run: RunProgress, seconds: float, width: int) -> list[Text]:
    start, now = run.started, run.progress
    bar = min(MAX_BAR, width - 44)
    epoch = min(run.done + 1, start.epochs)
    facts = [f"{format_duration(seconds)} so far"]
    loss = ""
    if now is not None:
        facts += [f"{now.rows_per_second:,.0f} rows/s", f"learning rate {now.learning_rate:.3g}"]
        loss = f"loss {format_number(now.loss)}"
    left = run.seconds_left(seconds)
    rows = start.rows.get("train", 0)
    size = f"{format_number(start.parameters)} parameters, {format_number(rows)} rows, {run.threads()}"
    return [
        _styled_text((run.name, "bold"), "  ", (size, "dim")),
        _styled_text("epoch  ", *_bar(run.share(), bar), _fraction(epoch, start.epochs), _format_left(left)),
        _styled_text("step   ", *_bar(run.step / max(start.steps, 1), bar), _fraction(run.step, start.steps), loss),
        _styled_text(f"{'':7}{'   '.join(facts)}"),
    ]


def _fraction(part: int, whole: int) -> str:
    return f"  {f'{format_number(part)}/{format_number(whole)}':<13}  "


def _format_left(seconds: float) -> str:
    return f"{format_duration(seconds)} left" if is_finite_number(seconds) else ""


def _bar(share: float, width: int) -> tuple[tuple[str, str], tuple[str, str]]:
    full = round(min(max(share, 0.0), 1.0) * max(width, 0))
    return ("━" * full, "cyan"), ("─" * (width - full), "dim")


def metric_lines(run: RunProgress, width: int, height: int, latest: str) -> list[Text]:
    """Return a table of the metrics with their best values, and beside it the curves of the loss."""
    if not run.metrics:
        return [_styled_text(("metrics follow after the first epoch", "dim"))][:height]
    table = _metric_table(run.metrics, run.saved or run.done, latest, height)
    left = max(line.cell_len for line in table)
    rows = min(height, max(len(table), 7, height // 2 if width > 100 else 0))
    curve, legend = _loss_curves(run.metrics, width - left - 3, rows) if rows >= 4 else ([], "")
    table += [_styled_text() for _ in curve[len(table) :]]
    lines = [_join_lines(*pair, left + 3) for pair in zip_longest(table, curve)]
    return [*lines, _styled_text((f"{legend:>{width}}", "dim"))][:height] if legend else lines


def _join_lines(left: Text, right: Text | None, width: int) -> Text:
    if right is None:
        return left
    left.pad_right(width - left.cell_len)
    return left.append_text(right)


def _metric_table(metrics: dict[str, MetricHistory], epoch: int, latest: str, height: int) -> list[Text]:
    shown = list(metrics.items())
    hidden = len(shown) - max(height - 1, 1)
    if hidden > 0:
        shown = shown[: max(height - 2, 1)]
    name = max(min(max(len(key) for key, _ in shown), MAX_NAME), 10)
    cells = [format_number(value) for _, metric in shown for value in (metric.last, metric.best()[1])]
    wide = max(6, *map(len, cells))
    head = _styled_text((f"{'':{name}}  {latest:>{wide}}  {'best':>{wide}}", "dim"))
    lines = [head, *(_metric_row(key, metric, (name, wide), (epoch, latest)) for key, metric in shown)]
    if hidden > 0:
        lines.append(_styled_text((f"and {len(metrics) - len(shown)} more", "dim")))
    return lines


def _metric_row(key: str, metric: MetricHistory, widths: tuple[int, int], now: tuple[int, str]) -> Text:
    (name, wide), (epoch, latest) = widths, now
    best_epoch, best = metric.best()
    is_best = best_epoch == epoch
    where = latest if is_best else "-" if best is None else f"epoch {best_epoch}"
    return _styled_text(
        _fit_name(printable(key).replace("_", " "), name),
        "  ",
        (f"{format_number(metric.last):>{wide}}", "bold" if is_best else ""),
        f"  {format_number(best):>{wide}}  ",
        (f"{where:<8}", "bold green" if is_best else ""),
    )


def _loss_curves(metrics: dict[str, MetricHistory], width: int, height: int) -> tuple[list[Text], str]:
    """Draw the loss of each split: train dashed, validation dotted, test solid, as in the plots.

    Returns the lines, and the names of the curves if the lines have no room for them.
    """
    dashes = {"train": 1, "validation": 2, "test": 0}
    found = {split: metrics[f"{split}_loss"] for split in SPLITS if f"{split}_loss" in metrics}
    curves = [Curve(split, *m.points, dashes[split]) for split, m in found.items() if m.points[1]]
    if not curves or width < 24 or max(len(curve.xs) for curve in curves) < 2:
        return [], ""
    plot = draw_curves(curves, width, height)
    styles = [CURVE_STYLES[curve.name] for curve in curves]
    return [_coloured_line(*row, styles) for row in zip(plot.lines, plot.owners, strict=True)], plot.legend


def _coloured_line(line: str, owners: list[int], styles: list[str]) -> Text:
    if not owners:
        return _styled_text((line, "dim"))
    runs = groupby(zip(owners, line, strict=True), key=lambda pair: pair[0])
    return _styled_text(*(("".join(c for _, c in run), styles[owner] if owner >= 0 else "") for owner, run in runs))


def _layer_lines(layers: tuple[LayerStats, ...], height: int) -> list[Text]:
    """Return a table with a row for each layer, or nothing if there is no room."""
    if not layers or height < 2:
        return []
    shown = layers if len(layers) <= height - 1 else layers[: max(height - 2, 1)]
    name = max(min(max(len(layer.name) for layer in shown), MAX_NAME), 10)
    head = f"{'layer':{name}}  {'units':>5}  {'dead':>5}  {'gradient':>8}  {'update/weight':>13}  (usual: 0.001)"
    lines = [_styled_text((head, "dim")), *(_layer_row(layer, name) for layer in shown)]
    if len(shown) < len(layers):
        lines.append(_styled_text((f"and {len(layers) - len(shown)} more layers", "dim")))
    return lines


def _layer_row(layer: LayerStats, name: int) -> Text:
    dead = "-" if layer.dead is None else f"{100 * layer.dead:.0f} %"
    numbers = f"{format_number(layer.units):>5}  {dead:>5}  {layer.gradient_norm:8.1e}  {layer.update_ratio:13.1e}"
    return _styled_text(
        _fit_name(printable(layer.name), name), f"  {numbers}  ", (", ".join(layer_remarks(layer)), "yellow")
    )


def layer_remarks(layer: LayerStats) -> list[str]:
    """Return what is unusual about a layer, in words."""
    if not (math.isfinite(layer.gradient_norm) and math.isfinite(layer.update_ratio)):
        return ["not finite"]
    dead = layer.dead or 0.0
    low, high = USUAL_UPDATES
    found = {
        "all dead": dead == 1,
        "many dead": 0.5 <= dead < 1,
        "no gradient": layer.gradient_norm == 0,
        "large steps": layer.update_ratio > high,
        "small steps": 0 < layer.update_ratio < low,
    }
    return [remark for remark, holds in found.items() if holds]


def _fit_name(text: str, width: int) -> str:
    from rich.cells import set_cell_size

    return set_cell_size(text, width)
