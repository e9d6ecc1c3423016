"""Runs written source code in a folder of its own, with a time limit, to compare what it gives with the model."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.errors import PluginError
from zoo_core.graphs import Graph, evaluate
from zoo_core.parts import Array

SECONDS = 120  # that a program may take
SHOWN = 300  # characters of what it says


class NotRunError(Exception):
    """A program did not end in time."""


class Runner:
    """Runs written code where its language is on this machine; elsewhere the graph that it was written from.

    Args:
        model: the model.
        graph: its graph.
        programs: those of which one is needed.
        called: how a note calls them.
        compute: gives the outputs of the code, given the program, a folder and the rows.
        probe: does the least that the language can, given the program and a folder.
    """

    def __init__(
        self,
        model: Any,
        graph: Graph,
        programs: tuple[str, ...],
        called: str,
        compute: Callable[[str, Path, Array], dict[str, Array]],
        probe: Callable[[str, Path], None],
    ) -> None:
        self._model, self._graph, self._called = model, graph, called
        self._compute, self._probe = compute, probe
        self._program = next((path for name in programs if (path := shutil.which(name))), None)
        self.how = f"with {programs[0]}"

    def run(self, x: Array) -> dict[str, Array]:
        """Return the outputs for rows, with labels in place of their indices."""
        found = self._found(x)
        if "label" in found:
            labels = self._model.labels()
            found["label"] = labels[np.clip(found["label"][:, 0].astype(np.int64), -1, len(labels) - 1)]
        return found

    def _found(self, x: Array) -> dict[str, Array]:
        if self._program is None:
            self.how = f"as a graph: there is no {self._called} here, so the code itself was not run"
            return evaluate(self._graph, x)
        try:
            with tempfile.TemporaryDirectory(prefix="zoo-export-") as folder:
                return self._compute(self._program, Path(folder), x)
        except NotRunError as error:
            reason = str(error)
        except PluginError:
            if self._works():
                raise
            reason = f"{self._program} does not work here"
        self.how = f"as a graph: {reason}, so the code itself was not checked"
        return evaluate(self._graph, x)

    def _works(self) -> bool:
        """Return whether the language itself works: a failure is then that of the written code."""
        assert self._program is not None
        try:
            with tempfile.TemporaryDirectory(prefix="zoo-export-") as folder:
                self._probe(self._program, Path(folder))
        except (PluginError, NotRunError):
            return False
        return True


def answers(command: list[str], folder: Path, graph: Graph, x: Array) -> dict[str, Array]:
    """Return what a program gives: it reads float64 rows from the file "rows", and writes all outputs to "found"."""
    (folder / "rows").write_bytes(np.asarray(x, "<f8").tobytes())
    run(command, folder)
    found = np.frombuffer((folder / "found").read_bytes(), "<f8").reshape(len(x), -1)
    ends = np.cumsum([node.width for node in graph.outputs.values()])
    columns = np.split(found, ends[:-1], axis=1)
    return {name: part.astype(node.dtype) for (name, node), part in zip(graph.outputs.items(), columns, strict=True)}


def run(command: list[str], folder: Path) -> None:
    """Run a program and all that it starts. Raises PluginError if it fails, and NotRunError if it takes too long."""
    pipe, nothing, apart = subprocess.PIPE, subprocess.DEVNULL, os.name == "posix"
    with subprocess.Popen(
        command, cwd=folder, stdin=nothing, stdout=nothing, stderr=pipe, start_new_session=apart
    ) as started:
        try:
            _, said = started.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired as error:
            raise NotRunError(f"{Path(command[0]).name} took over {SECONDS} s") from error
        finally:
            if started.poll() is None:
                _end(started)
    if started.returncode:
        shown = said.decode(errors="replace").strip()[:SHOWN]
        raise PluginError(f"the written code fails (exit code {started.returncode}): {shown}")


def _end(started: subprocess.Popen[bytes]) -> None:
    """End a program, and on POSIX also those that it has started, such as the stages of a compiler."""
    if os.name == "posix":
        os.killpg(started.pid, signal.SIGKILL)
    else:
        started.kill()
