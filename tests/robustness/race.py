"""Runs races in the folder given, in processes that begin at the same moment; prints the failures as JSON."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from zoo_core import storage
from zoo_core.errors import UsageError

WRITERS = READERS = 4
SAVES, READS = 8, 40
SIZE = 20_000
Job = Callable[[], str]  # returns what went wrong, or ''


def together(jobs: list[Job]) -> list[str]:
    """Run jobs in processes of their own that wait for each other; return what each has to say."""
    start = time.monotonic() + 0.03
    children = []
    for job in jobs:
        out, into = os.pipe()
        child = os.fork()
        if not child:
            while time.monotonic() < start:
                pass
            try:
                said = job()
            except BaseException as error:
                said = f"raises {error!r}"
            os.write(into, said.encode())
            os._exit(0)
        os.close(into)
        children.append((child, out))
    words = []
    for child, out in children:
        words.append(os.read(out, 4000).decode())
        os.close(out)
        os.waitpid(child, 0)
    return words


def contents(writer: int) -> dict[str, np.ndarray]:
    """Return what a writer writes: arrays of another length for each, so that a mixture would not fit."""
    return {"a": np.full(SIZE + writer, writer), "b": np.full(SIZE - writer, writer)}


def replacing(path: Path) -> list[str]:
    """Race writers that replace a file with readers of it."""
    known = {storage.write_model_file(path, {}, contents(i)): i for i in range(WRITERS)}

    def write(writer: int) -> str:
        for _ in range(SAVES):
            storage.write_model_file(path, {}, contents(writer))
        return ""

    def read() -> str:
        for _ in range(READS):
            seen = storage.read_model_file(path)
            if any((array != known[seen.sha256]).any() for array in seen.arrays.values()):
                return "a reader saw a mixture"
        return ""

    jobs: list[Job] = [*(lambda i=i: write(i) for i in range(WRITERS)), *([read] * READERS)]  # type: ignore[misc]
    return [*filter(None, together(jobs)), *_litter(path)]


def new(path: Path) -> list[str]:
    """Race writers of a name that is not there: one wins, the others are told."""

    def write(writer: int) -> str:
        try:
            storage.write_model_file(path, {}, contents(writer), overwrite=False)
        except UsageError:
            return "lost"
        return f"won {writer}"

    words = together([lambda i=i: write(i) for i in range(WRITERS)])  # type: ignore[misc]
    winners = [word for word in words if word.startswith("won ")]
    problems = [word for word in words if word != "lost" and word not in winners]
    if len(winners) != 1:
        return [*problems, f"{len(winners)} writers won"]
    if int(storage.read_model_file(path).arrays["a"][0]) != int(winners[0].removeprefix("won ")):
        problems.append("the file is not the winner's")
    return problems + _litter(path)


def _litter(path: Path) -> list[str]:
    left = [file.name for file in path.parent.iterdir() if file != path]
    return [f"there is {', '.join(left)}"] if left else []


def main(folder: Path, count: int) -> None:
    """Run both kinds of race."""
    failures = []
    for number in range(count):
        for race in (replacing, new):
            failures += [f"{race.__name__} {number}: {problem}" for problem in race(folder / "m.npz")]
            (folder / "m.npz").unlink(missing_ok=True)
    print(json.dumps(failures))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
