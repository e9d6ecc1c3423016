"""One run at a time writes an output, and who is turned away learns who has it; on systems without flock too."""

from __future__ import annotations

import errno
import fcntl
import os
import sys
import types
from pathlib import Path

import pytest

from zoo_core.errors import ResourceError
from zoo_core.storage import _atomic as files, _lock as exclusive, file_lock


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "m.npz"


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> set[tuple[int, int]]:
    """Put a msvcrt in fcntl's place; return what it has locked: inodes and bytes."""
    held: set[tuple[int, int]] = set()

    def locking(descriptor: int, mode: int, count: int) -> None:
        key = os.fstat(descriptor).st_ino, os.lseek(descriptor, 0, os.SEEK_CUR)
        if key in held:
            raise PermissionError(errno.EACCES, "Permission denied")
        held.add(key)

    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", types.SimpleNamespace(locking=locking, LK_NBLCK=2))
    monkeypatch.setattr(exclusive, "WINDOWS", True)
    monkeypatch.setattr(files, "WINDOWS", True)
    return held


def check_one_at_a_time(path: Path) -> None:
    with file_lock(path):
        with (
            pytest.raises(ResourceError, match=f"process {os.getpid()} is writing it; wait until it ends"),
            file_lock(path),
        ):
            pass
        with file_lock(path.with_name("other.npz")):
            pass
    assert list(path.parent.iterdir()) == []


def test_the_second_is_turned_away_and_told_who_has_it(path: Path) -> None:
    check_one_at_a_time(path)


def test_so_it_is_where_the_system_locks_bytes(path: Path, windows: set[tuple[int, int]]) -> None:
    check_one_at_a_time(path)
    assert {byte for _, byte in windows} == {exclusive.LOCKED_BYTE}


def test_a_file_is_written_there_too(path: Path, windows: set[tuple[int, int]]) -> None:
    files.write_file(path, b"old")
    files.write_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(path.parent.iterdir()) == [path]


def test_a_system_without_locks_lets_everybody_write(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setitem(sys.modules, "msvcrt", None)
    with file_lock(path), file_lock(path):
        pass
    assert list(path.parent.iterdir()) == []


def test_a_disk_that_cannot_lock_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", fail)
    with pytest.raises(ResourceError, match=r"m\.npz: cannot be locked: No locks available"), file_lock(path):
        pass


@pytest.mark.parametrize("again", [False, True], ids=["gone", "made anew"])
def test_a_lock_whose_file_was_removed_meanwhile_is_taken_again(
    path: Path, monkeypatch: pytest.MonkeyPatch, again: bool
) -> None:
    """The holder before us removes the file between our opening and our locking it."""
    place, flock, removed = path.with_name(".m.npz.lock"), fcntl.flock, list[int]()

    def lose(descriptor: int, operation: int) -> None:
        flock(descriptor, operation)
        if not removed:
            removed.append(descriptor)
            place.unlink()
            if again:
                place.touch()

    monkeypatch.setattr(fcntl, "flock", lose)
    with file_lock(path):
        assert place.read_text() == f"{os.getpid()}\n"
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("gone", [False, True], ids=["empty", "gone"])
def test_a_holder_that_has_not_said_its_number_is_unknown(
    path: Path, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    place, flock = path.with_name(".m.npz.lock"), fcntl.flock

    def leave(descriptor: int, operation: int) -> None:
        try:
            flock(descriptor, operation)
        finally:
            place.unlink(missing_ok=gone)

    with place.open("w") as held:
        flock(held, fcntl.LOCK_EX)
        if gone:
            monkeypatch.setattr(fcntl, "flock", leave)
        with pytest.raises(ResourceError, match=r"process \(unknown\) is writing it"), file_lock(path):
            pass


def test_a_link_in_the_place_of_the_lock_is_not_followed(path: Path) -> None:
    victim = path.with_name("precious.txt")
    victim.write_text("mine")
    path.with_name(".m.npz.lock").symlink_to(victim)
    with pytest.raises(ResourceError, match="cannot be locked"), file_lock(path):
        pass
    assert victim.read_text() == "mine"
