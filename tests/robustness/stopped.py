"""The command line, to which something happens at the write of a number: stopped.py HOW NUMBER ARGUMENT...

HOW is kill, int (Ctrl-C), raise (an error), full (the disk takes nothing from then on), take (somebody takes the name
of the output, and the file `taken` tells) or no.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from zoo_core.cli import run
from zoo_core.errors import ResourceError
from zoo_core.storage import _writer


def main(how: str, number: int, arguments: list[str]) -> int:
    """Run a command; what happens comes before the file is written, or for even numbers after it."""
    write, seen = _writer.write_file, 0

    def written(path: Any, content: bytes, **given: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == number and number % 2:
            happen(how)
        if how == "full" and seen >= number:
            raise ResourceError(f"{path} cannot be written: No space left on device")
        write(path, content, **given)
        if seen == number and not number % 2:
            happen(how)

    _writer.write_file = written
    return run(arguments)


def happen(how: str) -> None:
    """Do what was asked for."""
    if how in ("kill", "int"):
        os.kill(os.getpid(), signal.SIGKILL if how == "kill" else signal.SIGINT)
    elif how == "raise":
        raise MemoryError("as if the process died")
    elif how == "take":
        Path("m.npz").unlink(missing_ok=True)
        Path("taken").write_bytes(os.urandom(50))
        Path("m.npz").write_bytes(Path("taken").read_bytes())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:]))
