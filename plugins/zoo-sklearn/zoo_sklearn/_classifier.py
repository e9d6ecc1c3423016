"""`ZooClassifier`: one class a row, or several labels a row."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_array, column_or_1d, validate_data

from zoo_sklearn._estimator import FLOATS, ZooEstimator
from zoo_sklearn._rows import Array, Meaning, Rows, checked_weights


class ZooClassifier(ClassifierMixin, ZooEstimator):  # type: ignore[misc]
    """A network that classifies rows."""

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
            hidden_layer_sizes, activation, solver=solver, alpha=alpha, batch_size=batch_size,
            learning_rate=learning_rate, max_iter=max_iter, shuffle=shuffle, random_state=random_state, tol=tol,
            n_iter_no_change=n_iter_no_change, early_stopping=early_stopping,
            validation_fraction=validation_fraction, warm_start=warm_start, preprocessor=preprocessor,
            normalizer=normalizer, regularizers=regularizers, initializer=initializer, loss=loss,
            out_activation=out_activation, callbacks=callbacks, dtype=dtype, spec=spec, overrides=overrides,
            n_jobs=n_jobs,
        )  # fmt: skip
        self.class_weight = class_weight

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:  # fmt: skip
        """Train on rows and their classes."""
        x, y = validate_data(self, X, y, dtype=FLOATS, order="C", multi_output=True)
        several, y = self._checked_targets(y)
        classes = np.arange(y.shape[1]) if several else np.unique(y)
        given = checked_weights(sample_weight, len(x))
        if not several:
            _check_several_classes(y, given)
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
        """Train one epoch on some rows; the first call names all classes."""
        first = not hasattr(self, "model_")
        x, y = validate_data(self, X, y, dtype=FLOATS, order="C", multi_output=True, reset=first)
        several, y = self._checked_targets(y)
        if isinstance(self.class_weight, str):
            raise ValueError("class_weight 'balanced' is not supported for partial_fit; give a mapping")
        if first and classes is None and not several:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if first:
            self.classes_ = np.arange(y.shape[1]) if several else np.unique(column_or_1d(classes))
            self._several = several
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(f"`classes={classes!r}` is not the same as on last call to partial_fit: {self.classes_!r}")
        weights = self._weighed(y, checked_weights(sample_weight, len(x)), self._class_weights(y))
        self._train_further(Rows(x, self._codes(y), weights), self._meaning(), len(self.classes_))
        return self

    # ---------------------------------------------------------------- targets and weights

    def _checked_targets(self, y: Array) -> tuple[bool, Array]:
        """Return whether rows have several labels, and the targets."""
        check_classification_targets(y)
        if type_of_target(y) == "multilabel-indicator":
            return True, np.asarray(y)
        return False, column_or_1d(y, warn=True)

    def _codes(self, y: Array) -> Array:
        """Return the index of each class, or labels as they are."""
        if self._several:
            return y.astype(np.uint8)
        known = np.isin(y, self.classes_)
        if not known.all():
            raise ValueError(f"y contains previously unseen labels: {np.unique(y[~known])}")
        return np.searchsorted(self.classes_, y)

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
        if X is None and y is None:
            return None
        if X is None or y is None:
            raise ValueError("give X_val and y_val together")
        x = validate_data(self, X, reset=False, dtype=FLOATS, order="C")
        y = check_array(y, ensure_2d=False, dtype=None, input_name="y_val")
        y = y if self._several else column_or_1d(y)
        given = checked_weights(weights, len(x), "sample_weight_val")
        return Rows(x, self._codes(y), self._weighed(y, given, balance))

    def _meaning(self) -> Meaning:
        names = tuple(map(str, self.classes_.tolist()))
        if self._several:
            return Meaning("multilabel", self._feature_names(), target_names=names)
        return Meaning("classification", self._feature_names(), class_names=names)

    # ---------------------------------------------------------------- predictions

    def predict(self, X: Any) -> Array:
        """Return the class of each row, shape (rows,); for several labels 0 and 1, shape (rows, labels)."""
        outputs = self._outputs(X)
        if self._several:
            return self.model_.decision.labels(outputs).astype(np.int64)
        return self.classes_[self.model_.decision.classes(outputs)]

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class or label, shape (rows, classes)."""
        decision, outputs = None, self._outputs(X)
        decision = self.model_.decision
        found = decision.label_probabilities(outputs) if self._several else decision.probabilities(outputs)
        if found is None:
            raise ValueError("no probabilities")
        return found

    def predict_log_proba(self, X: Any) -> Array:
        """Return the logarithm of `predict_proba`."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def __sklearn_tags__(self) -> Any:
        """Return that rows may have several labels."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _check_several_classes(y: Array, weights: Array | None) -> None:
    counted = np.unique(y if weights is None else y[weights > 0])
    if len(counted) < 2:
        raise ValueError(
            f"This solver needs samples of at least 2 classes in the data, but the data contains only one class: "
            f"{counted[0]!r}"
        )
