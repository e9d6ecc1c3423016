"""scikit-learn's own checks of estimators."""

from __future__ import annotations

import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning, SkipTestWarning
from sklearn.utils.estimator_checks import parametrize_with_checks
from zoo_sklearn import ZooClassifier, ZooRegressor

EQUIVALENCE = "check_sample_weight_equivalence_on_dense_data"
WHY = "rows are shuffled into batches, and a repeated row may stand in another one; it holds for solver='lbfgs'"


def expected_failures(estimator):
    return {} if estimator.solver == "lbfgs" else {EQUIVALENCE: WHY}


@pytest.fixture(autouse=True)
def _quiet():
    """Let the checks train for a moment on noise, where nothing can be learnt."""
    with warnings.catch_warnings():
        for category in (ConvergenceWarning, SkipTestWarning, UserWarning, FutureWarning):
            warnings.simplefilter("ignore", category)
        yield


@parametrize_with_checks([ZooClassifier(), ZooRegressor()], expected_failed_checks=expected_failures)
def test_the_checks_pass(estimator, check):
    check(estimator)
