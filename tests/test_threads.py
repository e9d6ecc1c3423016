"""The number of BLAS threads follows from sizes alone, and a user's own number goes before it."""

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
    monkeypatch.setattr(threads, "processors", lambda: 8)
    assert threads.choose_threads(batch_size, widths) == expected


def test_the_number_is_bounded_by_the_processors(monkeypatch):
    monkeypatch.setattr(threads, "processors", lambda: 2)
    assert threads.choose_threads(4096, [4096, 4096]) == 2


def test_a_spec_may_fix_the_number_and_a_call_goes_before_it():
    spec = zoo_core.read_spec(
        "glyphs-quickstart", ["data.rows=200", "data.train=:150", "data.validation=150:", "training.threads=2"]
    )
    assert zoo_core.prepare(spec).threads == 2
    assert zoo_core.prepare(spec, threads=1).threads == 1
