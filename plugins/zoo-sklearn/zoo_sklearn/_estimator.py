"""What both estimators share: parameters, training by `zoo_core.train`, and outputs."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.utils import check_random_state
from sklearn.utils.validation import validate_data

from zoo_core import Model, train as train_model
from zoo_core.errors import DataError
from zoo_sklearn._rows import Array, Meaning, Rows, make_data
from zoo_sklearn._spec import make_spec

FLOATS = (np.float64, np.float32)
FACTS = {"rows_trained_on", "unseen_classes", "constant_targets"}  # warnings that do not say that training failed


class ZooEstimator(BaseEstimator):
    """The base of `ZooClassifier` and `ZooRegressor`."""

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
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.warm_start = warm_start
        self.preprocessor = preprocessor
        self.normalizer = normalizer
        self.regularizers = regularizers
        self.initializer = initializer
        self.loss = loss
        self.out_activation = out_activation
        self.callbacks = callbacks
        self.dtype = dtype
        self.spec = spec
        self.overrides = overrides
        self.n_jobs = n_jobs

    # ---------------------------------------------------------------- training

    def _train(self, train: Rows, validation: Rows | None, meaning: Meaning, outputs: int) -> None:
        """Train a new network, or with `warm_start` the present one, and keep it in `model_`."""
        spec = make_spec(self, meaning.task, outputs, train)
        self._run(spec, train, validation, meaning, self.model_ if self._continues() else None)

    def _train_further(self, train: Rows, meaning: Meaning, outputs: int) -> None:
        """Train one epoch more, with the optimizer, the random numbers and the scales of before."""
        if self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping = True")
        earlier = getattr(self, "model_", None)
        spec = make_spec(self, meaning.task, outputs, train)
        spec["training"] = {
            **spec.get("training", {}), "epochs": 1, "early_stopping": None, "keep_optimizer": True,
        }  # fmt: skip
        self._run(spec, train, None, meaning, earlier, resume=earlier is not None and earlier.run_state is not None)

    def _continues(self) -> bool:
        return bool(self.warm_start) and hasattr(self, "model_")

    def _run(
        self,
        spec: dict[str, Any],
        train: Rows,
        validation: Rows | None,
        meaning: Meaning,
        earlier: Model | None,
        *,
        resume: bool = False,
    ) -> None:
        if validation is not None:
            spec["data"] = {**spec["data"], "validation": f"{len(train.x)}:", "stratify": False}
        if self.random_state is not None or "seed" not in spec:
            spec["seed"] = int(check_random_state(self.random_state).randint(2**31 - 1))
        threads = self._threads()
        if threads is not None:
            spec["training"] = {**spec.get("training", {}), "threads": threads}
        data = make_data(train, validation, meaning)
        self.model_ = train_model(spec, data=data, start_from=earlier, resume_optimizer=resume)
        self._describe()

    def _threads(self) -> int | None:
        """Return the number of BLAS threads; None leaves it to the zoo. Workers of joblib have one."""
        if self.n_jobs is None:
            return 1 if effective_n_jobs(-1) == 1 else None
        return int(effective_n_jobs(self.n_jobs))

    def _describe(self) -> None:
        history = self.model_.history
        self.n_iter_ = len(history)
        self.loss_curve_ = [record["train_loss"] for record in history]
        self.loss_ = self.loss_curve_[-1]
        self.best_loss_ = min(self.loss_curve_)
        for key, text in self.model_.warnings.items():
            if key not in FACTS:
                warnings.warn(text, ConvergenceWarning, stacklevel=4)

    def _feature_names(self) -> tuple[str, ...]:
        return tuple(map(str, getattr(self, "feature_names_in_", ())))

    # ---------------------------------------------------------------- outputs

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether there is a model."""
        return hasattr(self, "model_")

    def _outputs(self, X: Any) -> Array:
        """Return what the last layer gives for each row, in the units of the targets."""
        try:
            model = self.model_
        except AttributeError:
            raise NotFittedError(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with appropriate arguments before "
                "using this estimator."
            ) from None
        if self._is_plain(X):
            try:
                return model.outputs(X)
            except DataError:
                pass  # scikit-learn says it in its own words
        return model.outputs(validate_data(self, X, reset=False, dtype=FLOATS))

    def _is_plain(self, X: Any) -> bool:
        """Return whether the zoo's own checks of inputs are enough: they are much quicker for few rows."""
        return (
            type(X) is np.ndarray
            and X.ndim == 2
            and X.dtype in FLOATS
            and X.shape[0] > 0
            and X.shape[1] == self.n_features_in_
            and not hasattr(self, "feature_names_in_")
        )
