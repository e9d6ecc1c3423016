"""Small data files and models that ask for much memory; each is met by a process that reads the peak of all its own."""

from __future__ import annotations

import gzip
import io
import json
import struct
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from tests.robustness import Result, environment, python, table_files

PROMISE = "data bombs of less than 1 MB: refused, or read within 400 MB and 10 s"
BYTES, SECONDS = 400 * 10**6, 10.0


def _npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def _png(mode: str, width: int, height: int) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new(mode, (width, height)).save(file, "PNG")
    return file.getvalue()


def _idx(size: int) -> bytes:
    return gzip.compress(bytes([0, 0, 8, 2]) + struct.pack(">II", 1, size) + bytes(size))


READ = "from zoo_core.data.readers.inputs import read_inputs; read_inputs(path, 4, (), (28, 28))"
IDX = "from zoo_core.data.readers.idx import read_idx; read_idx(path)"
TABLE = """
from zoo_core.data.readers.columns import read_columns
from zoo_core.data.readers.table_format import TableFormat
read_columns(path, TableFormat())
"""
WEIGHTS = """
import numpy as np
from zoo_core.display.plots import first_layer_weights, save_figure
save_figure(first_layer_weights(np.ones((2000, 1)), SHAPE), path.with_suffix(".png"))
"""
WIDE = """
import numpy as np
data = path.with_name("wide.npz")
np.savez(data, x=np.ones((4, 1)), y=np.ones(4))
layers = [{"units": 500_000, "activation": "relu"}, {"units": 1}]
model = zoo_core.train({
    "data": {"name": "npz", "path": str(data), "task": "regression"},
    "model": {"loss": "mse", "layers": layers}, "optimizer": "sgd", "training": {"epochs": 1},
})
model.outputs(np.ones((512, 1)))
"""
MODES = "L", "RGB", "RGBA", "LA", "P", "I;16", "1"
BOMBS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "an .npz of 400 MB of zeros": (".npz", lambda: _npz(x=np.zeros((1, 400_000_000), np.uint8)), READ),
    "100 arrays of 5 MB": (".npz", lambda: _npz(**{f"x{i}": np.zeros(5_000_000, np.uint8) for i in range(100)}), READ),
    "one text of 400 MB": (".npz", lambda: _npz(x=np.zeros(1, "<U100000000")), READ),
    "a gzipped IDX file of 400 MB": (".idx", lambda: _idx(400_000_000), IDX),
    **{f"a PNG of 24 million pixels, {mode}": (".png", partial(_png, mode, 4900, 4900), READ) for mode in MODES},
    "a PNG of one line": (".png", lambda: _png("RGB", 24_000_000, 1), READ),
    "a gzipped table of 240 MB": (".csv.gz", lambda: gzip.compress(b"a,b\n" + b"1,2\n" * 60_000_000), TABLE),
    "weights of one column": (".npz", bytes, WEIGHTS.replace("SHAPE", "(2000, 1)")),
    "weights of one line": (".npz", bytes, WEIGHTS.replace("SHAPE", "(1, 2000)")),
    "a layer of 500,000 units": (".npz", bytes, WIDE),
}
if find_spec("openpyxl"):
    BOMBS["a sheet of one wide row and 50,000 short ones"] = ".xlsx", lambda: table_files.wide_sheet(50_000), TABLE
if find_spec("polars") and find_spec("arro3"):
    TEXT = {"a": ["x" * 1_000_000] * 3000, "y": [1] * 3000}
    BOMBS["a text that stands in 3000 cells"] = ".parquet", lambda: table_files.frame(TEXT, "write_parquet"), TABLE
    LONG = {"a": ["x" * 600_000_000], "y": [1]}
    BOMBS["one text of 600 MB"] = ".parquet", lambda: table_files.frame(LONG, "write_parquet"), TABLE
    ZEROS = {"a": [0.0] * 50_000_000, "y": [1] * 50_000_000}
    BOMBS["a batch of 100 million zeros"] = ".feather", lambda: table_files.batch(ZEROS), TABLE
COUNT = len(BOMBS)
VICTIM = """
import json, resource, sys, time
from pathlib import Path
import zoo_core, zoo_core.errors
path, began = Path(sys.argv[1]), time.process_time()
peak = lambda: 1024 * int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
Path("/proc/self/clear_refs").write_text("5")  # the peak of this process alone; a child begins with that of its parent
before = peak()
try:
    exec(sys.argv[2])
except zoo_core.errors.ZooError:
    pass
readers = 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([peak() - before + readers, time.process_time() - began]))
"""


def main(count: int) -> Result:
    """Try the first `count` bombs."""
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (ending, make, code) in list(BOMBS.items())[:count]:
            path = Path(folder) / f"bomb{ending}"
            path.write_bytes(make())
            if found := _met(path, code):
                failures.append(f"{name}: {found}")
    return min(count, COUNT), failures


def _met(path: Path, code: str) -> str:
    command = python("-W", "ignore", "-c", VICTIM, path, code)
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        return f"the process ended with code {done.returncode}: {done.stderr[-200:]}"
    grown, seconds = json.loads(done.stdout)
    return f"took {grown:,} bytes and {seconds:.1f} s" if grown > BYTES or seconds > SECONDS else ""
