"""Training killed (-9) at random moments, again and again, and resumed each time."""

from __future__ import annotations

import hashlib
import random
import re
import subprocess
import tempfile
import time
from itertools import cycle
from pathlib import Path

from tests.robustness import Result, environment, python

PROMISE = (
    "kills -9 in training, four optimizers, mid-epoch: the sha256 of a run left alone, <= 1 interval lost, no litter"
)
COUNT = 500
PER_RUN = 5  # kills of one run, before it is let finish
EVERY = 40  # steps between two checkpoints, and all that a kill may cost
COUNTED = Path(__file__).with_name("counted.py")
SPEC = """
name = "victim"
seed = 5
[data]
name = "glyphs"
rows = 1200
test_rows = 100
validation = 0.25
[model]
loss = "cross_entropy"
regularizers = [{{ name = "mixup" }}]
[[model.layers]]
units = 24
activation = "prelu"
normalizer = "batch_norm"
regularizers = [{{ name = "dropout", rate = 0.3 }}, {{ name = "l2", strength = 1e-4 }}]
[[model.layers]]
units = 10
activation = "softmax"
[optimizer]
{optimizer}
[training]
epochs = 60
batch_size = 16
early_stopping = {{ patience = 50 }}
"""
OPTIMIZERS = (
    'name = "adam"\nlearning_rate = { name = "on_plateau", initial = 3e-3, patience = 1 }',
    'name = "accumulate"\nevery = 3\nbase = { name = "sgd", momentum = 0.9, nesterov = true, learning_rate = 0.05 }',
    'name = "ema"\nbase = { name = "rmsprop", centered = true, momentum = 0.5, learning_rate = 1e-3 }',
    'name = "sam"\nbase = { name = "nadam", learning_rate = { name = "cosine", initial = 2e-3 } }',
)


def main(count: int) -> Result:
    """Kill `count` times, spread over runs of four optimizers."""
    chance, failures, done, lost = random.Random(count), list[str](), 0, list[int]()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wanted = [_alone(folder, i) for i in range(min(len(OPTIMIZERS), -(-count // PER_RUN)))]
        for run, (i, (digest, seconds)) in enumerate(cycle(enumerate(wanted))):
            if done >= count:
                print(f"    steps lost in {len(lost)} kills in training: at most {max(lost, default=0)} of {EVERY}")
                return done, failures
            kills = min(PER_RUN, count - done)
            failures += [f"run {run}: {line}" for line in _run(folder, i, digest, seconds, kills, chance, lost)]
            done += kills
    raise AssertionError("a cycle does not end")


def _train(folder: Path, i: int, output: str) -> list[str]:
    return _zoo(folder, "train", folder / f"{i}.toml", "-o", folder / output, "-q", "--force")


def _zoo(folder: Path, *arguments: str | Path) -> list[str]:
    return python(COUNTED, folder / "steps", *arguments, *_interval())


def _interval() -> tuple[str, str]:
    return "--checkpoint-every", f"{EVERY}steps"


def _alone(folder: Path, i: int) -> tuple[str, float]:
    """Train one of the specs undisturbed; return the file's sha256 and the seconds it took."""
    (folder / f"{i}.toml").write_text(SPEC.format(optimizer=OPTIMIZERS[i]))
    began = time.perf_counter()
    subprocess.run(_train(folder, i, f"{i}.npz"), env=environment(), check=True)
    return _sha256(folder / f"{i}.npz"), time.perf_counter() - began


def _run(
    folder: Path, i: int, digest: str, seconds: float, kills: int, chance: random.Random, lost: list[int]
) -> list[str]:
    """Begin a run, kill it `kills` times, let it finish; return what went wrong, and add what was lost to `lost`."""
    output, failures, before = folder / "m.npz", list[str](), len(lost)
    output.unlink(missing_ok=True)
    for _ in range(kills):
        _start_and_kill(folder, i, chance.uniform(0.05, 1.0) * seconds, lost)
        if output.exists():  # it was faster than the kill: begin again, and be killed again
            output.unlink()
            _start_and_kill(folder, i, 0.5 * seconds, lost)
    failures += [f"optimizer {i}: a kill cost {steps} steps" for steps in lost[before:] if steps > EVERY]
    return failures + _finish(folder, i, digest)


def _finish(folder: Path, i: int, digest: str) -> list[str]:
    """Let a run go on to its end; return what is wrong with it then."""
    output, failures = folder / "m.npz", list[str]()
    before = _newest(folder)
    if not output.exists():
        done = subprocess.run(_next(folder, i), env=environment(), capture_output=True, text=True, check=False)
        failures += [f"exit code {done.returncode}: {done.stderr[:200]}"] if done.returncode else []
    if not output.exists() or _sha256(output) != digest:
        failures.append(f"optimizer {i}: another file than that of a run left alone, after step {before}")
    known = re.compile(r"\d\.(toml|npz)|m\.npz|steps")
    litter = sorted(p.name for p in folder.iterdir() if not known.fullmatch(p.name))
    return failures + ([f"litter: {litter}"] if litter else [])


def _start_and_kill(folder: Path, i: int, seconds: float, lost: list[int]) -> None:
    """Start or resume a run and kill it after some seconds; if it was training, add the number of lost steps."""
    steps = folder / "steps"
    steps.unlink(missing_ok=True)
    process = subprocess.Popen(_next(folder, i), env=environment(), stderr=subprocess.DEVNULL)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    newest = _newest(folder)
    if newest is not None and steps.exists() and (text := steps.read_text()):
        lost.append(int(text) - newest)


def _next(folder: Path, i: int) -> list[str]:
    """Return the command that a user would give now."""
    if _newest(folder) is None:
        return _train(folder, i, "m.npz")
    return _zoo(folder, "resume", folder / "m.npz", "-q")


def _newest(folder: Path) -> int | None:
    return max((int(p.stem.rpartition("-")[2]) for p in folder.glob("m.checkpoint-*.npz")), default=None)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
