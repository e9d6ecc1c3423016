"""The Open Inference Protocol, version 2, as JSON: what a model takes and gives, and a request answered.

Source: KServe, "Open Inference Protocol", REST, https://github.com/kserve/open-inference-protocol.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from zoo_core.errors import printable
from zoo_core.model import Model
from zoo_core.parts import Array, Column

DTYPES: dict[str, type[np.generic]] = {
    "BOOL": np.bool_, "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64,
    "INT8": np.int8, "INT16": np.int16, "INT32": np.int32, "INT64": np.int64,
    "FP16": np.float16, "FP32": np.float32, "FP64": np.float64,
}  # fmt: skip
DATATYPES: dict[np.dtype[Any], str] = {np.dtype(dtype): name for name, dtype in DTYPES.items()}
MAX_TEXT = 200  # characters of a request that an error shows
SHOWN = reprlib.Repr()  # a list may be deeper than Python's own repr can go
SHOWN.maxlist = SHOWN.maxdict = 8
SHOWN.maxstring = SHOWN.maxother = MAX_TEXT


class RefusedError(Exception):
    """A request that is not answered: the status of HTTP and a sentence for the client."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


# ------------------------------------------------------------------ what a model takes and gives


def model_metadata(name: str, model: Model) -> dict[str, Any]:
    """Return the metadata of a model, with what its columns mean in `parameters`."""
    about = model.about
    facts: dict[str, Any] = {"task": about.task, "image_shape": about.image_shape}
    facts |= {"class_names": list(about.class_names), "target_names": list(about.target_names)}
    return {
        "name": name,
        "versions": [],
        "platform": "zoo_npz",
        "inputs": _input_metadata(model),
        "outputs": [
            {"name": key, "datatype": _datatype(values), "shape": [-1, *values.shape[1:]]}
            for key, values in _named_outputs(model, model.outputs(np.zeros((1, about.inputs)))).items()
        ],
        "parameters": facts | {"sha256": model.sha256},
    }


def _input_metadata(model: Model) -> list[dict[str, Any]]:
    """Describe one tensor for each named feature; else one tensor `input` with all of them."""
    about = model.about
    columns = about.described_columns or [Column(name) for name in about.feature_names]
    if not columns:
        shape = [-1, *(about.image_shape or [about.inputs])]
        return [{"name": "input", "datatype": DATATYPES[model.network.dtype], "shape": shape}]
    return [_column_metadata(column) for column in columns]


def _column_metadata(column: Column) -> dict[str, Any]:
    is_text = column.kind in ("category", "date")
    facts = {"kind": column.kind} | ({"categories": list(column.categories)} if column.categories else {})
    return {"name": column.name, "datatype": "BYTES" if is_text else "FP64", "shape": [-1], "parameters": facts}


def _named_outputs(model: Model, outputs: Array) -> dict[str, Array]:
    """Return the answers to what the network gives; an export to ONNX has the same names."""
    decision, several = model.decision, model.about.task == "multilabel"
    if model.about.task == "regression":
        return {"values": decision.values(outputs)}
    found = (decision.label_probabilities if several else decision.probabilities)(outputs)
    scores = {"outputs": outputs} if found is None else {"probabilities": found}
    if several:
        return {"labels": decision.labels(outputs), **scores}
    return {"label": model.labels().take(decision.classes(outputs)), **scores}


def _datatype(values: Array) -> str:
    return DATATYPES.get(values.dtype, "BYTES")


# ------------------------------------------------------------------ a request


def answer(name: str, model: Model, body: bytes) -> tuple[bytes, int]:
    """Answer a request for predictions.

    Args:
        name: what the server calls the model.
        model: the model.
        body: the request, JSON.

    Returns:
        The answer as JSON, and the number of rows that were predicted.

    Raises:
        RefusedError: the request is not one of the protocol, or does not fit the model.
        DataError: the model refuses the rows.
        NumericError: what the model computes is not finite.
    """
    request = _read_json(body)
    wanted = _wanted_outputs(request)
    inputs = _inputs(request, model)
    outputs = _named_outputs(model, model.outputs(inputs))
    for output in wanted or ():
        if output not in outputs:
            raise RefusedError(400, f"outputs: the model has no {_shown(output)}; it has {', '.join(outputs)}")
    tensors = [_tensor(key, values) for key, values in outputs.items() if not wanted or key in wanted]
    found = {"model_name": name, "id": request.get("id", ""), "outputs": tensors}
    return orjson.dumps(found, option=orjson.OPT_SERIALIZE_NUMPY), len(next(iter(outputs.values())))


def _tensor(name: str, values: Array) -> dict[str, Any]:
    flat = np.ascontiguousarray(values).reshape(-1)
    data = flat if values.dtype in DATATYPES and values.dtype != np.float16 else flat.tolist()
    return {"name": name, "datatype": _datatype(values), "shape": list(values.shape), "data": data}


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RefusedError(400, f"the request is no JSON: {_shorten(str(error))}") from error
    if not isinstance(request, dict):
        raise RefusedError(400, 'the request is no JSON object; write {"inputs": [...]}')
    if not isinstance(request.get("id", ""), str):
        raise RefusedError(400, "id: must be a text")
    return request


def _wanted_outputs(request: Mapping[str, Any]) -> list[str]:
    """Return the names of the outputs that a request asks for; none means all."""
    wanted = request.get("outputs", [])
    if not isinstance(wanted, list) or not all(isinstance(w, dict) and isinstance(w.get("name"), str) for w in wanted):
        raise RefusedError(400, 'outputs: must be a list such as [{"name": "label"}]')
    return [output["name"] for output in wanted]


