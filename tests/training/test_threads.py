"""The number of BLAS threads is measured if it can matter; a number that the user gives comes first."""

import itertools

import pytest

import zoo_core
from zoo_core.training import _threads as threads


def stopwatch(times):
    """Return a function that returns the times of each number of threads, one at a call."""
    turns = {number: itertools.cycle(values) for number, values in times.items()}
    return lambda number: next(turns[number])


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({1: [1.0], 2: [0.6]}, 2),
        ({1: [1.0], 2: [0.97]}, 1),  # not worth a processor
        ({1: [1.0], 2: [0.6, 0.6, 5.0]}, 1),  # another program wants the processor: waiting threads spin
        ({1: [1.0], 2: [0.6, 5.0, *[0.6] * 60]}, 2),  # another program passed by
        ({1: [1.0, 1.1, 3.0], 2: [0.6]}, 2),
        ({1: [1.0], 2: [0.6], 4: [0.4]}, 4),
        ({1: [1.0], 2: [0.6], 4: [0.59]}, 2),
        ({1: [1.0], 2: [1.2], 3: [0.7]}, 3),
    ],
)
def test_more_threads_must_be_quicker_in_every_trial(times, expected):
    assert threads.quickest(max(times), stopwatch(times)) == expected


@pytest.mark.parametrize(("batch_size", "widths"), [(32, [64, 32, 10]), (1, [784, 4096, 10]), (100, [784, 100, 10])])
def test_small_products_are_not_measured(monkeypatch, batch_size, widths):
    monkeypatch.setattr(threads, "quickest", lambda most, seconds: pytest.fail("measured"))
    assert threads.measure_threads(batch_size, widths) == 1


def test_large_products_are_measured_on_this_machine(monkeypatch):
    monkeypatch.setattr(threads, "processors", lambda: 2)
    assert threads.measure_threads(256, [784, 512, 10], "float64") in (1, 2)
    monkeypatch.setattr(threads, "quickest", lambda most, seconds: most if seconds(1) > 0 else 0)
    assert threads.measure_threads(256, [784, 512, 10]) == 2
    monkeypatch.setattr(threads, "processors", lambda: 1)
    assert threads.measure_threads(256, [784, 512, 10]) == 1


def test_a_spec_may_fix_the_number_and_an_argument_comes_before_it():
    spec = zoo_core.read_spec(
        "glyphs-quickstart", ["data.rows=200", "data.train=:150", "data.validation=150:", "training.threads=2"]
    )
    assert zoo_core.prepare(spec).threads == 2
    assert zoo_core.prepare(spec, threads=1).threads == 1
