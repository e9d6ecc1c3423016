"""A request that is refused, and how a sentence shows values of a stranger."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from typing import Any

from zoo_core.errors import printable

MAX_TEXT = 200  # characters of a request that an error shows
MAX_LISTED = 8  # names in a sentence
SHOWN = reprlib.Repr()  # a list may be deeper than Python's own repr can go
SHOWN.maxlist = SHOWN.maxdict = MAX_LISTED
SHOWN.maxstring = SHOWN.maxother = MAX_TEXT
JSON_WORDS = {None: "null", True: "true", False: "false"}


class RefusedError(Exception):
    """A request that is not answered: the status of HTTP and a sentence for the client."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


def shown(value: Any) -> str:
    """Return a value of a request as a short text."""
    return JSON_WORDS[value] if value is None or isinstance(value, bool) else shorten(SHOWN.repr(value))


def listed(names: Sequence[str]) -> str:
    """Return names as a short text."""
    more = f" and {len(names) - MAX_LISTED} others" if len(names) > MAX_LISTED else ""
    return ", ".join(map(shown, names[:MAX_LISTED])) + more


def shorten(text: str) -> str:
    """Return the beginning of a text, without control characters."""
    text = printable(text)
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}..."
