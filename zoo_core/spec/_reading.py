"""From texts to a validated spec or part: files, models' headers, shipped names, and "key=value" overrides."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import ValidationError, create_model

from zoo_core.errors import ModelFileError, PluginError, SpecError, UsageError
from zoo_core.parts import KINDS, Part
from zoo_core.registry import Registry, find_spec
from zoo_core.spec._messages import error_lines, validate
from zoo_core.spec._options import PartField, StrictTable
from zoo_core.spec._positions import locate_keys
from zoo_core.spec._spec import Spec
from zoo_core.spec._text import is_toml, override, parse_text, read_text
from zoo_core.storage import DEFAULT_LIMIT, read_model_file


def read_spec(
    path: str | Path,
    overrides: Iterable[str] = (),
    registry: Registry | None = None,
    *,
    seed: int | None = None,
    sha256: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Spec:
    """Read and validate a spec file, a shipped model's spec by name, or the spec inside a model file (.npz).

    `overrides` are "key.path=value" texts. With `sha256`, only the model file that has this digest is read, and none
    of more than `limit` bytes.

    Raises SpecError with every problem as file:line:column, PluginError for parts that are not installed.
    """
    registry = registry or Registry()
    file = find_spec(path, registry)
    is_model = file.name.endswith(".npz")
    if sha256 is not None and not is_model:
        raise UsageError(f"{str(path)!r} is no model file, and only those have a sha256 to demand")
    value, places = _inside(file, sha256, limit) if is_model else _from_text(file, str(path))
    chosen = [*overrides, *([] if seed is None else [f"seed={seed}"])]
    for text in chosen:
        override(value, text, places)
    return validate(Spec, value, registry, str(path), places)


def _from_text(file: Any, name: str) -> tuple[dict[str, Any], dict[tuple[str | int, ...], str]]:
    """Return the plain data of a spec file, and where each of its keys stands."""
    text, toml = read_text(file), is_toml(file.name)
    value = parse_text(text, name, toml=toml)
    if not toml and isinstance(value.get("$schema"), str):
        del value["$schema"]  # by which editors know what a JSON file is
    places = {k: f"{name}:{a}:{b}" for k, (a, b) in locate_keys(text, toml=toml).items()}
    return value, {(): f"{name}:1:1", **places}


def _inside(file: Any, sha256: str | None, limit: int) -> tuple[dict[str, Any], dict[tuple[str | int, ...], str]]:
    """Return the plain data of the spec in a model file."""
    value = read_model_file(file, limit=limit, sha256=sha256).header.get("spec")
    if not isinstance(value, dict):
        raise ModelFileError(f"{file}: its header holds no spec")
    return value, {}


def read_part(kind: str, name: str, overrides: Iterable[str], registry: Registry) -> Part:
    """Return one part by name with options given as "key=value" texts; errors as for a spec."""
    value: dict[str, Any] = {"part": {"name": name}}
    places: dict[tuple[str | int, ...], str] = {}
    for text in overrides:
        override(value, f"part.{text}", places)
    context: dict[str, Any] = {"registry": registry, "known": {}}
    holder = create_model("Holder", __base__=StrictTable, part=(cast(Any, Annotated[KINDS[kind], PartField()]), ...))
    try:
        part: Part = holder.model_validate(value, context=context).part  # type: ignore[attr-defined]
    except ValidationError as error:
        problems = error.errors(include_url=False)
        lines = error_lines(problems, value, context["known"], {}, f"{kind} {name}")
        lines = [line.replace(": part.", ": ", 1) for line in lines]
        raise (PluginError if problems[0]["type"] == "unknown_part" else SpecError)("\n".join(lines)) from error
    return part
