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

import zoo_core
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
    row, image = folder / "row.npy", folder / "image.csv"
    np.save(row, np.zeros((1, 784), np.uint8))
    image.write_text(",".join("0" * 784) + "\n")
    model, given = table_model(folder)
    zoo = [sys.executable, "-m", "zoo_core"]
    return {
        "python alone": python("pass"),
        BASE: python(BASE),
        "import zoo_core": python("import zoo_core"),
        "import zoo_core, and use load": python("import zoo_core; zoo_core.load"),
        "zoo --help": [*zoo, "--help"],
        "zoo predict, one row": [*zoo, "predict", "mnist-mlp", str(row)],
        "zoo predict, one row of CSV": [*zoo, "predict", "glyphs-quickstart", str(image)],
        "zoo predict, own model of a table": [*zoo, "predict", model, given],
        "zoo predict, read by Typer": [*zoo, "predict", model, given, "--max-size=256"],
        "zoo show": [*zoo, "show", "glyphs-quickstart"],
        "import numpy, typer, pydantic": python("import numpy, typer, pydantic.main, pydantic.types"),
    }


def table_model(folder: Path) -> tuple[str, str]:
    """Train a model on a small table with numbers and categories; return its file, and one with a row of it."""
    rows = [f"{i % 60},{i % 7},{'abc'[i % 3]},{i % 2}" for i in range(200)]
    (folder / "table.csv").write_text("\n".join(["age,rooms,town,label", *rows, ""]))
    (folder / "given.csv").write_text("age,rooms,town\n33,5,b\n")
    data = {"name": "csv", "path": str(folder / "table.csv"), "target": "label", "task": "classification"}
    layers = [{"units": 16, "activation": "relu"}, {"units": 2, "activation": "softmax"}]
    spec = {"data": {**data, "columns": {"town": "category"}, "preprocessor": "table"}, "optimizer": "adam"}
    spec |= {"model": {"loss": "cross_entropy", "layers": layers}, "training": {"epochs": 1}}
    zoo_core.train(spec).save(folder / "table.npz")
    return str(folder / "table.npz"), str(folder / "given.csv")


def python(code: str) -> list[str]:
    """Return the command that runs some code."""
    return [sys.executable, "-c", code]


def run(command: list[str], variables: Mapping[str, str]) -> float:
    """Return the seconds that a command takes."""
    began = time.perf_counter()
    subprocess.run(command, check=True, env=os.environ | dict(variables), stdout=subprocess.DEVNULL)
    return time.perf_counter() - began
