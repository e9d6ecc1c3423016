"""The network of a stored spec is read without pydantic, as strictly as with it."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from annotated_types import Ge, Gt, Le, MaxLen, MinLen, MultipleOf
from pydantic import ConfigDict, TypeAdapter, ValidationError

import zoo_core
from zoo_core.basics.typed_values import WrongValueError, typed_value
from zoo_core.errors import ZooError
from zoo_core.parts import Loss
from zoo_core.registry import Registry, shipped_models
from zoo_core.spec import Spec, dump, validate
from zoo_core.spec._data_spec import DataSpec
from zoo_core.spec._spec import LayerSpec
from zoo_core.spec.stored_network import (
    DATA,
    INITIALIZERS,
    LAYER,
    SPEC,
    SPLITS,
    SPLITTING,
    read_network,
    read_stored_part,
)
from zoo_core.storage import read_model_file

REGISTRY = Registry()
WEIGHTS = {name: m.weights for name, m in shipped_models(REGISTRY).items() if m.weights is not None}


def table_spec(folder: Path) -> dict[str, Any]:
    """Return the stored spec of a model of a table, with parts inside parts."""
    rows = "\n".join(f"{i},{i % 7},{'abc'[i % 3]},{i % 2}" for i in range(40))
    (folder / "t.csv").write_text(f"a,b,c,y\n{rows}\n")
    layers = [
        {"units": 4, "activation": {"name": "leaky_relu", "slope": 0.1}, "normalizer": "batch_norm",
         "regularizers": [{"name": "dropout", "rate": 0.2}, {"name": "l2", "strength": 1e-4}]},
        {"units": 2, "activation": "softmax"},
    ]  # fmt: skip
    data = {"name": "csv", "path": str(folder / "t.csv"), "target": "y", "task": "classification",
            "columns": {"c": "category"}, "preprocessor": "table", "test": 0.2}  # fmt: skip
    spec = {"data": data, "model": {"loss": "cross_entropy", "layers": layers}, "optimizer": "sgd"}
    zoo_core.train(spec | {"training": {"epochs": 1}}, registry=REGISTRY).save(folder / "m.npz")
    stored: dict[str, Any] = read_model_file(folder / "m.npz").header["spec"]
    return stored


def network(spec: Any) -> dict[str, Any]:
    """Return the plain data of what a network needs."""
    layers = [{key: dump(getattr(layer, key)) for key in (*LAYER, *INITIALIZERS)} for layer in spec.model.layers]
    own = {key: dump(getattr(spec, key)) for key in SPEC} | {key: dump(getattr(spec.data, key)) for key in DATA}
    return {**own, "layers": layers, "regularizers": dump(spec.model.regularizers)}


def by_pydantic(spec: dict[str, Any]) -> dict[str, Any]:
    return network(validate(Spec, copy.deepcopy(spec), REGISTRY, "spec", {}, find=REGISTRY.get, for_network=True))


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_shipped_model_needs_no_pydantic(name: str) -> None:
    spec = read_model_file(WEIGHTS[name]).header["spec"]
    found = read_network(spec, REGISTRY.get)
    assert found is not None
    assert network(found) == by_pydantic(spec)
    loss = read_stored_part(Loss, spec["model"]["loss"], REGISTRY.get)
    assert dump(loss) == spec["model"]["loss"]


def test_the_tables_have_the_keys_of_the_spec() -> None:
    assert {*SPEC, "data", "model", "optimizer", "training"} == set(Spec.model_fields)
    assert {*LAYER, *INITIALIZERS} == set(LayerSpec.model_fields)
    assert {*DATA, *SPLITTING, *SPLITS, "source"} == set(DataSpec.model_fields)


WRONG: list[Any] = [
    None, True, 0, -1, 2.5, 1e400, "x", "relu", ":40", ["l2"], {},
    {"name": "leaky_relu", "slope": 2}, {"name": "mixup"},
]  # fmt: skip


def changed(spec: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of each value of a network."""
    items = enumerate(spec) if isinstance(spec, list) else spec.items() if isinstance(spec, dict) else ()
    for key, value in items:
        own = place != ("data",) or key in {*DATA, *SPLITTING, *SPLITS}
        if own and key not in ("optimizer", "training", "loss"):
            yield (*place, key)
            yield from changed(value, (*place, key))


def test_what_is_read_in_the_short_way_is_read_alike_in_the_long_one(tmp_path: Path) -> None:
    spec, read = table_spec(tmp_path), 0
    assert read_network(spec, REGISTRY.get) is not None
    for *path, last in list(changed(spec)):
        for wrong in [*WRONG, ...]:
            other = copy.deepcopy(spec)
            table = other
            for key in path:
                table = table[key]
            if wrong is ... and isinstance(table, dict):
                table[f"{last}_"] = table.pop(last)
            elif wrong is not ...:
                table[last] = wrong
            if (found := read_network(copy.deepcopy(other), REGISTRY.get)) is not None:
                read += 1
                try:
                    assert network(found) == by_pydantic(other), (path, last, wrong)
                except ZooError as error:
                    raise AssertionError((path, last, wrong)) from error
    assert read > 100


HINTS: list[Any] = [
    bool, int, float, str, None, Literal["a", "b"], int | None, str | float, float | int, int | float | None,
    list[str], list[float], list[list[int]], dict[str, float], dict[str, str | int | None],
    Annotated[int, Ge(1), Le(3)], Annotated[float, Gt(0)], Annotated[str, MaxLen(2)],
    Annotated[list[Annotated[int, Ge(1)]], MinLen(2), MaxLen(2)] | None,
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, 1, 2, 4, -3, 2**70, 10**400, 0.0, 1.0, 2.5, -0.5, float("nan"), float("inf"), "", "a", "abc",
    b"a", (1, 2), [], [1], [1, 2], [1.5, 2], ["a", "b"], ["a", 1], [[1], [2, 3]], [[1.5]], {}, {"a": 1}, {"a": 1.5},
    {1: 2.0}, {"a": None}, np.float64(1.5), np.int64(2), np.str_("a"),
]  # fmt: skip


@pytest.mark.parametrize("hint", HINTS, ids=str)
def test_plain_values_are_judged_as_strictly_as_by_pydantic(hint: Any) -> None:
    judge = TypeAdapter(hint, config=ConfigDict(strict=True, allow_inf_nan=False))
    for value in VALUES:
        try:
            found = typed_value(hint, value)
        except WrongValueError:
            continue
        wanted = judge.validate_python(value)
        assert (repr(found), type(found)) == (repr(wanted), type(wanted)), value


def test_no_value_that_pydantic_takes_from_json_is_refused() -> None:
    plain = [v for v in VALUES if type(v) in (type(None), bool, int, float, str, list, dict)]
    for hint in HINTS:
        judge = TypeAdapter(hint, config=ConfigDict(strict=True, allow_inf_nan=False))
        for value in plain:
            try:
                judge.validate_python(value)
            except ValidationError:
                continue
            typed_value(hint, value)


@pytest.mark.parametrize(
    "hint", [tuple[int, int], Annotated[int, MultipleOf(2)], set[int], np.ndarray, Annotated[int, "x"]]
)
def test_a_type_that_cannot_be_judged_is_not_taken(hint: Any) -> None:
    with pytest.raises((TypeError, WrongValueError)):
        typed_value(hint, 2)


def test_a_fault_says_its_place() -> None:
    with pytest.raises(WrongValueError, match=re.escape("b.1: must be a whole number, not a text")):
        typed_value(dict[str, list[int]], {"a": [], "b": [1, "2"]})
