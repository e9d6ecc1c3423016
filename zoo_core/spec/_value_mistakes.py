"""What to do about a value of the wrong type: the mistakes that beginners make, each with its remedy."""

from __future__ import annotations

import json
import re

from pydantic_core import ErrorDetails

TABLES = ("dict_type", "model_type", "model_attributes_type")
LAYERS = "a table for each layer: [{ units = 8 }, { units = 3 }], or [[model.layers]] above the keys of each"
NUMBERS = ("int_type", "float_type")
SECOND_CHANGE = re.compile(r"[,;\s]\s*[a-z_]+(?:\.\w+)*=")  # after the value of an override
MAX_SHOWN = 60  # characters of a value that is written anew


def value_way(problem: ErrorDetails) -> str:
    """Return what to write instead of the value of a problem, such as ": write 0.2", or ''."""
    kind, value, path = problem["type"], problem["input"], problem["loc"]
    if kind == "int_type" and isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return f": write {int(value)}"
    if kind in TABLES and "layers" in path and type(value) is int:
        return f": write {{ units = {value} }}, or a table [[model.layers]] with units = {value}"
    if not isinstance(value, str) or len(value) > MAX_SHOWN:
        return ""
    if kind == "list_type":
        return f": write {LAYERS if path[-1] == 'layers' else _as_list(value)}"
    return _number_way(value.strip()) if kind in NUMBERS else ""


def _as_list(value: str) -> str:
    """Return a text as a list of TOML, with its words in quotes."""
    items = [item.strip().strip("\"'") for item in value.strip("[]() ").split(",")]
    if not all(items) or any("(" in item or "{" in item for item in items):
        return 'each text in quotes, and options in a table: [{ name = "l2", strength = 1e-4 }]'
    return json.dumps(items, ensure_ascii=False)


def _number_way(value: str) -> str:
    if not value:
        return ": write a number after ="
    if value.startswith("="):
        return f": write one =, and then {value.lstrip('= ')}" if value.lstrip("= ") else ""
    if SECOND_CHANGE.search(value):
        return ": give each change by itself"
    if found := re.fullmatch(r"([-+]?\d+),(\d+)", value):
        return f": write a decimal point: {found[1]}.{found[2]}"
    return ""
