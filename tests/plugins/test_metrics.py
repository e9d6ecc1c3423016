"""Metrics gathered over uneven batches equal scikit-learn's over all rows, to 1e-9; odd cases by hand."""

import math
from pathlib import Path

import numpy as np
import pytest

from zoo_plugins import metrics

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "optimizers.npz")


def figure(part, outputs, targets, weights=None, cuts=()):
    part.start(len(outputs), outputs.shape[1])
    for rows in np.split(np.arange(len(outputs)), cuts):
        part.update(outputs[rows], targets[rows], None if weights is None else weights[rows])
    return part.result()


def example(kind):
    return kind(k=2) if kind is metrics.TopKAccuracy else kind()


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("cuts", [(), (1, 8, 41)])
@pytest.mark.parametrize("kind", metrics.PARTS)
def test_a_metric_equals_scikit_learns(kind, cuts, weighted):
    outputs, targets = ("scores", "y") if kind.task == "classification" else ("found", "true")
    weights = GOLDEN["weights"] if weighted else None
    found = figure(example(kind), GOLDEN[outputs], GOLDEN[targets], weights, cuts)
    expected = GOLDEN[kind.name + "_weighted" * weighted]
    assert found == pytest.approx(float(expected), rel=1e-9)


@pytest.mark.parametrize("kind", metrics.PARTS)
def test_rows_of_weight_zero_do_not_count_even_a_whole_batch_of_them(kind):
    outputs, targets = ("scores", "y") if kind.task == "classification" else ("found", "true")
    weights = np.r_[np.zeros(10), np.ones(50)]
    some = figure(example(kind), GOLDEN[outputs], GOLDEN[targets], weights, [10])
    rest = figure(example(kind), GOLDEN[outputs][10:], GOLDEN[targets][10:])
    assert some == pytest.approx(rest, rel=1e-12)


@pytest.mark.parametrize("kind", [k for k in metrics.PARTS if k.task == "classification"])
def test_one_output_is_the_probability_of_class_1(kind):
    p, y = np.array([[0.9], [0.5], [0.2], [0.4]]), np.array([1, 1, 0, 1])
    part = kind(k=1) if kind is metrics.TopKAccuracy else kind()
    expected = {"balanced_accuracy": 5 / 6, "precision": 3 / 4, "recall": 5 / 6, "f1": (2 / 3 + 4 / 5) / 2}
    assert figure(part, p, y) == pytest.approx(expected.get(kind.name, 3 / 4))


def test_top_k_does_not_praise_equal_or_missing_outputs():
    y = np.arange(10)
    assert figure(metrics.TopKAccuracy(k=3), np.ones((10, 10)), y) == pytest.approx(0.3)
    lost = np.where(np.eye(10, dtype=bool), np.nan, 0.0)
    assert figure(metrics.TopKAccuracy(k=3), lost, y) == 0


def test_mean_of_many_float32_weights_loses_no_digits():
    correct = np.eye(2)[np.zeros(3, int)]
    weights = np.array([2**24, 1, 1], np.float32)
    expected = 2**24 / (2**24 + 2)
    assert figure(metrics.Accuracy(), correct, np.array([0, 1, 1]), weights) == pytest.approx(expected, rel=1e-12)


def test_r2_of_targets_that_do_not_vary_is_not_a_number():
    assert math.isnan(figure(metrics.R2(), np.zeros((3, 1)), np.ones((3, 1))))


def test_start_forgets():
    part = metrics.Mae()
    figure(part, np.zeros((2, 1)), np.ones((2, 1)))
    assert figure(part, np.zeros((2, 1)), np.zeros((2, 1))) == 0
