"""Mutants of the golden files: blind ones, and structural ones that are signed anew."""

from __future__ import annotations

import copy
import io
import json
import os
import random
import warnings
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from typing import Any

import numpy as np

from tests.robustness import MODELS, Result, forge
from zoo_core import storage
from zoo_core.errors import ModelFileError, ZooError
from zoo_core.model import model_from_file
from zoo_core.registry import Registry

PROMISE = "blind mutants (5 of 6) and re-signed structural ones: no foreign exception, no wrong load"
COUNT = 1_200_000
CHUNK = 3000
SIGNED = 6  # every sixth is signed anew
X = np.random.default_rng(3).normal(size=(3, 4))

NUMBERS = (0, -1, 1, 2, 3, 255, 10**6, 10**9, 2**31, 2**63, 2**64 - 1, 0.5, -0.0, 1e-300, 1e308)
TEXTS = (
    "",
    "x",
    "relu",
    "adam",
    "csv",
    "\x1b[2J",
    "../../etc/passwd",
    "http://127.0.0.1/x",
    "os:system",
    "\0",
    "9" * 30,
)
VALUES = (None, True, False, [], {}, [[]], {"name": "tanh"}, {"name": "csv", "path": "/etc/passwd"}, *NUMBERS, *TEXTS)
DESCRS = ("'<f4'", "'<f8'", "'<i4'", "'<i8'", "'|u1'", "'|O'", "'>f4'", "'|V0'", "'<U9'", "[('a', '<f4')]", "<f4", "''")
SHAPES = (
    "()",
    "(0,)",
    "(1,)",
    "(2, 3)",
    "(-1,)",
    "(True,)",
    "(4294967296,)",
    "(0, 9999999999)",
    "(1, 1, 1, 1, 1)",
    "(2",
)
PIECES = (b"PK\1\2", b"PK\3\4", b"PK\5\6", b"\xff" * 4, b"\0" * 8, b"\x93NUMPY\1\0", b'"', b"{}", b"\x80\4")


def main(count: int) -> Result:
    """Try `count` mutants, numbered from 0; the same number is the same mutant."""
    chunks = [range(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK)]
    if len(chunks) == 1:
        return count, _chunk(chunks[0])
    with ProcessPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        return count, [failure for failures in pool.map(_chunk, chunks) for failure in failures]


def _chunk(numbers: range) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [f"mutant {number}: {problem}" for number in numbers if (problem := judged(number))]


def judged(number: int) -> str:
    """Return what a mutant did wrong, or ''."""
    rng = random.Random(number)
    source = rng.choice(_sources())
    data = resigned(source, rng) if number % SIGNED == 0 else blind(source.data, rng)
    try:
        contents = storage.contents_from_bytes(data, "mutant")
    except ModelFileError:
        return ""
    except BaseException as error:
        return f"reading raises {error!r}"
    if data == source.data:
        return ""
    if number % SIGNED:
        return "a blind mutant loads"
    return _unlike_numpy(contents, data) or _unusable(contents)


def _unlike_numpy(contents: storage.ModelFile, data: bytes) -> str:
    with np.load(io.BytesIO(data)) as file:
        header = json.loads(file["header"].tobytes())
        arrays = {name: file[name] for name in file.files if name != "header"}
    same = arrays.keys() == contents.arrays.keys() and all(
        a.dtype == contents.arrays[n].dtype and a.shape == contents.arrays[n].shape
        and a.tobytes() == contents.arrays[n].tobytes() for n, a in arrays.items()
    )  # fmt: skip
    return "" if same and header == contents.header else "it loads, and NumPy reads something else"


def _unusable(contents: storage.ModelFile) -> str:
    """Return how the model in a mutant fails, to predict or to give its whole spec; errors of the zoo are right."""
    try:
        model = model_from_file(contents, "mutant", _registry())
        state = model.network.state()
        if any(state[name].tobytes() != contents.arrays[name].tobytes() for name in state):
            return "the network holds other values than the file"
        outputs = model.outputs(X[:, : model.about.inputs])
        labels = model.predict(X[:, : model.about.inputs])
        _ = model.spec, model.loss, model.metrics()
    except ZooError:
        return ""
    except BaseException as error:
        return f"it raises {error!r}"
    return "" if np.isfinite(outputs).all() and len(labels) == len(X) else "outputs are not finite"


# ------------------------------------------------------------------ sources


