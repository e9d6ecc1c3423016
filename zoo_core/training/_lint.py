"""Finds settings that are valid but a mistake: unsuitable outputs, unknown metrics, choices by the test split."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

import numpy as np

from zoo_core.errors import SpecError, nearest_figure
from zoo_core.nn import Decision, sample_outputs, scales_targets
from zoo_core.parts import Part, Preprocessor
from zoo_core.spec import DEFAULT_METRICS, Spec, metric_directions, option_names, parts_of
from zoo_core.training._metrics import record_key

SUM_TOLERANCE = 1e-3  # of probabilities
MANY_ROWS = 512  # of random z: enough for both sides of a threshold


def lint_spec(spec: Spec) -> list[str]:
    """Return a line for each setting of a spec that is valid but probably a mistake."""
    return [*unsuitable_outputs(spec), *unsuitable_scale(spec), *_unknown_metric_names(spec)]


def unsuitable_scale(spec: Spec) -> Iterator[str]:
    """Yield a line if targets are shifted for a loss to which that means something else."""
    part, loss = spec.data.target_preprocessor, spec.model.loss
    if part is None or part.is_identity or scales_targets(loss) or _keeps_zero(part):
        return
    yield (
        f"data.target_preprocessor is {part.name!r}, and to loss {loss.name!r} scaled targets are more than another "
        "unit; use 'none', or a scale without a shift, such as { name = 'fixed', scale = 1000 }"
    )


def _keeps_zero(part: Preprocessor) -> bool:
    """Return whether a preprocessor that needs no data turns 0 into 0, as a scale without a shift does."""
    if part.state:
        return False
    zero, out = np.zeros((1, 1)), np.ones((1, 1))
    part.transform(zero, out)
    return not out.any()


def unsuitable_outputs(spec: Spec, task: str | None = None) -> Iterator[str]:
    """Yield a line if the output layer does not give what the loss needs; the task of the data may be unknown."""
    yield from chain(_outside_range(spec), _one_sided_output(spec, task))


def _outside_range(spec: Spec) -> Iterator[str]:
    loss, last, layer = spec.model.loss, len(spec.model.layers) - 1, spec.model.layers[-1]
    if loss.output_range == "any" or (outputs := sample_outputs(layer.activation, layer.units)) is None:
        return
    inside = outputs.min() >= 0 and outputs.max() <= 1
    if inside and (loss.output_range == "unit_interval" or abs(outputs.sum(axis=1) - 1).max() <= SUM_TOLERANCE):
        return
    hint = f"; use {loss.fused_with[0].name!r}" if loss.fused_with else ""
    yield (
        f"model.layers.{last}.activation is {layer.activation.name!r}, which gives no "
        f"{'probabilities' if loss.output_range == 'probabilities' else 'numbers from 0 to 1'}, and loss {loss.name!r} "
        f"means nothing without them{hint}"
    )


def _one_sided_output(spec: Spec, task: str | None) -> Iterator[str]:
    """Yield a line if one output for two classes never crosses the number at which the loss decides between them."""
    loss, last, layer = spec.model.loss, len(spec.model.layers) - 1, spec.model.layers[-1]
    if layer.units != 1 or (loss.task if task is None else task) != "classification":
        return
    outputs = sample_outputs(layer.activation, 1, rows=MANY_ROWS)
    if outputs is None or not np.isfinite(outputs).all() or np.ptp(outputs) == 0:
        return
    decision = Decision(layer.activation, loss, 1, 2)
    found = np.unique(decision.classes(outputs))
    if len(found) == 1:
        gives = "only numbers above" if found[0] else "no number above"
        yield (
            f"model.layers.{last}.activation is {layer.activation.name!r}, which gives {gives} {decision.threshold:g}, "
            f"where loss {loss.name!r} decides between two classes: all rows get the {('first', 'second')[found[0]]} "
            f"one; use {(loss.fused_with[0].name if loss.fused_with else 'identity')!r}"
        )


def check_monitors(spec: Spec) -> None:
    """Refuse parts that decide by figures of the test split. Raises SpecError unless the spec allows them."""
    if spec.training.allow_test_monitor:
        return
    for part in parts_of(spec):
        for monitor in _monitors(part):
            if monitor == "test" or monitor.startswith("test_"):
                raise SpecError(
                    f"spec {spec.name!r}: {part.kind} {part.name!r} watches {monitor!r}: what is chosen by the test "
                    "split is not tested by it; watch a validation figure, or set training.allow_test_monitor = true"
                )


def _monitors(part: Part) -> Iterator[str]:
    """Yield the metrics that a part watches: the texts in its options whose name has the word monitor."""
    for name in option_names(part):
        value = getattr(part, name, None) if "monitor" in name.split("_") or "monitors" in name.split("_") else None
        yield from (item for item in ([value] if isinstance(value, str) else value or ()) if isinstance(item, str))


def _unknown_metric_names(spec: Spec) -> Iterator[str]:
    """Yield a line for each part that watches a metric that no record will hold."""
    settings, known = spec.training, _record_keys(spec)
    for part in (settings.early_stopping, *settings.callbacks, spec.optimizer.learning_rate):
        monitor = getattr(part, "monitor", None)
        if isinstance(monitor, str) and not any(monitor == k or monitor.startswith(f"{k}_") for k in known):
            lacking = monitor.partition("_")[0] == "validation" and spec.data.validation is None
            hint = "; give data.validation some rows" if lacking else nearest_figure(monitor, known)
            yield f"{part.kind} {part.name!r} watches {monitor!r}, which is not measured{hint}"


def _record_keys(spec: Spec) -> list[str]:
    """Return the keys of all metrics that records of a run can hold."""
    settings = spec.training
    defaults = [m for task, m in DEFAULT_METRICS.items() if task != "multilabel" or spec.model.loss.multilabel]
    metrics = [*chain(*defaults)] if settings.metrics is None else [*metric_directions(settings.metrics)]
    splits = [s for s in settings.evaluate if s != "validation" or spec.data.validation is not None]
    keys = [record_key(split, name) for split in dict.fromkeys(["train", *splits]) for name in ["loss", *metrics]]
    return [*keys, "penalty", "learning_rate"]
