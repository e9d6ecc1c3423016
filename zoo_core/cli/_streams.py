"""The streams of the command line: foreign text is made visible, and a stream that fails ends no work.

A class name, a key or an error of a plugin may hold escape codes. Whatever a command prints passes through
`SafeText`, which replaces control characters; only the styles of the display are written around it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from zoo_core.errors import ResourceError, printable

_SPECIAL = re.compile(r"[^\n\t -~]")


class OutputClosedError(Exception):
    """The reader of standard output has gone, as in `zoo predict ... | head`."""


class GuardedStream:
    """A stream whose failures are remembered in `failure`, or raised if they are `fatal`.

    `stream` is None where the process was started without it.
    """

    def __init__(self, stream: TextIO | None, name: str, *, fatal: bool) -> None:
        self._stream, self._name, self.fatal = stream, name, fatal
        self.failure: Exception | None = None

    def write(self, text: str) -> int:
        """Write a text. Raises OutputClosedError or ResourceError if the stream is fatal."""
        self._try("write", text)
        return len(text)

    def flush(self) -> None:
        """Write what is buffered. Raises as `write`."""
        if self._stream is not None:
            self._try("flush")

    def isatty(self) -> bool:
        """Return whether the stream is a terminal."""
        return self._stream is not None and not self._stream.closed and self._stream.isatty()

    def raise_failure(self) -> None:
        """Raise what `write` has remembered."""
        if self.failure is not None:
            raise self.failure

    @property
    def encoding(self) -> str:
        """The encoding of the stream."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _try(self, method: str, *arguments: str) -> None:
        """Call a method of the stream, unless it has failed before."""
        if self.failure is None:
            try:
                if self._stream is None:
                    raise ResourceError(f"{self._name} is closed")
                getattr(self._stream, method)(*arguments)
            except (OSError, ValueError, ResourceError) as error:
                self.failure = self._failure(error)
        if self.fatal:
            self.raise_failure()

    def _failure(self, error: Exception) -> Exception:
        _discard(self._stream)
        if isinstance(error, BrokenPipeError):
            return OutputClosedError()
        reason = getattr(error, "strerror", None) or "it is closed"
        return error if isinstance(error, ResourceError) else ResourceError(f"cannot write to {self._name}: {reason}")


def _discard(stream: TextIO | None) -> None:
    """Let the interpreter flush the rest of a failed stream to nowhere when it exits."""
    try:
        if stream is not None:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError):  # it has no descriptor, as in a test
        pass


class SafeText:
    """Writes text to `unfiltered`, a guarded stream, with control characters made visible."""

    def __init__(self, stream: GuardedStream) -> None:
        self.unfiltered = stream

    def write(self, text: str) -> int:
        """Write a text whose control characters but line ends and tabs are replaced."""
        return self.unfiltered.write(printable(text) if _SPECIAL.search(text) else text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.unfiltered, name)


def unfiltered(stream: Any) -> Any:
    """Return the stream for a console, which writes escape codes of its own."""
    return getattr(stream, "unfiltered", stream)


@contextmanager
def failures_later(stream: Any) -> Iterator[None]:
    """Let work go on though `stream` fails; the next text that is written to it raises the failure."""
    guard = unfiltered(stream)
    fatal, guard.fatal = getattr(guard, "fatal", True), False
    try:
        yield
    finally:
        guard.fatal = fatal


@contextmanager
def safe_streams() -> Iterator[GuardedStream]:
    """Replace standard output and standard error by safe ones; yield the guard of standard output."""
    before = sys.stdout, sys.stderr
    for stream in before:
        _replace_unencodable(stream)
    guard = GuardedStream(sys.stdout, "standard output", fatal=True)
    sys.stdout = SafeText(guard)
    sys.stderr = SafeText(GuardedStream(sys.stderr, "standard error", fatal=False))
    try:
        yield guard
    finally:
        sys.stdout, sys.stderr = before


def _replace_unencodable(stream: TextIO | None) -> None:
    """Let a stream with another encoding than UTF-8 replace characters that it lacks."""
    if not (getattr(stream, "encoding", None) or "utf-8").lower().startswith("utf"):
        from zoo_core.display.text import replace_unencodable

        replace_unencodable(stream)  # type: ignore[arg-type]


def open_missing_streams() -> None:
    """Occupy the descriptors 0 to 2 if they are closed: else a model file could become standard output."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
