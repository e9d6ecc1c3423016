"""`ZooRegressor`: one value a row, or several."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_array, column_or_1d, validate_data

from zoo_sklearn._estimator import FLOATS, ZooEstimator
from zoo_sklearn._rows import Array, Meaning, Rows, checked_weights


class ZooRegressor(RegressorMixin, ZooEstimator):  # type: ignore[misc]
    """A network that predicts numbers."""

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:  # fmt: skip
        """Train on rows and their values."""
        x, y = validate_data(self, X, y, dtype=FLOATS, order="C", multi_output=True, y_numeric=True)
        y = self._values(y, warn=True)
        train = Rows(x, y, checked_weights(sample_weight, len(x)))
        validation = self._validation_rows(X_val, y_val, sample_weight_val)
        self._train(train, validation, Meaning("regression", self._feature_names()), y.shape[1])
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train one epoch on some rows; the first call decides how inputs and targets are scaled."""
        first = not hasattr(self, "model_")
        x, y = validate_data(self, X, y, dtype=FLOATS, order="C", multi_output=True, y_numeric=True, reset=first)
        y = self._values(y, warn=True)
        rows = Rows(x, y, checked_weights(sample_weight, len(x)))
        self._train_further(rows, Meaning("regression", self._feature_names()), y.shape[1])
        return self

    def _values(self, y: Array, *, warn: bool = False) -> Array:
        """Return the targets, shape (rows, outputs), and remember whether they were a column."""
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=warn)
        self.n_outputs_ = 1 if y.ndim == 1 else y.shape[1]
        self._is_flat = y.ndim == 1
        return np.asarray(y if y.ndim == 2 else y[:, None], np.float64)

    def _validation_rows(self, X: Any, y: Any, weights: Any) -> Rows | None:
        if X is None and y is None:
            return None
        if X is None or y is None:
            raise ValueError("give X_val and y_val together")
        x = validate_data(self, X, reset=False, dtype=FLOATS, order="C")
        y = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y_val")
        return Rows(x, self._values(y), checked_weights(weights, len(x), "sample_weight_val"))

    def predict(self, X: Any) -> Array:
        """Return the value of each row, shape (rows,), or (rows, outputs) for several."""
        values = self.model_.decision.values(self._outputs(X)) if hasattr(self, "model_") else self._outputs(X)
        return values[:, 0] if self._is_flat else values

    def __sklearn_tags__(self) -> Any:
        """Return that a row may have several values."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
