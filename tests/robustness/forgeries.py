"""Sound models with one value of the header or one array changed, and signed anew: digests and checksums hold.

A forgery is refused with the place of the change, or it is a model: it shows itself, and predicts finite numbers or
says that they are not finite. Every forgery has a number, and the same number is the same forgery.
"""

from __future__ import annotations

import contextlib
import copy
import io
import random
import re
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import zoo_core
from tests.robustness import Result, forge
from tests.robustness.forged_changes import change_array, change_header
from tests.robustness.forgery_sources import CATEGORIES, Source, sources
from zoo_core.cli import run
from zoo_core.errors import ZooError
from zoo_core.model import read_summary
from zoo_core.storage import contents_from_bytes

PROMISE = "forged models with right digests: refused with the place, or finite predictions, or said not to be"
COUNT = 40_000
SECONDS = 3.0
AT_FAULT = {2, 3, 4, 6}  # exit codes that blame the file, or say that numbers are not finite
PYTHON_WORDS = re.compile(
    r"Traceback|[A-Z]\w+Error\b|NoneType|has no attribute|broadcast|out of bounds|unpack|invalid literal|subscriptable"
    r"|not iterable|unsupported operand|object of type|dimension\(?s|must be (str|int|real)|positional|cannot reshape"
    r"|not supported between|unhashable|<class|numpy\.|np\.\w+\(|ufunc|zero-size|axis \d"
)
PLACE = re.compile(
    r"arrays? '|header|about\.|format|'s version|unknown \w+ '|needs|made with|names for|parameters|spec"
)
OWN = """
data = { name = "csv", path = "rows.csv", columns = { sort = "category", day = "date" }, target = "y" }
model = { loss = "mse", layers = [{ units = 4, activation = "relu" }, { units = 1 }] }
optimizer = "adam"
training = { epochs = 1 }
"""


def main(count: int) -> Result:
    """Try `count` forgeries."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        found = ((number, judged(number, Path(folder))) for number in range(count))
        return count, [f"forgery {number}: {wrong}" for number, wrong in found if wrong]


def judged(number: int, folder: Path) -> str:
    """Return what a forgery did wrong, or ''."""
    rng = random.Random(number)
    source = rng.choice(sources())
    header, arrays = copy.deepcopy(source.header), dict(source.arrays)
    told = change_array(arrays, rng) if rng.random() < 0.6 else change_header(header, rng)
    del header["arrays"]
    data = forge.model(header, arrays)
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", UserWarning)
        found = _used(source, data, arrays)
        if not found and number % 25 == 0:
            found = _commanded(source, data, rng, folder)
    seconds = time.process_time() - began
    found = found or (f"takes {seconds:.1f} s" if seconds > SECONDS else "")
    return f"{source.name}: {told}: {found}" if found else ""


# ------------------------------------------------------------------ judging


def _used(source: Source, data: bytes, arrays: dict[str, np.ndarray]) -> str:
    """Return how a forgery fails to be refused or to be a model."""
    try:
        read_summary(contents_from_bytes(data, "the given file"), "the given file")
        model = zoo_core.load(data, source.registry)
    except ZooError as error:
        return _badly_told(error) or ("" if PLACE.search(str(error)) else f"no place: {error}")
    except Exception as error:
        return f"load raises {error!r:.300}"
    if form := _other_forms(source, arrays):
        return form
    finite = np.isfinite
    uses: list[Callable[[], Any]] = [
        lambda: bool(finite(model.outputs(source.x)).all()),
        lambda: len(model.predict(source.x)) == len(source.x),
        lambda: finite(list(model.evaluate(source.x, source.y).values())).all() or "a figure",
        lambda: (model.spec, model.loss, model.metrics()),
        lambda: model.to_bytes(),
    ]
    return next(filter(None, map(_tried, uses)), "")


def _tried(use: Callable[[], Any]) -> str:
    try:
        return "" if use() else "predictions are not finite, and nothing says so"
    except ZooError as error:
        return _badly_told(error)
    except Exception as error:
        return f"use raises {error!r:.300}"


def _badly_told(error: ZooError) -> str:
    if error.exit_code not in AT_FAULT:
        return f"code {error.exit_code}: {error}"
    return f"words of Python: {error}" if PYTHON_WORDS.search(str(error)) else ""


def _other_forms(source: Source, arrays: dict[str, np.ndarray]) -> str:
    """Return which array of a built-in preprocessor has a form that nothing could have learnt, or ''."""
    for name, array in arrays.items():
        own = source.arrays.get(name)
        if "preprocessor." not in name or own is None or source.name.startswith("own"):
            continue
        lengths = slice(1, None) if name.endswith("quantiles_found") else slice(None)
        if array.dtype != own.dtype or array.ndim != own.ndim or array.shape[lengths] != own.shape[lengths]:
            return f"{name} is accepted as {array.dtype} {array.shape}"
    return ""


def _commanded(source: Source, data: bytes, rng: random.Random, folder: Path) -> str:
    """Return how a command fails on a forgery."""
    (folder / "forged.npz").write_bytes(data)
    (folder / "rows.csv").write_text(_rows(source))
    (folder / "own.toml").write_text(OWN)
    commands = (
        ["show", "forged.npz"], ["show", "forged.npz", "--json"], ["predict", "forged.npz", "rows.csv"],
        ["predict", "forged.npz", "rows.csv", "--keep", "-o", "out.csv", "--force"],
        ["evaluate", "forged.npz", "--data", "rows.csv"], ["evaluate", "forged.npz", "--data", "rows.csv", "--report"],
        ["compare", "forged.npz", "forged.npz"], ["plot", "forged.npz", "-o", "p.svg", "--force"],
        ["train", "own.toml", "--from", "forged.npz", "-o", "new.npz", "--force", "-q"],
        ["train", "forged.npz", "-o", "new.npz", "--force", "-q"], ["resume", "forged.npz"],
    )  # fmt: skip
    command, out, err = rng.choice(commands), io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(command)
    bad = PYTHON_WORDS.search(err.getvalue())
    return (
        f"zoo {' '.join(command)} leaves with {code}: {err.getvalue()[:400]}"
        if bad or code not in {0, *AT_FAULT}
        else ""
    )


def _rows(source: Source) -> str:
    """Return the rows of a source as a text table."""
    columns = source.header["about"].get("columns")
    names = source.header["about"]["feature_names"] or [str(i) for i in range(source.x.shape[1])]
    lines = [",".join([*names, "y"])]
    for row in source.x[:12]:
        cells = ["" if np.isnan(value) else repr(float(value)) for value in row]
        if columns:
            cells[1] = cells[1] and CATEGORIES[int(row[1])]
            cells[3] = cells[3] and str(np.datetime64(int(row[3]), "s"))
        lines.append(",".join([*cells, "1"]))
    return "\n".join(lines) + "\n"
