"""The network of a stored spec, read without pydantic, whose import takes longer than a prediction.

What a model file says has its types and its defaults already. A spec of which this is not sure goes the long way, by
`Spec`: it converts, fills in what is missing, and words the errors. What is read here, `Spec` reads alike.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import NoneType, SimpleNamespace
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, cast

from zoo_core.basics.typed_values import typed_value
from zoo_core.contract.option_types import is_part, is_union, option_hints, without_bounds
from zoo_core.parts import (
    Activation,
    BatchAugmentation,
    Normalizer,
    Part,
    Preprocessor,
    RandomSource,
    Regularizer,
)
from zoo_core.spec._limits import MAX_PARTS, SPEC_NAME, Dtype, Fraction, Seed, Units

if TYPE_CHECKING:
    from zoo_core.spec._spec import Spec

P = TypeVar("P", bound=Part)
Find = Callable[[str, str], type[Part]]

SPEC: Mapping[str, Any] = {
    "name": Annotated[str, re.compile(SPEC_NAME)],
    "description": str,
    "seed": Seed,
    "dtype": Dtype,
    "generator": RandomSource,
}
LAYER: Mapping[str, Any] = {
    "units": Units,
    "activation": Activation,
    "bias": bool,
    "normalizer": Normalizer | None,
    "regularizers": list[Regularizer],
}
INITIALIZERS = "initializer", "bias_initializer"  # which training alone needs
DATA: Mapping[str, Any] = {"preprocessor": Preprocessor | None, "target_preprocessor": Preprocessor | None}
SPLITS = "train", "validation", "test"
SPLITTING: Mapping[str, Any] = {
    "stratify": bool, "in_order": bool, "folds": None, "fold": None, "split_seed": Seed | None,
}  # fmt: skip


class _UnsureError(Exception):
    """The spec holds something that is not read here."""


def read_network(spec: Mapping[str, Any], find: Find) -> Spec | None:
    """Return the network of a stored spec, as a `Spec` that has only what a network needs; None where it is not sure.

    `find` returns the class for a kind and a name.
    """
    with suppress(Exception):  # on the long way it comes again, and is worded
        _expect(spec.keys() == {*SPEC, "data", "model", "optimizer", "training"})
        own = {key: _read(hint, spec[key], find) for key, hint in SPEC.items()}
        found = SimpleNamespace(**own, data=_data(spec["data"], find), model=_model(spec["model"], find))
        return cast("Spec", found)
    return None


def read_stored_part(base: type[P], value: Any, find: Find) -> P | None:
    """Return one part of a stored spec; None where it is not sure."""
    with suppress(Exception):  # on the long way it comes again, and is worded
        return cast(P, _part(base, value, find))
    return None


def _expect(holds: object) -> None:
    if not holds:
        raise _UnsureError


def _data(value: Any, find: Find) -> SimpleNamespace:
    """Read what scales inputs and targets, and check how rows are split; the other keys are those of the data set."""
    value = {"target_preprocessor": None, **value}
    for key, hint in SPLITTING.items():
        typed_value(hint, value[key])
    for key in SPLITS:
        _check_split(value[key])
    return SimpleNamespace(**{key: _read(hint, value[key], find) for key, hint in DATA.items()})


def _check_split(value: Any) -> None:
    if isinstance(value, str):
        from zoo_core.data import is_split

        _expect(is_split(value))
    else:
        typed_value(Fraction | None, value)


def _model(value: Any, find: Find) -> SimpleNamespace:
    _expect(value.keys() == {"layers", "regularizers", "loss"} and type(value["layers"]) is list and value["layers"])
    layers = [_layer(layer, find) for layer in value["layers"]]
    return SimpleNamespace(layers=layers, regularizers=_read(list[Regularizer], value["regularizers"], find))


def _layer(value: Any, find: Find) -> SimpleNamespace:
    _expect(value.keys() == LAYER.keys() | set(INITIALIZERS))
    own = {key: _read(hint, value[key], find) for key, hint in LAYER.items()}
    layer = SimpleNamespace(**own, **dict.fromkeys(INITIALIZERS))
    _expect(not any(isinstance(part, BatchAugmentation) for part in layer.regularizers))
    return layer


def _read(hint: Any, value: Any, find: Find) -> Any:
    """Return a plain value as a type hint has it, which may be a part."""
    bare, inner = without_bounds(hint), typing.get_args(hint)
    if is_part(bare):
        return _part(bare, value, find)
    if is_union(hint) and (part := next((h for h in map(without_bounds, inner) if is_part(h)), None)):
        _expect(value is not None or NoneType in inner)
        _expect(value is None or len(inner) == 2 and NoneType in inner)  # noqa: RUF021
        return None if value is None else _part(part, value, find)
    if typing.get_origin(hint) is list and is_part(without_bounds(inner[0])):
        _expect(type(value) is list and len(value) <= MAX_PARTS)
        return [_read(inner[0], item, find) for item in value]
    return typed_value(hint, value)


def _part(base: type[Part], value: Any, find: Find) -> Part:
    """Make a part from its name, or from a table with its name and its options."""
    options = {"name": value} if isinstance(value, str) else dict(value)
    name = typed_value(str, options.pop("name"))
    part = find(base.kind, name)
    hints = option_hints(part) if options else {}
    made = part(**{key: _read(hints[key], item, find) for key, item in options.items()})
    if ":" in name:
        made.set_spec_name(name)
    return made