def _inputs(request: Mapping[str, Any], model: Model) -> Any:
    """Return an array of all features, or one for each column by name."""
    given = request.get("inputs")
    if not isinstance(given, list) or not given:
        raise RefusedError(400, 'inputs: must be a list of tensors, each with "name", "shape", "datatype" and "data"')
    tensors = [_array(tensor, f"inputs[{i}]", _may_miss(model)) for i, tensor in enumerate(given)]
    names = [name for name, _ in tensors]
    if len(set(names)) < len(names):
        raise RefusedError(400, f"inputs: {_shown(max(names, key=names.count))} is there twice")
    columns = [column.name for column in model.about.described_columns] or list(model.about.feature_names)
    if names == ["input"] and names != columns:
        return _check_not_empty(tensors[0][1])
    return _columns(dict(tensors), columns)


def _may_miss(model: Model) -> bool:
    """Return whether null may stand for a missing value."""
    return bool(model.about.described_columns)


def _columns(given: dict[str, Array], names: Sequence[str]) -> dict[str, Array]:
    """Return the columns of a table, each of shape (rows,)."""
    unknown = [name for name in given if name not in names]
    missing = [name for name in names if name not in given]
    if not names and unknown:
        raise RefusedError(400, f"inputs: {_shown(unknown[0])} is unknown; the model takes one tensor, 'input'")
    if unknown or missing:
        what = f"{_shown(unknown[0])} is unknown" if unknown else f"{_shown(missing[0])} is missing"
        raise RefusedError(400, f"inputs: {what}; the model takes {_listed(names)}, or one tensor 'input'")
    for name, values in given.items():
        if values.ndim not in (1, 2) or (values.ndim == 2 and values.shape[1] != 1):
            raise RefusedError(400, f"inputs: {_shown(name)} has shape {list(values.shape)}; a column is [rows]")
        _check_not_empty(values)
    return {name: values.reshape(-1) for name, values in given.items()}


def _check_not_empty(values: Array) -> Array:
    if not values.size:
        raise RefusedError(400, "inputs: there are no rows")
    return values


def _array(tensor: Any, where: str, may_miss: bool) -> tuple[str, Array]:
    """Return the name and the values of a tensor."""
    if not isinstance(tensor, dict):
        raise RefusedError(400, f"{where}: must be an object, not {_shown(tensor)}")
    name, shape, datatype, data = (tensor.get(key) for key in ("name", "shape", "datatype", "data"))
    if not isinstance(name, str):
        raise RefusedError(400, f"{where}.name: must be a text")
    if not isinstance(datatype, str) or datatype not in (*DTYPES, "BYTES"):
        raise RefusedError(400, f"{where}.datatype: {_shown(datatype)} is none of {', '.join([*DTYPES, 'BYTES'])}")
    if not isinstance(shape, list) or not all(type(n) is int and 0 <= n < 2**31 for n in shape) or len(shape) > 3:
        raise RefusedError(400, f"{where}.shape: must be a list of one to three whole numbers, not {_shown(shape)}")
    if not isinstance(data, list):
        raise RefusedError(400, f"{where}.data: must be a list of values, row by row")
    values = _values(data, datatype, f"{where}.data", may_miss)
    if values.size != math.prod(shape):
        raise RefusedError(400, f"{where}: {values.size} values do not have the shape {shape}")
    return name, values.reshape(shape)


def _values(data: list[Any], datatype: str, where: str, may_miss: bool) -> Array:
    """Return the values of a flat or nested list, shape (values,)."""
    if datatype == "BYTES":
        return _texts(data, where, may_miss)
    try:
        found = np.array(data)
        if found.dtype == object and may_miss and datatype.startswith("FP"):
            found = np.array(data, np.float64)  # null becomes NaN, and a text that is no number an error
    except (ValueError, TypeError, OverflowError) as error:
        raise RefusedError(400, f"{where}: its rows differ in length, or a value is no number") from error
    kinds = "b" if datatype == "BOOL" else "iu" if "INT" in datatype else "fiu"
    if found.size and found.dtype.kind not in kinds:
        raise RefusedError(400, f"{where}: its values are not all of datatype {datatype}")
    with np.errstate(all="ignore"):
        typed: Array = found.reshape(-1).astype(DTYPES[datatype])
    if typed.dtype.kind in "iu" and not np.array_equal(typed, found.reshape(-1)):
        raise RefusedError(400, f"{where}: a value is outside the range of {datatype}")
    if typed.dtype.kind == "f" and found.size and found.dtype.kind == "f" and np.isinf(typed).any():
        raise RefusedError(400, f"{where}: a value is infinite as {datatype}")
    return typed


def _texts(data: list[Any], where: str, may_miss: bool) -> Array:
    flat = list(_flat(data))
    if not all(isinstance(value, str) or (value is None and may_miss) for value in flat):
        raise RefusedError(400, f"{where}: its values are not all texts, as datatype BYTES wants them")
    return np.array(flat, dtype=object)


def _flat(data: Iterable[Any]) -> Iterable[Any]:
    for value in data:
        if isinstance(value, list):
            yield from value  # no deeper: a column has at most one inner list for each row
        else:
            yield value


# ------------------------------------------------------------------ words


def _shown(value: Any) -> str:
    return _shorten(SHOWN.repr(value))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - 8} others" if len(names) > 8 else ""
    return ", ".join(map(_shown, names[:8])) + more


def _shorten(text: str) -> str:
    text = printable(text)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}..."
