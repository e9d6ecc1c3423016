"""Bad inputs and faults, met through the command line as a user would meet them.

A row holds: the exit code; a message that names the cause and the way out; no traceback; and that the folder is as
it was, to the byte. What takes processes, plugins, a server or signals is tested beside the code that it concerns.
"""

from __future__ import annotations

import errno
import gzip
import hashlib
import json
import os
import re
import resource
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.robustness import forge
from tests.storage.refused_files import CASES as REFUSED
from zoo_core.cli import run

HERE = Path(__file__).parents[1]
GOLDEN = HERE / "golden" / "models" / "golden-classes-0.1.npz"
SPEC = """
name = "small"
[data]
name = "csv"
path = "points.csv"
target = "kind"
train = ":15"
validation = "15:"
[model]
loss = "cross_entropy"
[[model.layers]]
units = 4
activation = "relu"
[[model.layers]]
units = 2
activation = "softmax"
[optimizer]
name = "adam"
learning_rate = 0.01
[training]
epochs = 2
batch_size = 8
"""
ROWS = [[i / 7, (i * i) % 5, -i, 1.5 * i] for i in range(20)]
POINTS = "a,b,c,d,kind\n" + "".join(f"{','.join(map(str, row))},{'yn'[i % 2]}\n" for i, row in enumerate(ROWS))
Make = Callable[[Path], object]


@dataclass(frozen=True)
class Case:
    """One bad input: what the folder holds besides the good files, what is typed, what must come of it."""

    what: str
    command: str
    code: int
    words: str = ""  # all of them, separated by " & ", stand in the message
    files: dict[str, bytes | str | Make] = field(default_factory=dict)
    makes: tuple[str, ...] = ()
    out: str = ""
    pattern: str = ""  # is found in the message

    def __str__(self) -> str:
        return self.what


def changed(*replacements: tuple[str, str]) -> dict[str, bytes | str | Make]:
    text = SPEC
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return {"bad.toml": text}


def table(text: str) -> dict[str, bytes | str | Make]:
    return {"points.csv": text}


def golden(change: Callable[[dict[str, Any], dict[str, np.ndarray]], object]) -> Make:
    """Write the golden file with its header or arrays changed, signed anew."""

    def make(path: Path) -> None:
        with np.load(GOLDEN) as file:
            header = json.loads(file["header"].tobytes())
            arrays = {name: file[name] for name in file.files if name != "header"}
        change(header, arrays)
        del header["arrays"]
        path.write_bytes(forge.model(header, arrays))

    return make


def at(path: str, value: Any) -> Make:
    """Write the golden file with one value of its header replaced."""

    def change(header: Any, arrays: Any) -> None:
        *keys, last = [int(key) if key.isdigit() else key for key in path.split(".")]
        for key in keys:
            header = header[key]
        header[last] = value

    return golden(change)


def saved(array: Any) -> Make:
    return lambda path: np.save(path, array)


