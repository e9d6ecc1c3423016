"""A registry as HTML, for a notebook: its plugins, then parts and tools by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core.basics.html import escaped, html_table
from zoo_core.parts import KINDS

if TYPE_CHECKING:
    from zoo_core.registry._registry import Registry

TOOLS = ("command", "plot", "reader", "exporter")


def registry_html(registry: Registry) -> str:
    """Return what a notebook shows of a registry; no part is imported for it."""
    plugins = [(p.distribution, p.version, p.state, len(p.entries), p.problem) for p in registry.plugins]
    parts = [(kind, len(names), ", ".join(names)) for kind in KINDS if (names := registry.names(kind))]
    tools = [(kind, len(found), ", ".join(t.name for t in found)) for kind in TOOLS if (found := registry.tools(kind))]
    own = repr(registry)[1:-1]
    return (
        f"<div><b>{escaped(own)}</b></div>"
        + html_table(["plugin", "version", "state", "parts", "problem"], plugins)
        + html_table(["kind", "number", "names"], [*parts, *tools])
    )
