"""The declarative spec: TOML or JSON in, validated parts out, and back to plain data.

Validation looks at everything and then reports all errors at once. Parts appear as a name or as a table with
`name` and the part's own options; `options.py` turns a part's typed fields into checks.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from annotated_types import Ge, Gt, Le, MaxLen, MinLen
from pydantic import Field, ValidationError, ValidationInfo, create_model, model_serializer, model_validator

from zoo_core.catalogue import find_spec
from zoo_core.errors import PluginError, SpecError, UsageError
from zoo_core.options import PartField, StrictTable, dump, message, note_keys
from zoo_core.parts import (
    KINDS,
    Activation,
    Callback,
    Dataset,
    Initializer,
    Loss,
    Metric,
    Normalizer,
    Optimizer,
    Part,
    Preparation,
    RandomSource,
    Regularizer,
)  # fmt: skip
from zoo_core.positions import locate
from zoo_core.registry import Registry

MAX_BYTES = 64 * 1024
MAX_DEPTH = 32
MAX_PARTS = 100  # in one list of parts

Split = str | Annotated[float, Gt(0), Le(1)] | None


class _Table(StrictTable):
    @model_serializer
    def _dump(self) -> dict[str, Any]:
        return {name: dump(getattr(self, name)) for name in type(self).model_fields}


class DataSpec(_Table):
    """`[data]`: a dataset, its options beside its name, and how it is divided."""

    source: Annotated[Dataset, PartField()] = Field(description="the data set")
    train: Split = Field(
        None, description="rows to learn from: a slice such as ':50000' or a fraction; default: the rest"
    )
    validation: Split = Field(None, description="rows for decisions during training: a slice or a fraction")
    test: Split = Field(None, description="rows for the final figure; default: the data set's own test part")
    stratify: bool = Field(False, description="keep the shares of the classes in each split drawn at random")
    preparation: Annotated[Preparation | None, PartField()] = Field(
        None,
        description="how inputs are scaled; fitted on the training split; default: what suits the data set",
    )

    @model_validator(mode="before")
    @classmethod
    def _gather(cls, value: Any, info: ValidationInfo) -> Any:
        """Move the dataset's own options, which stand beside its name, into one table."""
        if isinstance(value, str):
            value = {"name": value}
        if not isinstance(value, Mapping) or "source" in value:
            return value
        note_keys(value, set(cls.model_fields) - {"source"}, info)
        own = {key: item for key, item in value.items() if key in cls.model_fields}
        return {**own, "source": {key: item for key, item in value.items() if key not in own}}

    @model_serializer
    def _dump(self) -> dict[str, Any]:
        source = dump(self.source)
        own = {name: dump(getattr(self, name)) for name in type(self).model_fields if name != "source"}
        return {**({"name": source} if isinstance(source, str) else source), **own}


class LayerSpec(_Table):
    """`[[model.layers]]`: a matrix product, then normalizer, activation and regularizers."""

    units: Annotated[int, Ge(1), Le(1_000_000)] = Field(description="columns of the layer's output")
    activation: Annotated[Activation, PartField("identity")] = Field("identity", validate_default=True)
    initializer: Annotated[Initializer, PartField("glorot_uniform")] = Field(
        "glorot_uniform", validate_default=True, description="first values of the weights"
    )
    bias: bool = Field(True, description="add a trained bias to each unit")
    bias_initializer: Annotated[Initializer, PartField("zeros")] = Field("zeros", validate_default=True)
    normalizer: Annotated[Normalizer | None, PartField()] = Field(None, description="between product and activation")
    regularizers: Annotated[list[Annotated[Regularizer, PartField()]], MaxLen(MAX_PARTS)] = Field(default_factory=list)


class ModelSpec(_Table):
    """`[model]`: the loss and the layers; the last layer is the output."""

    loss: Annotated[Loss, PartField()]
    layers: Annotated[list[LayerSpec], MinLen(1)]
    regularizers: Annotated[list[Annotated[Regularizer, PartField()]], MaxLen(MAX_PARTS)] = Field(
        default_factory=list,
        description="for the whole model: penalties and constraints on all weights, label smoothing",
    )