def idx(array: np.ndarray, magic: int = 8) -> bytes:
    head = bytes([0, 0, magic, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return head + array.astype(np.uint8).tobytes()


def pictures(images: bytes, labels: bytes) -> dict[str, bytes | str | Make]:
    source = 'name = "idx"\nimages = "images"\nlabels = "labels"'
    old = 'name = "csv"\npath = "points.csv"\ntarget = "kind"'
    return {**changed((old, source), ('":15"', '":4"'), ('"15:"', '"4:"')), "images": images, "labels": labels}


def socketed(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(path.name)


IMAGES, LABELS = idx(np.zeros((6, 2, 2))), idx(np.array([0, 1, 0, 1, 0, 1]))
KINDS = "a,b,c,d,kind\n" + "".join(
    f"{','.join(map(str, ROWS[i % 20]))},{('ash', 'birch', 'cedar')[i % 3]}\n" for i in range(200)
)
NAN = golden(lambda header, arrays: arrays["layers.0.weights"].__setitem__((0, 0), np.nan))
INF = golden(lambda header, arrays: arrays["layers.1.bias"].__setitem__(0, -np.inf))

FILES = [
    Case(
        name, "predict bad.npz x.npy -o y.npy", 3, "bad.npz", {"bad.npz": data}, pattern=pattern,
    )
    for name, data, pattern in REFUSED
    if len(data) < 2_000_000
] + [
    Case("fewer layers than arrays", "evaluate bad.npz", 3, "layers.1", {"bad.npz": golden(lambda h, a: h["spec"]["model"]["layers"].pop())}),
    Case("a wider layer", "predict bad.npz x.npy", 3, "shape (4, 6) & (4, 7)", {"bad.npz": at("spec.model.layers.0.units", 7)}),
    Case("a layer that would not fit", "predict bad.npz x.npy", 3, "(4, 1000000)", {"bad.npz": at("spec.model.layers.0.units", 10**6)}),
    Case("another dtype", "predict bad.npz x.npy", 3, "float64", {"bad.npz": at("spec.dtype", "float64")}),
    Case("more names than classes", "predict bad.npz x.npy", 3, "names", {"bad.npz": at("about.class_names", list("abcd"))}),
    Case("inputs as text", "predict bad.npz x.npy", 3, "about.inputs", {"bad.npz": at("about.inputs", "4")}),
    Case("history as text", "show bad.npz", 3, "history", {"bad.npz": at("history", "long")}),
    Case("a record of text", "plot bad.npz", 3, "history", {"bad.npz": at("history.0.train_loss", "low")}),
    *(Case(f"{key} missing, compared to the bit", "compare --exact m.npz bad.npz", 3, key, {"bad.npz": golden(lambda h, a, key=key: h.pop(key))}) for key in ("spec", "about", "history", "environment")),
    Case("a trace of one row, compared to the bit", "compare --exact m.npz bad.npz", 3, "'trace' is no table", {"bad.npz": golden(lambda h, a: a.update(trace=np.arange(9)))}),
    Case("plugins as numbers", "compare bad.npz m.npz", 3, "plugins", {"bad.npz": at("plugins", [1])}),
    Case("a plugin with a command for a name", "show bad.npz", 3, "plugins.0.distribution", {"bad.npz": at("plugins.0.distribution", "x'; rm -rf ~ '")}),
    Case("a spec without layers", "show bad.npz", 3, "layers", {"bad.npz": at("spec.model", {})}),
    Case("a spec without an optimizer", "show bad.npz", 3, "optimizer", {"bad.npz": golden(lambda h, a: h["spec"].pop("optimizer"))}),
    Case("a preprocessor that lacks its arrays", "predict bad.npz x.npy", 3, "preprocessor 'standard'", {"bad.npz": golden(lambda h, a: a.pop("preprocessor.scale"))}),
    Case("a preprocessor of other inputs", "predict bad.npz x.npy", 3, "preprocessor 'standard'", {"bad.npz": golden(lambda h, a: a.update({"preprocessor.scale": np.ones(3)}))}),
    Case("an array that no preprocessor knows", "predict bad.npz x.npy", 3, "'preprocessor.x' is not part", {"bad.npz": golden(lambda h, a: a.update({"preprocessor.x": np.ones(3)}))}),
    Case("a bias missing", "predict bad.npz x.npy", 3, "'layers.0.bias' is missing", {"bad.npz": golden(lambda h, a: a.pop("layers.0.bias"))}),
    Case("weights missing", "show bad.npz", 3, "'layers.1.weights' is missing", {"bad.npz": golden(lambda h, a: a.pop("layers.1.weights"))}),
    Case("an option out of its bounds", "evaluate bad.npz", 3, "optimizer.beta1", {"bad.npz": at("spec.optimizer.beta1", 7)}),
    Case("a layer of no units", "predict bad.npz x.npy", 3, "model.layers.0.units", {"bad.npz": at("spec.model.layers.0.units", 0)}),
    Case("a number for an activation", "predict bad.npz x.npy", 3, "model.layers.1.activation", {"bad.npz": at("spec.model.layers.1.activation", 7)}),
    Case("an array too many", "predict bad.npz x.npy", 3, "'layers.7.bias' is not part", {"bad.npz": golden(lambda h, a: a.update({"layers.7.bias": np.ones(3)}))}),
    Case("a trace of reals", "predict bad.npz x.npy", 3, "'trace' is no table", {"bad.npz": golden(lambda h, a: a.update(trace=np.ones((3, 2))))}),
    Case("training rows that are real", "predict bad.npz x.npy", 3, "'training_rows' is no list of 1 to 1024", {"bad.npz": golden(lambda h, a: a.update(training_rows=np.ones(3)))}),
    Case("training rows without end", "predict bad.npz x.npy", 3, "'training_rows' is no list of 1 to 1024", {"bad.npz": golden(lambda h, a: a.update(training_rows=np.arange(1025)))}),
    Case("training rows in no order", "predict bad.npz x.npy", 3, "'training_rows' is not ascending", {"bad.npz": golden(lambda h, a: a.update(training_rows=np.array([3, 2])))}),
    Case("training rows below 0", "predict bad.npz x.npy", 3, "'training_rows' is not ascending", {"bad.npz": golden(lambda h, a: a.update(training_rows=np.array([-1, 2])))}),
    Case("a warning without a text", "predict bad.npz x.npy", 3, "warnings", {"bad.npz": golden(lambda h, a: h.update(warnings={"learnt": ""}))}),
    Case("a warning of a strange key", "predict bad.npz x.npy", 3, "warnings", {"bad.npz": golden(lambda h, a: h.update(warnings={"\x1b[2J": "x"}))}),
    Case("a trace of 3 MB", "predict bad.npz x.npy", 3, "'trace' has 3000000 bytes", {"bad.npz": golden(lambda h, a: a.update(trace=np.zeros((125_000, 3), np.int64)))}),
    Case("class names that make labels of 2 GB", "predict bad.npz x.npy", 3, "class_names", {"bad.npz": at("about.class_names", ["x" * 500_000, *map(str, range(999))])}),
    Case("another number of parameters", "predict bad.npz x.npy", 3, "claims 7 parameters", {"bad.npz": at("parameters", 7)}),
    Case("a record of no epoch", "show bad.npz", 3, "without an epoch", {"bad.npz": at("history.0", {"train_loss": 1.0})}),
    Case("an environment of 200 facts", "show bad.npz", 3, "environment & 200 keys", {"bad.npz": at("environment", {f"k{i}": i for i in range(200)})}),
    Case("pictures of other pixels", "show bad.npz", 3, "not of 4 pixels", {"bad.npz": at("about.image_shape", [3, 2])}),
    Case("names of other inputs", "show bad.npz", 3, "3 feature_names for 4 inputs", {"bad.npz": at("about.feature_names", list("abc"))}),
    Case("a spec without end", "show bad.npz", 3, "more than 5000 values", {"bad.npz": at("spec.model.extra", [0] * 5000)}),
    Case("a lone number, predict", "predict m.npz lone.npy", 3, "lone.npy & shape ()", {"lone.npy": saved(np.array(3.0))}),
    Case("NaN, predict", "predict bad.npz x.npy -o y.npy", 6, "layers.0.weights & not finite", {"bad.npz": NAN}),
    Case("NaN, evaluate", "evaluate bad.npz --split validation", 6, "layers.0.weights & not finite", {"bad.npz": NAN, "points.csv": KINDS}),
    Case("infinity", "predict bad.npz x.npy --proba", 6, "layers.1.bias", {"bad.npz": INF}),
    Case("NaN, show", "show bad.npz", 0, files={"bad.npz": NAN}, out="golden-classes"),
    Case("a named pipe", "show bad.npz", 3, "named pipe", {"bad.npz": os.mkfifo}),
    Case("a device", "show bad.npz", 3, "device", {"bad.npz": lambda path: path.symlink_to("/dev/zero")}),
    Case("a socket", "show bad.npz", 3, "socket", {"bad.npz": socketed}),
    Case("a folder", "show bad.npz", 3, "folder", {"bad.npz": lambda path: path.mkdir()}),
]  # fmt: skip

SPECS = [
    Case("syntax", "validate bad.toml", 3, "bad.toml:21:", changed(("epochs = 2", "epochs = = 2"))),
    Case("duplicate key", "validate bad.toml", 3, "bad.toml:3:", changed(('"small"\n', '"small"\nname = "n"\n'))),
    Case("duplicate key, JSON", "validate bad.json", 3, "'seed' stands twice", {"bad.json": '{"seed": 1, "seed": 2}'}),
    Case("unknown key", "validate bad.toml", 3, "bad.toml:21:1 & did you mean 'epochs'", changed(("epochs", "epoch"))),
    Case("boolean for a number", "validate bad.toml", 3, "bad.toml:21:1 & not true", changed(("epochs = 2", "epochs = true"))),
    Case("nan", "validate bad.toml", 3, "bad.toml:19:1 & finite", changed(("rate = 0.01", "rate = nan"))),
    Case("inf", "validate bad.toml", 3, "bad.toml:19:1 & finite", changed(("rate = 0.01", "rate = inf"))),
    Case("1e999", "validate bad.toml", 3, "bad.toml:19:1 & finite", changed(("rate = 0.01", "rate = 1e999"))),
    Case("width 0", "validate bad.toml", 3, "bad.toml:12:1 & units", changed(("units = 4", "units = 0"))),
    Case("width -4", "validate bad.toml", 3, "bad.toml:12:1 & units", changed(("units = 4", "units = -4"))),
    Case("width 10^9", "validate bad.toml", 3, "bad.toml:12:1 & units", changed(("units = 4", "units = 1000000000"))),
    Case("10^12 parameters", "train bad.toml", 3, "parameters", changed(
        ("units = 4\n", "units = 1000000\n[[model.layers]]\nunits = 1000000\n"))),
    Case("no layers", "validate bad.toml", 3, "model.layers", {"bad.toml": SPEC.replace("[[model.layers]]", "[[model.extra]]")}),
    Case("bad UTF-8", "validate bad.toml", 3, "bad.toml:1 & UTF-8", {"bad.toml": b'name = "\xff"'}),
    Case("a BOM", "validate bad.toml", 3, "bad.toml:1:1 & byte order mark", {"bad.toml": b"\xef\xbb\xbf" + SPEC.encode()}),
    Case("5,000 digits", "validate bad.toml", 3, "bad.toml & 64 bits", {"bad.toml": f"seed = {'9' * 5000}\n" + SPEC}),
    Case("deep nesting", "validate bad.toml", 3, "nested too deeply", {"bad.toml": "x = " + "[" * 5000 + "]" * 5000}),
    Case("deep nesting, JSON", "validate bad.json", 3, "nested too deeply", {"bad.json": "[" * 30_000 + "]" * 30_000}),
    Case("70 KiB", "validate bad.toml", 3, "64 KiB", {"bad.toml": "#" * 70 * 1024}),
    Case("misspelt part", "validate bad.toml", 3, "bad.toml:13:1 & did you mean 'relu' & known:", changed(('"relu"', '"relv"'))),
    Case("unknown part", "validate bad.toml", 4, "bad.toml:13:1 & install the plugin", changed(('"relu"', '"xyzzy"'))),
    Case("absent plugin", "validate bad.toml", 4, "pip install zoo-x", changed(('"relu"', '"zoo-x:relu"'))),
    Case("all errors at once", "validate bad.toml", 3, "bad.toml:12:1 & bad.toml:13:1 & bad.toml:21:1", changed(
        ('"relu"', '"relv"'), ("units = 4", "units = 0"), ("epochs = 2", "epochs = -2"))),
]  # fmt: skip

TRAIN = "train bad.toml -o new.npz"
DATA = [
    Case("IDX magic", TRAIN, 3, "images & no IDX file", pictures(b"\1\2\3\4" + IMAGES[4:], LABELS)),
    Case("fewer pixels than said", TRAIN, 3, "images & ends after", pictures(IMAGES[:-1], LABELS)),
    Case("more pixels than said", TRAIN, 3, "images & more than", pictures(IMAGES + b"\0", LABELS)),
    Case("counts of images and labels", TRAIN, 3, "labels", pictures(IMAGES, idx(np.zeros(5)))),
    Case("gzip bomb", TRAIN, 3, "images", pictures(gzip.compress(IMAGES + bytes(30_000_000)), LABELS)),
    Case("gzip cut", TRAIN, 3, "images", pictures(gzip.compress(IMAGES)[:-9], LABELS)),
    Case("ragged CSV", "train good.toml -o new.npz", 3, "line 22", table(POINTS + "1,2,y\n")),
    Case("1_000", "train good.toml -o new.npz", 3, "line 22 & '1_000'", table(POINTS + "1_000,2,3,4,y\n")),
    Case("digits of another script", "train good.toml -o new.npz", 3, "line 22", table(POINTS + "\u0661,2,3,4,y\n")),
    Case("infinity", "train good.toml -o new.npz", 3, "line 22 & 'infinity'", table(POINTS + "infinity,2,3,4,y\n")),
    Case("a blank", "train good.toml -o new.npz", 3, "line 22 & blank", table(POINTS + " ,2,3,4,y\n")),
    Case("empty", "train good.toml -o new.npz", 3, "points.csv & empty", table("")),
    Case("header only", "train good.toml -o new.npz", 3, "points.csv & no rows", table("a,b,c,d,kind\n")),
    Case("five columns", "predict m.npz bad.npy -o y.npy", 3, "(5, 5) & 4", {"bad.npy": saved(np.ones((5, 5)))}),
    Case("the first row of a table without its names", "predict m.npz bad.csv", 3, "lacks 4 & its first line, 1, x, 3, 4", {
        "bad.csv": "1,x,3,4\n1,2,3,4\n"}),
    Case("other columns", "predict m.npz bad.csv", 3, "bad.csv & lacks", {"bad.csv": "a,b,c,z\n1,2,3,4\n"}),
    Case("text", "predict m.npz bad.npy", 3, "bad.npy & text", {"bad.npy": saved(np.array([["a"] * 4]))}),
    Case("damaged cache", "data verify mnist", 3, "damaged & fetch", {
        "cache/mnist/t10k-labels-idx1-ubyte.gz": b"not the published file"}, out="damaged"),
    Case("traversal in an archive", "predict m.npz bad.npz", 3, "bad.npz & ../", {
        "bad.npz": lambda path: np.savez(path, **{"../../x": np.ones((5, 4))})}),
    Case("overflow on conversion", "predict m.npz bad.npy", 6, "not finite", {"bad.npy": saved(np.full((5, 4), 1e300))}),
    Case("no dimensions", "predict m.npz bad.npy", 3, "shape ()", {"bad.npy": saved(np.array(3.0))}),
    Case("no rows", "predict m.npz bad.npy", 3, "no rows", {"bad.npy": saved(np.empty((0, 4)))}),
    Case("one class", "train good.toml -o new.npz", 3, "class", table(POINTS.replace(",n\n", ",y\n"))),
    Case("NaN in rows to predict", "predict m.npz bad.npy", 3, "row 2 & column 1 (both from 0)", {
        "bad.npy": saved(np.where(np.arange(20).reshape(5, 4) == 9, np.nan, 1.0))}),
    Case("nan in a table", "train good.toml -o new.npz", 3, "line 22 & column 'b'", table(POINTS + "1,nan,3,4,y\n")),
    Case("empty split", "train good.toml -o new.npz --set data.validation=20:", 2, "data.validation & empty"),
]  # fmt: skip

LONG = "x" * 300
COMMANDS = [
    Case("plugin missing", f"evaluate {GOLDEN.with_name('golden-plugin-0.1.npz')}", 4, "zoo-golden 1.0 & pip install 'zoo-golden==1.0'"),
    Case("plugin missing, show", f"show {GOLDEN.with_name('golden-plugin-0.1.npz')}", 0, out="zoo-golden 1.0"),
    Case("unknown option", "train good.toml --nonsense", 2, "--nonsense"),
    Case("unknown command", "trian good.toml", 2, "trian"),
    Case("a folder to resume", "resume .", 2, "is a folder"),
    Case("the folder above to resume", "resume ..", 2, "is a folder"),
    Case("a folder up", "new ../x", 2, "'../x'"),
    Case("empty", "new ''", 2, "''"),
    Case("empty model", "show ''", 2, "''"),
    Case("a minus", "new -x", 2, "-x"),
    Case("a minus, after --", "new -- -x", 2, "'-x'"),
    Case("NUL", "new 'a\0b'", 2, "name"),
    Case("NUL in the output", "train good.toml -o 'a\0b.npz'", 2, "-o & null byte"),
    Case("300 characters", f"new {LONG}", 2, "name"),
    Case("300 characters in the output", f"train good.toml -o {LONG}.npz", 2, "too long"),
    Case("300 characters of a spec", f"train {LONG}.toml", 3, "too long"),
    Case("300 characters of a model", f"evaluate {LONG}.npz", 3, "too long"),
    Case("a picture of the default name exists", "plot m.npz", 2, "m-curves.png & --force", {"m-curves.png": b"mine"}),
    Case("train", "train good.toml -o m.npz", 2, "m.npz & --force"),
    Case("train, where a link to nothing is", "train good.toml -o new.npz", 2, "new.npz: exists & --force", {"new.npz": lambda path: path.symlink_to("nowhere.npz")}),
    Case("predict", "predict m.npz x.npy -o x2.npy", 2, "x2.npy & --force", {"x2.npy": b"mine"}),
    Case("plot", "plot m.npz -o p.png", 2, "p.png & --force", {"p.png": b"mine"}),
    Case("new", "new good", 2, "good.toml & --force"),
    Case("schema", "schema -o good.toml", 2, "good.toml & --force"),
    Case("predict", "predict m.npz x.npy -o x.npy --force", 2, "x.npy & input"),
    Case("predict to standard output", "predict m.npz x.npy -o -", 2, "-: must end & leave out -o"),
    Case("predict, by another name", "predict m.npz x.npy -o link.npy --force", 2, "input", {
        "link.npy": lambda path: path.symlink_to("x.npy")}),
    Case("train", "train good.toml -o good.toml --force", 2, "good.toml & input"),
    Case("negative epochs", "train good.toml --set training.epochs=-1", 2, "--set training.epochs=-1"),
    Case("negative rate", "train good.toml --set optimizer.learning_rate=-0.1", 2, "learning_rate"),
    Case("negative seed", "train good.toml --seed=-1", 2, "--seed"),
    Case("no epochs of a schedule", "plot cosine --kind schedule --epochs 0", 2, "--epochs"),
    Case("escape codes in a name", "show '\x1b[31m[red]x'", 2, r"\x1b[31m[red]x"),
    Case("escape codes in a file", "show bad.npz", 0, files={"bad.npz": at("spec.description", "[red]\x1b[2J\x07it")}, out="[red]"),
    Case("escape codes in a spec", "validate bad.toml", 3, "bad.toml", {"bad.toml": SPEC + '"a\\u001b[2J" = 1\n'}),
    Case("a folder where nothing can be written", "train good.toml -o /proc/new.npz", 5, "/proc/new.npz"),
    Case("the loss leaves the numbers", "train bad.toml -o new.npz", 6, "epoch & step & learning rate", changed(
        ("rate = 0.01", "rate = 1e38"), ("adam", "sgd"))),
    Case("the gradient overflows in the last step", "train bad.toml -o new.npz", 6, "not finite", changed(
        ('target = "kind"', 'target = "kind"\npreprocessor = "none"'), ("epochs = 2", "epochs = 1"),
        ("batch_size = 8", 'batch_size = "all"'), ("rate = 0.01", "rate = 1e300"), ("adam", "sgd"))),
    Case("finite divergence", "train bad.toml -o new.npz --quiet", 0, "warning & diverged & learning rate", changed(
        ("rate = 0.01", 'rate = { name = "piecewise", boundaries = [2.0], values = [0.01, 100.0] }'), ("epochs = 2", "epochs = 4")), makes=("new.npz",)),
    Case("a batch larger than the data", "train good.toml -o new.npz --set training.batch_size=500", 0, makes=("new.npz",)),
    Case("a short last batch", "train good.toml -o new.npz --set training.batch_size=4", 0, makes=("new.npz",)),
]  # fmt: skip

SORTS = {  # one flaw of each sort
    "a named pipe", "another shape", "not JSON", "a feature", "version 3", "nested", "big-endian",
    "trailing bytes", "negative", "10 GB", "V0", "structured", "object", "text", "a member missing",
    "300 members", "a folder up", "a beside a.npy", "a member twice", "local checksum", "overlap",
    "packed size", "unknown method", "encrypted", "bz2", "deflate", "bytes after", "bytes before", "a bare npy",
    "a pickle", "not a zip", "empty",
}  # fmt: skip
CASES = [*FILES, *SPECS, *DATA, *COMMANDS]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a good model, a good spec, good data and rows to predict."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZOO_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    monkeypatch.delenv("ZOO_DATA_DIR", raising=False)
    Path("m.npz").write_bytes(GOLDEN.read_bytes())
    Path("good.toml").write_text(SPEC)
    Path("points.csv").write_text(POINTS)
    np.save("x.npy", np.ones((5, 4)))
    return tmp_path


def put(files: dict[str, bytes | str | Make]) -> None:
    for name, content in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if callable(content):
            content(path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)


def listing() -> dict[str, str]:
    """Return every path below the working folder, with the digest of what is a file."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else "-"
        for path in sorted(Path().rglob("*"))
    }


def words_of(text: str) -> Iterator[str]:
    return (words.strip() for words in text.split("&") if words.strip())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_bad_input_gets_its_answer_and_changes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], case: Case
) -> None:
    put(case.files)
    before = listing()
    code = run(shlex.split(case.command))
    out, err = capsys.readouterr()
    assert code == case.code, err
    for words in words_of(case.words):
        assert words in err
    assert re.search(case.pattern, err)
    assert case.out in out
    assert not case.code or case.out or out == ""
    assert "Traceback" not in err
    assert all(c.isprintable() or c == "\n" for c in out + err)
    assert len(err.splitlines()) < 12
    after = listing()
    assert {path: after.get(path) for path in before} == before
    assert set(after) - set(before) == set(case.makes)


def test_each_flaw_of_a_model_file_has_words_of_its_own(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = {}
    for case in [case for case in reversed(FILES) if case.what in SORTS]:
        put(case.files)
        run(["predict", "bad.npz", "x.npy"])
        said[case.what] = capsys.readouterr().err
        path = Path("bad.npz")
        path.rmdir() if path.is_dir() else path.unlink()
    assert said.keys() == SORTS
    assert len(set(said.values())) == len(said)


# ------------------------------------------------------------------ with processes


def zoo(*arguments: str, before: str = "", **more: Any) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own; `before` is Python that runs first."""
    code = f"{before}\nimport sys\nfrom zoo_core.cli import main\nsys.argv[0] = 'zoo'\nmain()"
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False, env=environment, **more
    )


def test_what_a_stored_spec_names_is_never_opened(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    opened: list[str] = []
    listening = [True]
    sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" and listening[0] else None)
    put({"bad.npz": at("spec.data.path", str(folder / "points.csv"))})
    opened.clear()
    try:
        assert run(["predict", "bad.npz", "x.npy", "-o", "y.npy"]) == 0
        assert run(["show", "bad.npz"]) == 0
    finally:
        listening[0] = False
    assert [name for name in opened if "points.csv" in name] == []
    assert any("bad.npz" in name for name in opened)


def test_a_closed_pipe_is_no_error(folder: Path) -> None:
    command = f"{shlex.quote(sys.executable)} -m zoo_core list parts --json | head -n 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False, env={**os.environ})
    assert (done.stdout.strip(), done.stderr) == ("[", "")


@pytest.mark.parametrize("arguments", ["train good.toml -o m.npz --force --quiet", "predict m.npz x.npy -o y.npy"])
def test_a_full_disk_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str], arguments: str) -> None:
    before = listing()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40, hard))
    try:
        code = run(arguments.split())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert code == 5
    assert "nothing was changed" in capsys.readouterr().err
    assert listing() == before


