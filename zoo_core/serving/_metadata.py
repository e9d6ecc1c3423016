"""What a model takes and gives, in the words of the Open Inference Protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zoo_core.model import Model
from zoo_core.model.answers import named_answers
from zoo_core.parts import Array, Column

DTYPES: dict[str, type[np.generic]] = {
    "BOOL": np.bool_, "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64,
    "INT8": np.int8, "INT16": np.int16, "INT32": np.int32, "INT64": np.int64,
    "FP16": np.float16, "FP32": np.float32, "FP64": np.float64,
}  # fmt: skip
DATATYPES: dict[np.dtype[Any], str] = {np.dtype(dtype): name for name, dtype in DTYPES.items()}


def model_metadata(name: str, model: Model) -> dict[str, Any]:
    """Return the metadata of a model, with what its columns mean in `parameters`."""
    about = model.about
    facts: dict[str, Any] = {"task": about.task, "image_shape": about.image_shape}
    facts |= {"class_names": list(about.class_names), "target_names": list(about.target_names)}
    facts["missing_values"] = takes_missing_values(model)
    return {
        "name": name,
        "versions": [],
        "platform": "zoo_npz",
        "inputs": _input_metadata(model),
        "outputs": [
            {"name": key, "datatype": datatype(values), "shape": [-1, *values.shape[1:]]}
            for key, values in named_answers(model, model.outputs(np.zeros((1, about.inputs)))).items()
        ],
        "parameters": facts | {"sha256": model.sha256},
    }


def takes_missing_values(model: Model) -> bool:
    """Return whether null may stand for a value that is missing."""
    return bool(model.about.described_columns)


def _input_metadata(model: Model) -> list[dict[str, Any]]:
    """Describe one tensor for each named feature; else one tensor `input` with all of them."""
    about = model.about
    columns = about.described_columns or [Column(name) for name in about.feature_names]
    if not columns:
        return [{"name": "input", "datatype": DATATYPES[model.network.dtype], "shape": [-1, *row_shapes(model)[0]]}]
    return [_column_metadata(column) for column in columns]


def row_shapes(model: Model) -> Sequence[tuple[int, ...]]:
    """Return the shapes that a row in one tensor may have; the first is that of the metadata."""
    flat = (model.about.inputs,)
    return [tuple(model.about.image_shape), flat] if model.about.image_shape else [flat]


def _column_metadata(column: Column) -> dict[str, Any]:
    is_text = column.kind in ("category", "date")
    facts = {"kind": column.kind} | ({"categories": list(column.categories)} if column.categories else {})
    return {"name": column.name, "datatype": "BYTES" if is_text else "FP64", "shape": [-1], "parameters": facts}


def column_names(model: Model) -> list[str]:
    """Return the names of the tensors that a table consists of."""
    return [column.name for column in model.about.described_columns] or list(model.about.feature_names)


def datatype(values: Array) -> str:
    """Return the name that the protocol has for the dtype of an array."""
    return DATATYPES.get(values.dtype, "BYTES")
