"""The text of a spec: TOML or JSON to plain data, a summary, a copy under another name."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

from zoo_core.errors import SpecError
from zoo_core.spec._positions import locate_keys
from zoo_core.spec._toml_mistakes import open_quote, plain_problem, remedy

MAX_BYTES = 64 * 1024
MAX_DEPTH = 32
UNQUOTED = re.compile(r"[-+]?[0-9][0-9_]*(\.[0-9]+)?([eE][-+]?[0-9]+)?|true|false")  # what has no quotes in a spec
TOO_DEEP = f"is nested too deeply (at most {MAX_DEPTH} levels)"
TOO_LONG = "holds an integer of more than 64 bits; no key takes such a number"


def is_toml(name: str) -> bool:
    """Return whether a file of this name is TOML; other files are JSON."""
    return not name.endswith(".json")


def read_text(file: Any) -> str:
    """Return the text of a path or a packaged file. Raises SpecError if it is too large or not UTF-8."""
    try:
        with file.open("rb") as stream:
            raw: bytes = stream.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise SpecError(f"{file}: there is no such file; check the name") from None
    except OSError as error:
        raise SpecError(f"{file}: cannot be read: {error.strerror or error}") from error
    if len(raw) > MAX_BYTES:
        raise SpecError(f"{file}: is larger than {MAX_BYTES // 1024} KiB; a spec names data, it does not hold it")
    if raw.startswith(b"PK\x03\x04") or b"\0" in raw[:100]:
        raise SpecError(f"{file}: is no text; if it is a model file, give it its ending .npz")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SpecError(f"{file}:{line}: is not UTF-8 text ({error.reason}); save it as UTF-8") from error


def parse_text(text: str, name: str, *, toml: bool) -> dict[str, Any]:
    """Return the plain data of a TOML or JSON text. Raises SpecError with line and column."""
    if text.startswith("\ufeff"):
        raise SpecError(f"{name}:1:1: begins with a byte order mark; save it as UTF-8 without BOM")
    try:
        value = tomllib.loads(text) if toml else json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        place = f":{where[1]}:{where[2]}" if where else ""
        problem = str(error)[: where.start()] if where else str(error)
        line = int(where[1]) if where else open_quote(text) or text.count("\n") + 1  # without a place: the end
        place = place or f":{line}"
        raise SpecError(f"{name}{place}: {plain_problem(problem)}{remedy(problem, text, line)}") from error
    except json.JSONDecodeError as error:
        raise SpecError(f"{name}:{error.lineno}:{error.colno}: {error.msg}") from error
    except MemoryError:
        raise
    except Exception as error:  # a parser may raise anything for a text that was made to break it
        raise SpecError(f"{name}: {parse_fault(error)}") from error
    if not isinstance(value, dict):
        raise SpecError(f"{name}:1:1: must be a table of keys, not {type(value).__name__}")
    if fault := plain_fault(value):
        raise SpecError(f"{name}: {fault}")
    return value


def parse_fault(error: Exception) -> str:
    """Return why a text cannot be parsed, without words about Python."""
    if isinstance(error, RecursionError):
        return TOO_DEEP
    return TOO_LONG if "integer string conversion" in str(error) else str(error)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object. Raises ValueError if a key is repeated."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(k for k in keys if keys.count(k) > 1)!r} stands twice in one object")
    return found


def _refuse(word: str) -> None:
    """Refuse NaN and the infinities, which Python's reader of JSON would take."""
    raise ValueError(f"{word} is not a number that a spec may hold")


def plain_fault(value: Any) -> str:
    """Return what keeps plain data from being a spec, or '': they are nested too deeply, or an integer is too long."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            return TOO_DEEP
        if any(isinstance(item, int) and abs(item) >= 2**64 for item in level):
            return TOO_LONG
        level = [x for v in level if isinstance(v, (dict, list)) for x in (v.values() if isinstance(v, dict) else v)]
    return ""


# ------------------------------------------------------------------ specs that are listed and copied


def summarize_text(text: str, name: str) -> dict[str, str]:
    """Return name, data set and description of a TOML spec, which is not validated; "" for what it leaves out."""
    value = parse_text(text, name, toml=True)
    data = value.get("data", "")
    found = {"name": value.get("name"), "data": data.get("name") if isinstance(data, dict) else data}
    return {key: str(item or "") for key, item in (found | {"description": value.get("description")}).items()}


def rename_text(text: str, name: str) -> str:
    """Return the text of a TOML spec with another name; comments and layout stay."""
    line, lines = f"name = {json.dumps(name)}", text.split("\n")
    place = locate_keys(text, toml=True).get(("name",))
    if place is None:  # a key before the first table belongs to the whole spec
        return f"{line}\n{text}"
    lines[place[0] - 1] = line
    return "\n".join(lines)
