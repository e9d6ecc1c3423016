"""Metrics over uneven batches equal scikit-learn's over all rows, to 1e-9; special cases by hand.

The expected values are made by tests/golden/make_metrics.py.
"""

import copy
import math

import numpy as np
import pytest

import zoo_core
from tests.helpers.builtin import PARTS
from tests.helpers.specs import small_spec
from tests.plugins.comparisons import FOLDER, REGISTRY, figures, metrics
from zoo_core.errors import SpecError
from zoo_core.parts import Metric

GOLDEN = np.load(FOLDER / "metrics.npz")
CLASSES = [k for k in PARTS if issubclass(k, Metric)]
CLASSIFYING = [k for k in CLASSES if k.task == "classification"]
CASES = list(metrics())


def make(name, **options):
    return REGISTRY.get("metric", name)(**options)


def example(kind):
    return kind(k=2) if kind.name == "top_k_accuracy" else kind()


def data(kind):
    about, y = ("scores", "y") if kind.task == "classification" else ("values", "true")
    return GOLDEN[about], GOLDEN[y]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_metric_gives_the_figures_of_its_peer(case):
    assert case.measure() <= case.allowed


def test_every_metric_has_a_peer():
    assert {case.name for case in CASES} == {kind.name for kind in CLASSES}


@pytest.mark.parametrize("kind", CLASSES)
def test_the_cuts_between_batches_do_not_matter(kind):
    outputs, targets = data(kind)
    whole, cut = (figures(example(kind), outputs, targets, GOLDEN["weights"], cuts) for cuts in ((), (1, 2, 50)))
    assert whole == pytest.approx(cut, rel=1e-12)


@pytest.mark.parametrize("kind", CLASSES)
def test_rows_of_weight_zero_do_not_count_even_a_whole_batch_of_them(kind):
    outputs, targets = data(kind)
    some = figures(example(kind), outputs, targets, np.r_[np.zeros(10), np.ones(50)], [10])
    assert some == pytest.approx(figures(example(kind), outputs[10:], targets[10:]), rel=1e-12)


@pytest.mark.parametrize("kind", CLASSES)
def test_state_in_a_fresh_instance_gives_the_same_figures(kind):
    outputs, targets = data(kind)
    part, fresh = example(kind), example(kind)
    for one in (part, fresh):
        one.start(60, outputs.shape[1])
    part.update(outputs[:20], targets[:20], None)
    for key in kind.state:
        setattr(fresh, key, copy.deepcopy(getattr(part, key)))
    for one in (part, fresh):
        one.update(outputs[20:], targets[20:], None)
    assert part.figures() == fresh.figures()


@pytest.mark.parametrize("kind", CLASSES)
def test_no_rows_give_no_number_and_no_warning(kind):
    part = example(kind)
    part.start(0, 3)
    assert all(math.isnan(value) for value in part.figures().values()) or kind.name == "confusion_matrix"


@pytest.mark.parametrize("kind", CLASSIFYING)
def test_float32_outputs_are_summed_in_float64(kind):
    outputs, targets = GOLDEN["scores"].astype(np.float32), GOLDEN["y"]
    double = figures(example(kind), outputs.astype(np.float64), targets)
    assert figures(example(kind), outputs, targets) == pytest.approx(double, rel=1e-12)


@pytest.mark.parametrize("kind", CLASSIFYING)
def test_one_output_is_the_probability_of_class_1(kind):
    p, y = np.array([[0.9], [0.5], [0.2], [0.4]]), np.array([1, 1, 0, 1])
    both = np.hstack([1 - p, p])  # one half counts as class 0, as equal outputs do
    part = kind(k=1) if kind.name == "top_k_accuracy" else kind()
    assert figures(part, p, y, cuts=()) == pytest.approx(figures(part, both, y, cuts=()), abs=1e-8)


def test_classes_that_are_neither_true_nor_predicted_do_not_lower_an_average():
    outputs, y = np.eye(4)[[0, 1, 1]], np.array([0, 1, 1])
    for name in ("precision", "recall", "f1", "balanced_accuracy"):
        assert figures(make(name), outputs, y, cuts=()) == {name: 1}


def test_top_k_does_not_praise_equal_or_missing_outputs():
    y = np.arange(10)
    assert figures(make("top_k_accuracy", k=3), np.ones((10, 10)), y)["top_k_accuracy"] == pytest.approx(0.3)
    lost = np.where(np.eye(10, dtype=bool), np.nan, 0.0)
    assert figures(make("top_k_accuracy", k=3), lost, y)["top_k_accuracy"] == 0


def test_mean_of_many_float32_weights_loses_no_digits():
    correct = np.eye(2)[np.zeros(3, int)]
    weights = np.array([2**24, 1, 1], np.float32)
    found = figures(make("accuracy"), correct, np.array([0, 1, 1]), weights, ())
    assert found["accuracy"] == pytest.approx(2**24 / (2**24 + 2), rel=1e-12)