class Source:
    """A golden file, and what it holds as plain data."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        with np.load(io.BytesIO(data)) as file:
            self.header = json.loads(file["header"].tobytes())
            self.arrays = {name: file[name] for name in file.files if name != "header"}


@cache
def _sources() -> list[Source]:
    return [Source(path.read_bytes()) for path in MODELS]


@cache
def _registry() -> Registry:
    from tests.golden import golden_plugin

    registry = Registry()
    registry.add(golden_plugin, "zoo-golden", "1.0")
    return registry


# ------------------------------------------------------------------ blind


def blind(data: bytes, rng: random.Random) -> bytes:
    """Return the file with one to four slices replaced, lost, doubled or moved."""
    for _ in range(rng.randint(1, 4)):
        at, lost = rng.randrange(len(data) + 1), rng.choice((0, 0, 1, 2, 4, rng.randrange(40)))
        start = rng.randrange(len(data) or 1)
        new = rng.choice(
            (b"", rng.randbytes(rng.choice((1, 1, 2, 4, 40))), rng.choice(PIECES), data[start : start + 64])
        )
        data = data[:at] + new + data[at + lost :]
    return data


# ------------------------------------------------------------------ signed anew


def resigned(source: Source, rng: random.Random) -> bytes:
    """Return the file with one to three changes of its structure, and all checksums and digests right."""
    header = copy.deepcopy(source.header)
    arrays = dict(source.arrays)
    for _ in range(rng.randint(1, 3)):
        if rng.random() < 0.6:
            _change_json(header, rng)
        else:
            _change_arrays(arrays, rng)
    if rng.random() < 0.8:
        header["arrays"] = {name: forge.described(array) for name, array in arrays.items()}
    entries = [forge.Entry(f"{name}.npy".encode("latin-1", "replace"), forge.of_array(a)) for name, a in arrays.items()]
    entries.sort(key=lambda entry: entry.name.removesuffix(b".npy"))
    entries.insert(0, forge.Entry(b"header.npy", forge.signed(header)))
    if rng.random() < 0.15:
        _change_member(rng.choice(entries), rng)
    if rng.random() < 0.05:
        rng.shuffle(entries)
    return forge.archive(entries, comment=b"x" if rng.random() < 0.01 else b"")


def _change_json(header: dict[str, Any], rng: random.Random) -> None:
    place: Any = header
    while True:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        if not keys:
            break
        key = rng.choice(keys)
        inner = place[key]
        if not isinstance(inner, (dict, list)) or rng.random() < 0.15:
            break
        place = inner
    _put(place, key if keys else None, rng)


def _put(place: Any, key: Any, rng: random.Random) -> None:
    """Replace, remove, double or add something in a JSON object or array."""
    what = rng.choice(("replace", "replace", "remove", "add"))
    if key is None or what == "add":
        if isinstance(place, dict):
            place[rng.choice(("x_new", "name", "seed", "new", ""))] = copy.deepcopy(rng.choice(VALUES))
        else:
            place.append(copy.deepcopy(rng.choice((*VALUES, *place))))
    elif what == "remove":
        del place[key]
    else:
        place[key] = copy.deepcopy(rng.choice(VALUES))


def _change_arrays(arrays: dict[str, np.ndarray], rng: random.Random) -> None:
    name = rng.choice(sorted(arrays) or ["new"])
    array = arrays.get(name, np.zeros(1))
    what = rng.randrange(7)
    if what == 0:
        arrays.pop(name, None)
    elif what == 1:
        arrays[rng.choice(("a", "layers.9.weights", "preprocessor.x", "header", "opt.mean", "A", "../a"))] = array
    elif what == 2:
        arrays[name] = array.astype(rng.choice(("<f4", "<f8", "<i4", "<i8", "|u1", "<f2", ">f8")), casting="unsafe")
    elif what == 3:
        arrays[name] = np.ascontiguousarray(array.T) if rng.random() < 0.5 else array.reshape(-1)
    elif what == 4:
        arrays[name] = array[: len(array) // 2] if array.ndim else array.reshape(1)
    elif what == 5:
        arrays[name] = np.full_like(array, rng.choice((0, 1, 200)))
    elif array.dtype.kind == "f" and array.size:
        arrays[name] = array.copy()
        arrays[name].flat[rng.randrange(array.size)] = rng.choice((np.nan, np.inf, 1e30, -0.0))


def _change_member(entry: forge.Entry, rng: random.Random) -> None:
    what = rng.randrange(8)
    if what == 0:
        entry.content = forge.npy(
            rng.choice(DESCRS), rng.choice(SHAPES), entry.content[128:], rng.choice(("False", "True"))
        )
    elif what == 1:
        entry.content += rng.randbytes(rng.randint(1, 9))
    elif what == 2:
        entry.content = entry.content[: rng.randrange(len(entry.content))]
    elif what == 3:
        entry.flags, entry.method = rng.choice((0, 1, 8, 2048)), rng.choice((0, 8, 12, 99))
    elif what == 4:
        entry.date, entry.mode = rng.choice((0, forge.DATE, 65535)), rng.choice((0, forge.MODE, 0o120777 << 16))
    elif what == 5:
        entry.extra, entry.comment = rng.choice((b"", b"\1\0\0\0")), rng.choice((b"", b"c"))
    elif what == 6:
        entry.name = rng.choice((b"header.npy", b"a.npy", b"a", b"../a.npy", b"/a.npy", b"A.npy", b"\0.npy", b""))
    else:
        entry.before = rng.randbytes(rng.randint(1, 30))
