"""A sample of each proof in tests/robustness; `python -m tests.robustness` makes them whole."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import pytest

from tests.robustness import Unavailable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="they read /proc and send signals")
SAMPLES = {
    "mutants": 600,
    "forgeries": 150,
    "readers": 300,
    "tables": 150,
    "paths": 120,
    "bombs": 2,
    "calls": 100,
    "syscalls": 6,
    "faults": 6,
    "memory": 40,
    "races": 1,
    "options": 60,
    "kept_files": 6,
}
LARGER = {
    "flips": 1,
    "mutants": 9000,
    "forgeries": 4000,
    "bombs": 100,
    "data_bombs": 15,
    "readers": 6000,  # a process of its own reads each file of Parquet or Arrow
    "tables": 5000,
    "paths": 1_500,
    "syscalls": 1000,
    "faults": 1000,
    "memory": 10_000,
    "races": 5,
    "resumes": 300,
    "kept_files": 200,
    "options": 1000,
    "coverage": 100,
}
LEAST = {"calls": 40, "syscalls": 6, "faults": 20, "flips": 40_000, "coverage": 1500}


def prove(name: str, count: int) -> None:
    """Hold that nothing fails; skip what this machine cannot show, but not where CI is "true"."""
    try:
        tried, failures = import_module(f"tests.robustness.{name}").main(count)
    except Unavailable as reason:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(reason))
    assert failures == []
    assert tried >= LEAST.get(name, min(count, 20))


@pytest.mark.parametrize(("name", "count"), SAMPLES.items())
def test_a_sample_of_each_proof(name: str, count: int) -> None:
    prove(name, count)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "count"), LARGER.items())
def test_a_larger_part_of_each_proof(name: str, count: int) -> None:
    prove(name, count)
