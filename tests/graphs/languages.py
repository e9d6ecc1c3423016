"""Runs what was exported, in each language, to compare what it gives with a model."""

from __future__ import annotations

import ctypes
import gzip
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo_core
from zoo_core.graphs import record_model
from zoo_core.parts import Array

NODE, CC = shutil.which("node"), shutil.which("cc")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no node")
needs_cc = pytest.mark.skipif(CC is None, reason="there is no C compiler")
STRICT = ["-Wall", "-Wextra", "-pedantic", "-std=c11", "-Werror"]
NUMBERS = {
    "float": (ctypes.c_float, np.float32),
    "double": (ctypes.c_double, np.float64),
    "bool": (ctypes.c_bool, bool),
}
SHOW = """(key, value) => typeof value === "number" && !Number.isFinite(value) ? String(value)
  : ArrayBuffer.isView(value) ? Array.from(value) : value"""
NAMES = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def javascript(file: Path, expression: str, x: Any = None) -> Any:
    """Return the value of an expression in Node.js; `model` is the exported file, and `x` are the rows."""
    rows = "null" if x is None else json.dumps(np.asarray(x).tolist())
    program = f"""const model = require({json.dumps(str(file))});
const x = eval(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify({expression}, {SHOW}));"""
    command = [str(NODE), "-e", program]
    done = subprocess.run(command, input=rows, capture_output=True, text=True, timeout=120, check=True)
    return _numbers(json.loads(done.stdout))


def _numbers(value: Any) -> Any:
    if isinstance(value, list):
        return [_numbers(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _numbers(entry) for key, entry in value.items()}
    return NAMES.get(value, value) if isinstance(value, str) else value


def javascript_outputs(file: Path, x: Array) -> dict[str, Array]:
    """Return what the function `outputs` of a script gives for rows, by name."""
    found = javascript(file, "x.map(model.outputs)", x)
    return {name: np.array([row[name] for row in found]) for name in found[0]}


def compiled(file: Path, level: str = "-O2") -> ctypes.CDLL:
    """Compile a C file without a warning, and load it."""
    library = file.with_suffix(".so")
    command = [str(CC), *STRICT, level, "-shared", "-fPIC", str(file), "-o", str(library), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[:2000]
    return ctypes.CDLL(str(library))


def c_outputs(file: Path, model: Any, x: Array) -> dict[str, Array]:
    """Return what the functions of a C file give for rows, by the names of a graph; its header tells the types."""
    library, header = compiled(file), file.with_suffix(".h").read_text()
    width = list(record_model(model).outputs.values())[-1].width
    found: dict[str, Array] = {}
    for line in header.splitlines():
        if not line.endswith(");") or not line.startswith(("int", "void", "float", "double")):
            continue
        returns, _, rest = line.partition(" ")
        name, _, arguments = rest.partition("(")
        taken = arguments.removeprefix("const ").split()[0]
        rows = np.ascontiguousarray(x, NUMBERS[taken][1])
        function = library[name]
        if returns == "void":
            kind, key = arguments.split(", ")[1].split("[")[0].split()
            found[key] = _filled(function, rows, width, NUMBERS[kind][1])
        else:
            function.restype = ctypes.c_int if returns == "int" else NUMBERS[returns][0]
            answers = np.array([function(ctypes.c_void_p(row.ctypes.data)) for row in rows])
            found |= {"label": model.labels()[answers]} if returns == "int" else {"values": answers[:, None]}
    return found


def _filled(function: Any, rows: Array, width: int, dtype: Any) -> Array:
    out = np.zeros((len(rows), width), dtype)
    for row, place in zip(rows, out, strict=True):
        function(ctypes.c_void_p(row.ctypes.data), ctypes.c_void_p(place.ctypes.data))
    return out


def c_texts(library: ctypes.CDLL, name: str, count: int) -> list[str]:
    """Return a list of texts of a library."""
    return [(text or b"").decode() for text in (ctypes.c_char_p * count).in_dll(library, name)]


def module(file: Path) -> dict[str, Any]:
    """Return the names of a written module of Python."""
    space: dict[str, Any] = {"__name__": file.stem}
    exec(file.read_text(encoding="utf-8"), space)
    return space


def python_outputs(file: Path, x: Array) -> dict[str, Array]:
    """Return what the function `outputs` of a module gives for rows, by name."""
    with np.errstate(all="ignore"):
        found: dict[str, Array] = module(file)["outputs"](x)
    return found


def onnx_outputs(file: Path, x: Array) -> dict[str, Array]:
    """Return what ONNX Runtime gives for rows, by name."""
    session = pytest.importorskip("onnxruntime").InferenceSession(file)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"input": x}), strict=True))


