"""Whatever happens while a model file is written, the old file or the new one is there, whole and alone."""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zoo_core import storage
from zoo_core.errors import ModelFileError, ResourceError, UsageError
from zoo_core.storage import _writer as writer
from zoo_core.storage._atomic import stale_files

OLD, NEW = {"a": np.zeros(3)}, {"a": np.ones(20_000)}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return the path of a file that holds OLD, alone in its folder."""
    storage.write_model_file(tmp_path / "m.npz", {}, OLD)
    return tmp_path / "m.npz"


def failing(number: int) -> Any:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def assert_untouched(path: Path) -> None:
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    np.testing.assert_array_equal(storage.read_model_file(path).arrays["a"], OLD["a"], strict=True)


@pytest.mark.parametrize(
    ("call", "number"),
    [
        ("fsync", errno.EIO),
        ("fsync", errno.ENOSPC),
        ("replace", errno.EXDEV),
        ("replace", errno.EACCES),
        ("urandom", errno.ENOSYS),
    ],
    ids=lambda value: errno.errorcode[value] if isinstance(value, int) else value,
)
def test_a_failing_call_leaves_the_old_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing(number))
        with pytest.raises(ResourceError, match=os.strerror(number)) as caught:
            storage.write_model_file(path, {}, NEW)
    assert str(caught.value).startswith(f"{path} cannot be written: ")
    assert caught.value.exit_code == 5
    assert_untouched(path)


def test_a_disk_that_takes_only_the_beginning(path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(ResourceError, match="cannot be written: File too large; nothing was changed"):
            storage.write_model_file(path, {}, NEW)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert_untouched(path)


def test_a_disk_that_returns_other_bytes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: os.pwrite(descriptor, b"\xff", 9_999))
        with pytest.raises(ResourceError, match="does not read back"):
            storage.write_model_file(path, {}, NEW)
    assert_untouched(path)


def test_an_interrupt_passes_and_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            storage.write_model_file(path, {}, NEW)
    assert_untouched(path)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_killed_at_once_the_old_file_stays_and_the_temporary_is_known(path: Path, call: str) -> None:
    program = (
        "import os, signal, sys, numpy as np; from zoo_core import storage\n"
        f"os.{call} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\n"
        "storage.write_model_file(sys.argv[1], {}, {'a': np.ones(9)})"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = stale_files(path)
    left.unlink()
    assert_untouched(path)


def test_temporaries_are_those_of_one_name(path: Path) -> None:
    mine = path.with_name(".m.npz.0123456789ab.tmp")
    for other in (mine, *map(path.with_name, (".m.npz.tmp", ".m2.npz.0123456789ab.tmp", "m.npz.bak"))):
        other.touch()
    assert stale_files(path) == [mine]


def test_the_next_writer_sweeps_what_dead_ones_left_and_nothing_else(path: Path) -> None:
    left, living = (path.with_name(f".m.npz.0123456789a{i}.tmp") for i in range(2))
    others = [path.with_name(name) for name in (".m2.npz.0123456789ab.tmp", "m.npz.bak")]
    for file in (left, *others):
        file.write_bytes(b"half")
    with living.open("wb") as file:  # as a writer in another process holds it
        fcntl.flock(file, fcntl.LOCK_EX)
        storage.write_model_file(path, {}, NEW)
        assert sorted(path.parent.iterdir()) == sorted([path, living, *others])
    storage.write_model_file(path, {}, NEW)
    assert sorted(path.parent.iterdir()) == sorted([path, *others])


def test_a_temporary_swept_before_it_was_locked_is_made_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flock = fcntl.flock
    swept: list[Path] = []

    def lose(descriptor: int, operation: int) -> None:
        if not swept:
            swept.extend(stale_files(path))
            swept[0].unlink()
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", lose)
    storage.write_model_file(path, {}, NEW)
    assert len(swept) == 1
    assert storage.read_model_file(path).arrays["a"].sum() == 20_000
    assert list(path.parent.iterdir()) == [path]


def test_an_interrupt_while_the_temporary_is_locked_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(fcntl, "flock", interrupt)
        with pytest.raises(KeyboardInterrupt):
            storage.write_model_file(path, {}, NEW)
    assert_untouched(path)


def test_a_file_larger_than_its_form_can_say_is_never_begun(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_SIZE", 100_000)
    with pytest.raises(ModelFileError, match="it would have more than 100000 bytes"):
        storage.write_model_file(path, {}, NEW)
    assert_untouched(path)


@pytest.mark.parametrize("number", [None, errno.EPERM, errno.EEXIST], ids=["links", "no links", "somebody was faster"])
def test_a_new_name_is_given_without_replacing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int | None
) -> None:
    path = tmp_path / "new.npz"
    if number:
        monkeypatch.setattr(os, "link", failing(number))
    monkeypatch.setattr(os, "replace", failing(errno.EXDEV))
    if number is None:
        storage.write_model_file(path, {}, NEW, overwrite=False)
        assert [p.name for p in tmp_path.iterdir()] == ["new.npz"]
        return
    with pytest.raises(UsageError if number == errno.EEXIST else ResourceError):
        storage.write_model_file(path, {}, NEW, overwrite=False)
    assert list(tmp_path.iterdir()) == []


def test_a_new_name_on_a_disk_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "new.npz"
    monkeypatch.setattr(os, "link", failing(errno.EPERM))
    storage.write_model_file(path, {}, NEW, overwrite=False)
    assert storage.read_model_file(path).arrays["a"].sum() == 20_000
    assert [p.name for p in tmp_path.iterdir()] == ["new.npz"]


def test_a_system_without_locks_writes_and_sweeps_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.with_name(".m.npz.0123456789ab.tmp").touch()
    monkeypatch.setattr(fcntl, "flock", failing(errno.ENOLCK))
    storage.write_model_file(path, {}, NEW)
    assert storage.read_model_file(path).arrays["a"].sum() == 20_000
    assert len(list(path.parent.iterdir())) == 2


def test_data_reach_the_disk_before_the_name_and_the_name_before_the_end(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    fsync, replace = os.fsync, os.replace

    def record_fsync(descriptor: int) -> None:
        calls.append("fsync " + ("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file"))
        fsync(descriptor)

    def record_replace(source: Any, target: Any) -> None:
        calls.append(f"replace {Path(target).name}")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", record_fsync)
    monkeypatch.setattr(os, "replace", record_replace)
    storage.write_model_file(path, {}, NEW)
    assert calls == ["fsync file", "replace m.npz", "fsync folder"]


@pytest.mark.parametrize(("number", "fatal"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_a_folder_that_cannot_be_synced(path: Path, monkeypatch: pytest.MonkeyPatch, number: int, fatal: bool) -> None:
    fsync = os.fsync
    replies = iter([fsync, failing(number)])
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: next(replies)(descriptor))
        if fatal:
            with pytest.raises(ResourceError, match="is written, but the disk did not confirm it"):
                storage.write_model_file(path, {}, NEW)
        else:
            storage.write_model_file(path, {}, NEW)
    assert storage.read_model_file(path).arrays["a"].sum() == 20_000
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600), (0, 0o666)])
def test_permissions_follow_the_umask(tmp_path: Path, umask: int, mode: int) -> None:
    old = os.umask(umask)
    try:
        storage.write_model_file(tmp_path / "m.npz", {}, OLD)
    finally:
        os.umask(old)
    assert (tmp_path / "m.npz").stat().st_mode & 0o777 == mode


def test_overwriting_can_be_forbidden(path: Path) -> None:
    with pytest.raises(UsageError, match=r"m\.npz exists; pass overwrite=True to replace it"):
        storage.write_model_file(path, {}, NEW, overwrite=False)
    assert_untouched(path)
    storage.write_model_file(path.with_name("other.npz"), {}, NEW, overwrite=False)
    storage.write_model_file(path, {}, NEW)
    assert storage.read_model_file(path).arrays["a"].sum() == 20_000


def test_a_symbolic_link_is_replaced_and_its_target_left(path: Path) -> None:
    link = path.with_name("latest.npz")
    link.symlink_to(path)
    with pytest.raises(UsageError, match="overwrite=True"):
        storage.write_model_file(link, {}, NEW, overwrite=False)
    storage.write_model_file(link, {}, NEW)
    assert not link.is_symlink()
    link.unlink()
    assert_untouched(path)


def test_folders_and_devices_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "null").symlink_to("/dev/null")
    os.mkfifo(tmp_path / "pipe")
    before = sorted(tmp_path.iterdir())
    for name in ("folder", "null", "pipe", "", "folder/.."):
        with pytest.raises(UsageError, match="is a folder or a device and not a file"):
            storage.write_model_file(tmp_path / name, {}, OLD)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("nowhere/m.npz", ResourceError, "No such file or directory; nothing was changed. Check the folder"),
        ("x" * 300, ResourceError, "File name too long"),
        ("a\0b", UsageError, "NUL"),
        ("\ud800.npz", UsageError, "no character"),
    ],
    ids=["no folder", "long", "NUL", "surrogate"],
)
def test_places_that_cannot_be_written(tmp_path: Path, name: str, kind: type, message: str) -> None:
    with pytest.raises(kind, match=message):
        storage.write_model_file(tmp_path / name, {}, OLD)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO], ids=errno.errorcode.get)
def test_a_file_that_the_system_does_not_let_be_read(path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(os, "open", failing(number))
    with pytest.raises(ResourceError, match=rf"m\.npz cannot be read: {os.strerror(number)}; check"):
        storage.read_model_file(path)


def test_readers_see_whole_files_while_writers_race(path: Path) -> None:
    contents = {storage.write_model_file(path, {}, {"a": np.full(5_000, i)}): i for i in range(4)}
    problems: list[object] = []
    done = threading.Event()

    def write(value: int) -> None:
        for _ in range(10):
            storage.write_model_file(path, {}, {"a": np.full(5_000, value)})

    def look() -> None:
        while not done.is_set():
            try:
                seen = storage.read_model_file(path)
                if (seen.arrays["a"] != contents[seen.sha256]).any():
                    problems.append(seen.sha256)
            except Exception as error:
                problems.append(error)

    readers = [threading.Thread(target=look) for _ in range(2)]
    writers = [threading.Thread(target=write, args=(i,)) for i in range(4)]
    for thread in readers + writers:
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in readers:
        thread.join()
    assert problems == []
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_link_to_a_stream_of_the_process_is_no_file(tmp_path: Path) -> None:
    # /dev/stdout leads to /proc/self/fd/1, which is a file where the output is redirected to one
    link = tmp_path / "stdout"
    with (tmp_path / "log").open("w") as file:
        link.symlink_to(f"/proc/self/fd/{file.fileno()}")
        with pytest.raises(UsageError, match="not a file"):
            storage.write_file(link, b"x")
    assert link.is_symlink()


@pytest.mark.parametrize("path", [5, None, b"m.npz", ["m.npz"]])
def test_what_is_no_path_is_refused(path: Any) -> None:
    with pytest.raises(UsageError, match="an output is the path of a file, not "):
        storage.write_model_file(path, {}, NEW)
