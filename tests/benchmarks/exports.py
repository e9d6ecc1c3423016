"""One row of 784-100-10 by a model and by each of its exports, which take turns: microseconds a row."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

import zoo_core
from tests.benchmarks.tables import table
from zoo_core.parts import Array

INPUTS, HIDDEN, CLASSES = 784, 100, 10
CALLS = 300  # in each turn
Call = Callable[[], Any]
NODE_PROGRAM = """const model = require(process.argv[1]), x = Float32Array.from({ length: 784 }, Math.random);
for (let at = 0; at < 3000; at++) model.predict_proba(x);
const began = process.hrtime.bigint();
for (let at = 0; at < 3000; at++) model.predict_proba(x);
console.log(Number(process.hrtime.bigint() - began) / 3000);"""


def exports(rounds: int) -> Iterator[str]:
    """Measure the probabilities of one row in each way, and yield the lines of a Markdown table, in microseconds."""
    yield f"\n### One row of {INPUTS}-{HIDDEN}-{CLASSES}, microseconds\n"
    model, row = example(), np.random.default_rng(1).uniform(0, 1, (1, INPUTS)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        ways = dict(calls(model, row, Path(folder)))
        times = in_turns(ways, rounds)
        script = _javascript(model, Path(folder))
    rows = [[name, f"{seconds * 1e6:,.1f}"] for name, seconds in times.items()]
    yield from table([["way", "median"], *rows, ["`.js`, in Node.js", script]])


def example() -> Any:
    """Return a network whose weights are chance."""
    layers = [{"units": HIDDEN, "activation": "relu"}, {"units": CLASSES, "activation": "softmax"}]
    spec = {
        "data": {"preprocessor": "none"},
        "model": {"loss": "cross_entropy", "layers": layers},
        "optimizer": "sgd",
        "training": {"epochs": 1},
    }
    rng = np.random.default_rng(0)
    return zoo_core.prepare(spec, data=(rng.uniform(0, 1, (200, INPUTS)), np.arange(200) % CLASSES)).model


def in_turns(ways: dict[str, Call], rounds: int) -> dict[str, float]:
    """Return the median seconds of a call in each way; the first turn does not count."""
    turns = [[_seconds(call) for call in ways.values()] for _ in range(3 * rounds + 1)][1:]
    return {name: median(found) for name, found in zip(ways, zip(*turns, strict=True), strict=True)}


def _seconds(call: Call) -> float:
    began = time.perf_counter()
    for _ in range(CALLS):
        call()
    return (time.perf_counter() - began) / CALLS


def calls(model: Any, row: Array, folder: Path) -> Iterator[tuple[str, Call]]:
    """Yield each way that this machine has."""
    yield "the zoo", lambda: model.predict_proba(row)
    zoo_core.export(model, folder / "m.py")
    space: dict[str, Any] = {"__name__": "m"}
    exec((folder / "m.py").read_text(), space)
    yield "`.py`", lambda: space["predict_proba"](row)
    if find_spec("onnxruntime") and find_spec("onnx"):
        yield "`.onnx`, in ONNX Runtime, one thread", _onnx(model, row, folder)
    if compiler := shutil.which("cc"):
        yield "`.c`, cc -O2, by ctypes", _c(compiler, model, row, folder)


def _onnx(model: Any, row: Array, folder: Path) -> Call:
    import onnxruntime as runtime

    zoo_core.export(model, folder / "m.onnx")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = runtime.InferenceSession(folder / "m.onnx", options)
    return lambda: session.run(["probabilities"], {"input": row})


def _c(compiler: str, model: Any, row: Array, folder: Path) -> Call:
    zoo_core.export(model, folder / "m.c")
    library = folder / "m.so"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", folder / "m.c", "-o", library, "-lm"], check=True)
    function, out = ctypes.CDLL(str(library)).m_predict_proba, np.empty(CLASSES, np.float32)
    given = ctypes.c_void_p(row.ctypes.data), ctypes.c_void_p(out.ctypes.data)
    return lambda: function(*given)


def _javascript(model: Any, folder: Path) -> str:
    node = shutil.which("node")
    if node is None:
        return "not installed"
    zoo_core.export(model, folder / "m.js")
    done = subprocess.run([node, "-e", NODE_PROGRAM, str(folder / "m.js")], capture_output=True, text=True, check=True)
    return f"{float(done.stdout) / 1e3:,.1f}"
