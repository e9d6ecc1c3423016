"""What both estimators share: parameters, training by `zoo_core.train`, and outputs."""

from __future__ import annotations

import multiprocessing
import warnings
from functools import lru_cache
from typing import Any

from joblib import effective_n_jobs
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_array, validate_data

from zoo_core import Model, train as train_model
from zoo_core.errors import DataError, ModelFileError
from zoo_sklearn._rows import FLOATS, Array, Meaning, Rows, are_plain_rows, is_plain_matrix, make_data
from zoo_sklearn._spec import as_continued, check_share, make_spec, what_changed

FACTS = {"rows_trained_on", "unseen_classes", "constant_targets"}  # warnings that do not say that training failed


class ZooEstimator(BaseEstimator):  # type: ignore[misc]
    """The base of `ZooClassifier` and `ZooRegressor`, which tell what the parameters are."""

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
        if validation is not None:
            spec["data"] = {**spec["data"], "validation": f"{len(train.x)}:", "stratify": False}
        elif self.early_stopping and self.spec is None:
            check_share(float(self.validation_fraction), len(train.x))
        earlier = self.model_ if self._continues() else None
        self._run(spec, make_data(train, validation, meaning), earlier, resume=False)
        self._warn()

    def _train_further(self, train: Rows, meaning: Meaning, outputs: int) -> None:
        """Train one epoch more, with the optimizer, the random numbers and the scales of before."""
        if self.early_stopping:
            raise ValueError(
                f"early_stopping = {self.early_stopping!r} has no meaning for partial_fit; set it to False"
            )
        earlier = getattr(self, "model_", None)
        spec = make_spec(self, meaning.task, outputs, train)
        for_one_epoch = {"epochs": 1, "early_stopping": None, "keep_optimizer": True}
        spec["training"] = {**spec.get("training", {}), **for_one_epoch}
        resume = earlier is not None and earlier.run_state is not None
        self._run(spec, make_data(train, None, meaning), earlier, resume=resume)

    def _continues(self) -> bool:
        return bool(self.warm_start) and hasattr(self, "model_")

    def _run(self, spec: dict[str, Any], data: Any, earlier: Model | None, *, resume: bool) -> None:
        if self.random_state is not None or "seed" not in spec:
            spec["seed"] = drawn_seed(self.random_state)
        if (threads := self._threads()) is not None:
            spec["training"] = {**spec.get("training", {}), "threads": threads}
        if earlier is not None:
            spec = as_continued(spec)
        before = self.loss_curve_ if earlier is not None else []
        try:
            self.model_ = train_model(spec, data=data, start_from=earlier, resume_optimizer=resume)
        except ModelFileError as error:
            changed = "" if earlier is None else what_changed(earlier, spec, data.train.x.shape[1])
            if not changed:
                raise
            raise ValueError(f"the network of before cannot be trained further: {changed}; fit a new one") from error
        self._describe(before)

    def _threads(self) -> int | None:
        """Return how many threads share large products. None leaves it to the zoo; a worker of a pool takes one."""
        if self.n_jobs is None:
            return None if multiprocessing.parent_process() is None else 1
        return int(effective_n_jobs(self.n_jobs))

    def _describe(self, before: list[float]) -> None:
        """Set what is known of the run; `before` are the losses of runs that it continues."""
        self.loss_curve_ = [*before, *(record["train_loss"] for record in self.model_.history)]
        self.n_iter_ = len(self.loss_curve_)
        self.loss_, self.best_loss_ = self.loss_curve_[-1], min(self.loss_curve_)

    def _warn(self) -> None:
        """Say why a run cannot have succeeded, if the zoo has seen it."""
        for key, text in self.model_.warnings.items():
            if key not in FACTS:
                warnings.warn(text, ConvergenceWarning, stacklevel=5)  # where `fit` was called

    # ---------------------------------------------------------------- rows

    def _rows(self, X: Any, y: Any, *, reset: bool = True, y_numeric: bool = False) -> tuple[Array, Array]:
        """Return inputs and targets of training rows, and remember or compare the features. Raises ValueError."""
        if are_plain_rows(X, y):
            x, y = validate_data(self, X, y, reset=reset, skip_check_array=True)
        else:
            x, y = validate_data(
                self, X, y, reset=reset, dtype=FLOATS, order="C", multi_output=True, y_numeric=y_numeric
            )
        return x, y

    def _rows_to_validate(self, X: Any, y: Any) -> tuple[Array, Array] | None:
        """Return inputs and targets of the validation rows, or None."""
        if X is None and y is None:
            return None
        if X is None or y is None:
            raise ValueError("X_val and y_val belong together, and one of them is None")
        x = validate_data(self, X, reset=False, dtype=FLOATS, order="C")
        y = check_array(y, ensure_2d=False, dtype=None, input_name="y_val")
        if len(x) != len(y):
            raise ValueError(f"X_val has {len(x)} rows, and y_val has {len(y)}")
        return x, y

    def _feature_names(self) -> tuple[str, ...]:
        return tuple(map(str, getattr(self, "feature_names_in_", ())))

    # ---------------------------------------------------------------- outputs

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether there is a model."""
        return hasattr(self, "model_")

    def _fitted_model(self) -> Model:
        try:
            return self.model_
        except AttributeError:
            raise NotFittedError(
                f"This {type(self).__name__} instance is not fitted yet. Call 'fit' with appropriate arguments before "
                "using this estimator."
            ) from None

    def _outputs(self, X: Any) -> Array:
        """Return what the last layer gives for each row, in the units of the targets."""
        model = self._fitted_model()
        if self._is_plain(X):
            try:
                return model.outputs(X)
            except DataError:
                pass  # scikit-learn says it in its own words
        return model.outputs(validate_data(self, X, reset=False, dtype=FLOATS))

    def _is_plain(self, X: Any) -> bool:
        """Return whether the zoo's own checks of inputs are enough; for few rows they are much quicker."""
        has_no_names = not hasattr(self, "feature_names_in_")
        return is_plain_matrix(X) and X.shape[1] == self.n_features_in_ and has_no_names


def drawn_seed(random_state: Any) -> int:
    """Return the seed of a run: a number always means the same one, and a generator goes on."""
    if type(random_state) is int:
        return _seed_of(random_state)
    return int(check_random_state(random_state).randint(2**31 - 1))


@lru_cache(maxsize=64)  # to make a generator takes longer than an epoch of few rows
def _seed_of(number: int) -> int:
    return int(check_random_state(number).randint(2**31 - 1))
