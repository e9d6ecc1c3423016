"""Labels: what counts as a whole number, and the labels that a model returns for such class names."""

from __future__ import annotations

import pytest

from zoo_core.data.labels import is_whole_number
from zoo_core.model._inputs import class_labels


@pytest.mark.parametrize("label", ["0", "7", "-1", "+3", "007", "9" * 18])
def test_whole_numbers(label):
    assert is_whole_number(label)
    assert -(2**63) <= int(label) < 2**63


@pytest.mark.parametrize("label", ["", "1.0", "1e3", "1_000", " 1", "x", "--1", "\u0661", "9" * 19])
def test_labels_that_are_no_whole_numbers(label):
    assert not is_whole_number(label)


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        ((), [0, 1]),
        (("3", "-5"), [3, -5]),
        (("3", "x"), ["3", "x"]),
        (("007", "008"), ["007", "008"]),
        (("+1", "-0"), ["+1", "-0"]),
    ],
)
def test_class_names_become_integers_only_if_nothing_is_lost(names, labels):
    assert class_labels(names, 2).tolist() == labels
