"""Changes of single values of a spec, as "key.path=value": the value is TOML, JSON or a bare word."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from zoo_core.errors import UsageError
from zoo_core.spec._text import parse_fault, plain_fault

INDEX = re.compile("[0-9]{1,9}")  # of a list
LEFT_OUT = "null"  # as a value: the key is left out, so that its default holds
MAX_SHOWN = 80  # characters of an override in a message
BARE = re.compile(r"""("[^"]*"|'[^']*')|(?<![\w.+-])(?!(?:true|false|inf|nan)\b)([A-Za-z_][\w.-]*)(?=\s*[,:\]}])""")
POINT = re.compile(r"""("[^"]*"|'[^']*')|(?<![\w.])([+-]?)(\d*)\.(\d*)((?:[eE][+-]?\d+)?)(?![\w.])""")  # .5 or 1.
COLON = re.compile(r"""("[^"]*"|'[^']*')\s*:""")
QUOTED = re.compile(r"""(?<![^.])("[^"]*"|'[^']*')(?![^.])""")  # a whole key of a path
FOREIGN_PATH = re.compile(r"^-|^\.|^[^.]*[\[\]/:\s]|\[-?\d*\]")  # how keys are joined elsewhere, and an option's dashes


def override(value: dict[str, Any], change: str, places: dict[tuple[str | int, ...], str]) -> Any:
    """Put one "key.path=value" into plain data, and return the value. Raises UsageError."""
    path, equals, text = change.partition("=")
    shown = change if len(change) <= MAX_SHOWN else f"{change[:MAX_SHOWN]}..."
    if not equals or not path.strip():
        raise UsageError(f"override {shown!r}: write it as key.path=value, for example training.epochs=5")
    keys = _keys(path.strip(), shown)
    new = LEFT_OUT if text.strip() == LEFT_OUT else _override_value(text, shown)
    _set_item(value, keys, new, shown)
    for inner in [place for place in places if place[: len(keys)] == tuple(keys)]:
        del places[inner]  # the replaced value had this place
    places[tuple(keys)] = f"override {shown}"
    return new


def _keys(path: str, shown: str) -> list[str | int]:
    """Return the keys of a path. Raises UsageError for one that is joined in another way than by dots."""
    names = [found[0][1:-1] for found in QUOTED.finditer(path)]  # keys in quotes, such as "a.b", may have any letters
    places = iter(range(len(names)))
    path = QUOTED.sub(lambda _: f"\0{next(places)}", path)
    if FOREIGN_PATH.search(path):
        own = ".".join(re.findall(r"[\w-]+", re.sub(r"\s+", "_", path.lstrip("-"))))
        raise UsageError(f"override {shown!r}: the keys of a path are joined by dots{f'; write {own}' if own else ''}")
    keys = [int(key) if INDEX.fullmatch(key) else key for key in path.split(".")]
    return [names[int(key[1:])] if isinstance(key, str) and key.startswith("\0") else key for key in keys]


def _override_value(text: str, shown: str) -> Any:
    """Return the value of an override. Raises UsageError if no spec may hold it."""
    read = _parsed(text, shown) or _parsed(POINT.sub(_whole_number, text), shown)
    if read is None and text.strip().startswith(("[", "{")):
        read = _parsed_json(text) or _parsed_loosely(POINT.sub(_whole_number, text), shown)
    if read is None and text.strip().startswith("{"):
        raise UsageError(f'override {shown}: is no table; write {{name = "adam", beta1 = 0.9}} or {{"name": "adam"}}')
    if read is None:
        return text
    if fault := plain_fault(read):
        raise UsageError(f"override {shown}: {fault}")
    return read["x"] if read.keys() == {"x"} else text


def _whole_number(found: re.Match[str]) -> str:
    """Return a number as TOML writes it, with a digit on both sides of its point; other texts as they are."""
    quoted, sign, before, after, exponent = found.groups()
    if quoted or not (before or after):
        return found[0]
    return f"{sign}{before or 0}.{after or 0}{exponent}"


