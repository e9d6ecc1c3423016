"""Many orders of events around one output: runs, --force, resume, kills, taken names, links. No file is lost.

Each round plays some events, drawn by a seed. After each of them the folder is compared with what it was: a file that
somebody else put there is as it was, unless the event was told to replace it; the last file of the zoo's at the output
is whole; and where steps were trained, a checkpoint or a model of the run is left.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import tempfile
from pathlib import Path

from tests.helpers.runs import write_run
from tests.robustness import Result, environment, python
from zoo_core import storage
from zoo_core.errors import ZooError

PROMISE = "orders of force, resume, kills, taken names and links: nothing but what was named is replaced or gone"
COUNT = 400
VICTIM = Path(__file__).with_name("stopped.py")
OUTPUT = "m.npz"
STRANGERS = ("m.npz", "m-2.npz", "m.best.npz", "m.checkpoint-0000000005.npz", ".m.npz.lock", "notes.txt")


class Round:
    """One folder in which events happen.

    `theirs` are the files of somebody else, by name, with their digests. `told` are the digests that stood at the
    output when the unfinished run began with --force: that run may replace them, also after a resume.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.chance = folder, random.Random(seed)
        self.theirs: dict[str, str] = {}
        self.told: set[str] = set()
        self.failures: list[str] = []
        write_run(folder)
        self.inputs = {name: digest(folder / name) for name in ("s.toml", "t.npz")}

    def play(self, events: int) -> list[str]:
        """Play some events; return what went wrong."""
        for _ in range(events):
            name = self.chance.choice((self.train, self.train, self.resume, self.stranger, self.link))()
            self.failures += [f"after {name}: {problem}" for problem in self.problems()]
        return self.failures

    def train(self) -> str:
        """Begin a run, with --force or without, that is stopped in some way or not, on data that are there or not."""
        force = ["--force"] * self.chance.getrandbits(1)
        output = self.chance.choice([OUTPUT, OUTPUT, OUTPUT, "t.npz"])
        missing = self.chance.random() < 0.15
        if missing:
            (self.folder / "t.npz").rename(self.folder / "away")
        before, stood = self.checkpoints(), digest(self.folder / OUTPUT)
        name = self.run("train", "s.toml", "-o", output, *force, named={OUTPUT} if force else set())
        if self.checkpoints() - before:  # this run is the unfinished one
            self.told = {stood} if force else set()
        if missing:
            (self.folder / "away").rename(self.folder / "t.npz")
        return f"{name}, data missing" if missing else name

    def resume(self) -> str:
        """Go on with a run."""
        force = ["--force"] * (self.chance.random() < 0.3)
        is_named = force or (self.checkpoints() and digest(self.folder / OUTPUT) in self.told)
        return self.run("resume", OUTPUT, *force, named={OUTPUT} if is_named else set())

    def checkpoints(self) -> set[str]:
        """Return the digests of the checkpoints beside the output."""
        return {digest(path) for path in self.folder.glob("m.checkpoint-*")}

    def run(self, *arguments: str, named: set[str]) -> str:
        """Run a command that is stopped at a random write; `named` are files that it may replace."""
        how, after = self.chance.choice(["no", "kill", "int", "raise", "take", "full"]), self.chance.randint(1, 9)
        command = python(VICTIM, how, after, *arguments, "-q", "--checkpoint-every", "3steps")
        done = subprocess.run(
            command, cwd=self.folder, env=environment(), capture_output=True, text=True, check=False, timeout=60
        )
        if how == "take" and (self.folder / "taken").exists():
            self.theirs[OUTPUT] = digest(self.folder / "taken")
            (self.folder / "taken").unlink()
            named = set()
        if "Traceback" in done.stderr or done.returncode not in (0, 2, 3, 5, 130, -signal.SIGKILL):
            self.failures.append(f"{arguments}, {how} at {after}: {done.returncode} {done.stderr[-300:]}")
        for name in named & self.theirs.keys():
            if digest(self.folder / name) != self.theirs[name]:
                del self.theirs[name]
        return f"{' '.join(arguments)}, {how} at {after}"

    def stranger(self) -> str:
        """Let somebody else write a file, where there is none."""
        name = self.chance.choice(STRANGERS)
        path = self.folder / name
        if not os.path.lexists(path):
            path.write_bytes(self.chance.randbytes(50))
            self.theirs[name] = digest(path)
        return f"a stranger's {name}"

    def link(self) -> str:
        """Let somebody else make a link at the output to a file of theirs, or remove what stands in the way."""
        path, aim = self.folder / OUTPUT, self.folder / "precious"
        if not os.path.lexists(path):
            aim.write_bytes(b"precious")
            self.theirs["precious"] = digest(aim)
            path.symlink_to("precious")
            self.theirs[OUTPUT] = digest(path)
            return "a link"
        for name in (*STRANGERS[2:5], self.chance.choice([OUTPUT, "notes.txt"])):
            (self.folder / name).unlink(missing_ok=True)
            self.theirs.pop(name, None)
        return "clearing up"

    def problems(self) -> list[str]:
        """Return what is not as it should be."""
        lost = [n for n, d in (self.theirs | self.inputs).items() if digest(self.folder / n) != d]
        found = [f"{name} is not as it was" for name in lost]
        for path in self.folder.glob("m*.npz"):
            if path.name not in self.theirs and not path.is_symlink():
                try:
                    storage.read_model_file(path)
                except ZooError as error:
                    found.append(f"not whole: {error}")
        return found


def digest(path: Path) -> str:
    """Return what tells a file or a link from others; "" where nothing is."""
    if path.is_symlink():
        return f"link to {path.readlink()}"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


def main(count: int) -> Result:
    """Play `count` events, ten in each folder."""
    failures: list[str] = []
    for seed in range(-(-count // 10)):
        with tempfile.TemporaryDirectory() as name:
            played = min(10, count - 10 * seed)
            failures += [f"round {seed}: {line}" for line in Round(Path(name), seed).play(played)]
    return count, failures
