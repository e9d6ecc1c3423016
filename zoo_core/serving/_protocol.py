"""The Open Inference Protocol, version 2, as JSON: a request is answered.

Source: KServe, "Open Inference Protocol", REST, https://github.com/kserve/open-inference-protocol. Tensors may be raw
bytes behind the JSON, as its extension `binary_tensor_data` says; NVIDIA's client sends them so by default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import orjson

from zoo_core.data.columns import values_fault
from zoo_core.model import Model
from zoo_core.model.answers import named_answers
from zoo_core.parts import Array
from zoo_core.serving._metadata import column_names, datatype, row_shapes, takes_missing_values
from zoo_core.serving._refusal import RefusedError, listed, shorten, shown
from zoo_core.serving._tensors import RawBytes, read_parameters, read_tensor

PLAIN = "biuf"  # kinds of arrays that go out as they are


class Answer(NamedTuple):
    """The body of an answer, the number of predicted rows, and how much of the body is JSON if bytes follow it."""

    body: bytes
    rows: int
    json_length: int | None = None


def answer(name: str, model: Model, body: bytes, json_length: int | None = None) -> Answer:
    """Answer a request for predictions.

    Args:
        name: what the server calls the model.
        model: the model.
        body: the request: JSON, and raw bytes of tensors if there is a `json_length`.
        json_length: the number of bytes of the JSON.

    Raises:
        RefusedError: the request is not one of the protocol, or does not fit the model.
        DataError: the model refuses the rows.
        NumericError: what the model computes is not finite.
    """
    if json_length is not None and json_length > len(body):
        raise RefusedError(
            400, f"Inference-Header-Content-Length: is {json_length}, and the request has {len(body)} bytes"
        )
    request = _read_json(body if json_length is None else body[:json_length])
    raw = RawBytes(b"" if json_length is None else body[json_length:])
    inputs = _inputs(request, model, raw)
    raw.check_used_up()
    outputs = named_answers(model, model.outputs(inputs))
    tails: list[bytes] = []
    wanted = _wanted_outputs(request, list(outputs))
    tensors = [_tensor(key, values, wanted[key], tails) for key, values in outputs.items() if key in wanted]
    found = {"model_name": name, "id": request.get("id", ""), "outputs": tensors}
    head = orjson.dumps(found, option=orjson.OPT_SERIALIZE_NUMPY)
    rows = len(next(iter(outputs.values())))
    return Answer(b"".join([head, *tails]), rows, len(head)) if tails else Answer(head, rows)


def _tensor(name: str, values: Array, is_raw: bool, tails: list[bytes]) -> dict[str, Any]:
    """Return a tensor of an answer; with `is_raw` its bytes are added to `tails`."""
    found: dict[str, Any] = {"name": name, "datatype": datatype(values), "shape": list(values.shape)}
    flat = np.ascontiguousarray(values).reshape(-1)
    if is_raw:
        tails.append(_raw_bytes(flat))
        return found | {"parameters": {"binary_data_size": len(tails[-1])}}
    found["data"] = flat if flat.dtype.kind in PLAIN and flat.dtype != np.float16 else flat.tolist()
    return found


def _raw_bytes(flat: Array) -> bytes:
    if flat.dtype.kind in PLAIN:
        return flat.astype(flat.dtype.newbyteorder("<"), copy=False).tobytes()
    texts = [str(text).encode() for text in flat.tolist()]
    return b"".join(len(text).to_bytes(4, "little") + text for text in texts)


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        request = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RefusedError(400, f"the request is no JSON: {shorten(str(error))}") from error
    if not isinstance(request, dict):
        raise RefusedError(400, 'the request is no JSON object; write {"inputs": [...]}')
    if not isinstance(request.get("id", ""), str):
        raise RefusedError(400, "id: must be a text")
    return request


def _wanted_outputs(request: Mapping[str, Any], names: Sequence[str]) -> dict[str, bool]:
    """Return the outputs that a request asks for, by name, and whether as raw bytes."""
    by_default = _flag(request, "", "binary_data_output", default=False)
    wanted = request.get("outputs")
    if wanted is None or wanted == []:
        return dict.fromkeys(names, by_default)
    if not isinstance(wanted, list) or not all(isinstance(w, dict) and isinstance(w.get("name"), str) for w in wanted):
        raise RefusedError(400, 'outputs: must be a list such as [{"name": "label"}]')
    for i, output in enumerate(wanted):
        if output["name"] not in names:
            raise RefusedError(
                400, f"outputs[{i}].name: the model has no {shown(output['name'])}; it has {listed(names)}"
            )
    return {
        output["name"]: _flag(output, f"outputs[{i}].", "binary_data", default=by_default)
        for i, output in enumerate(wanted)
    }


def _flag(holder: Mapping[str, Any], where: str, key: str, *, default: bool) -> bool:
    value = read_parameters(holder, where).get(key, default)
    if not isinstance(value, bool):
        raise RefusedError(400, f"{where}parameters.{key}: must be true or false, not {shown(value)}")
    return value


# ------------------------------------------------------------------ inputs


def _inputs(request: Mapping[str, Any], model: Model, raw: RawBytes) -> Any:
    """Return an array of all features, or one for each column by name."""
    given = request.get("inputs")
    if not isinstance(given, list) or not given:
        raise RefusedError(400, 'inputs: must be a list of tensors, each with "name", "shape", "datatype" and "data"')
    may_miss = takes_missing_values(model)
    tensors = [read_tensor(tensor, f"inputs[{i}]", may_miss, raw) for i, tensor in enumerate(given)]
    names = [name for name, _ in tensors]
    if len(set(names)) < len(names):
        raise RefusedError(400, f"inputs: {shown(max(names, key=names.count))} is there twice")
    columns = column_names(model)
    if names == ["input"] and names != columns:
        return _whole(tensors[0][1], model)
    return _columns(dict(tensors), columns)


def _whole(values: Array, model: Model) -> Array:
    """Return the one tensor with all features, shape (rows, ...)."""
    shapes = row_shapes(model)
    if values.shape in shapes[:-1]:
        values = values[None]  # one image
    if values.shape[1:] not in shapes:
        forms = " or ".join(str(["rows", *shape]).replace("'", "") for shape in shapes)
        raise RefusedError(400, f"inputs[0].shape: is {list(values.shape)}; the model takes {forms}")
    _check_not_empty(values)
    columns = model.about.described_columns
    if values.dtype.kind == "O" and not columns:
        raise RefusedError(400, "inputs[0].datatype: is BYTES, and the model takes numbers, such as FP32")
    if columns and values.dtype.kind != "O" and (fault := values_fault(values, columns)):
        raise RefusedError(
            400, f"inputs[0].data: {fault}; send one tensor for each column: {listed(column_names(model))}"
        )
    return values


def _columns(given: dict[str, Array], names: Sequence[str]) -> dict[str, Array]:
    """Return the columns of a table, each of shape (rows,)."""
    unknown = [name for name in given if name not in names]
    missing = [name for name in names if name not in given]
    if not names and unknown:
        raise RefusedError(400, f"inputs: {shown(unknown[0])} is unknown; the model takes one tensor, 'input'")
    if unknown or missing:
        what = f"{shown(unknown[0])} is unknown" if unknown else f"{shown(missing[0])} is missing"
        raise RefusedError(400, f"inputs: {what}; the model takes {listed(names)}, or one tensor 'input'")
    for i, (name, values) in enumerate(given.items()):
        if values.ndim not in (1, 2) or (values.ndim == 2 and values.shape[1] != 1):
            raise RefusedError(400, f"inputs[{i}].shape: is {list(values.shape)}; column {shown(name)} takes [rows]")
        _check_not_empty(values)
    counts = {name: len(values) for name, values in given.items()}
    if len(set(counts.values())) > 1:
        fewest, most = min(counts, key=counts.__getitem__), max(counts, key=counts.__getitem__)
        raise RefusedError(
            400, f"inputs: {shown(fewest)} has {counts[fewest]} rows, and {shown(most)} has {counts[most]}"
        )
    return {name: values.reshape(-1) for name, values in given.items()}


def _check_not_empty(values: Array) -> None:
    if not values.size:
        raise RefusedError(400, "inputs: there are no rows")
