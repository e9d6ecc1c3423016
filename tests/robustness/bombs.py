"""Files made to cost memory or time; each is met by a process of its own that reads its own peak."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.robustness import MODELS, Result, environment, forge, python

PROMISE = "bombs: refused within 1 s, memory grows by at most the file's size + 16 MB"
WAYS = "load", "whole_spec"
SECONDS, BYTES = 1.0, 16 * 10**6
TRIES = 3  # the quickest counts: where memory is short a machine takes its time to hand it out, at our expense
VICTIM = Path(__file__).with_name("victim.py")
HUGE = bytes(400_000_000)


def _zip(content: bytes | int, method: int, name: str = "header.npy") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method, compresslevel=1) as archive:
        archive.writestr(name, bytes(content) if isinstance(content, int) else content)
    return file.getvalue()


def _golden() -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    with np.load(next(path for path in MODELS if "classes" in path.name)) as file:
        header = json.loads(file["header"].tobytes())
        return header, {name: file[name] for name in file.files if name != "header"}


def _spec(change: Callable[[dict[str, Any]], object]) -> bytes:
    """Return a golden file whose header was changed, signed anew."""
    header, arrays = _golden()
    change(header)
    return forge.model(header, arrays)


def _trace(table: np.ndarray) -> bytes:
    header, arrays = _golden()
    del header["arrays"]
    return forge.model(header, {**arrays, "trace": table})


def _layers(layers: list[dict[str, Any]]) -> bytes:
    return _spec(lambda header: header["spec"]["model"].update(layers=layers))


def _header(raw: bytes) -> bytes:
    return forge.archive([forge.Entry(b"header.npy", forge.npy("'|u1'", f"({len(raw)},)", raw))])


def _member(content: bytes) -> bytes:
    first = forge.signed({"format": "zoo-model", "version": 1, "requires": [], "arrays": {}})
    return forge.archive([forge.Entry(b"header.npy", first), forge.Entry(b"w.npy", content)])


def _nested() -> bytes:
    inner = _zip(100_000_000, zipfile.ZIP_DEFLATED)
    return _zip(inner * 10, zipfile.ZIP_DEFLATED)


def _overlapping() -> bytes:
    """Return a file whose 200 members all share the same content."""
    entries = [forge.Entry(f"a{i:03}.npy".encode(), bytes(1_000_000)) for i in range(200)]
    one = entries[0].local()
    directory = b"".join(entry.central(0) for entry in entries)
    end = np.array([0, 0, 200, 200], "<u2").tobytes() + np.array([len(directory), len(one)], "<u4").tobytes()
    return one + directory + b"PK\5\6" + end + b"\0\0"


def _sparse(path: Path, size: int, head: bytes = b"PK\3\4") -> None:
    with path.open("wb") as file:
        file.write(head)
        file.truncate(size)


WIDE = {"units": 1_000_000, "activation": "relu", "normalizer": "batch_norm"}
BOMBS: dict[str, Callable[[], bytes] | Callable[[Path], None]] = {
    "200 members that share their bytes": _overlapping,
    "60,000 members": lambda: forge.archive(forge.Entry(f"{i:05}.npy".encode(), b"") for i in range(60_000)),
    "an array of 10 GB": lambda: _member(forge.npy("'<f4'", "(2500000000,)", b"")),
    "an array of 1 PB": lambda: _member(forge.npy("'<f8'", "(5000000, 5000000, 5)", b"")),
    "no items in huge dimensions": lambda: _member(forge.npy("'<f8'", "(0, 9999999999, 9999999999)", b"")),
    "a billion items of no bytes": lambda: _member(forge.npy("'|V0'", "(1000000000,)", b"")),
    "one string of 4 GB": lambda: _member(forge.npy("'<U999999999'", "(1,)", b"")),
    "a pickle of objects": lambda: _member(forge.npy("'|O'", "(1,)", pickle.dumps([{}] * 100_000))),
    "a pickle": lambda: pickle.dumps(["x" * 10**6] * 10),
    "JSON of 500,000 levels": lambda: _header(b'{"x_a":' + b"[" * 500_000 + b"]" * 500_000 + b"}"),
    "JSON of 99,000 objects": lambda: _header(b'{"x_a":[' + b"{}," * 49_000 + b"{}]} "),
    "JSON of a million characters beyond the BMP": lambda: _header(
        b'{"x_a":"' + "\U0001f45f".encode() * 200_000 + b"a" * 200_000 + b'"} '
    ),
    "an integer of a million digits": lambda: _header(b'{"x_a":' + b"9" * 1_000_000 + b"}"),
    "a real of a million digits": lambda: _header(b'{"x_a":0.' + b"9" * 1_000_000 + b"}"),
    "20 MB of header": lambda: _header(b" " * 20_000_000),
    "1 TB that is a hole": lambda path: _sparse(path, 2**40),
    "255 MiB that are a hole": lambda path: _sparse(path, 255 * 2**20),
    "a layer of 10^12 weights": lambda: _layers([WIDE, WIDE, {"units": 3, "activation": "softmax"}]),
    "two wide layers": lambda: _layers([WIDE, {"units": 3, "activation": "softmax"}]),
    "255 wide layers": lambda: _layers([WIDE] * 255),
    "30,000 layers": lambda: _layers([{"units": 1}] * 30_000),
    "2,200 layers of 100 parts": lambda: _spec(
        lambda header: header["spec"]["model"].update(layers=[{"units": 1}] * 2_200, regularizers=["l2"] * 100)
    ),
    "1,600 parts in a list": lambda: _spec(
        lambda header: header["spec"]["model"].update(regularizers=[{"name": "l2"}] * 1_600)
    ),
    "4,700 unknown keys": lambda: _spec(lambda header: header["spec"].update({f"k{i}": 1 for i in range(4_700)})),
    "labels of 2 GB": lambda: _spec(
        lambda header: header["about"].update(class_names=["x" * 500_000, *map(str, range(999))])
    ),
    "2^31 inputs": lambda: _spec(lambda header: header["about"].update(inputs=2**31, feature_names=[])),
    "a trace of 10 MB": lambda: _trace(np.zeros((2500, 500), np.int64)),
    "16,000 records that are none": lambda: _spec(lambda header: header.update(history=[{"a": "b"}] * 16_000)),
    "40,000 plugins": lambda: _spec(lambda header: header.update(plugins=[{}] * 40_000)),
    "deflate, 400 MB of nothing": lambda: _zip(HUGE, zipfile.ZIP_DEFLATED),
    "bzip2, 400 MB of nothing": lambda: _zip(HUGE, zipfile.ZIP_BZIP2),
    "lzma, 100 MB of nothing": lambda: _zip(HUGE[: 10**8], zipfile.ZIP_LZMA),
    "an archive in an archive": _nested,
}
COUNT = len(BOMBS)


def main(count: int) -> Result:
    """Try `count` of the bombs, evenly from the list."""
    failures: list[str] = []
    names = list(BOMBS)[:: max(1, len(BOMBS) // max(count, 1))][:count]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bomb.npz"
        for name in names:
            _lay(name, path)
            failures += [f"{name}: {way}: {problem}" for way in WAYS if (problem := _met(path, way))]
            path.unlink()
    return len(names), failures


def _lay(name: str, path: Path) -> None:
    make: Any = BOMBS[name]
    if name.endswith("a hole"):
        make(path)
    else:
        path.write_bytes(make())


def _met(path: Path, way: str) -> str:
    for _ in range(TRIES):
        problem, seconds = _tried(path, way)
        if problem or seconds <= SECONDS:
            return problem
    return f"took {seconds:.2f} s of the processor, and more than {SECONDS} s each of {TRIES} times"


def _tried(path: Path, way: str) -> tuple[str, float]:
    """Return what went wrong, and the seconds of the processor."""
    done = subprocess.run(python(VICTIM, way, path), env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        return f"the process ended with code {done.returncode}: {done.stderr[-200:]}", 0.0
    found = json.loads(done.stdout)
    allowed, problem = path.stat().st_size + BYTES, ""
    if found["error"] not in ("ModelFileError", "PluginError"):
        problem = f"ended with {found['error']}"
    elif found["growth"] > allowed:
        problem = f"took {found['growth']:,} bytes, and {allowed:,} are allowed"
    return problem, found["seconds"]
