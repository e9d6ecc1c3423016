"""Following another process that reports in lines, with a limit on how long it may be silent."""

from __future__ import annotations

import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from typing import IO


class SilentError(Exception):
    """The process said nothing for too long, and was ended."""


class DiedError(Exception):
    """The process ended with an error; the text says how."""


def follow(module: str, argument: str, env: Mapping[str, str], timeout: float) -> Iterator[str]:
    """Yield the lines that `python -m module argument` prints.

    Raises SilentError where none comes within `timeout` seconds, DiedError where the process ends badly.
    """
    command = [sys.executable, "-m", module, argument]
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=errors, text=True) as process:
            yield from _read(process, timeout)
        if process.returncode:
            errors.seek(0)
            last = (errors.read().strip().splitlines() or ["it said nothing"])[-1]
            raise DiedError(f"code {process.returncode}: {last}")


def _read(process: subprocess.Popen[str], timeout: float) -> Iterator[str]:
    """Yield lines up to the end; a process that is not followed to its end is ended."""
    lines: queue.Queue[str] = queue.Queue()
    stream: IO[str] = process.stdout  # type: ignore[assignment]
    pump = threading.Thread(target=_pump, args=(stream, lines), daemon=True)
    pump.start()
    try:
        while line := _next(lines, timeout):
            yield line
        process.wait(timeout)
    except subprocess.TimeoutExpired:
        raise SilentError from None
    finally:
        process.kill()
        pump.join()


def _pump(stream: IO[str], lines: queue.Queue[str]) -> None:
    for line in stream:
        lines.put(line)
    lines.put("")


def _next(lines: queue.Queue[str], timeout: float) -> str:
    try:
        return lines.get(timeout=timeout)
    except queue.Empty:
        raise SilentError from None
