"""Is what a model was made with here? Nothing is ever imported or installed because a file says so."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from zoo_core.errors import ModelFileError, PluginError
from zoo_core.model._header import PartSource
from zoo_core.parts import Part
from zoo_core.registry import DISTRIBUTION, Entry, Registry


def check_sources(origins: Sequence[PartSource], name: str, registry: Registry) -> None:
    """Refuse the model called `name` unless every part that it was made with is here in the same form.

    Warns once of each plugin that has another version now. Versions of the zoo's own parts are told apart by
    their state version alone: models of every released version stay in its tests.

    Raises PluginError, with the command that brings what is missing.
    """
    others: dict[str, str] = {}
    for origin in origins:
        entry = _entry(origin, name, registry)
        if entry.part.state_version != origin.state_version:
            raise PluginError(
                f"{name}: was made with {_said(origin)}; version {entry.version} keeps its state in another form. "
                f"Install the old one: {_install(origin)}"
            )
        if entry.version != origin.version and origin.distribution != DISTRIBUTION:
            others[origin.distribution] = f"{origin.version}, and version {entry.version} is installed"
    for distribution, versions in others.items():
        warnings.warn(f"{name}: was made with plugin {distribution} {versions}", UserWarning, stacklevel=2)


def told_apart(origins: Iterable[PartSource], used: Any) -> tuple[list[PartSource], list[PartSource]]:
    """Divide origins into those whose names occur in plain data, such as a part of the spec, and the others."""
    names = {text.rpartition(":")[2] for text in _texts(used)}
    found: tuple[list[PartSource], list[PartSource]] = [], []
    for origin in origins:
        found[origin.name not in names].append(origin)
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def check_installed(origins: Iterable[PartSource], name: str, registry: Registry) -> None:
    """Refuse the model called `name` unless the parts are here that it was made with; nothing is imported for it.

    Raises PluginError as `check_origins` does.
    """
    for origin in origins:
        if not registry.knows(origin.kind, origin.name, origin.distribution):
            raise _absent(origin, name, registry)


def distribution_by_name(origins: Iterable[PartSource]) -> dict[tuple[str, str], str]:
    """Return which distribution a bare name means in a file, where only one brought it when it was written."""
    found: dict[tuple[str, str], list[str]] = {}
    for origin in origins:
        found.setdefault((origin.kind, origin.name), []).append(origin.distribution)
    return {key: f"{names[0]}:{key[1]}" for key, names in found.items() if len(names) == 1}


def check_complete(origins: Sequence[PartSource], parts: Iterable[Part], name: str, registry: Registry) -> None:
    """Refuse a file that uses a plugin's part without saying where it came from. Raises ModelFileError."""
    listed = {(o.kind, o.name, o.distribution) for o in origins}
    for entry in map(registry.entry_of, parts):
        if (entry.kind, entry.name, entry.distribution) not in listed and entry.distribution != DISTRIBUTION:
            raise ModelFileError(
                f"{name}: its spec uses {entry.kind} {entry.name!r} of {entry.distribution}, which its list of "
                "plugins leaves out; get a sound file"
            )


def _entry(origin: PartSource, name: str, registry: Registry) -> Entry:
    try:
        return registry.entry(origin.kind, f"{origin.distribution}:{origin.name}")
    except PluginError:
        raise _absent(origin, name, registry) from None


def _absent(origin: PartSource, name: str, registry: Registry) -> PluginError:
    here = next((p for p in registry.plugins if p.distribution == origin.distribution), None)
    why = f" ({here.problem or f'it is {here.state}'})" if here else ""
    core = "" if origin.distribution != DISTRIBUTION else " (this version of the zoo does not have it)"
    return PluginError(
        f"{name}: needs {_said(origin)}, which is not there{why}{core}. "
        f"If you trust where the file is from, install it: {_install(origin)}"
    )


def _said(origin: PartSource) -> str:
    return f"{origin.kind} {origin.name!r} of plugin {origin.distribution} {origin.version}"


def _install(origin: PartSource) -> str:
    return f"pip install '{origin.distribution}=={origin.version}'"


def provenance(registry: Registry, parts: Iterable[Part]) -> list[dict[str, Any]]:
    """Return, for each part, what a model file keeps of where it came from; sorted, each once."""
    found: dict[tuple[str, str, str], Mapping[str, Any]] = {}
    for part in parts:
        e = registry.entry_of(part)
        found[e.kind, e.name, e.distribution] = {
            "kind": e.kind,
            "name": e.name,
            "distribution": e.distribution,
            "version": e.version,
            "state_version": e.part.state_version,
        }
    return [dict(found[key]) for key in sorted(found)]
