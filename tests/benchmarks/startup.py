"""What a whole process costs: importing each library, and the command `zoo` from its start to its end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tests.benchmarks.contract import COMPETITORS, competitor, version
from tests.benchmarks.pool import take_turns
from tests.benchmarks.results import Measured, Result

BASE = "import numpy"
IMPORTS = {
    "pytorch": "torch",
    "scikit-learn": "sklearn.neural_network",
    "jax": "jax",
    "thinc": "thinc.api",
    "keras": "keras",
    "onnxruntime": "onnxruntime",
}


def start_up(*, rounds: int, seconds: float, keys: Iterable[str] = ()) -> Result:
    """Time whole processes in turns; the first turn, which brings files into the cache, does not count.

    Bytecode is kept in a folder of this benchmark's, as every installation keeps it: where the environment forbids
    to write it, the zoo alone would be compiled anew in each process.
    """
    wanted = [k for k in keys or COMPETITORS if k in IMPORTS]
    here = [k for k in wanted if version(k)]
    variables = {f"import {IMPORTS[k]}": competitor(k).environment(1) for k in here}
    with TemporaryDirectory() as folder:
        commands = ours(Path(folder)) | {name: python(name) for name in variables}
        bytecode = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": folder}

        def turn() -> dict[tuple[str, int], float]:
            return {(name, 1): run(command, bytecode | variables.get(name, {})) for name, command in commands.items()}

        turn()
        times = take_turns(turn, rounds, seconds)
    measured = [Measured(name, name, 1, values) for (name, _), values in times.items()]
    absent = {k: f"{competitor(k).package} is not installed" for k in wanted if not version(k)}
    return Result("Start-up: whole processes", measured, absent, base=BASE)


def ours(folder: Path) -> dict[str, list[str]]:
    """Return the commands of Python, NumPy and the zoo; a row to predict is put into the folder."""
    row = folder / "row.npy"
    np.save(row, np.zeros((1, 784), np.uint8))
    zoo = [sys.executable, "-m", "zoo_core"]
    return {
        "python alone": python("pass"),
        BASE: python(BASE),
        "import zoo_core": python("import zoo_core"),
        "import zoo_core, and use load": python("import zoo_core; zoo_core.load"),
        "zoo --help": [*zoo, "--help"],
        "zoo predict, one row": [*zoo, "predict", "mnist-mlp", str(row)],
    }


def python(code: str) -> list[str]:
    """Return the command that runs some code."""
    return [sys.executable, "-c", code]


def run(command: list[str], variables: Mapping[str, str]) -> float:
    """Return the seconds that a command takes."""
    began = time.perf_counter()
    subprocess.run(command, check=True, env=os.environ | dict(variables), stdout=subprocess.DEVNULL)
    return time.perf_counter() - began
