"""Where the parts of a model came from. No file makes the zoo import or install anything: it names registry entries."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zoo_core.errors import ModelFileError, PluginError
from zoo_core.model._header import PartSource
from zoo_core.parts import Part
from zoo_core.registry import DISTRIBUTION, Entry, Plugin, Registry, entry_of


class StoredParts:
    """Finds the parts of a model file among the installed ones; messages call the file `name`."""

    def __init__(self, sources: Sequence[PartSource], name: str, registry: Registry) -> None:
        self._sources = {(s.kind, s.name, s.distribution): s for s in sources}
        self._name, self._registry = name, registry
        self._full_names = _full_names(sources)

    def check_installed(self) -> None:
        """Raise PluginError, with the command to run, if a part of the file is not installed; nothing is imported."""
        installed = {(e.kind, e.name, e.distribution) for p in self._registry.plugins for e in p.entries}
        for key, source in self._sources.items():
            if key not in installed:
                raise self._missing(source)

    def warn_of_versions(self) -> None:
        """Warn once of each plugin that has another version than when the model was made.

        Versions of the zoo itself are not compared: it reads the models of all its releases.
        """
        installed = {plugin.distribution: plugin.version for plugin in self._registry.plugins}
        stored = {s.distribution: s.version for s in self._sources.values() if s.distribution != DISTRIBUTION}
        for distribution, version in stored.items():
            if installed[distribution] != version:
                text = f"was made with plugin {distribution} {version}, and version {installed[distribution]}"
                warnings.warn(f"{self._name}: {text} is installed", UserWarning, stacklevel=2)

    def find(self, kind: str, name: str) -> type[Part]:
        """Return the class of a part that the spec in the file names.

        Raises PluginError if it cannot be imported or its state has another form. Raises ModelFileError if it comes
        from a plugin that the file does not list.
        """
        entry = self._entry(kind, self._full_names.get((kind, name), name))
        source = self._sources.get((entry.kind, entry.name, entry.distribution))
        if source is None and entry.distribution != DISTRIBUTION:
            raise ModelFileError(
                f"{self._name}: its spec uses {kind} {entry.name!r} of {entry.distribution}, which its list of "
                "plugins leaves out; get another file"
            )
        if source is not None and entry.part.state_version != source.state_version:
            raise PluginError(
                f"{self._name}: was made with {_describe(source)}; version {entry.version} keeps its state in another "
                f"form. The old one is needed. {Plugin(source.distribution, source.version).remedy}"
            )
        return entry.part

    def _entry(self, kind: str, name: str) -> Entry:
        try:
            return self._registry.entry(kind, name)
        except PluginError as error:
            distribution, _, bare = name.rpartition(":")
            source = self._sources.get((kind, bare, distribution))
            if source is None:
                raise PluginError(f"{self._name}: {error}") from None
            raise self._missing(source) from None

    def _missing(self, source: PartSource) -> PluginError:
        plugin = next((p for p in self._registry.plugins if p.distribution == source.distribution), None)
        why = f" ({plugin.problem or f'it is {plugin.state}'})" if plugin else ""
        core = "" if source.distribution != DISTRIBUTION else " (this version of the zoo does not have it)"
        return PluginError(
            f"{self._name}: needs {_describe(source)}, which is not there{why}{core}. "
            f"{Plugin(source.distribution, source.version).remedy}"
        )


def _full_names(sources: Iterable[PartSource]) -> dict[tuple[str, str], str]:
    """Return "distribution:name" for each kind and name that only one distribution of a file has."""
    found: dict[tuple[str, str], list[str]] = {}
    for source in sources:
        found.setdefault((source.kind, source.name), []).append(source.distribution)
    return {key: f"{names[0]}:{key[1]}" for key, names in found.items() if len(names) == 1}


def _describe(source: PartSource) -> str:
    return f"{source.kind} {source.name!r} of plugin {source.distribution} {source.version}"


def provenance(registry: Registry, parts: Iterable[Part]) -> list[dict[str, Any]]:
    """Return the source of each part as a model file stores it: sorted, without duplicates."""
    found: dict[tuple[str, str, str], Mapping[str, Any]] = {}
    for part in parts:
        e = entry_of(part, registry)
        found[e.kind, e.name, e.distribution] = {
            "kind": e.kind,
            "name": e.name,
            "distribution": e.distribution,
            "version": e.version,
            "state_version": e.part.state_version,
        }
    return [dict(found[key]) for key in sorted(found)]
