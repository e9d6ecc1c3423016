"""scikit-learn's own checks of estimators, and the one that holds for full batches alone."""

from __future__ import annotations

import warnings

import pytest
from sklearn.exceptions import ConvergenceWarning, SkipTestWarning
from sklearn.utils.estimator_checks import check_sample_weight_equivalence_on_dense_data, parametrize_with_checks
from zoo_sklearn import ZooClassifier, ZooRegressor


@pytest.fixture(autouse=True)
def _quiet():
    """Let the checks train for a moment on noise, where nothing can be learnt."""
    with warnings.catch_warnings():
        for category in (ConvergenceWarning, SkipTestWarning, UserWarning, FutureWarning):
            warnings.simplefilter("ignore", category)
        yield


every = parametrize_with_checks([ZooClassifier(), ZooRegressor()]).mark


@pytest.mark.parametrize(every.args[0], list(every.args[1]), **every.kwargs)  # older ones give an iterator
def test_every_check_passes(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", [ZooClassifier, ZooRegressor])
def test_a_weight_is_a_repetition_where_each_batch_has_all_rows(estimator):
    check_sample_weight_equivalence_on_dense_data(estimator.__name__, estimator(solver="lbfgs"))
    with pytest.raises(AssertionError, match="sample_weight"):  # a repeated row may stand in another batch than itself
        check_sample_weight_equivalence_on_dense_data(estimator.__name__, estimator(batch_size=4))
