"""What a model takes and gives, in its card: columns with their kinds and preparation, classes, targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from zoo_plugins.exporters._markup import code, prose, table

MOST_COLUMNS, MOST_PLAIN = 200, 100  # plain numbers, such as pixels, tell little one by one
SHOWN = 8  # texts of a list
MOST_CLASSES = 100
MISSING = "All are in `config.json`."


def inputs(model: Any) -> Iterator[str]:
    """Yield what a row is, and a table of its columns."""
    about = model.about
    part = code(model.preprocessor.name)
    if shape := about.image_shape:
        yield f"A row is an image of {shape[0]} x {shape[1]} values in the units of the data, prepared by {part}."
        return
    unit = "column" if about.inputs == 1 else "columns"
    yield f"A row has {about.inputs:,} {unit} in the units of the data, prepared by {part}. Columns are found by name."
    described = about.described_columns
    if not described and (about.inputs > MOST_PLAIN or not about.feature_names):
        return
    names = [column.name for column in described] or list(about.feature_names)
    learnt = model.preprocessor.learnt_by_column(len(names))
    rows = zip(names, described or [None] * len(names), learnt, strict=True)
    cells = [
        (code(name), _kind(column), code(str(own.pop("by", model.preprocessor.name))), _values(own, column))
        for name, column, own in list(rows)[:MOST_COLUMNS]
    ]
    yield table(["column", "kind", "prepared by", "learnt from the training rows"], cells)
    if len(names) > MOST_COLUMNS:
        yield f"These are {MOST_COLUMNS} of {len(names):,} columns. {MISSING}"


def _kind(column: Any) -> str:
    if column is None:
        return "number"
    more = f": {_listed(column.categories)}" if column.categories else ""
    return f"{column.kind}{f' ({column.order})' if column.order else ''}{more}"


def _listed(names: Iterable[str], most: int = SHOWN) -> str:
    names = list(names)
    more = f", ... ({len(names):,} in all)" if len(names) > most else ""
    return ", ".join(map(code, names[:most])) + more


def _values(learnt: Mapping[str, Any], column: Any) -> str:
    """Return what is learnt of a column, without categories that its kind has told."""
    told = {"categories": list(column.categories)} if column is not None and column.categories else {}
    kept = {key: value for key, value in learnt.items() if key not in told or list(value) != told[key]}
    return "; ".join(f"{prose(str(key))} {_value(value)}" for key, value in kept.items())


def _value(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        more = f", ... ({len(value):,} in all)" if len(value) > SHOWN else ""
        return ", ".join(map(_value, value[:SHOWN])) + more
    return code(value) if isinstance(value, str) else number(value)


def outputs(model: Any) -> Iterator[str]:
    """Yield what `predict` gives, and what each class or target is called."""
    about, decision = model.about, model.decision
    if about.task == "regression":
        count = about.target_count(model.network.outputs)
        names = f": {_listed(about.target_names, MOST_CLASSES)}" if about.target_names else ""
        yield f"`predict` gives {_counted(count, 'value')} a row, in the units of the data{names}."
        return
    labels = [str(label) for label in model.labels().tolist()]
    several = about.task == "multilabel"
    what = f"which of {_counted(len(labels), 'label')} apply" if several else f"one of {_counted(len(labels), 'class')}"
    yield f"`predict` gives {what}: {_listed(labels, MOST_CLASSES)}."
    if decision.gives_label_probabilities if several else decision.gives_probabilities:
        yield f"`predict_proba` gives the probability of each {'label' if several else 'class'}, in this order."
    else:
        yield "It gives no probabilities: `outputs` are scores."


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 'es' if what.endswith('s') else 's'}"


def number(value: Any) -> str:
    """Return a number with four digits that count, or a whole one as it is."""
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}" if isinstance(value, float) else prose(str(value))
