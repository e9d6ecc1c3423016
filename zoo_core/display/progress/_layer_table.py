"""The table of layers, with remarks on what is unusual."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from zoo_core.display._colours import ORANGE
from zoo_core.display.progress._lines import fit_name, name_column, styled_text
from zoo_core.display.text import format_number, printable
from zoo_core.model.records import USUAL_UPDATES
from zoo_core.training.events import LayerStats

if TYPE_CHECKING:
    from rich.text import Text

WIDE = 72  # characters; a narrower table has shorter columns


def layer_lines(layers: tuple[LayerStats, ...], width: int, height: int) -> list[Text]:
    """Return a row for each layer, or nothing if there is no room.

    If some layers have no room, those with remarks are shown first.
    """
    if not layers or height < 2:
        return []
    shown = layers if len(layers) < height else _notable(layers, max(height - 2, 1))
    name = name_column([printable(layer.name) for layer in shown])
    gap, update, note = ("  ", "update/weight", "(usual: 0.001)") if width >= WIDE else (" ", "update/w", "")
    head = gap.join([f"{'layer':{name}}", "units", " dead", "gradient", update, note])
    lines = [styled_text((head, "dim")), *(_layer_row(layer, name, gap, len(update)) for layer in shown)]
    if len(shown) < len(layers):
        remarks = sum(bool(layer_remarks(layer)) for layer in set(layers) - set(shown))
        with_remarks = f", {remarks} of them with remarks" if remarks else ""
        lines.append(styled_text((f"and {len(layers) - len(shown)} more layers{with_remarks}", "dim")))
    return lines


def _notable(layers: tuple[LayerStats, ...], count: int) -> tuple[LayerStats, ...]:
    """Return `count` layers in their order: first those with remarks, then the earliest."""
    chosen = sorted(range(len(layers)), key=lambda at: not layer_remarks(layers[at]))[:count]
    return tuple(layers[at] for at in sorted(chosen))


def _layer_row(layer: LayerStats, name: int, gap: str, update: int) -> Text:
    cells = [
        fit_name(printable(layer.name), name),
        f"{format_number(layer.units):>5}",
        f"{'-' if layer.dead is None else f'{100 * layer.dead:.0f} %':>5}",
        f"{layer.gradient_norm:8.1e}",
        f"{layer.update_ratio:{update}.1e}",
    ]
    return styled_text(gap.join(cells), gap, (", ".join(layer_remarks(layer)), ORANGE))


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
