"""Finds where each key of a TOML or JSON text stands, so that an error can name line and column.

The parsers of the standard library give values without places. This scanner trusts that they have accepted the
text already, and so needs to know only enough grammar to keep count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

Path = tuple[str | int, ...]
Place = tuple[int, int]  # line, column, both from 1

TOKEN = re.compile(
    r'(?P<string>"""(?:\\.|[^\\])*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:\'{0,2})|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\')'
    r"|(?P<skip>[ \t\r]+|\#[^\n]*)|(?P<mark>[\[\]{}=:,.\n])|(?P<bare>[^\s\[\]{}=:,.\"'#]+)",
    re.DOTALL,
)


class _Tokens:
    """A stream of (text, offset) with one token of look-ahead."""

    def __init__(self, text: str) -> None:
        self._stream = self._scan(text)
        self.text, self.offset = next(self._stream)

    @staticmethod
    def _scan(text: str) -> Iterator[tuple[str, int]]:
        for match in TOKEN.finditer(text):
            if match.lastgroup != "skip":
                yield match.group(), match.start()
        yield "", len(text)

    def take(self) -> str:
        """Return the present token and go on to the next."""
        text = self.text
        self.text, self.offset = next(self._stream, ("", self.offset))
        return text

    def skip_lines(self) -> None:
        while self.text == "\n":
            self.take()


def locate_keys(text: str, *, toml: bool) -> dict[Path, Place]:
    """Return the place of every key and array item of a valid TOML or JSON text, by path."""
    offsets: dict[Path, int] = {}
    tokens = _Tokens(text)
    if toml:
        _toml(tokens, offsets)
    else:
        tokens.skip_lines()
        _value(tokens, (), offsets)
    starts = [0, *(m.end() for m in re.finditer("\n", text))]
    return {path: _place(starts, offset) for path, offset in offsets.items()}


def _place(starts: list[int], offset: int) -> Place:
    from bisect import bisect_right

    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1


def _toml(tokens: _Tokens, offsets: dict[Path, int]) -> None:
    table: Path = ()
    counts: dict[Path, int] = {}
    while tokens.text:
        if tokens.text == "\n":
            tokens.take()
        elif tokens.text == "[":
            table = _header(tokens, offsets, counts)
        else:
            _pair(tokens, table, offsets)


def _header(tokens: _Tokens, offsets: dict[Path, int], counts: dict[Path, int]) -> Path:
    """Read `[a.b]` or `[[a.b]]` and return the path that the keys below it belong to."""
    start = tokens.offset
    depth = 0
    while tokens.text == "[":
        depth += 1
        tokens.take()
    path: Path = ()
    for key in _keys(tokens):
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
        tokens.take()
    return path


def _keys(tokens: _Tokens) -> list[str]:
    """Read a dotted key."""
    keys = [_unquote(tokens.take())]
    while tokens.text == ".":
        tokens.take()
        keys.append(_unquote(tokens.take()))
    return keys


def _unquote(token: str) -> str:
    if token[:1] not in "\"'":
        return token
    import json

    return str(json.loads(token)) if token[0] == '"' else token[1:-1]


def _pair(tokens: _Tokens, table: Path, offsets: dict[Path, int]) -> None:
    start = tokens.offset
    path = table
    for key in _keys(tokens):
        path = (*path, key)
        offsets.setdefault(path, start)
    tokens.take()  # '=' or ':'
    tokens.skip_lines()
    _value(tokens, path, offsets)


def _value(tokens: _Tokens, path: Path, offsets: dict[Path, int]) -> None:
    if tokens.text not in ("[", "{"):
        while tokens.text not in ("", ",", "]", "}", "\n"):
            tokens.take()  # a number such as 1.5 is several tokens
        return
    closing = "]" if tokens.take() == "[" else "}"
    index = 0
    tokens.skip_lines()
    while tokens.text not in ("", closing):
        if closing == "}":
            _pair(tokens, path, offsets)
        else:
            offsets[*path, index] = tokens.offset
            _value(tokens, (*path, index), offsets)
            index += 1
        tokens.skip_lines()
        if tokens.text == ",":
            tokens.take()
        tokens.skip_lines()
    tokens.take()
