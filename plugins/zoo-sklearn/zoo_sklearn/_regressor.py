"""`ZooRegressor`: one value a row, or several."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import column_or_1d

from zoo_sklearn._estimator import ZooEstimator
from zoo_sklearn._rows import Array, Meaning, Rows, checked_weights


class ZooRegressor(RegressorMixin, ZooEstimator):  # type: ignore[misc]
    """A network that predicts numbers, one or several a row.

    Args:
        See `ZooClassifier`; there is no `class_weight`.

    Example:
        net = ZooRegressor((32,), activation="swish", random_state=0).fit(x, y)
        net.predict(x)
    """

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Train on rows and their values.

        Args:
            X: inputs, shape (rows, features), an array or a data frame of numbers.
            y: values, shape (rows,) or (rows, targets).
            sample_weight: how much each row counts, 0 or more, shape (rows,).
            X_val, y_val: rows to validate with, not to learn; default: a share of the rows for `early_stopping`.
            sample_weight_val: how much each of these counts.

        Returns:
            The estimator itself.

        Raises:
            ValueError: a parameter or the rows cannot be used.
            zoo_core.ZooError: a part is missing, raised an error of its own, or a loss is no longer finite.
        """
        x, y = self._rows(X, y, y_numeric=True)
        y = self._values(y)
        train = Rows(x, y, checked_weights(sample_weight, len(x)))
        validation = self._validation_rows(X_val, y_val, sample_weight_val)
        self._train(train, validation, self._meaning(), y.shape[1])
        return self

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train one epoch on some rows; optimizer and random numbers go on.

        Args:
            X, y, sample_weight: as for `fit`. The first call decides how inputs and targets are scaled.

        Returns:
            The estimator itself.

        Raises:
            ValueError: as `fit`.
        """
        first = not hasattr(self, "model_")
        x, y = self._rows(X, y, y_numeric=True, reset=first)
        y = self._values(y)
        self._train_further(Rows(x, y, checked_weights(sample_weight, len(x))), self._meaning(), y.shape[1])
        return self

    def _values(self, y: Array) -> Array:
        """Return the targets of training rows, shape (rows, targets), and remember whether they were a column."""
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        self._is_flat = y.ndim == 1
        return _table(y)

    def _validation_rows(self, X: Any, y: Any, weights: Any) -> Rows | None:
        if (rows := self._rows_to_validate(X, y)) is None:
            return None
        return Rows(rows[0], _table(rows[1]), checked_weights(weights, len(rows[0]), "sample_weight_val"))

    def _meaning(self) -> Meaning:
        return Meaning("regression", self._feature_names())

    def predict(self, X: Any) -> Array:
        """Predict values.

        Args:
            X: inputs, as for `fit`.

        Returns:
            The value of each row, shape (rows,), or (rows, targets) for several.
        """
        outputs = self._outputs(X)
        values = self.model_.decision.values(outputs)
        return values[:, 0] if self._is_flat else values

    def __sklearn_tags__(self) -> Any:
        """Return that a row may have several values."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def _table(y: Array) -> Array:
    return np.asarray(y if y.ndim == 2 else y[:, None], np.float64)
