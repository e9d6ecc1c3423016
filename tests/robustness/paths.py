"""Model files whose data lie elsewhere: no command and no function opens a file outside the folders of its user."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.robustness import Result, forge
from zoo_core import load, prepare, train
from zoo_core.cli import run
from zoo_core.errors import DataError

PROMISE = "a model file whose data lead out of its folders: refused, nothing out there is opened or quoted"
COUNT = 3_000
SECRET = "hunter2"
SPEC: dict[str, Any] = {
    "data": {"name": "csv", "path": "t.csv", "target": "kind", "test": 0.25},
    "model": {"loss": "cross_entropy", "layers": [{"units": 2, "activation": "softmax"}]},
    "optimizer": "sgd",
    "training": {"epochs": 1},
}
TARGETS = "secret", "t.csv", "sub/secret", "absent"
COMMANDS = (
    "evaluate m.npz", "evaluate m.npz --split train", "explain m.npz", "plot m.npz --kind confusion --force",
    "train m.npz -o n.npz --force", "train m.npz --from m.npz -o n.npz --force",
)  # fmt: skip
FUNCTIONS = {"prepare": prepare, "train": train, "the spec": lambda path: train(load(path).spec)}
opened: list[str] = []  # the files outside that were opened since the list was cleared


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and "outside" in str(arguments[0]):
        opened.append(str(arguments[0]))


def main(count: int) -> Result:
    """Try `count` pairs of a path and a road."""
    sys.addaudithook(_watch)
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        header, arrays = _lay(root)
        pairs = list(itertools.product(_paths(root), (*COMMANDS, *FUNCTIONS)))
        random.Random(0).shuffle(pairs)
        for path, road in itertools.islice(itertools.cycle(pairs), count):
            header["spec"]["data"]["path"] = path
            (root / "inside" / "m.npz").write_bytes(forge.model(header, arrays, version=header["version"]))
            with contextlib.chdir(root / "inside"):
                failures += [f"{road}, {path:.200}: {found}" for found in _problems(road)]
    return count, failures


def _lay(root: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Make the folders and a model; return its header and arrays."""
    work, outside = root / "inside", root / "outside"
    (outside / "sub").mkdir(parents=True)
    (work / "deep" / "er").mkdir(parents=True)
    (work / "t.csv").write_text("a,b,kind\n" + "".join(f"{i},{i % 3},{'yn'[i % 2]}\n" for i in range(20)))
    for name in ("secret", "t.csv", "sub/secret"):
        (outside / name).write_text(f"{SECRET},{SECRET}\n{SECRET},1\n")
    (work / "link").symlink_to(outside)
    (work / "deep" / "link").symlink_to("../../outside")
    (work / "chain").symlink_to("deep/link")
    for name in TARGETS:
        (work / f"link-{name.replace('/', '-')}").symlink_to(outside / name)
    with contextlib.chdir(work):
        train(SPEC, output="m.npz")
    with np.load(work / "m.npz") as file:
        header = json.loads(file["header"].tobytes())
        arrays = {name: file[name] for name in file.files if name != "header"}
    del header["arrays"]
    return header, arrays


def _paths(root: Path) -> Iterator[str]:
    """Yield the ways to write a path to each target outside, and paths to what is no file."""
    starts = (
        "../outside", f"{root}/outside", "link", "deep/link", "chain", "deep/../../outside", "deep/er/../../../outside",
        "./../outside", "../inside/../outside", f"{root}/inside/../outside", "link/../outside", "deep//..//..//outside",
        f"{root}/inside/link", f"/{root}/outside", "../" * 30 + str(root)[1:] + "/outside",
    )  # fmt: skip
    for target in TARGETS:
        yield from (f"{start}/{target}" for start in starts)
        yield f"link-{target.replace('/', '-')}"
    yield from ("~/outside", "~root/outside/secret", "~nobody_at_all/x", "/dev/zero", "/proc/self/environ", "..", "/")
    yield from ("link", "link/", "/etc/passwd", "\0", "../\0", "x" * 5000, "../" + "x" * 5000)


def _problems(road: str) -> Iterator[str]:
    """Yield what is wrong with the way in which a road ends."""
    opened.clear()
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            code = FUNCTIONS[road]("m.npz") and 0 if road in FUNCTIONS else run(road.split())
        if code != 3:
            yield f"ends with {code}: {out.getvalue()[:200]}"
    except DataError as error:
        out.write(str(error))
    except Exception as error:
        yield f"raises {error!r}"
    if SECRET in out.getvalue():
        yield f"tells what the file holds: {out.getvalue()[:200]}"
    if opened:
        yield f"opens {opened[0]}"
