"""The notebook's first run, by the shipped spec, by the notebook's own cells where its file is at hand, and by a loop
like theirs; all must print the same.

The loop and the cells do the same arithmetic. What the cells lose beside it goes to the kernel: their process has
freed no large array before, and so the C library gives the temporary arrays of every step back and fetches them anew.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Iterable
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import numpy as np

import zoo_core
from tests.benchmarks.contract import Array
from tests.benchmarks.pool import pool, take_turns
from tests.benchmarks.results import Measured, Result
from tests.helpers import mnist
from zoo_core.data.readers.idx import read_idx
from zoo_core.training.events import Message

EPOCHS, QUICK_EPOCHS = 400, 40
ARCHIVE = "mnist.npz"
RATE, HIDDEN, IMAGES = 0.005, 40, 1_000
TITLES = {"ours": "zoo", "cells": "the notebook's cells", "loop": "a loop like the notebook's"}
SHARED = Path(__file__).parents[3] / "shared/reference/mnist-numpy-notebook.ipynb"
NOTEBOOK = Path(os.environ.get("ZOO_NOTEBOOK") or SHARED)


def notebook(*, rounds: int, seconds: float, full: bool, keys: Iterable[str] = ()) -> Result:
    """Time both from the first step to the last printed line; reading the data does not count."""
    epochs, folder = EPOCHS if full else QUICK_EPOCHS, mnist.folder()
    title = f"The notebook's run 1, {epochs} of {EPOCHS} epochs"
    if folder is None:
        return Result(title, [], {"all": "the MNIST files are not here; set ZOO_DATA_DIR"})
    lines: dict[str, list[str]] = {}
    here = [name for name in TITLES if name != "cells" or NOTEBOOK.exists()]
    absent = {} if "cells" in here else {"cells": "the notebook is not here; ZOO_NOTEBOOK says where it is"}

    def turn(packed: str) -> dict[tuple[str, int], float]:
        times = {}
        for name in here:
            with pool(["zoo"], [1]) as found:
                function, data = f"tests.benchmarks.notebook:{name}", packed if name == "cells" else str(folder)
                spent, lines[name] = found.processes[0].ask("call", function=function, epochs=epochs, data=data)
            times["zoo" if name == "ours" else name, 1] = spent
        return times

    with TemporaryDirectory() as packed:
        pack(folder, Path(packed))
        times = take_turns(lambda: turn(packed), rounds, seconds)
    if any(printed != lines["ours"] for printed in lines.values()):
        title += " (THE PRINTED LINES DIFFER)"
    return Result(title, [Measured(k, TITLES.get(k, "zoo"), n, values) for (k, n), values in times.items()], absent)


def ours(epochs: int, data: str) -> tuple[float, list[str]]:
    """Return the seconds that the shipped spec takes, and the lines that it prints."""
    trainer = zoo_core.prepare(zoo_core.read_spec("notebook-1-sgd", [f"training.epochs={epochs}"]), data)
    began = time.perf_counter()
    lines = [event.text for event in zoo_core.follow(trainer) if isinstance(event, Message)]
    return time.perf_counter() - began, lines


def cells(epochs: int, data: str) -> tuple[float, list[str]]:
    """Return the same for the notebook's own code, cell by cell to the end of its first run."""
    sys.modules.update(_keras(Path(data) / ARCHIVE))
    names: dict[str, Any] = {}
    for code in _code():
        if "Train-Err" in code:
            break
        exec(compile(code, "cell", "exec"), names)
    names["epochs"] = epochs
    with redirect_stdout(io.StringIO()) as printed:
        began = time.perf_counter()
        exec(compile(code, "cell", "exec"), names)
        return time.perf_counter() - began, printed.getvalue().splitlines()


def _code() -> Iterable[str]:
    found = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    return ("".join(cell["source"]) for cell in found if cell["cell_type"] == "code")


def _keras(archive: Path) -> dict[str, ModuleType]:
    """Return what the notebook imports the data from; the archive is read as Keras reads its own."""

    def load_data() -> Any:
        with np.load(archive) as found:
            return (found["x_train"], found["y_train"]), (found["x_test"], found["y_test"])

    modules = {name: ModuleType(name) for name in ("keras", "keras.datasets", "keras.datasets.mnist")}
    modules["keras.datasets.mnist"].load_data = load_data  # type: ignore[attr-defined]
    modules["keras.datasets"].mnist = modules["keras.datasets.mnist"]  # type: ignore[attr-defined]
    return modules


def pack(folder: Path, to: Path) -> None:
    """Write MNIST as Keras publishes it."""
    names = [f"{array}_{part}" for part in ("train", "test") for array in "xy"]
    files = [folder / "mnist" / f"{part}-{kind}-ubyte.gz" for part in mnist.PARTS for kind in mnist.KINDS]
    np.savez_compressed(to / ARCHIVE, **dict(zip(names, map(read_idx, files), strict=True)))


def loop(epochs: int, data: str) -> tuple[float, list[str]]:
    """Return the same for plain code: one row at a time, also where the test set is measured."""
    x, t, x_test, t_test = load(Path(data))
    rng = np.random.RandomState(1)
    w1 = 0.2 * rng.random_sample((784, HIDDEN)) - 0.1
    w2 = 0.2 * rng.random_sample((HIDDEN, 10)) - 0.1
    lines, began = [], time.perf_counter()
    for epoch in range(epochs):
        error, hits = measure(x, t, w1, w2, learn=True)
        if epoch % 10 == 0 or epoch == epochs - 1:
            test_error, test_hits = measure(x_test, t_test, w1, w2, learn=False)
            train, test = (error / len(x), hits / len(x)), (test_error / len(x_test), test_hits / len(x_test))
            lines.append(
                f"I:{epoch} Train-Err:{str(train[0])[:5]} Train-Acc:{train[1]} "
                f"Test-Err:{str(test[0])[:5]} Test-Acc:{test[1]}"
            )
    return time.perf_counter() - began, lines


def measure(x: Array, t: Array, w1: Array, w2: Array, *, learn: bool) -> tuple[float, int]:
    """Go through the rows one by one; return summed squared error and hits, taken before each update."""
    error, hits = 0.0, 0
    for i in range(len(x)):
        row, target = x[i : i + 1], t[i : i + 1]
        hidden = row.dot(w1)
        hidden = (hidden >= 0) * hidden
        output = hidden.dot(w2)
        error += np.sum((target - output) ** 2)
        hits += int(np.argmax(output) == np.argmax(target))
        if learn:
            delta = target - output
            hidden_delta = delta.dot(w2.T) * (hidden >= 0)
            w2 += RATE * hidden.T.dot(delta)
            w1 += RATE * row.T.dot(hidden_delta)
    return error, hits


def load(folder: Path) -> tuple[Array, Array, Array, Array]:
    """Return images and one-hot labels to learn from, then those of the test set; float64, pixels / 255."""
    found: list[Array] = []
    for part, count in (("train", IMAGES), ("t10k", None)):
        images, labels = (folder / "mnist" / f"{part}-{kind}-ubyte.gz" for kind in mnist.KINDS)
        found += [read_idx(images)[:count].reshape(-1, 784) / 255, np.eye(10)[read_idx(labels)[:count]]]
    return found[0], found[1], found[2], found[3]
