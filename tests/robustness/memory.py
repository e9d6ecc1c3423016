"""Commands in which each allocation of an array that the zoo asks NumPy for fails in turn, as SQLite tests its own."""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.helpers.runs import write_run
from tests.robustness import Result
from tests.robustness.traced import pick
from zoo_core import storage
from zoo_core.cli import run
from zoo_core.errors import ZooError

PROMISE = "every allocation of NumPy in nine commands failing: told as such, code 5, nothing lost or half-written"
COUNT = 100_000  # at most; all there are
FUNCTIONS = (
    "append", "arange", "array", "asarray", "ascontiguousarray", "concatenate", "copy", "empty", "empty_like",
    "frombuffer", "full", "isfinite", "ones", "stack", "unique", "where", "zeros", "zeros_like",
)  # fmt: skip
COMMANDS = (
    "train s.toml -o n.npz -q", "train s.toml -o m.npz --force -q", "resume c.npz -q", "evaluate m.npz --split train",
    "predict m.npz x.npy -o y.csv", "export m.npz -o m.safetensors", "explain m.npz", "compare m.npz m.npz",
    "train s.toml --from m.npz -o n.npz -q",
)  # fmt: skip


class Failing:
    """NumPy whose call number `at` from the zoo finds no memory; `seen` counts the calls."""

    def __init__(self, at: int = 0) -> None:
        self.at, self.seen, self.place = at, 0, ""

    @contextlib.contextmanager
    def installed(self) -> Iterator[None]:
        """Put it in the place of NumPy's functions."""
        with contextlib.ExitStack() as stack:
            for name in FUNCTIONS:
                stack.callback(setattr, np, name, getattr(np, name))
                setattr(np, name, self._failing(name, getattr(np, name)))
            yield

    def _failing(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            frame = sys._getframe(1)
            if frame.f_globals.get("__name__", "").startswith("zoo_"):
                self.seen += 1
                if self.seen == self.at:
                    self.place = f"{frame.f_globals['__name__']}:{frame.f_lineno}, {name}"
                    raise MemoryError("Unable to allocate 9.00 GiB")
            return function(*arguments, **options)

        return call


def main(count: int) -> Result:
    """Let at most `count` allocations fail, evenly spread over all of all commands."""
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        folder = Path(name)
        sound = _lay(folder)
        places = []
        for command in COMMANDS:
            _reset(folder, sound)
            counter = Failing()
            _run(command, counter)
            places += [(command, number) for number in range(1, counter.seen + 1)]
        chosen = [places[i] for i in sorted(pick(len(places), count))]
        failures = []
        for command, number in chosen:
            _reset(folder, sound)
            failures += [f"{command}, allocation {number}: {found}" for found in _problems(folder, command, number)]
    return len(chosen), failures


def _lay(folder: Path) -> dict[str, bytes]:
    """Make a model m.npz, a run c.npz that was stopped, and rows; return all files."""
    write_run(folder)
    _run("train s.toml -o m.npz -q", Failing())
    number = 0
    while not list(folder.glob("c.checkpoint-*")):
        number += 50
        _run("train s.toml -o c.npz -q --checkpoint-every 2steps --force", Failing(number))
    np.save(folder / "x.npy", np.load(folder / "t.npz")["x"][:3])
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _reset(folder: Path, sound: dict[str, bytes]) -> None:
    for path in folder.iterdir():
        path.unlink()
    for name, content in sound.items():
        (folder / name).write_bytes(content)


def _run(command: str, memory: Failing) -> tuple[int, str]:
    out = io.StringIO()
    with memory.installed(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        return run(command.split()), out.getvalue()


def _problems(folder: Path, command: str, number: int) -> Iterator[str]:
    """Yield what is wrong after a command in which an allocation failed."""
    before, memory = {path.name for path in folder.iterdir()}, Failing(number)
    code, text = _run(command, memory)
    if not memory.place:  # the first command of the process has done once what this one had no need to do
        return
    if code != 5 or "memory" not in text:
        yield f"{memory.place}: ends with {code}: {text[-200:]}"
    for path in folder.iterdir():
        if path.name not in before and (path.name.startswith(".") or path.suffix not in (".npz", ".csv")):
            yield f"{memory.place}: leaves {path.name}"
    for path in folder.glob("[mnc]*.npz"):
        with contextlib.suppress(ZooError):
            storage.read_model_file(path)
            continue
        yield f"{memory.place}: {path.name} is not whole"
    if "m.npz" not in {path.name for path in folder.iterdir()}:
        yield f"{memory.place}: the earlier model is gone"