class TrainingSpec(_Table):
    """`[training]`: how long, in which batches, and what is measured."""

    epochs: Annotated[int, Ge(1), Le(10_000_000)] = 10
    batch_size: Annotated[int, Ge(1)] | Literal["all"] = Field(32, description="rows in a batch, or 'all'")
    shuffle: bool = Field(True, description="draw a new order for each epoch")
    last_batch: Literal["keep", "drop"] = Field("keep", description="what becomes of a short last batch")
    metrics: Annotated[list[Annotated[Metric, PartField()]], MaxLen(MAX_PARTS)] | None = Field(
        None, description="default: accuracy for classification, rmse and r2 for regression"
    )
    evaluate: list[Literal["train", "validation", "test"]] = Field(
        default=["validation", "test"],
        description="splits to measure after an epoch; 'train' adds a pass over it without dropout and the like",
    )
    evaluate_every: Annotated[int, Ge(1)] = Field(1, description="in epochs; the last epoch is always measured")
    early_stopping: Annotated[Callback | None, PartField("early_stopping")] = None
    callbacks: Annotated[list[Annotated[Callback, PartField()]], MaxLen(MAX_PARTS)] = Field(default_factory=list)
    threads: Annotated[int, Ge(1), Le(1024)] | None = Field(None, description="BLAS threads; default: chosen by size")


class Spec(_Table):
    """A whole spec. `Spec.parse(mapping)` or `read_spec(path)` make one; `to_dict` gives it back, defaults included."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")] = "model"
    description: str = ""
    seed: Annotated[int, Ge(0), Le(2**32 - 1)] = 0
    dtype: Literal["float32", "float64"] = "float32"
    generator: Annotated[RandomSource, PartField("pcg64")] = Field("pcg64", validate_default=True)
    data: DataSpec
    model: ModelSpec
    optimizer: Annotated[Optimizer, PartField()]
    training: TrainingSpec = Field(default_factory=dict, validate_default=True)

    @classmethod
    def parse(
        cls,
        value: Mapping[str, Any],
        registry: Registry | None = None,
        *,
        choices: Mapping[tuple[str, str], str] | None = None,
    ) -> Spec:
        """Validate plain data; `choices` says which distribution:name a (kind, name) means where several bring it.

        Raises SpecError (PluginError where all that is wrong is missing parts).
        """
        return _validate(dict(value), registry or Registry(), "spec", {}, choices)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data from which `parse` makes an equal spec."""
        return self.model_dump()


def read_spec(
    path: str | Path,
    overrides: Iterable[str] = (),
    registry: Registry | None = None,
    *,
    seed: int | None = None,
) -> Spec:
    """Read and validate a spec file, or a shipped model's spec by name; `overrides` are "key.path=value" texts.

    Raises SpecError with every problem as file:line:column, PluginError for parts that are not installed.
    """
    registry = registry or Registry()
    file = find_spec(path, registry)
    text = _text(file)
    value = parse_text(text, str(path), toml=_is_toml(file.name))
    places = {k: f"{path}:{a}:{b}" for k, (a, b) in locate(text, toml=_is_toml(file.name)).items()}
    chosen = [*overrides, *([] if seed is None else [f"seed={seed}"])]
    for override in chosen:
        _override(value, override, places)
    return _validate(value, registry, str(path), places)


def _is_toml(name: str) -> bool:
    return not name.endswith(".json")


def _text(file: Any) -> str:
    try:
        with file.open("rb") as stream:
            raw: bytes = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise SpecError(f"{file}: cannot be read: {error.strerror or error}") from error
    if len(raw) > MAX_BYTES:
        raise SpecError(f"{file}: is larger than {MAX_BYTES // 1024} KiB; a spec names data, it does not hold it")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SpecError(f"{file}:{line}: is not UTF-8 text ({error.reason}); save it as UTF-8") from error


