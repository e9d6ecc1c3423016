"""The messages about names that no plugin brings, or that several bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from zoo_core.basics import suggest_part
from zoo_core.errors import nearest
from zoo_core.parts import KINDS
from zoo_core.registry._plugin import Entry
from zoo_core.registry._tools import Tool

if TYPE_CHECKING:
    from zoo_core.registry._registry import Registry

MAX_LISTED = 8  # names in a message


def unknown(registry: Registry, kind: str, name: str) -> str:
    """Return the message for a kind or name that no plugin brings, with the nearest known ones."""
    if kind not in KINDS:
        return f"unknown kind of part {kind!r}{nearest(kind, KINDS)} (known: {', '.join(KINDS)})"
    known = _nearby(registry, kind, name)
    hint = suggestion(registry, kind, name) or _way_out(registry, name)
    broken = "".join(
        f"; plugin {p.distribution} could not be loaded ({p.problem})" for p in registry.plugins if p.problem
    )
    listed = "" if hint and not hint.startswith(("; did you mean", "; install")) else _listed(name, known)
    return f"unknown {kind} {name!r}{hint}{listed}{broken}"


def suggestion(registry: Registry, kind: str, name: str) -> str:
    """Return which part an unknown name is likely to mean, or ''."""
    others = [other for other in KINDS if name in registry.names(other)]
    return suggest_part(kind, name, _nearby(registry, kind, name), others)


def _nearby(registry: Registry, kind: str, name: str) -> list[str]:
    """Return the names that an unknown one may stand for: with a distribution, those of its parts alone."""
    distribution, _, _ = name.rpartition(":")
    own = (e for e in registry._working() if e.kind == kind and e.distribution == distribution)
    return [e.full_name for e in own] if distribution else registry.names(kind)


def _way_out(registry: Registry, name: str) -> str:
    """Return what to do about a name that no known name resembles."""
    distribution, _, _ = name.rpartition(":")
    plugin = next((p for p in registry.plugins if p.distribution == distribution), None)
    if plugin is not None and plugin.switched_off:
        return f"; plugin {distribution} is switched off by ZOO_PLUGINS"
    if distribution and plugin is None:
        return f"; no plugin {distribution!r} is installed: pip install {distribution}"
    return "" if distribution else "; install the plugin that brings it"


def _listed(name: str, known: Sequence[str]) -> str:
    """Return the known names in brackets; of many only the nearest."""
    if len(known) <= MAX_LISTED:
        return f" (known: {', '.join(known) or 'none'})"
    import difflib

    found = difflib.get_close_matches(name.lower(), known, n=5, cutoff=0.0)
    return f" (known: {', '.join(found)} and {len(known) - len(found)} more)"


def ambiguous(rivals: Sequence[Entry]) -> str:
    """Return the message for a name that several plugins bring."""
    choices = " or ".join(f"'{e.full_name}'" for e in rivals)
    plugins = " and ".join(f"{e.distribution} {e.version}" for e in rivals)
    return f"{rivals[0].kind} {rivals[0].name!r} comes from {plugins}; write {choices} to choose"


def clash(tools: Sequence[Tool]) -> str:
    """Return the message for a command, plot or ending that several plugins bring."""
    plugins = " and ".join(f"{t.plugin.distribution} {t.plugin.version}" for t in tools)
    return f"{tools[0].kind} {tools[0].name!r} comes from {plugins}; switch one of them off with ZOO_PLUGINS"
