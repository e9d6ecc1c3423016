"""Damaged and hostile files for every reader of foreign bytes: each ends in a result or in an error that names it.

A reader may refuse with an error whose exit code says that the input is at fault. Any other exception would be told
as a bug of the zoo. Every mutant has a number, and the same number is the same mutant.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import random
import re
import tempfile
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from tests.robustness import MODELS, Result, forge, shaped, table_files
from zoo_core.cli import run
from zoo_core.data.readers.columns import read_columns
from zoo_core.data.readers.csv import read_csv
from zoo_core.data.readers.features import read_features
from zoo_core.data.readers.idx import read_idx
from zoo_core.data.readers.inputs import read_inputs
from zoo_core.data.readers.npy import read_array, read_arrays
from zoo_core.data.readers.npy_rows import DiskRows
from zoo_core.data.readers.png import read_png
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.errors import ZooError
from zoo_core.registry import Registry
from zoo_core.spec import read_spec
from zoo_core.spec.from_csv import guess

PYTHON_2 = re.compile(r"Cannot parse header.*[0-9]L\b", re.DOTALL)
PROMISE = "damaged data, specs, overrides and histories: refused as such, never an exception of Python"
COUNT = 200_000
SECONDS = 5.0  # of the processor, which no mutant of some kilobytes deserves
AT_FAULT = {0, 2, 3, 4, 6}  # exit codes of what the input is to blame for, or of success

SPEC = """name = "s"
[data]
name = "glyphs"
rows = 100
[model]
loss = "cross_entropy"
regularizers = [{ name = "l2", strength = 1e-3 }]
[[model.layers]]
units = 10
activation = "softmax"
[optimizer]
name = "adam"
learning_rate = { name = "step", initial = 0.1, every = 2 }
[training]
epochs = 2
"""
DIGITS = "9" * 5000
PIECES = (
    b"", b"\0", b"\xff", b"\xff" * 8, b"(", b")" * 3, b"'", b'"', b",", b"\n", b"[" * 5000, b"{" * 5000, b"(" * 300,
    DIGITS.encode(), b"1e308", b"-1e999", b"0x" + b"f" * 5000, b"nan", b"None", b"()", b"(0,)", b"(-1,)",
    b"(4294967296, 4294967296)", b"'|O'", b"'<U4'", b"'<f9'", b"L", b"\\", b"#", b"=", b"null", b"true", b"\x89PNG",
    b"\x93NUMPY", b"PK\3\4", b"\xef\xbb\xbf", "\u202e".encode(), b"1" * 400, b"_", b"0b1", b"1979-05-27T07:32:00Z",
)  # fmt: skip
OVERRIDES = (
    "training.epochs=", "seed=", "optimizer.learning_rate=", "data=", "model.layers.0.units=", "model.layers.", "name=",
    "training.callbacks=", "data.train=", "",
)  # fmt: skip
VALUES: tuple[Any, ...] = (None, 1e308, -1e308, 5e-324, 0, -1, 2**63, 1e18, True, "", "x" * 300, [], {}, "\x1b[2J", 0.5)


# ------------------------------------------------------------------ sources


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _npz(save: Callable[..., None], **arrays: Any) -> bytes:
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def _png(mode: str, **options: Any) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new(mode, (5, 4)).save(file, "PNG", **options)
    return file.getvalue()


def _idx() -> bytes:
    return bytes([0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 4]) + bytes(range(12))


X = np.arange(12.0).reshape(3, 4)
CSV = b"a,b,c,d,kind\n1,2,3,4,yes\n5,6,7,8,no\n1e3,-2,.5,0,yes\n"


@cache
def sources() -> dict[str, list[bytes]]:
    """Return sound files of each kind."""
    profile = {"icc_profile": b"x" * 40}
    arrays = {"x": X, "y": np.array([0, 1, 0])}
    return {
        ".npy": [_npy(X), _npy(X.astype(">f4")), _npy(np.asfortranarray(X)), _npy(np.array(3.0)), _npy(np.array(["a"])),
                 _npy(np.zeros((0, 4)))],
        ".npz": [_npz(np.savez, **arrays), _npz(np.savez_compressed, **arrays), _npz(np.savez, x=np.array(1.0))],
        ".idx": [_idx(), gzip.compress(_idx(), mtime=0)],
        ".csv": [CSV, CSV.replace(b",", b";"), b"1,2,3,4\n5,6,7,8\n"],
        ".png": [_png("L"), _png("RGBA"), _png("P"), _png("I;16"), _png("RGB", **profile), _png("LA"), _png("1")],
        ".toml": [SPEC.encode()],
        ".json": [json.dumps(read_spec_dict()).encode()],
        **table_files.sound_tables(),
    }  # fmt: skip


@cache
def read_spec_dict() -> dict[str, Any]:
    """Return the sound spec as plain data."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.toml"
        path.write_text(SPEC)
        return read_spec(path, registry=_registry()).to_dict()


