"""Finds line and column of each key in a TOML or JSON text, for messages of errors.

The parsers of the standard library give values without places. This scanner reads a text that they have accepted, so
it needs only a part of the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

KeyPath = tuple[str | int, ...]
Place = tuple[int, int]  # line, column, both from 1

TOKEN = re.compile(
    r'(?P<string>"""(?:\\.|[^\\])*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:\'{0,2})|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\')'
    r"|(?P<skip>[ \t\r]+|\#[^\n]*)|(?P<mark>[\[\]{}=:,.\n])|(?P<bare>[^\s\[\]{}=:,.\"'#]+)",
    re.DOTALL,
)


class _Tokens:
    """A stream of tokens, each with its offset; `text` and `offset` are those of the present token."""

    def __init__(self, text: str) -> None:
        self._stream = self._scan(text)
        self.text, self.offset = next(self._stream)

    @staticmethod
    def _scan(text: str) -> Iterator[tuple[str, int]]:
        for match in TOKEN.finditer(text):
            if match.lastgroup != "skip":
                yield match.group(), match.start()
        yield "", len(text)

    def advance(self) -> str:
        """Return the present token and move to the next."""
        text = self.text
        self.text, self.offset = next(self._stream, ("", self.offset))
        return text

    def skip_lines(self) -> None:
        """Move to the next token that is not the end of a line."""
        while self.text == "\n":
            self.advance()


def locate_keys(text: str, *, toml: bool) -> dict[KeyPath, Place]:
    """Return the place of each key and array item of a valid TOML or JSON text, by path."""
    offsets: dict[KeyPath, int] = {}
    tokens = _Tokens(text)
    if toml:
        _read_toml(tokens, offsets)
    else:
        tokens.skip_lines()
        _read_value(tokens, (), offsets)
    starts = [0, *(m.end() for m in re.finditer("\n", text))]
    return {path: _line_and_column(starts, offset) for path, offset in offsets.items()}


def _line_and_column(starts: list[int], offset: int) -> Place:
    from bisect import bisect_right

    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1


def _read_toml(tokens: _Tokens, offsets: dict[KeyPath, int]) -> None:
    table: KeyPath = ()
    counts: dict[KeyPath, int] = {}
    while tokens.text:
        if tokens.text == "\n":
            tokens.advance()
        elif tokens.text == "[":
            table = _read_header(tokens, offsets, counts)
        else:
            _read_pair(tokens, table, offsets)


def _read_header(tokens: _Tokens, offsets: dict[KeyPath, int], counts: dict[KeyPath, int]) -> KeyPath:
    """Read `[a.b]` or `[[a.b]]` and return the path of the table that begins there."""
    start = tokens.offset
    depth = 0
    while tokens.text == "[":
        depth += 1
        tokens.advance()
    path: KeyPath = ()
    for key in _read_keys(tokens):
        path = (*path, key)
        offsets.setdefault(path, start)
        if path in counts:
            path = (*path, counts[path])
    if depth == 2:
        bare = path[:-1] if path and isinstance(path[-1], int) else path
        counts[bare] = counts.get(bare, -1) + 1
        path = (*bare, counts[bare])
        offsets[path] = start
    while tokens.text == "]":
        tokens.advance()
    return path


def _read_keys(tokens: _Tokens) -> list[str]:
    """Read a dotted key."""
    keys = [_unquote(tokens.advance())]
    while tokens.text == ".":
        tokens.advance()
        keys.append(_unquote(tokens.advance()))
    return keys


def _unquote(token: str) -> str:
    if token[:1] not in "\"'":
        return token
    import json

    return str(json.loads(token)) if token[0] == '"' else token[1:-1]


def _read_pair(tokens: _Tokens, table: KeyPath, offsets: dict[KeyPath, int]) -> None:
    """Read a key with its value."""
    start = tokens.offset
    path = table
    for key in _read_keys(tokens):
        path = (*path, key)
        offsets.setdefault(path, start)
    tokens.advance()  # '=' or ':'
    tokens.skip_lines()
    _read_value(tokens, path, offsets)


def _read_value(tokens: _Tokens, path: KeyPath, offsets: dict[KeyPath, int]) -> None:
    """Read a plain value, or an array or table with the places of what is in it."""
    if tokens.text not in ("[", "{"):
        while tokens.text not in ("", ",", "]", "}", "\n"):
            tokens.advance()  # a number such as 1.5 is several tokens
        return
    closing = "]" if tokens.advance() == "[" else "}"
    index = 0
    tokens.skip_lines()
    while tokens.text not in ("", closing):
        if closing == "}":
            _read_pair(tokens, path, offsets)
        else:
            offsets[*path, index] = tokens.offset
            _read_value(tokens, (*path, index), offsets)
            index += 1
        tokens.skip_lines()
        if tokens.text == ",":
            tokens.advance()
        tokens.skip_lines()
    tokens.advance()
