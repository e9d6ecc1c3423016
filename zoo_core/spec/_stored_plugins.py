"""Which plugins a model file needs and nobody has installed, for messages on the spec in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from zoo_core.registry import Plugin, Registry

FIELDS = ("kind", "name", "distribution", "version")


def missing_plugins(listed: Any, registry: Registry) -> str:
    """Return a line for each plugin that is not there, with the command that installs it, or ''.

    Args:
        listed: what the header of the file says of its plugins. It is not trusted: what no plugin can be called is
            left out, since the command is there to be copied.
        registry: the parts that are installed.
    """
    installed = {(e.kind, e.name, e.distribution) for plugin in registry.plugins for e in plugin.entries}
    parts: dict[tuple[str, str], list[str]] = {}
    for kind, name, distribution, version in _sources(listed):
        if (kind, name, distribution) not in installed:
            parts.setdefault((distribution, version), []).append(f"{kind} {name!r}")
    return "\n".join(
        f"The file was made with {', '.join(own)} of plugin {distribution} {version}, which is not there. "
        f"{Plugin(distribution, version).remedy}"
        for (distribution, version), own in parts.items()
    )


def _sources(listed: Any) -> Iterator[tuple[str, str, str, str]]:
    for source in listed if isinstance(listed, list) else ():
        values = [str(source.get(key)) for key in FIELDS] if isinstance(source, Mapping) else [""] * len(FIELDS)
        kind, name, distribution, version = values
        if kind.isidentifier() and Plugin(distribution, version).has_plain_name:
            yield kind[:40], name[:200], distribution, version
