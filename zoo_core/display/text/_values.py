"""Single values as text: numbers, durations, names, JSON."""

from __future__ import annotations

import json
import math
import re
from pathlib import PurePath
from typing import Any, TextIO

import numpy as np

from zoo_core import errors

_SPECIAL = re.compile(r"[^\n\t -~]")


def printable(text: str) -> str:
    """Return text on one line, with control characters as escapes."""
    return errors.printable("".join(" " if c.isspace() else c for c in text))


def format_number(value: float | int | None) -> str:
    """Return a number for people: 79,510; 0.9866; 0.00123; 1.23e-05; "-" for None."""
    if value is None:
        return "-"
    if isinstance(value, (int, np.integer)):
        return f"{value:,}"
    if not math.isfinite(value):
        return str(float(value))
    size = abs(value)
    if size < 0.01 or size >= 1e6:
        return f"{value:.3g}"
    return f"{value:,.{max(0, 4 - len(str(int(size))) + (size < 10))}f}"


def format_count(count: int, noun: str) -> str:
    """Return a number with its noun: "1 epoch", "20 epochs"."""
    return f"{format_number(count)} {noun}{'' if count == 1 else 's'}"


def format_duration(seconds: float) -> str:
    """Return a time in its two largest units: "0.8 s", "41 s", "1 min 23 s", "2 h 05 min", "3 d 04 h"."""
    if not math.isfinite(seconds):
        return "-"
    if seconds < 9.95:
        return f"{max(seconds, 0.0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    minutes = whole // 60
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60:02} min"
    return f"{minutes // (24 * 60)} d {minutes // 60 % 24:02} h"


def print_json(data: Any, file: TextIO, indent: int | None = 2) -> None:
    """Write data as JSON, keys in their order. NaN and infinity become null, arrays lists, paths strings."""
    text = json.dumps(_to_json(data), indent=indent, allow_nan=False, ensure_ascii=False)
    text = _SPECIAL.sub(_json_escape, text)
    try:
        text.encode(file.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(_to_json(data), indent=indent, allow_nan=False)
    file.write(text + "\n")


def _json_escape(found: re.Match[str]) -> str:
    """Return a character that might steer a terminal as JSON writes it; what shows stays as it is."""
    return found[0] if errors.is_harmless(found[0]) else json.dumps(found[0])[1:-1]


def _to_json(data: Any) -> Any:
    if isinstance(data, (np.ndarray, np.generic)):
        return _to_json(data.tolist())
    if isinstance(data, dict):
        return {str(key): _to_json(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_to_json(value) for value in data]
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    return str(data) if isinstance(data, PurePath) else data
