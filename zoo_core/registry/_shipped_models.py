"""Shipped models: the specs, weights and cards that installed plugins bring, by name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zoo_core.errors import Hint, ModelFileError, UsageError, nearest
from zoo_core.parts import KINDS
from zoo_core.registry._isolation import isolated
from zoo_core.registry._plugin import Plugin
from zoo_core.registry._registry import Registry

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

TABLES = (
    ".csv",
    ".tsv",
    ".tab",
    ".xlsx",
    ".xls",
    ".parquet",
    ".feather",
    ".arrow",
    ".gz",
    ".npy",
)  # files that people take for a spec or a model


@dataclass(frozen=True)
class ShippedModel:
    """A model that a plugin brings."""

    name: str
    plugin: Plugin
    spec: Traversable
    weights: Path | None
    card: Traversable | None


def shipped_models(registry: Registry) -> dict[str, ShippedModel]:
    """Return the shipped models by name. Of two models with one name, the first plugin's is returned."""
    found: dict[str, ShippedModel] = {}
    for plugin in registry.plugins:
        for model in models_of(plugin):
            found.setdefault(model.name, model)
    return found


def models_of(plugin: Plugin) -> list[ShippedModel]:
    """Return the models in a plugin's folder; none if it cannot be listed, and the plugin's `problem` says why."""
    found: list[ShippedModel] = []
    if plugin.models is None:
        return found
    with isolated(plugin.distribution, plugin.add_problem):
        files = {f.name: f for f in plugin.models.iterdir()}
        for file in sorted(name for name in files if name.endswith(".toml")):
            name = file.removesuffix(".toml")
            weights = files.get(f"{name}.npz")
            path = Path(str(weights)) if weights is not None else None
            found.append(ShippedModel(name, plugin, files[file], path, files.get(f"{name}.md")))
        return found
    plugin.models = None  # it is not tried again
    return []


def stray_files(plugin: Plugin) -> list[str]:
    """Return the names of weights and cards in a plugin's folder that belong to no spec there, but README.md."""
    names = {f.name for f in plugin.models.iterdir()} if plugin.models is not None else set()
    others = sorted(name for name in names - {"README.md"} if name.endswith((".npz", ".md")))
    return [name for name in others if f"{name.rpartition('.')[0]}.toml" not in names]


def is_path(text: str, *endings: str) -> bool:
    """Return whether a text names a file rather than a shipped model."""
    return "/" in text or "\\" in text or text.endswith(endings)


def check_no_table(name: str | Path) -> None:
    """Raise UsageError if a spec is wanted, and a name is that of a table."""
    if str(name).lower().endswith(TABLES):
        raise UsageError(f"{name}: is the name of a table, not of a spec", Hint("table", path=str(name)))


def find_spec(name: str | Path, registry: Registry) -> Path | Traversable:
    """Return the file of a spec, given its path, the path of a model, or a shipped name.

    Raises UsageError for an unknown name.
    """
    _check_type(name, "a spec is the path of a file (.toml or .json)")
    if is_path(str(name), ".toml", ".json", ".npz"):
        check_no_table(name)
        return Path(name)
    check_no_table(name)
    return _known(str(name), registry, "a spec file (.toml or .json)", (".toml", ".json", ".npz")).spec


def find_model(name: str | Path, registry: Registry) -> Path:
    """Return the model file, given its path or a shipped name; an existing file comes before a shipped name.

    Raises UsageError for an unknown name or a spec, ModelFileError for a model that ships without weights.
    """
    _check_type(name, "a model is the path of a file (.npz)")
    if str(name).endswith((".toml", ".json")):
        raise UsageError(f"{name}: is the name of a spec, not of a model", Hint("train_spec", path=str(name)))
    if str(name).lower().endswith(TABLES):
        raise UsageError(f"{name}: is the name of a table, not of a model", Hint("table_rows", path=str(name)))
    if is_path(str(name), ".npz") or os.path.isfile(name):  # noqa: PTH113 - Path.is_file raises for a very long name
        return Path(name)
    model = _known(str(name), registry, "a model file (.npz)", (".npz",))
    if model.weights is None:
        raise ModelFileError(f"model {model.name!r} ships without weights", Hint("train_shipped", name=model.name))
    return model.weights


def _check_type(name: object, forms: str) -> None:
    """Raise UsageError for what is neither a text nor a path; an integer would name an open file."""
    if not isinstance(name, (str, os.PathLike)):
        raise UsageError(f"{forms}, or the name of a shipped model, not {type(name).__name__}")


def find_beside(name: str, *endings: str) -> str:
    """Return a text that says which file of this name lies in the working folder; "" if none does."""
    found = [file for file in (name + ending for ending in endings) if os.path.isfile(file)]  # noqa: PTH113 - as above
    return f"; did you mean the file {' or '.join(found)}?" if found else ""


def _known(name: str, registry: Registry, file: str, endings: tuple[str, ...]) -> ShippedModel:
    """Return the shipped model of a name. Raises UsageError that says that the name is not `file` either."""
    models = shipped_models(registry)
    if name not in models:
        message = f"{name!r} is neither {file} nor a shipped model"
        if beside := find_beside(name, *endings):
            raise UsageError(message + beside)
        raise UsageError(*_unknown(name, message, registry, models))
    return models[name]


def _unknown(name: str, message: str, registry: Registry, models: Iterable[str]) -> tuple[str, Hint]:
    """Return the message for a name that no model has, and what to do: it may be a part, or a file of another kind."""
    near = nearest(name, models)
    kinds = [kind for kind in KINDS if name in registry.names(kind)]
    if kinds and not near:
        return f"{message}, but the name of a part: {' and '.join(kinds)}", Hint("part_name", name=name)
    if os.path.isfile(name):  # noqa: PTH113 - as above
        return f"{message}: the file has another ending", Hint("spec_ending")
    return message + near, Hint("shipped_models", names=", ".join(models))