def read_part(kind: str, name: str, overrides: Iterable[str], registry: Registry) -> Part:
    """Return one part by name with options given as "key=value" texts; errors as for a spec."""
    value: dict[str, Any] = {"part": {"name": name}}
    places: dict[tuple[str | int, ...], str] = {}
    for override in overrides:
        _override(value, f"part.{override}", places)
    context: dict[str, Any] = {"registry": registry, "known": {}}
    holder = create_model("Holder", __base__=StrictTable, part=(cast(Any, Annotated[KINDS[kind], PartField()]), ...))
    try:
        part: Part = holder.model_validate(value, context=context).part  # type: ignore[attr-defined]
    except ValidationError as error:
        problems = error.errors(include_url=False)
        lines = [f"{kind} {name}: {'.'.join(map(str, p['loc'][1:]))}: {message(p, context['known'])}" for p in problems]
        raise (PluginError if problems[0]["type"] == "unknown_part" else SpecError)("\n".join(lines)) from error
    return part


def parse_text(text: str, name: str, *, toml: bool) -> dict[str, Any]:
    """Return the plain data of a TOML or JSON text. Raises SpecError with line and column."""
    if text.startswith("\ufeff"):
        raise SpecError(f"{name}:1:1: begins with a byte order mark; save it as UTF-8 without BOM")
    try:
        value = tomllib.loads(text) if toml else json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        place = f":{where[1]}:{where[2]}" if where else ""
        raise SpecError(f"{name}{place}: {str(error)[: where.start()] if where else error}") from error
    except json.JSONDecodeError as error:
        raise SpecError(f"{name}:{error.lineno}:{error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise SpecError(f"{name}: is nested too deeply (at most {MAX_DEPTH} levels)") from error
    except ValueError as error:
        raise SpecError(f"{name}: {error}") from error
    if not isinstance(value, dict):
        raise SpecError(f"{name}:1:1: must be a table of keys, not {type(value).__name__}")
    if _depth(value) > MAX_DEPTH:
        raise SpecError(f"{name}: is nested too deeply (at most {MAX_DEPTH} levels)")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(k for k in keys if keys.count(k) > 1)!r} stands twice in one object")
    return found


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is not a number that a spec may hold")


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [x for v in level if isinstance(v, (dict, list)) for x in (v.values() if isinstance(v, dict) else v)]
    return depth


def _override(value: dict[str, Any], override: str, places: dict[tuple[str | int, ...], str]) -> None:
    """Put one "key.path=value" into plain data; the value is TOML, or a bare word."""
    path, equals, text = override.partition("=")
    if not equals or not path.strip():
        raise UsageError(f"--set {override!r}: write it as key.path=value, for example training.epochs=5")
    try:
        new = tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        new = text
    keys: list[str | int] = [int(key) if key.isdecimal() else key for key in path.strip().split(".")]
    _put(value, keys, new, override)
    places[tuple(keys)] = f"--set {override}"


def _put(target: Any, keys: list[str | int], new: Any, override: str) -> None:
    for i, key in enumerate(keys):
        if isinstance(target, list) != isinstance(key, int) or (isinstance(key, int) and key >= len(target)):
            raise UsageError(f"--set {override}: there is no {'.'.join(map(str, keys[: i + 1]))} in the spec")
        if i == len(keys) - 1:
            target[key] = new
            return
        inner = target[key] if isinstance(key, int) else target.setdefault(key, {})
        if isinstance(inner, str):  # a part given by name alone gets options
            inner = {"name": inner}
        elif not isinstance(inner, (dict, list)):
            raise UsageError(f"--set {override}: {'.'.join(map(str, keys[: i + 1]))} is a value, not a table")
        target[key] = inner
        target = inner


def _validate(
    value: dict[str, Any],
    registry: Registry,
    name: str,
    places: Mapping[Any, str],
    choices: Mapping[tuple[str, str], str] | None = None,
) -> Spec:
    context: dict[str, Any] = {"registry": registry, "known": {}, "choices": choices or {}}
    try:
        return Spec.model_validate(value, context=context)
    except ValidationError as error:
        problems = error.errors(include_url=False)
    lines = []
    for problem in problems:
        path = tuple(k for k in problem["loc"] if k != "source" and not str(k).startswith("<"))
        place = next((places[path[:n]] for n in range(len(path), 0, -1) if path[:n] in places), name)
        lines.append(f"{place}: {'.'.join(map(str, path)) or 'spec'}: {message(problem, context['known'])}")
    kind = PluginError if all(p["type"] == "unknown_part" for p in problems) else SpecError
    raise kind("\n".join(dict.fromkeys(lines)))
