"""The names of metrics in records: two metrics of one name get options that make the names differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from zoo_core.contract import checked_figures
from zoo_core.parts import Metric
from zoo_core.spec._options import dump


def metric_names(metrics: Sequence[Metric]) -> list[str]:
    """Return the name of each metric in records.

    It is that of the part. Where others have it too, options follow in which they differ: `top_k_accuracy_k_3`.
    """
    names = [metric.name for metric in metrics]
    if len(set(names)) == len(names):
        return names  # the usual case, after every epoch
    return [metric.name + _differing_options(metric, metrics) for metric in metrics]


def _differing_options(metric: Metric, metrics: Sequence[Metric]) -> str:
    """Return the first options in which all metrics of one name differ, as a text; '' if their options are equal."""
    own, tables = _options(metric), [_options(other) for other in metrics if other.name == metric.name]
    differing = [key for key in own if any(other.get(key) != own[key] for other in tables)]
    for count in range(len(differing)):
        texts = [_text(table, differing[:count]) for table in tables]
        if len(set(texts)) == len({repr(table) for table in tables}):
            return _text(own, differing[:count])
    return _text(own, differing)


def _text(options: dict[str, Any], keys: Sequence[str]) -> str:
    return "".join(f"_{key}_{_word(options.get(key))}" for key in keys)


def _options(metric: Metric) -> dict[str, Any]:
    found = dump(metric)
    return {key: value for key, value in found.items() if key != "name"} if isinstance(found, dict) else {}


def _word(value: Any) -> str:
    """Return an option's value as a part of a name: letters, digits, '.', '-' and '_'."""
    return re.sub(r"[^\w.-]+", "_", str(value)).strip("_")


def metric_directions(metrics: Sequence[Metric]) -> dict[str, bool]:
    """Return whether higher is better, by the name of each metric in records."""
    return {name: m.higher_is_better for name, m in zip(metric_names(metrics), metrics, strict=True)}


def named_figures(metrics: Sequence[Metric]) -> dict[str, float]:
    """Return the values of metrics by their names in records. Raises PluginError unless each is a number."""
    found: dict[str, float] = {}
    for metric, key in zip(metrics, metric_names(metrics), strict=True):
        own = metric.name
        found |= {
            key + name[len(own) :] if name.startswith(own) else name: value
            for name, value in checked_figures(metric).items()
        }
    return found
