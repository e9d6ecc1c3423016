"""A part to be checked: its class, the options it is made with, and the state it asks to have saved."""

from __future__ import annotations

import copy
import io
import json
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from pydantic import ValidationError

from zoo_core.parts import Array, Dataset, Part
from zoo_core.registry import Registry
from zoo_core.spec import children, is_part, message, options_model
from zoo_core.testing.harness.findings import NotRunError

# What stands in for a part that another part must be given.
STAND_INS: dict[str, Any] = {
    "activation": "tanh",
    "optimizer": {"name": "sgd", "momentum": 0.8},
    "schedule": "cosine",
    "initializer": "glorot_uniform",
    "loss": "mse",
    "metric": "mse",
    "normalizer": "layer_norm",
    "regularizer": {"name": "l2", "strength": 1e-3},
    "preprocessor": "standard",
    "dataset": "glyphs",
    "generator": "pcg64",
    "callback": "early_stopping",
}


@dataclass(frozen=True)
class PartUnderTest:
    """A part class with options as a spec gives them. `make` gives a fresh instance each time."""

    part: type[Any]
    options: Mapping[str, Any]
    registry: Registry

    def make(self) -> Any:
        """Return a new instance. Raises NotRunError where an option is missing, ValueError for a wrong one."""
        given = {**self._stand_ins(), **self.options}
        try:
            checked = options_model(cast(Any, self.part)).model_validate(given, context={"registry": self.registry})
        except ValidationError as error:
            raise self._refused(error) from None
        values = {name: getattr(checked, name) for name in type(checked).model_fields}
        return copy.deepcopy(self.part(**values))

    def _stand_ins(self) -> dict[str, Any]:
        fields = options_model(cast(Any, self.part)).model_fields
        needed = {name: field.annotation for name, field in fields.items() if field.is_required()}
        return {name: STAND_INS[kind] for name, hint in needed.items() if (kind := _kind(hint))}

    def _refused(self, error: ValidationError) -> Exception:
        missing = [str(e["loc"][-1]) for e in error.errors() if e["type"] == "missing"]
        if missing:
            return NotRunError(
                f"it needs the option {', '.join(missing)}; give options to check it with in the class "
                f"attribute `examples`, such as examples = ({{{missing[0]!r}: ...}},)"
            )
        words = "; ".join(f"{'.'.join(map(str, e['loc']))} {message([e], {})}" for e in error.errors())
        return ValueError(f"its options are refused: {words}")


def _kind(hint: Any) -> str:
    """Return the kind of part that a type hint asks for, or ''."""
    return next((h.kind for h in (hint, *typing.get_args(hint)) if is_part(h)), "")


def subjects(part: type[Any], registry: Registry) -> list[PartUnderTest]:
    """Return the part as its defaults make it and as each of its `examples` does.

    Of a data set that has examples they stand alone: its defaults may be large.
    """
    plain = PartUnderTest(part, {}, registry)
    examples = [PartUnderTest(part, options, registry) for options in part.examples]
    try:
        plain.make()
    except NotRunError:
        return examples or [plain]
    except Exception:  # checks report it
        return [plain]
    return examples if examples and issubclass(part, Dataset) else [plain, *examples]


# ------------------------------------------------------------------ state


def save(part: Part) -> dict[str, Any]:
    """Return what `state` names, of the part and of the parts in its options, written and read back.

    Raises TypeError for what cannot be saved.
    """
    return {path: _written(path, getattr(owner, name)) for path, owner, name in _named(part)}


def restore(part: Part, state: Mapping[str, Any]) -> None:
    """Give a part that has been started the state of another: arrays in place where they are of one shape."""
    for path, owner, name in _named(part):
        value, now = copy.deepcopy(state[path]), getattr(owner, name, None)
        if isinstance(value, np.ndarray) and isinstance(now, np.ndarray) and now.shape == value.shape:
            now[...] = value
        else:
            setattr(owner, name, value)


def _named(part: Part) -> Iterator[tuple[str, Part, str]]:
    for path, owner in family(part):
        for name in owner.state:
            yield f"{path}{name}", owner, name


def family(part: Part, path: str = "") -> Iterator[tuple[str, Part]]:
    """Yield a part and all parts inside it, each with the path before its attributes."""
    yield path, part
    for name, child in children(part):
        yield from family(child, f"{path}{name}.")


def _written(path: str, value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return _array(path, value)
    if isinstance(value, Mapping):
        return {key: _written(f"{path}.{key}", item) for key, item in value.items()}
    if value is None or isinstance(value, (bool, int, float, str)):
        return json.loads(json.dumps(value))
    if isinstance(value, np.generic):
        return _array(path, np.asarray(value))[()]
    raise TypeError(f"{path} is a {type(value).__name__}; a model file keeps arrays, numbers, strings and None")


def _array(path: str, value: Array) -> Array:
    stream = io.BytesIO()
    try:
        np.save(stream, value, allow_pickle=False)
    except ValueError:
        raise TypeError(f"{path} is an array of objects; a model file keeps numbers") from None
    stream.seek(0)
    read: Array = np.load(stream, allow_pickle=False)
    return read
