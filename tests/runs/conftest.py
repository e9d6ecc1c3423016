"""Fixtures of the modules that stop a run and look at its files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import zoo_core
from tests.helpers.runs import write_run
from zoo_core.runs import _checkpoint_writer
from zoo_core.runs._checkpoint import write_checkpoint

Zoo = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def bytes_alone(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the bytes of a run of s.toml that nothing stops."""
    folder = tmp_path_factory.mktemp("alone")
    write_run(folder)
    zoo_core.train(folder / "s.toml", output=folder / "alone.npz")
    return (folder / "alone.npz").read_bytes()


@pytest.fixture
def alone(run_zoo: Zoo, bytes_alone: bytes) -> bytes:
    """Write alone.npz into the present folder and return its bytes."""
    Path("alone.npz").write_bytes(bytes_alone)
    return bytes_alone


@pytest.fixture
def run_with(run_zoo: Zoo, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs a command and has something happen after the checkpoint of a number."""

    def run(happen: Callable[[], object], *command: str, after: int = 4) -> tuple[int, str, str]:
        saved = []

        def save(trainer: Any, path: Path, *given: Any) -> None:
            write_checkpoint(trainer, path, *given)
            saved.append(path)
            if len(saved) == after:
                happen()

        with monkeypatch.context() as patch:
            patch.setattr(_checkpoint_writer, "write_checkpoint", save)
            return run_zoo(*(command or ("train", "s.toml", "-o", "m.npz", "--checkpoint-every", "3steps", "-q")))

    return run
