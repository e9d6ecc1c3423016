"""The text of a first spec for a text table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from zoo_core.data.columns import column_line

if TYPE_CHECKING:
    from zoo_core.spec.from_csv import Guess

STRATIFIED_ROWS = 7  # of the rarest class, so that each split gets some
# Batch size and weight decay, for tables of fewer rows than that.
SIZES = {
    100: (8, 0.6),
    300: (16, 0.6),
    1000: (32, 0.3),
    3000: (128, 0.3),
    10_000: (128, 0.1),
    50_000: (128, 0.01),
}
LARGEST = 256, 0.01
FEW_ROWS = 1000  # below, a hidden layer has half the units
SPLIT_ROWS = 20  # at least, for a validation and a test split


def _sizes(rows: int) -> tuple[int, float]:
    """Return the batch size and the weight decay for a number of rows.

    An epoch of a small table needs enough steps, one of a large table fast steps. Few rows need more decay: as the
    prior of the weights, it counts as much as a fixed number of rows.
    """
    return next((sizes for limit, sizes in SIZES.items() if rows < limit), LARGEST)


def _hidden_units(found: Guess) -> int:
    """Return the number of hidden units: fewer for few rows, and for two classes, since such a row tells one bit."""
    return (32 if found.rows < FEW_ROWS else 64) // (2 if len(found.class_counts) == 2 else 1)


def csv_spec(name: str, found: Guess) -> str:
    """Return the text of a spec, TOML, that can be trained as it is."""
    units = len(found.class_counts) or len(found.targets)
    loss, activation, metrics = CHOICES[found.task]
    splits = found.rows >= SPLIT_ROWS
    batch, decay = _sizes(found.rows)
    return TEMPLATE.format(
        batch=batch, decay=decay, hidden=_hidden_units(found), name=name,
        data="\n".join(_data_lines(found)), loss=loss, activation=activation, units=units,
        metrics=metrics, splits=SPLITS if splits else "",
        stopping=STOPPING if splits else "", preprocessor=TABLE if found.columns else STANDARD,
        columns=_column_lines(found), targets=TARGETS if found.task == "regression" else "",
    )  # fmt: skip


def _data_lines(found: Guess) -> list[str]:
    """Return the lines of `[data]` that depend on the file."""
    targets = [found.key(target) for target in found.targets]
    shown = _toml(targets[0] if len(targets) == 1 else targets)
    lines = [f"path = {_toml(found.path)}", f"target = {shown}", f'task = "{found.task}"']
    if found.weights is not None:
        lines.append(f"weights = {_toml(found.key(found.weights))}")
    if not found.all_features:
        keys = ", ".join(_toml(found.key(column)) for column in found.features)
        lines.append(f"features = [{keys}]")
    options = found.form.options()
    if options.get("header") and any(map(str.isalpha, "".join(found.names))):
        del options["header"]  # a header of texts needs no word
    lines += [f"{key} = {_toml(value)}" for key, value in options.items()]
    lines += [f"{key} = {_toml(column)}" for key, column in found.apart.items()]
    stratify = found.rows >= SPLIT_ROWS and found.class_counts and not found.apart
    if stratify and min(found.class_counts.values()) >= STRATIFIED_ROWS:
        lines.append("stratify = true               # every split has the same share of each class")
    return lines


def _column_lines(found: Guess) -> str:
    """Return a line for each column, which a user can change."""
    if not found.columns:
        return ""
    lines = [column_line(name, kind) for name, kind in found.columns.items()]
    return "\n[data.columns]                # number, category, boolean, date, id or ignore\n" + "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


CHOICES = {  # loss, last activation, metrics
    "classification": ("cross_entropy", "softmax", '["accuracy"]'),
    "regression": ("mse", "identity", '["rmse", "r2"]'),
    "multilabel": (
        "binary_cross_entropy", "sigmoid", '["accuracy", "subset_accuracy", { name = "f1", per_class = true }]'
    ),
}  # fmt: skip
STANDARD = 'preprocessor = "standard"     # (x - mean) / standard deviation, column by column\n'
TABLE = 'preprocessor = "table"        # each kind of column in its way; gaps get the median\n'
TARGETS = 'target_preprocessor = "standard"  # the target, while it is learnt; predictions have its own units\n'
SPLITS = """train = 0.7
validation = 0.15
test = 0.15
"""
STOPPING = """early_stopping = { monitor = "validation_loss", patience = 10, min_delta = 1e-3, restore = true }
"""
TEMPLATE = """#:schema zoo.schema.json
name = "{name}"
seed = 1

[data]
name = "csv"
{data}
{preprocessor}{targets}{splits}{columns}
[model]
loss = "{loss}"

[[model.layers]]
units = {hidden}
activation = "relu"
initializer = "he_normal"

[[model.layers]]
units = {units}
activation = "{activation}"

[optimizer]
name = "adamw"
learning_rate = {{ name = "cosine", initial = 2e-2 }}  # falls to 0 until the last epoch
weight_decay = {decay}            # keeps weights small, against learning noise by heart

[training]
epochs = 40
batch_size = {batch}
metrics = {metrics}
{stopping}"""
