"""Loads a model file in one of the ways; prints, as JSON, the error, the growth of its peak of memory, and seconds."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import zoo_core
from zoo_core.errors import ZooError
from zoo_core.registry import Registry

SOUND = next((Path(__file__).parents[1] / "golden" / "models").glob("golden-classes-*.npz"))


def peak() -> int:
    """Return the largest resident size of this process so far, in bytes."""
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.partition("VmHWM:")[2].split()[0])


def load(path: str | Path, registry: Registry) -> object:
    """Load a model as far as predicting needs it."""
    return zoo_core.load(path, registry)


def whole_spec(path: str | Path, registry: Registry) -> object:
    """Load a model and validate all of its spec."""
    return zoo_core.load(path, registry).spec


def main(way: str, path: str) -> None:
    """Warm up with a sound file, forget the peak, and meet the bomb."""
    read, registry = {"load": load, "whole_spec": whole_spec}[way], Registry()
    read(SOUND, registry)
    Path("/proc/self/clear_refs").write_text("5")  # proc(5): the peak becomes the present size
    before, began, error = peak(), time.process_time(), "nothing"
    try:
        read(path, registry)
    except ZooError as refused:
        error = type(refused).__name__
    seconds = time.process_time() - began
    print(json.dumps({"error": error, "growth": peak() - before, "seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
