"""Names that `zoo show` does not know, but that mean something: kinds, keys of a spec, layers elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core.basics import NO_KEY, familiar_keys, familiar_part
from zoo_core.cli._usage_words import NO_LAYER, SPEC_KEYS
from zoo_core.errors import letters, nearest_name

if TYPE_CHECKING:
    from zoo_core.registry import Registry


def meant_name(name: str, registry: Registry) -> str:
    """Return what a name that is no part stands for, such as "; it is a key of a spec: training.epochs", or ''."""
    from zoo_core.parts import KINDS

    kind, colon, part = name.partition(":")
    if colon and kind in KINDS:
        return f"; to choose a kind: zoo show {nearest_name(part, registry.names(kind)) or part} --kind {kind}"
    if kind := next((kind for kind in KINDS if letters(name) in (letters(kind), letters(plural(kind)))), ""):
        return f"; it is a kind of part: zoo list parts --kind {kind}"
    if way := NO_LAYER.get(letters(name)):
        return f"; {way}"
    for kind in KINDS:
        if (own := familiar_part(kind, name)) in registry.names(kind):
            return f"; it is called {own!r} here"
    return _spec_key(name)


def plural(kind: str) -> str:
    """Return the plural of a kind of part."""
    return f"{kind}es" if kind.endswith("s") else f"{kind}s"


def _spec_key(name: str) -> str:
    """Return which key of a spec a name stands for, or ''."""
    own = {letters(name), *map(letters, familiar_keys(name))}
    key = next((place for key, place in SPEC_KEYS.items() if letters(key) in own), "")
    if key:
        return f"; it is a key of a spec: {key}"
    way = NO_KEY.get(letters(name), "")
    return f"; in a spec: {way}" if way else ""
