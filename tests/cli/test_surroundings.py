"""Odd surroundings of a command: a terminal without width, a folder that is gone, a file name with a line end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.runs import write_run

Zoo = Callable[..., tuple[int, str, str]]


def test_a_terminal_that_says_no_width_shows_all(run_zoo: Zoo, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = run_zoo("list", "models")
    monkeypatch.setenv("COLUMNS", "0")
    assert run_zoo("list", "models") == usual


def test_a_current_folder_that_is_gone_is_named(run_zoo: Zoo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_run(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run_zoo("train", "s.toml", "-o", "m.npz", "-q")[0] == 0
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    code, _, err = run_zoo("evaluate", str(tmp_path / "m.npz"))
    assert code in (2, 3, 5)
    assert ": : " not in err


def test_a_name_with_a_line_end_keeps_no_checkpoints(
    run_zoo: Zoo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_run(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert run_zoo("train", "s.toml", "-o", "a\nb.npz", "-q")[0] == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a\nb.npz", "s.toml", "t.npz"]
