"""The number of BLAS threads follows from sizes and idle processors, and a user's own number goes before it."""

import os

import pytest

import zoo_core
from zoo_core import threads


@pytest.mark.parametrize(
    ("batch_size", "widths", "expected"),
    [
        (100, [784, 100, 10], 1),  # small products: a second thread costs more than it brings
        (1, [784, 4096, 10], 1),
        (128, [784, 512, 512, 10], 3),
        (4096, [4096, 4096, 10], 8),
    ],
)
def test_the_number_grows_with_the_largest_product(monkeypatch, batch_size, widths, expected):
    monkeypatch.setattr(threads, "idle_processors", lambda: 8)
    assert threads.choose_threads(batch_size, widths) == expected


@pytest.mark.parametrize(("load", "expected"), [(0.1, 2), (0.6, 2), (1.5, 1), (9.0, 1)])
def test_busy_processors_do_not_count(monkeypatch, load, expected):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 1}, raising=False)
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0), raising=False)
    assert threads.choose_threads(4096, [4096, 4096]) == expected


def test_a_spec_may_fix_the_number_and_a_call_goes_before_it():
    spec = zoo_core.read_spec(
        "glyphs-quickstart", ["data.rows=200", "data.train=:150", "data.validation=150:", "training.threads=2"]
    )
    assert zoo_core.prepare(spec).threads == 2
    assert zoo_core.prepare(spec, threads=1).threads == 1
