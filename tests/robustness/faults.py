"""A save whose system calls fail one after the other, and a disk of 1 MB that fills up."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.robustness import Result, Unavailable, environment, python, traced

PROMISE = "ENOSPC, EIO, EACCES, EXDEV at each call on files, and a full 1 MB disk: nothing is lost"
COUNT = 100_000  # at most; all there are
NUMBERS = ("ENOSPC", "EIO", "EACCES", "EXDEV")
CALLS = frozenset({
    "openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "renameat", "renameat2", "link", "linkat",
    "unlink", "unlinkat", "close", "read", "lseek", "fstat", "newfstatat", "statx", "flock", "getdents64", "fcntl",
})  # fmt: skip
SMALL_DISK = Path(__file__).with_name("small_disk.py")


def main(count: int) -> Result:
    """Try at most `count` faults, evenly spread, and then the disk that is full at every size."""
    tried, failures = 0, []
    for overwrite in (True, False):
        with traced.trial(overwrite) as trial:
            calls = {name: times for name, times in sorted(trial.calls().items()) if name in CALLS}
            places = [(n, k, e) for n, times in calls.items() for k in range(1, times + 1) for e in NUMBERS]
            chosen = traced.pick(len(places), (count + overwrite) // 2)
            for name, k, error in (places[i] for i in sorted(chosen)):
                trial.reset()
                status, _ = trial.save(f"inject={name}:error={error}:when={k}")
                tried += 1
                if problem := _problem(trial, status, name):
                    what = "replacing" if overwrite else "new"
                    failures.append(f"{what}, {error} at {name} number {k}: {problem}")
    disk = full_disk()
    return tried + disk[0], failures + disk[1]


def _problem(trial: traced.Trial, status: int, name: str) -> str:
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 5):
        return f"the save ended with {code}"
    return trial.problem(saved=code == 0, may_leave=name.startswith("unlink"))


def full_disk() -> Result:
    """Save to a disk with less and less room, in a name space of mounts of its own."""
    rights = "-m" if os.geteuid() == 0 else "-rm"
    script = (
        'd=$(mktemp -d) && mount -t tmpfs -o size=1m tmpfs "$d" && "$@" "$d"; c=$?; umount "$d"; rmdir "$d"; exit $c'
    )
    command = ["unshare", rights, "sh", "-c", script, "sh", *python(SMALL_DISK)]
    try:
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Unavailable("needs unshare (util-linux)") from error
    if done.returncode:
        raise Unavailable(f"a small disk cannot be mounted here: {done.stderr.strip()[-200:]}")
    tried, *failures = done.stdout.splitlines()
    return int(tried), failures