@pytest.mark.parametrize("constant", [0.0, 1.0, 0.1, -1 / 3, 1e150, 123456.7])
def test_r2_of_targets_that_do_not_vary_is_one_for_perfect_outputs_and_else_zero(constant):
    y = np.full((30, 1), constant)
    for outputs, right in ((y, 1.0), (y / 2 + 1, 0.0)):
        assert figures(make("r2"), outputs, y)["r2"] == right
        assert figures(make("r2"), outputs, y, np.linspace(0, 1, 30))["r2"] == right
    both = np.hstack([y, np.arange(30.0)[:, None]])
    assert figures(make("r2"), both, both)["r2"] == 1
    assert math.isnan(figures(make("r2"), y[:1], y[:1], cuts=())["r2"])


def test_the_area_without_a_class_is_not_a_number_and_of_equal_scores_is_one_half():
    y = np.array([0, 1, 1])
    assert math.isnan(figures(make("roc_auc"), np.full((3, 1), 0.5), np.ones(3, int), cuts=())["roc_auc"])
    assert figures(make("roc_auc"), np.full((3, 1), 0.5), y, cuts=())["roc_auc"] == 0.5


def test_start_forgets():
    part = make("mae")
    figures(part, np.zeros((2, 1)), np.ones((2, 1)), cuts=())
    assert figures(part, np.zeros((2, 1)), np.zeros((2, 1)), cuts=()) == {"mae": 0}


def test_values_by_class_carry_names_that_differ_and_can_be_shown():
    outputs, y = np.eye(5)[[0, 1, 2, 3, 4]], np.arange(5)
    part = make("recall", per_class=True)
    part.set_meaning(None, ["<=50K", ">50K", "so so", "a\tb\x1b[31m", "Zürich"])
    assert list(figures(part, outputs, y)) == [
        "recall", "recall_<=50K", "recall_>50K", "recall_so_so", "recall_a_b_[31m", "recall_Zürich",
    ]  # fmt: skip
    part.set_meaning(None, ["a b", "a_b", "", "a", "b"])
    assert list(figures(part, outputs, y)) == [
        "recall", "recall_a_b_0", "recall_a_b_1", "recall__2", "recall_a", "recall_b",
    ]  # fmt: skip
    matrix = make("confusion_matrix")
    matrix.set_meaning(None, ["cat", "dog"])
    assert figures(matrix, np.eye(2)[[0, 1, 1]], np.array([0, 1, 0])) == {
        "confusion_matrix_cat_cat": 1, "confusion_matrix_cat_dog": 1, "confusion_matrix_dog_cat": 0,
        "confusion_matrix_dog_dog": 1,
    }  # fmt: skip
    matrix.set_meaning(None, ["a", "a_a"])  # a_a_a would be two cells
    assert "confusion_matrix_0_1" in figures(matrix, np.eye(2), np.arange(2))


def test_the_average_binary_needs_two_classes():
    with pytest.raises(SpecError, match="average is 'binary', and there are 3 classes"):
        make("f1", average="binary").start(3, 3)
    spec = small_spec(training={"metrics": ["accuracy", {"name": "f1", "average": "binary"}]})
    with pytest.raises(SpecError, match=r"spec 'model': training\.metrics\.1: metric 'f1': .* 10 classes"):
        zoo_core.prepare(spec)


def test_metrics_of_one_name_get_the_options_in_which_they_differ():
    by_k = [{"name": "top_k_accuracy", "k": k} for k in (2, 3)]
    by_average = [{"name": "f1", "average": average, "per_class": average == "macro"} for average in ("macro", "micro")]
    twice = ["accuracy", "accuracy"]
    stop = {"monitor": "test_top_k_accuracy_k_3", "patience": 9}
    model = zoo_core.train(small_spec(
        training={"metrics": [*by_k, *by_average, *twice], "early_stopping": stop, "allow_test_monitor": True},
    ))  # fmt: skip
    last = model.history[-1]
    keys = [key.removeprefix("test_") for key in last if key.startswith("test_")]
    assert [key for key in keys if "f1_average_macro_" not in key] == [
        "loss", "top_k_accuracy_k_2", "top_k_accuracy_k_3", "f1_average_macro", "f1_average_micro", "accuracy",
    ]  # fmt: skip
    assert len(keys) == 16
    assert last["test_top_k_accuracy_k_3"] > last["test_top_k_accuracy_k_2"] > last["test_accuracy"]
    assert model.warnings.keys() <= {"below_baseline"}


def test_figures_of_each_class_stand_in_the_history_and_can_be_watched():
    metrics = [{"name": "recall", "per_class": True}, {"name": "confusion_matrix"}, "brier"]
    stop = {"monitor": "validation_recall_1", "patience": 2}
    model = zoo_core.train(small_spec(
        data={"rows": 80, "test_rows": 40, "validation": 0.25},
        model={"layers": [{"units": 10, "activation": "softmax"}]}, optimizer="adam",
        training={"epochs": 9, "batch_size": 32, "metrics": metrics, "early_stopping": stop},
    ))  # fmt: skip
    last = model.history[-1]
    each = [last[f"test_recall_{k}"] for k in range(10)]
    counts = [[last[f"test_confusion_matrix_{i}_{j}"] for j in range(10)] for i in range(10)]
    np.testing.assert_allclose(np.diag(counts) / np.maximum(np.sum(counts, axis=1), 1), each)
    assert np.sum(counts) == 40
    seen = [record["validation_recall_1"] for record in model.history]
    assert len(seen) == 9 or max(seen) == max(seen[:-2])  # higher is better, as of recall itself
