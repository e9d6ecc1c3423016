"""Texts of a model file in YAML and Markdown: they come from anyone, and stay texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from zoo_core.errors import printable

LETTERS, SENTENCES = 200, 2000  # of a name, and of a text of sentences, that is shown
PLAIN_CODE = re.compile(r"[^`|<&\\$]+")  # what a span of code shows as it is, in cells of tables too
MARKS = re.compile(r"[!-/:-@\[-`{-~]")  # punctuation of ASCII
HARMLESS = set(",;:()%'\".-/?")  # in the middle of a line


def short(text: str, letters: int = LETTERS) -> str:
    """Return a text in one line, without control characters, and cut where it is long."""
    line = " ".join(printable(text[: 8 * letters]).split())
    return line if len(line) <= letters else line[: letters - 3] + "..."


def prose(text: str) -> str:
    """Return a text as it may stand anywhere in Markdown: marks that could mean something are entities of HTML.

    Source: CommonMark 0.31, "Entity and numeric character references": they never open a structure.
    """
    return "".join(_prose(short(text, SENTENCES)))


def _prose(line: str) -> Iterator[str]:
    for at, letter in enumerate(line):
        begins = not line[:at].strip("0123456789")  # "1." would begin a list
        is_link = line[max(at - 3, 0) : at].lower() == "www" or line.startswith("://", at)
        if MARKS.match(letter) and (letter not in HARMLESS or begins or is_link):
            yield f"&#{ord(letter)};"
        else:
            yield letter


def code(text: str) -> str:
    """Return a name as a span of code, or as prose if it holds marks that end one."""
    line = short(text)
    return f"`{line}`" if PLAIN_CODE.fullmatch(line) else prose(line) or "(no name)"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table of Markdown; the cells are escaped already."""
    lines = [list(heads)]
    lines += [["---"] * len(lines[0]), *(list(row) for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def yaml(values: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Yield the lines of a mapping as YAML: of texts, numbers, truth values, mappings, and lists of those."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield f"{indent}{key}:"
            yield from yaml(value, f"{indent}  ")
        elif isinstance(value, list):
            yield f"{indent}{key}:"
            yield from _items(value, indent)
        else:
            yield f"{indent}{key}: {_scalar(value)}"


def _items(values: list[Any], indent: str) -> Iterator[str]:
    for value in values:
        first, *rest = yaml(value, f"{indent}  ") if isinstance(value, Mapping) else [_scalar(value)]
        yield f"{indent}- {first.lstrip()}"
        yield from rest


def _scalar(value: str | float | bool) -> str:
    """Return a text in quotes, so that it is no number. YAML 1.1 wants a point in a number with "e"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + short(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
    text = repr(value)
    return text.replace("e", ".0e") if "e" in text and "." not in text else text
