"""What the preprocessors of a model have learnt, column by column, for people and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zoo_core.parts import Column

if TYPE_CHECKING:
    from zoo_core.model._assembled import AssembledModel

MOST_PLAIN = 100  # columns without a description; more of them, such as pixels, tell little one by one
BACK = "while it is learnt; predictions are in its own units"


def learnt_columns(model: AssembledModel) -> list[dict[str, Any]]:
    """Return a record for each column: its name, its kind, the part that prepares it, and what that has learnt."""
    about = model.about
    described = about.described_columns
    if not described and about.inputs > MOST_PLAIN:
        return []
    names = [column.name for column in described] or list(about.feature_names) or list(map(str, range(about.inputs)))
    kinds = [_kind(column) for column in described] or ["number"] * about.inputs
    found = model.preprocessor.learnt_by_column(about.inputs)
    return [
        {"column": name, "kind": kind, "by": own.pop("by", model.preprocessor.name), "learnt": own}
        for name, kind, own in zip(names, kinds, found, strict=True)
    ]


def _kind(column: Column) -> str:
    return f"date ({column.order})" if column.order else column.kind


def learnt_targets(model: AssembledModel) -> list[dict[str, Any]]:
    """Return a record for each target that is scaled while it is learnt."""
    part = model.target_preprocessor
    if part is None:
        return []
    count = model.about.target_count(model.network.outputs)
    names = list(model.about.target_names) or list(map(str, range(count)))
    found = part.learnt_by_column(count)
    return [
        {"target": name, "by": own.pop("by", part.name), "learnt": own, "units": BACK}
        for name, own in zip(names, found, strict=True)
    ]
