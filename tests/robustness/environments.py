"""The same spec trained under other hash seeds, time zones, locales, umasks, folders, homes and outputs."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import tempfile
from functools import partial
from pathlib import Path

from tests.robustness import Result, environment, python

PROMISE = "runs under other hash seeds, time zones, locales, umasks, folders, clocks: one sha256"
COUNT = 20
ZONES = ("UTC", "Asia/Kolkata", "America/St_Johns", "Pacific/Kiritimati")
LOCALES = ("C", "C.UTF-8", "POSIX", "de_DE.UTF-8", "tr_TR.UTF-8")
UMASKS = (0o022, 0o077, 0o002, 0o000)
CHANGES = ("data.rows=600", "data.test_rows=100", "data.train=:500", "data.validation=500:", "training.epochs=2")
LATER = "import sys, time; real = time.time; time.time = lambda: real() + {shift}; "
COMMAND = "from zoo_core.cli import run; sys.exit(run())"


def main(count: int) -> Result:
    """Train `count` times."""
    found: dict[str, list[int]] = {}
    with tempfile.TemporaryDirectory() as name:
        for i in range(count):
            found.setdefault(_train(Path(name), i), []).append(i)
    usual = max(found, key=lambda digest: len(found[digest]), default="")
    return count, [f"run {i}: sha256 {digest}" for digest, runs in found.items() if digest != usual for i in runs]


def _train(folder: Path, i: int) -> str:
    """Train in an environment of a number; return the file's sha256."""
    chance = random.Random(i)
    place = folder / chance.choice(("a", "b c", "ä", "deep/er")) / str(i)
    place.mkdir(parents=True)
    output = place / chance.choice(("m.npz", "another name.npz"))
    code = LATER.format(shift=chance.choice((0, -1e8, 1e9))) + COMMAND
    command = python("-c", code, "train", "glyphs-quickstart", "-q", "-o", output)
    command += [word for change in CHANGES for word in ("--set", change)]
    command += ["--checkpoint-every", chance.choice(("never", "3steps", "auto"))]
    own = environment(
        PYTHONHASHSEED=str(i),
        TZ=chance.choice(ZONES),
        LC_ALL=chance.choice(LOCALES),
        HOME=str(place),
        USER=f"user{i}",
        HOSTNAME=f"host{i}",
    )
    umask = partial(os.umask, chance.choice(UMASKS))
    done = subprocess.run(command, env=own, cwd=place, preexec_fn=umask, capture_output=True, text=True, check=False)
    return hashlib.sha256(output.read_bytes()).hexdigest() if not done.returncode else done.stderr[:300]
