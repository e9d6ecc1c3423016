"""`ZooClassifier`: one class a row, or several labels a row."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import compute_class_weight
from sklearn.utils.validation import column_or_1d

from zoo_core.data.labels import label_text
from zoo_sklearn._estimator import ZooEstimator
from zoo_sklearn._rows import Array, Meaning, Rows, checked_weights
from zoo_sklearn._targets import checked_targets, classes_of, codes_of, named_classes, with_two_classes


class ZooClassifier(ClassifierMixin, ZooEstimator):  # type: ignore[misc]
    """A network that classifies rows: one class a row, or several labels a row.

    Args:
        hidden_layer_sizes: units of each hidden layer.
        activation, normalizer, regularizers, initializer: parts of the hidden layers, by name, mapping or object.
        solver: the optimizer, a part.
        alpha: the strength of the penalty on squared weights, as in scikit-learn.
        batch_size: rows in a batch, "all" or "auto".
        learning_rate: a number or a schedule part; default: that of the solver.
        max_iter: epochs, at most.
        tol, n_iter_no_change: the loss must fall by `tol` within this number of epochs, or training ends.
        early_stopping: watch validation rows, of which there are `validation_fraction` unless `fit` gets them.
        class_weight: a mapping of classes to weights, or "balanced".
        warm_start: `fit` goes on from the weights of before.
        preprocessor: how inputs are scaled, a part or None.
        loss, out_activation: parts; default: those that suit the targets.
        callbacks: a list of callback parts.
        dtype: "float64" or "float32".
        spec: a whole spec in place of these parameters.
        overrides: other values at paths of the spec.
        shuffle, random_state, n_jobs: as in scikit-learn.

    Example:
        net = ZooClassifier((32,), activation="swish", random_state=0).fit(x, y)
        net.predict_proba(x)
    """

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: Any = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: Any = None,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        n_iter_no_change: int | None = 10,
        early_stopping: Any = False,
        validation_fraction: float = 0.1,
        class_weight: Any = None,
        warm_start: bool = False,
        preprocessor: Any = "standard",
        normalizer: Any = None,
        regularizers: Any = None,
        initializer: Any = "glorot_uniform",
        loss: Any = None,
        out_activation: Any = None,
        callbacks: Any = None,
        dtype: str = "float64",
        spec: Any = None,
        overrides: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes, activation, solver=solver, alpha=alpha, batch_size=batch_size, shuffle=shuffle,
            learning_rate=learning_rate, max_iter=max_iter, random_state=random_state, tol=tol, normalizer=normalizer,
            n_iter_no_change=n_iter_no_change, early_stopping=early_stopping, validation_fraction=validation_fraction,
            warm_start=warm_start, preprocessor=preprocessor, regularizers=regularizers, initializer=initializer,
            loss=loss, out_activation=out_activation, callbacks=callbacks, dtype=dtype, spec=spec,
            overrides=overrides, n_jobs=n_jobs,
        )  # fmt: skip
        self.class_weight = class_weight

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:
        """Train on rows and their classes.

        Args:
            X: inputs, shape (rows, features), an array or a data frame of numbers.
            y: classes, shape (rows,); or 0 and 1 for each of several labels, shape (rows, labels).
            sample_weight: how much each row counts, 0 or more, shape (rows,).
            X_val, y_val: rows to validate with, not to learn; default: a share of the rows for `early_stopping`.
            sample_weight_val: how much each of these counts.

        Returns:
            The estimator itself.

        Raises:
            ValueError: a parameter, the rows or the classes cannot be used.
            zoo_core.ZooError: a part is missing, raised an error of its own, or a loss is no longer finite.
        """
        x, y = self._rows(X, y)
        several, y = checked_targets(y)
        given = checked_weights(sample_weight, len(x))
        classes = np.arange(y.shape[1]) if several else classes_of(y, given)
        if self._continues() and not np.array_equal(classes, self.classes_):
            raise ValueError(
                f"warm_start goes on with the classes of before, {self.classes_}, and y has {classes}; "
                "set warm_start = False"
            )
        self.classes_, self._several = classes, several
        balance = self._class_weights(y)
        train = Rows(x, self._codes(y), self._weighed(y, given, balance))
        validation = self._validation_rows(X_val, y_val, sample_weight_val, balance)
        self._train(train, validation, self._meaning(), len(classes))
        return self

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train one epoch on some rows; optimizer and random numbers go on.

        Args:
            X, y, sample_weight: as for `fit`. The first call decides how inputs are scaled.
            classes: all classes that will come; the first call needs them.

        Returns:
            The estimator itself.

        Raises:
            ValueError: as `fit`, or the classes are missing or others than before.
        """
        first = not hasattr(self, "model_")
        x, y = self._rows(X, y, reset=first)
        several, y = checked_targets(y)
        if isinstance(self.class_weight, str):
            raise ValueError("class_weight 'balanced' is not supported for partial_fit; give a mapping")
        if first:
            self.classes_ = np.arange(y.shape[1]) if several else named_classes(classes)
            self._several = several
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"`classes={classes!r}` is not the same as on last call to partial_fit: {self.classes_!r}")
        weights = self._weighed(y, checked_weights(sample_weight, len(x)), self._class_weights(y))
        rows = Rows(x, self._codes(y), weights)
        self._train_further(rows if several else with_two_classes(rows), self._meaning(), len(self.classes_))
        return self

    # ---------------------------------------------------------------- targets and weights

    def _codes(self, y: Array) -> Array:
        """Return the index of each class, or labels as they are."""
        return y.astype(np.uint8) if self._several else codes_of(y, self.classes_)

    def _class_weights(self, y: Array) -> Array | None:
        """Return the weight of each class, or None."""
        if self.class_weight is None:
            return None
        if self._several:
            raise ValueError("class_weight is for one class a row, and y has several labels a row")
        return np.asarray(compute_class_weight(self.class_weight, classes=self.classes_, y=y), np.float64)

    def _weighed(self, y: Array, weights: Array | None, balance: Array | None) -> Array | None:
        """Return the weight of each row times that of its class."""
        if balance is None:
            return weights
        own = balance[self._codes(y)]
        return own if weights is None else own * weights

    def _validation_rows(self, X: Any, y: Any, weights: Any, balance: Array | None) -> Rows | None:
        if (rows := self._rows_to_validate(X, y)) is None:
            return None
        x, y = rows[0], rows[1] if self._several else column_or_1d(rows[1])
        given = checked_weights(weights, len(x), "sample_weight_val")
        return Rows(x, self._codes(y), self._weighed(y, given, balance))

    def _meaning(self) -> Meaning:
        names = tuple(map(label_text, self.classes_.tolist()))
        if self._several:
            return Meaning("multilabel", self._feature_names(), target_names=names)
        return Meaning("classification", self._feature_names(), class_names=names)

    # ---------------------------------------------------------------- predictions

    def predict(self, X: Any) -> Array:
        """Predict classes.

        Args:
            X: inputs, as for `fit`.

        Returns:
            The class of each row, shape (rows,); for several labels 0 and 1, shape (rows, labels).
        """
        outputs = self._outputs(X)
        decision = self.model_.decision
        if self._several:
            return decision.labels(outputs).astype(np.int64)
        found: Array = self.classes_[decision.classes(outputs)]
        return found

    def predict_proba(self, X: Any) -> Array:
        """Predict probabilities.

        Args:
            X: inputs, as for `fit`.

        Returns:
            The probability of each class, in the order of `classes_`, or of each label; shape (rows, classes).

        Raises:
            ValueError: the loss and the output layer give scores alone.
        """
        outputs = self._outputs(X)
        decision = self.model_.decision
        found = (decision.label_probabilities if self._several else decision.probabilities)(outputs)
        if found is None:
            raise ValueError(
                f"loss {self.model_.loss.name!r} and the output layer give no probabilities; "
                "use predict, or model_.outputs for the scores"
            )
        return found

    def predict_log_proba(self, X: Any) -> Array:
        """Predict the logarithms of probabilities.

        Args:
            X: inputs, as for `fit`.

        Returns:
            The logarithm of `predict_proba`.
        """
        with np.errstate(divide="ignore"):
            found: Array = np.log(self.predict_proba(X))
        return found

    def __sklearn_tags__(self) -> Any:
        """Return that rows may have several labels."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
