"""Saves under strace: which system calls a save makes, and what happens when one of them kills it or fails."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from tests.robustness import Unavailable, environment, python
from zoo_core import storage
from zoo_core.storage._atomic import stale_files

SAVER = Path(__file__).with_name("saver.py")
OLD, NEW = {"w": np.zeros(3)}, {"w": np.arange(2000.0)}
CALL = re.compile(r"^([a-z0-9_]+)\(", re.MULTILINE)


@dataclass
class Trial:
    """A folder with one model file, or none yet, and a process that saves it again and again."""

    path: Path
    overwrite: bool
    server: subprocess.Popen[str]
    old: str
    new: str

    def reset(self) -> None:
        """Put the folder into the state before a save."""
        for file in self.path.parent.iterdir():
            file.unlink()
        if self.overwrite:
            storage.write_model_file(self.path, {}, OLD)

    def save(self, *inject: str) -> tuple[int, str]:
        """Return the wait status of one save, and strace's log of it."""
        requests, answers = self._pipes()
        print("go", file=requests, flush=True)
        child = int(answers.readline())
        _wait_until(child, "State:\tT")
        log = self.path.parent.with_suffix(".log")
        options = [word for text in inject for word in ("-e", text)]
        tracer = subprocess.Popen(
            ["strace", "-o", str(log), *options, "-p", str(child)], stderr=subprocess.PIPE, text=True
        )
        _let_go(child, tracer)
        status = int(answers.readline())
        tracer.communicate()
        return status, log.read_text()

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        assert self.server.stdin is not None
        assert self.server.stdout is not None
        return self.server.stdin, self.server.stdout

    def calls(self) -> Counter[str]:
        """Return how often a save makes each system call."""
        self.reset()
        status, log = self.save()
        assert status == 0, log
        return Counter(CALL.findall(log))

    def problem(self, *, saved: bool | None, may_leave: bool) -> str:
        """Return what is wrong with the folder after a save that was disturbed, and after the next one, or ''.

        `saved`: the save claimed so (True), failed (False) or was killed (None).
        """
        found = self._digest()
        allowed = {self.new} if saved else {self.old, self.new}
        if found not in allowed:
            return f"the file is {'gone' if not found else 'neither the old one nor the new one'}"
        left = [file.name for file in self.path.parent.iterdir() if file != self.path]
        if left and (not may_leave or len(left) > 1 or left != [t.name for t in stale_files(self.path)]):
            return f"there is {', '.join(left)}"
        storage.write_model_file(self.path, {}, NEW)
        if [file.name for file in self.path.parent.iterdir()] != [self.path.name] or self._digest() != self.new:
            return "the next save does not put it right"
        return ""

    def _digest(self) -> str:
        return storage.read_model_file(self.path).sha256 if self.path.exists() else ""


def _wait_until(child: int, line: str) -> bool:
    """Wait until the system says this of a process, for at most five seconds."""
    status = Path(f"/proc/{child}/status")
    for _ in range(5000):
        if line in status.read_text():
            return True
        time.sleep(0.001)
    return False


def _let_go(child: int, tracer: subprocess.Popen[str]) -> None:
    """Let a stopped save go on as soon as strace has it; raises Unavailable where that cannot be."""
    if _wait_until(child, f"TracerPid:\t{tracer.pid}\n"):
        os.kill(child, signal.SIGCONT)
        return
    os.kill(child, signal.SIGKILL)
    tracer.kill()
    raise Unavailable(f"strace cannot trace here: {tracer.communicate()[1].strip()}")


@contextmanager
def trial(overwrite: bool) -> Iterator[Trial]:
    """Make a folder and a saver; raises Unavailable without strace."""
    if shutil.which("strace") is None:
        raise Unavailable("needs strace (apt-get install strace)")
    with tempfile.TemporaryDirectory() as outer:
        folder = Path(outer) / "m"
        folder.mkdir()
        path = folder / "m.npz"
        new = storage.write_model_file(path, {}, NEW)
        old = storage.write_model_file(path, {}, OLD) if overwrite else ""
        command = python(SAVER, path, "replace" if overwrite else "new")
        with subprocess.Popen(
            command, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server:
            try:
                yield Trial(path, overwrite, server, old, new)
            finally:
                server.kill()


def pick(total: int, count: int) -> set[int]:
    """Return `count` of the numbers below `total`, evenly spread, or all of them if `count` is larger."""
    count = min(count, total)
    return {round(i * (total - 1) / max(count - 1, 1)) for i in range(count)}
