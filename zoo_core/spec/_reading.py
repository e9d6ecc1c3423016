"""Read a spec or a part from a file, a shipped name or a model file, with "key=value" overrides."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import ValidationError, create_model

from zoo_core.contract import naming_parts
from zoo_core.data import Origin
from zoo_core.errors import ModelFileError, PluginError, SpecError, UsageError
from zoo_core.parts import KINDS, Part
from zoo_core.registry import Registry, find_spec
from zoo_core.registry.default import chosen_registry
from zoo_core.spec._given import naming_given_data
from zoo_core.spec._messages import error_lines, validate
from zoo_core.spec._overrides import kept_options, override
from zoo_core.spec._part_field import PartField, StrictTable
from zoo_core.spec._positions import locate_keys
from zoo_core.spec._spec import Spec
from zoo_core.spec._stored_plugins import missing_plugins
from zoo_core.spec._text import is_toml, parse_text, read_text
from zoo_core.storage import DEFAULT_LIMIT, read_model_file

Places = dict[tuple[str | int, ...], str]  # where each key stands, for messages


@naming_parts
def read_spec(
    path: str | Path,
    overrides: Iterable[str] = (),
    registry: Registry | None = None,
    *,
    seed: int | None = None,
    sha256: str | None = None,
    limit: int = DEFAULT_LIMIT,
    data_given: bool = False,
) -> Spec:
    """Read and validate a spec.

    Args:
        path: a spec file (.toml or .json), the name of a shipped model, or a model file (.npz) with its spec.
        overrides: changes as "key.path=value", such as "training.epochs=5"; the value is TOML, JSON or a bare word.
        registry: where parts are looked up; by default all that is installed.
        seed: replaces the seed of the spec, 0 to 4294967295.
        sha256: read the model file only if it has this digest.
        limit: the largest model file to read, in bytes.
        data_given: the spec need not name a data set, because `train` or `prepare` will get `data`.

    Returns:
        The spec, with every default filled in.

    Raises:
        SpecError: the spec is not valid; the message has file:line:column for each problem.
        PluginError: parts are not installed, and nothing else is wrong.
        UsageError: there is no such name, or only overrides are wrong.
        ModelFileError: the model file is damaged, or has another digest.

    Example:
        spec = zoo_core.read_spec("glyphs-quickstart", ["training.epochs=5"])
        model = zoo_core.train(spec)
    """
    registry = chosen_registry(registry)
    file = find_spec(path, registry)
    is_model = file.name.endswith(".npz")
    if sha256 is not None and not is_model:
        raise UsageError(f"{str(path)!r} is no model file, and only those have a sha256 to demand")
    if is_model:
        value, origin, plugins = _from_model_file(Path(str(file)), sha256, limit)
        places: Places = {}
    else:
        value, places = parsed_text(file, str(path))
        value, plugins = naming_given_data(value) if data_given else value, None
        origin = Origin(Path(path).parent.absolute() if file == Path(path) else None)
    before, changes = copy.deepcopy(value), [*overrides, *([] if seed is None else [f"seed={seed}"])]
    for text in changes:
        new = override(value, text, places)
        origin = origin.naming(new) if text.lstrip().startswith("data") else origin
    try:
        spec = validate(Spec, value, registry, str(path), places).from_origin(origin)
    except PluginError as error:
        missing = missing_plugins(plugins, registry)
        raise (PluginError(f"{error}\n{missing}") if missing else error) from None
    for line in kept_options(before, changes):
        warnings.warn(line, stacklevel=3)  # the decorator is a frame
    return spec


def parsed_text(file: Any, name: str) -> tuple[dict[str, Any], Places]:
    """Return the plain data of a spec file, and where each of its keys stands."""
    text, toml = read_text(file), is_toml(file.name)
    value = parse_text(text, name, toml=toml)
    if not toml and isinstance(value.get("$schema"), str):
        del value["$schema"]  # tells editors how to complete the file
    places = {k: f"{name}:{a}:{b}" for k, (a, b) in locate_keys(text, toml=toml).items()}
    return value, {(): f"{name}:1:1", **places}


def _from_model_file(file: Path, sha256: str | None, limit: int) -> tuple[dict[str, Any], Origin, Any]:
    """Return the plain data of the spec in a model file, its origin, and what the file says of its plugins."""
    header = read_model_file(file, limit=limit, sha256=sha256).header
    value, folder = header.get("spec"), header.get("spec_folder", "")
    if not isinstance(value, dict) or not isinstance(folder, str):
        raise ModelFileError(f"{file}: its header holds no spec")
    return value, Origin(file.parent.absolute(), is_stored=True, spec_folder=folder), header.get("plugins")


def read_part(kind: str, name: str, overrides: Iterable[str], registry: Registry) -> Part:
    """Return one part by name, with options from "key=value" texts; errors are those of a spec."""
    value: dict[str, Any] = {"part": {"name": name}}
    places: Places = {}
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