def _parsed_json(text: str) -> dict[str, Any] | None:
    """Return a table whose x is the value of a JSON text, or None if the text is no JSON."""
    try:
        return {"x": json.loads(text)}
    except (ValueError, RecursionError):
        return None


def _parsed_loosely(text: str, shown: str) -> dict[str, Any] | None:
    """Return what `_parsed` does for a text whose quotes a shell has removed, and whose marks may be those of JSON."""
    quoted = BARE.sub(lambda found: found[1] or f'"{found[2]}"', text)
    return _parsed(quoted, shown) or _parsed(COLON.sub(r"\1 =", quoted), shown)


def _parsed(text: str, shown: str) -> dict[str, Any] | None:
    """Return a table whose x is the value of a text, or None if the text is no TOML."""
    try:
        return tomllib.loads(f"x = {text}")
    except tomllib.TOMLDecodeError:
        return None
    except Exception as error:
        raise UsageError(f"override {shown}: {parse_fault(error)}") from error


def kept_options(before: Mapping[str, Any], changes: Sequence[str]) -> Iterator[str]:
    """Yield a line for each change of a part's name that leaves it options which were set for the former part."""
    paths = [change.partition("=")[0].strip().split(".") for change in changes]
    names = [change.partition("=")[2].strip(" \"'") for change in changes]
    for (*path, last), name in zip(paths, names, strict=True):
        part = _item(before, path) if last == "name" and path and path != ["data"] else None
        set_too = {other[len(path)] for other in paths if other[: len(path)] == path and len(other) > len(path)}
        kept = [key for key in part if key not in {"name", *set_too}] if isinstance(part, dict) else []
        if isinstance(part, dict) and kept and part.get("name") not in (None, name):
            place = ".".join(path)
            yield (
                f"{place} keeps the options that were set for {part['name']!r}: {', '.join(kept)}; "
                f"set them too, or change all of {place}"
            )


def _item(value: Any, path: Sequence[str]) -> Any:
    """Return the value at a path in plain data, or None."""
    for key in path:
        known = isinstance(value, list) and key.isdecimal() and int(key) < len(value)
        value = value[int(key)] if known else value.get(key) if isinstance(value, dict) else None
    return value


def _set_item(target: Any, keys: list[str | int], new: Any, change: str) -> None:
    whole = target
    for i, key in enumerate(keys):
        if isinstance(target, list) and key == len(target):
            target.append({})  # one more layer, metric, ...
        if isinstance(target, list) != isinstance(key, int) or (isinstance(key, int) and key >= len(target)):
            path = ".".join(map(str, keys[: i + 1]))
            raise UsageError(f"override {change}: there is no {path} in the spec{_known_items(whole, keys, i)}")
        if i == len(keys) - 1:
            if new is LEFT_OUT and isinstance(target, dict):
                target.pop(key, None)
            else:
                target[key] = new
            return
        inner = target[key] if isinstance(key, int) else target.setdefault(key, {})
        if isinstance(inner, str):  # a part that is only a name gets options
            inner = {"name": inner}
        elif not isinstance(inner, (dict, list)):
            raise UsageError(f"override {change}: {'.'.join(map(str, keys[: i + 1]))} is a value, not a table")
        target[key] = inner
        target = inner


def _known_items(whole: Mapping[str, Any], keys: Sequence[str | int], at: int) -> str:
    """Return where the key at a place of a path would be right, or which items there are, or ''."""
    if table := next((name for name, own in whole.items() if isinstance(own, dict) and keys[0] in own), ""):
        return f"; did you mean {'.'.join(map(str, (table, *keys)))!r}?"
    items, path = _item(whole, [str(key) for key in keys[:at]]), ".".join(map(str, keys[:at]))
    if not isinstance(items, list):
        return ""
    last = f"0 to {len(items) - 1}" if len(items) > 1 else "0"
    return f"; {path} has {len(items)} item{'s' if len(items) != 1 else ''}" + (f", {last}" if items else "")