@cache
def _registry() -> Registry:
    return Registry()


# ------------------------------------------------------------------ mutants


def mutant(data: bytes, rng: random.Random, ending: str = "") -> bytes:
    """Return a file with none to three changes; half of the pictures get right checksums again."""
    found = bytearray(data)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
        _change(found, rng)
    return _with_checksums(bytes(found)) if ending == ".png" and rng.random() < 0.5 else bytes(found)


def _with_checksums(data: bytes) -> bytes:
    """Return a PNG file whose chunks have the right checksums, as far as it is one."""
    found, at = bytearray(data), 8
    while at + 12 <= len(found):
        end = at + 8 + int.from_bytes(found[at : at + 4], "big")
        found[end : end + 4] = zlib.crc32(found[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(found)


def _change(data: bytearray, rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    end = min(len(data), at + rng.choice((0, 1, 1, 2, 5, 40)))
    how = rng.randrange(5)
    if how == 0 and at < len(data):
        data[at] ^= 1 << rng.randrange(8)
    elif how == 1:
        del data[at:end]
    elif how == 2:
        del data[at:]
    elif how == 3:
        data[at:end] = rng.choice(PIECES)
    else:
        numbers = [i for i, byte in enumerate(data[:4000]) if 48 <= byte <= 57] or [0]
        place = rng.choice(numbers)
        data[place : place + 1] = rng.choice(PIECES)


# ------------------------------------------------------------------ readers


def _as_numpy_reads(path: Path) -> None:
    """Read a file of arrays; where that succeeds, NumPy must read the same, if it reads such a header at all."""
    found = read_arrays(path)
    try:
        expected = shaped.numpy_reading(path.read_bytes())
    except ValueError as error:
        if PYTHON_2.search(str(error)) is None:  # newer versions of NumPy refuse headers of Python 2
            raise
    else:
        shaped.check_arrays(found, expected)


def _as_idx_says(path: Path) -> None:
    """Read an IDX file; where that succeeds, the plainest reading must be the same."""
    shaped.check_arrays({"": read_idx(path)}, {"": shaped.idx_reading(path.read_bytes())})


READERS: dict[str, list[Callable[[Path], Any]]] = {
    ".npy": [read_array, _as_numpy_reads, DiskRows, lambda path: read_inputs(path, 4)],
    ".npz": [read_array, _as_numpy_reads, lambda path: read_inputs(path, 4)],
    ".idx": [_as_idx_says],
    ".csv": [
        lambda path: read_csv(path, text=-1),
        lambda path: read_csv(path, TableFormat(header=False)),
        lambda path: read_features(path, ["a", "b"]),
        lambda path: read_inputs(path, 4),
        guess,
    ],
    ".png": [lambda path: read_png(path, (3, 3)), lambda path: read_inputs(path, 9, (), (3, 3))],
    ".toml": [lambda path: read_spec(path, registry=_registry())],
    ".json": [lambda path: read_spec(path, registry=_registry())],
}
TABLES = (lambda path: read_columns(path, TableFormat()), lambda path: read_features(path, ["a", "b"]), guess)
OPEN = (".npy", ".npz", ".csv", ".png")  # formats that are also read from an open file


def _attempts(ending: str, path: Path) -> Iterator[Callable[[], Any]]:
    """Yield each way to read a file."""
    for read in READERS.get(ending, TABLES):
        yield partial(read, path)
    if ending in OPEN:
        yield lambda: read_inputs(io.BytesIO(path.read_bytes()), 4, (), (3, 3))


def problem(read: Callable[[], Any]) -> str:
    """Return what is wrong with the way in which a reader ended, or with the time that it took, or ''."""
    began = time.process_time()
    try:
        read()
    except ZooError as error:
        return "" if error.exit_code in AT_FAULT else f"ends with code {error.exit_code}: {error!s:.200}"
    except Exception as error:
        return f"raises {type(error).__name__}: {error!s:.200}"
    seconds = time.process_time() - began
    return f"takes {seconds:.0f} s" if seconds > SECONDS else ""


def _bytes(ending: str, rng: random.Random) -> bytes:
    """Return a file that was damaged at random or, for half of the formats, made wrong on purpose."""
    if ending in shaped.SHAPED and rng.random() < 0.5:
        return shaped.SHAPED[ending](rng)
    sound = rng.choice(sources()[ending])
    return mutant(sound, rng, ending) if ending in READERS else table_files.damaged(sound, ending, mutant, rng)


def _file(rng: random.Random, folder: Path) -> list[str]:
    ending = rng.choice(list(sources()))
    path = folder / f"mutant{ending}"
    path.write_bytes(_bytes(ending, rng))
    return [f"{ending}: {found}" for read in _attempts(ending, path) if (found := problem(read))]


def _use(rng: random.Random, folder: Path) -> list[str]:
    """Let commands read a damaged file: what a reader accepts must not break what comes after it."""
    ending = rng.choice([*OPEN, *sorted(sources().keys() - READERS.keys())])
    path, model = folder / f"mutant{ending}", next(str(path) for path in MODELS if "classes" in path.name)
    path.write_bytes(_bytes(ending, rng))
    commands = [["predict", model, str(path)], ["evaluate", model, "--data", str(path)]]
    commands += [["new", "n", "--data", str(path), "--force"]] if ending not in (".npy", ".npz", ".png") else []
    return [f"{ending}: {found}" for command in commands if (found := _command(command))]


def _override(rng: random.Random, folder: Path) -> list[str]:
    path = folder / "sound.toml"
    path.write_text(SPEC)
    text = rng.choice(OVERRIDES) + mutant(rng.choice((b"1", b"0.5", b"[1]", b'{ name = "x" }')), rng).decode("latin-1")
    found = problem(lambda: read_spec(path, [text], _registry()))
    return [f"override {text[:60]!r}: {found}"] if found else []


def _history(rng: random.Random, folder: Path) -> list[str]:
    """Try the commands that show a history on a model with strange numbers in it."""
    with np.load(next(path for path in MODELS if "classes" in path.name)) as file:
        header = json.loads(file["header"].tobytes())
        arrays = {name: file[name] for name in file.files if name != "header"}
    del header["arrays"]
    for _ in range(rng.randint(1, 3)):
        record = rng.choice(header["history"])
        record[rng.choice([*record, "strange"])] = rng.choice(VALUES)
    path = folder / "history.npz"
    path.write_bytes(forge.model(header, arrays, version=header["version"]))
    show, compare = ["show", str(path)], ["compare", str(path), str(path)]
    plot = ["plot", str(path), "-o", str(folder / "p.svg"), "--force", "--what", rng.choice(["loss", "accuracy"])]
    commands = (show, compare, [*compare, "--exact"], [*show, "--json"], plot if rng.random() < 0.2 else show)
    return [found for command in commands if (found := _command(command))]


def _command(arguments: list[str]) -> str:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(arguments)
    return "" if code in AT_FAULT else f"zoo {arguments[0]} leaves with {code}: {err.getvalue()[:300]!r}"


def main(count: int) -> Result:
    """Try `count` mutants."""
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for number in range(count):
            rng = random.Random(number)
            way = _history if number % 50 == 0 else _override if number % 8 == 1 else _use if number % 8 == 2 else _file
            failures += [f"mutant {number}: {found}" for found in way(rng, Path(folder))]
    return count, failures