@dataclass(frozen=True, eq=False)
class Language:
    """A language that models are exported to.

    Args:
        ending: that of the file.
        note: how the note of an export begins.
        outputs: gives the outputs of a file for rows, by name.
        marks: skip tests where nothing runs it.
    """

    ending: str
    note: str
    outputs: Callable[[Path, Any, Array], dict[str, Array]]
    marks: tuple[Any, ...] = ()

    def run(self, model: Any, x: Array, folder: Path) -> dict[str, Array]:
        """Export a model, and return what the file gives for rows."""
        if self.ending == ".onnx":
            pytest.importorskip("onnx")
        file = folder / f"m{self.ending}"
        assert zoo_core.export(model, file).note.startswith(self.note)
        return self.outputs(file, model, x)


PYTHON = Language(".py", "needs NumPy alone; checked on 257 rows", lambda file, _, x: python_outputs(file, x))
ONNX = Language(".onnx", "opset 20, IR 9; checked on 257 rows", lambda file, _, x: onnx_outputs(file, x))
JAVASCRIPT = Language(
    ".js", "needs nothing; checked on 257 rows with node", lambda file, _, x: javascript_outputs(file, x), (needs_node,)
)
C = Language(".c", "needs libm alone; checked on 257 rows with cc", c_outputs, (needs_cc,))


def of_languages(*languages: Language, slow: tuple[Language, ...] = ()) -> Any:
    """Return a mark that runs a test for each language, as the argument `language`; that of some is slow."""
    marks = {each: [pytest.mark.slow] if each in slow else [] for each in (*languages, *slow)}
    cases = [pytest.param(each, marks=[*marks[each], *each.marks], id=each.ending) for each in marks]
    return pytest.mark.parametrize("language", cases)


def mnist_rows(folder: Path) -> Array:
    """Return the 10,000 images for tests as rows of numbers from 0 to 255."""
    with gzip.open(folder / "mnist" / "t10k-images-idx3-ubyte.gz") as file:
        return np.frombuffer(file.read(), np.uint8, offset=16).reshape(10_000, 784)


EVIL = "*/ </script><!-- <script>\n\u2028`'\"${1}\\ ??/ ??'\\*\\ \u00e4\u2603 %s %d {0} */globalThis.run = 1;/*"


def strange_model() -> tuple[Any, Any, Any]:
    """Return a model whose texts all try to end what they stand in, with a table, and with its rows as texts."""
    rng = np.random.default_rng(0)
    number, category = rng.normal(0, 1, 60), np.where(rng.random(60) > 0.5, EVIL, "*" + "\\ #error\n")
    y = np.where(number > 0, EVIL, '"); } #include "/etc/passwd"')
    spec = {
        "description": EVIL,
        "data": {"preprocessor": "table"},
        "model": {"loss": "cross_entropy", "layers": [{"units": 2, "activation": "softmax"}]},
        "optimizer": "adam",
        "training": {"epochs": 2},
    }
    table = {EVIL: number, "*\\": category}
    model = zoo_core.train(spec, data=(table, y))
    return model, table, np.array([number, category], object).T
