"""A save killed at every call that Python makes into the system: what `syscalls` shows, where there is no strace."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from tests.robustness import Result, environment, python
from zoo_core import storage
from zoo_core.storage._atomic import stale_files

PROMISE = "every call into the system of a save killed: the old file or the new one, whole (needs no strace)"
COUNT = 100_000  # at most; all there are
OLD, NEW = {"w": np.zeros(3)}, {"w": np.arange(2000.0)}
MODULES = ("posix", "fcntl", "_io", "io")


def main(count: int) -> Result:
    """Kill at most `count` saves of each kind, at the first calls."""
    tried, failures = 0, []
    for how in ("replace", "new"):
        with tempfile.TemporaryDirectory() as folder:
            command = python("-m", __name__, folder, how, str(count))
            done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
        more, problems = json.loads(done.stdout)
        tried, failures = tried + more, [*failures, *problems]
    return tried, failures


def killed(path: Path, overwrite: bool, number: int) -> bool:
    """Save in a child that is killed at its call `number`; return whether it made that call."""
    child = os.fork()
    if not child:
        seen = 0

        def watch(frame: object, event: str, function: Any) -> None:
            nonlocal seen
            owner = getattr(function, "__self__", None)
            if event == "c_call" and (getattr(function, "__module__", "") in MODULES or isinstance(owner, io.IOBase)):
                seen += 1
                if seen == number:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(watch)
        storage.write_model_file(path, {}, NEW, overwrite=overwrite)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def serve(folder: Path, overwrite: bool, count: int) -> None:
    """Print how many saves were killed, and what was wrong afterwards."""
    path = folder / "m.npz"
    new = storage.write_model_file(path, {}, NEW)
    old = storage.write_model_file(path, {}, OLD)
    tried, failures = 0, []
    for number in range(1, count + 1):
        path.unlink()
        if overwrite:
            storage.write_model_file(path, {}, OLD)
        if not killed(path, overwrite, number):
            break
        tried += 1
        found = storage.read_model_file(path).sha256 if path.exists() else ""
        left = {file for file in folder.iterdir() if file != path}
        if found not in (new, old if overwrite else "") or left != set(stale_files(path)):
            failures.append(f"call {number}: the file is not whole, or there is {left}")
        storage.write_model_file(path, {}, NEW)
        if list(folder.iterdir()) != [path]:
            failures.append(f"call {number}: the next save leaves something behind")
    print(json.dumps((tried, failures)))


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2] == "replace", int(sys.argv[3]))