@pytest.mark.parametrize(("call", "number"), [("fsync", errno.EIO), ("replace", errno.EXDEV)], ids=["sync", "rename"])
def test_a_disk_that_fails_changes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number))

    before = listing()
    with monkeypatch.context() as patch:
        patch.setattr(os, call, fail)
        code = run(["train", "good.toml", "-o", "m.npz", "--force", "--quiet"])
    assert code == 5
    assert os.strerror(number) in capsys.readouterr().err
    assert listing() == before


def test_out_of_memory(folder: Path) -> None:
    put(changed(("units = 4", "units = 1000000")))
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**29, 2**29))"
    done = zoo("train", "bad.toml", "-o", "new.npz", before=limit)
    assert done.returncode == 5, done.stderr
    assert "not enough memory" in done.stderr
    assert "Traceback" not in done.stderr
    assert not Path("new.npz").exists()


def test_a_feature_without_variance_is_warned_of(folder: Path) -> None:
    put(table("a,b,c,d,kind\n" + "".join(f"7,{i},{-i},1,{'yn'[i % 2]}\n" for i in range(20))))
    done = zoo("train", "good.toml", "-o", "new.npz", "--quiet")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "warning: 2 feature(s) do not vary and are not scaled: 0, 3\n"


PLUGIN = """
import numpy as np
from zoo_core import hookimpl
from zoo_core.parts import Activation

class Odd(Activation):
    name = "odd"
    def forward(self, z, out):
        {body}
    def derivative(self, z, a, out):
        out[...] = 1

@hookimpl
def zoo_parts():
    return [Odd]
"""
BODIES = {
    "raises": ("raise ValueError('no luck')", 4, "no luck"),
    "another shape": ("out[...] = np.ones((3, 77))", 4, "broadcast"),
    "NaN": ("out[...] = np.nan", 6, "layers.0.activation"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_part_that_fails_in_training_is_named(folder: Path, name: str) -> None:
    body, code, words = BODIES[name]
    info = folder / "site" / "zoo_odd-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: zoo-odd\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[zoo]\nzoo-odd = zoo_odd\n")
    (folder / "site" / "zoo_odd.py").write_text(PLUGIN.format(body=body))
    put(changed(('"relu"', '"odd"')))
    done = zoo("train", "bad.toml", "-o", "new.npz", before=f"import sys; sys.path.insert(0, {str(folder / 'site')!r})")
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "'odd'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not Path("new.npz").exists()
