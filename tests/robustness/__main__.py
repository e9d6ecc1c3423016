"""Runs the proofs and prints a table: promise, count, failures, seconds."""

from __future__ import annotations

import sys
import time
from importlib import import_module
from importlib.util import find_spec

from tests.robustness import Unavailable

NAMES = (
    "flips",
    "mutants",
    "forgeries",
    "bombs",
    "data_bombs",
    "readers",
    "tables",
    "paths",
    "calls",
    "syscalls",
    "faults",
    "memory",
    "races",
    "kills",
    "resumes",
    "kept_files",
    "environments",
    "options",
    "coverage",
)
LINE = "{:<13} {:>9} {:>8} {:>8}  {}"


def main(arguments: list[str]) -> int:
    """Run all proofs, or one by name, and return 1 where a promise was broken or could not be tried."""
    known = [name for name in NAMES if find_spec(f"{__package__}.{name}")]
    if len(arguments) > 2 or (arguments and arguments[0] not in known):
        print(f"usage: python -m tests.robustness [NAME [COUNT]]; NAME is one of {', '.join(known)}", file=sys.stderr)
        return 2
    print(LINE.format("proof", "tried", "failures", "seconds", "promise"))
    codes = [_run(name, *map(int, arguments[1:])) for name in (arguments[:1] or known)]
    return max(codes)


def _run(name: str, count: int | None = None) -> int:
    module = import_module(f"{__package__}.{name}")
    began = time.perf_counter()
    try:
        tried, failures = module.main(module.COUNT if count is None else count)
    except Unavailable as reason:
        print(LINE.format(name, "not run", "", "", f"{module.PROMISE}: {reason}"), flush=True)
        return 1
    seconds = f"{time.perf_counter() - began:.1f}"
    print(LINE.format(name, f"{tried:,}", len(failures), seconds, module.PROMISE), flush=True)
    for failure in failures[:20]:
        print(f"    {failure}", flush=True)
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
