"""From the parameters of an estimator to the spec of a run, as plain data."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo_core import Model, Spec, read_spec
from zoo_core.parts import Part
from zoo_sklearn._overrides import overridden

if TYPE_CHECKING:
    from zoo_sklearn._estimator import ZooEstimator
    from zoo_sklearn._rows import Rows

AUTO_BATCH = 200  # rows, as in scikit-learn
FULL_BATCH = {"lbfgs"}  # solvers that need all rows in one batch
OTHER_NAMES = {"logistic": "sigmoid"}  # scikit-learn's name of an activation: the zoo's
OUTPUT = {"classification": "softmax", "multilabel": "sigmoid", "regression": "identity"}
LOSS = {"classification": "cross_entropy", "multilabel": "binary_cross_entropy", "regression": "mse"}
BESIDE_SPEC = {"spec", "overrides", "random_state", "class_weight", "warm_start", "n_jobs"}
KEPT_OF_DATA = ("preprocessor", "target_preprocessor", "validation", "stratify", "in_order", "split_seed")


def make_spec(estimator: ZooEstimator, task: str, outputs: int, train: Rows) -> dict[str, Any]:
    """Return the spec of a run that learns from `train`, without validation rows of its own."""
    spec = _given(estimator) if estimator.spec is not None else _built(estimator, task, outputs, train)
    return overridden(spec, estimator.overrides)


def _given(estimator: ZooEstimator) -> dict[str, Any]:
    """Return the spec that the user gave, without its data set. Raises ValueError for parameters beside it."""
    _check_beside_spec(estimator)
    given = estimator.spec
    if isinstance(given, (str, Path)):
        given = read_spec(given, data_given=True)
    if isinstance(given, Spec):
        given = given.to_dict()
    if not isinstance(given, Mapping):
        raise ValueError(f"spec is a mapping, a zoo_core.Spec, a file or a name, not {type(given).__name__}")
    data = given.get("data", {})
    data = {k: data[k] for k in KEPT_OF_DATA if k in data} if isinstance(data, Mapping) else {}
    return {"dtype": "float64", **given, "data": {"name": "arrays", **data}}


def _check_beside_spec(estimator: ZooEstimator) -> None:
    usual = type(estimator)().get_params(deep=False)
    for name, value in estimator.get_params(deep=False).items():
        if name not in BESIDE_SPEC and value is not usual[name] and value != usual[name]:
            raise ValueError(
                f"spec and {name} = {value!r} are both given; leave one out, or change the spec with overrides"
            )


def _built(estimator: ZooEstimator, task: str, outputs: int, train: Rows) -> dict[str, Any]:
    batch = _batch_size(estimator, len(train.x))
    model = {
        "loss": estimator.loss or LOSS[task],
        "layers": [*_hidden(estimator), _layer(estimator, outputs, estimator.out_activation or OUTPUT[task])],
        "regularizers": _penalty(estimator, task, batch, train),
    }
    return {
        "name": type(estimator).__name__,
        "dtype": estimator.dtype,
        "data": {"name": "arrays", **_scaling(estimator, task, train), **_split(estimator, task)},
        "model": model,
        "optimizer": _solver(estimator.solver, estimator.learning_rate),
        "training": _training(estimator, batch),
    }


def _batch_size(estimator: ZooEstimator, rows: int) -> Any:
    if not isinstance(estimator.batch_size, str) or estimator.batch_size != "auto":
        return estimator.batch_size
    solver = estimator.solver
    name = solver.get("name") if isinstance(solver, Mapping) else getattr(solver, "name", solver)
    return "all" if name in FULL_BATCH else min(AUTO_BATCH, rows)


def _hidden(estimator: ZooEstimator) -> list[dict[str, Any]]:
    sizes = estimator.hidden_layer_sizes
    sizes = [sizes] if np.ndim(sizes) == 0 else list(sizes)
    activation = estimator.activation
    if isinstance(activation, str):
        activation = OTHER_NAMES.get(activation, activation)
    own: dict[str, Any] = {"regularizers": _regularizers(estimator)}
    if estimator.normalizer is not None:
        own["normalizer"] = estimator.normalizer
    return [_layer(estimator, size, activation) | own for size in sizes]


def _layer(estimator: ZooEstimator, units: Any, activation: Any) -> dict[str, Any]:
    return {"units": units, "activation": activation, "initializer": estimator.initializer}


def _regularizers(estimator: ZooEstimator) -> list[Any]:
    given = estimator.regularizers
    return [] if given is None else list(given) if isinstance(given, (list, tuple)) else [given]


def _penalty(estimator: ZooEstimator, task: str, batch: Any, train: Rows) -> list[dict[str, Any]]:
    """Return the penalty alpha / 2 * sum w^2, divided by the weight of the rows in a batch, as scikit-learn has it."""
    if not estimator.alpha:
        return []
    rows = len(train.x) if isinstance(batch, str) else min(batch, len(train.x))
    weight = rows if train.weights is None else rows * float(train.weights.mean())
    is_doubled = task == "regression" and estimator.loss is None  # scikit-learn halves the squared error
    return [{"name": "l2", "strength": float(estimator.alpha) / (weight if is_doubled else 2 * weight)}]


def _scaling(estimator: ZooEstimator, task: str, train: Rows) -> dict[str, Any]:
    """Return how inputs and targets are scaled: by mean and deviation, in which a row counts by its weight."""
    given = estimator.preprocessor or "none"
    if train.weights is None:
        return {"preprocessor": given}
    found = {"preprocessor": "weighted_standard" if given == "standard" else given}
    if task == "regression" and estimator.loss is None and estimator.out_activation is None:
        found["target_preprocessor"] = "weighted_standard"  # elsewhere the zoo knows what suits
    return found


def _split(estimator: ZooEstimator, task: str) -> dict[str, Any]:
    if not estimator.early_stopping:
        return {}
    return {"validation": float(estimator.validation_fraction), "stratify": task == "classification"}


def check_share(share: float, rows: int) -> None:
    """Raise ValueError if a share of the rows leaves none to validate with, or none to learn from."""
    if not min(share, 1 - share) * rows >= 0.5:
        raise ValueError(
            f"validation_fraction = {share:g} of {rows} rows leaves no row to "
            f"{'validate with' if share < 0.5 else 'learn from'}; "
            "early_stopping needs both: give another fraction, or X_val and y_val"
        )


def _solver(solver: Any, rate: Any) -> Any:
    """Return the optimizer, with another learning rate if there is one."""
    if rate is None:
        return solver
    if isinstance(solver, Part):
        return dataclasses.replace(solver, learning_rate=rate)  # type: ignore[type-var]
    return {**({"name": solver} if isinstance(solver, str) else solver), "learning_rate": rate}


def _training(estimator: ZooEstimator, batch: Any) -> dict[str, Any]:
    return {
        "epochs": estimator.max_iter,
        "batch_size": batch,
        "shuffle": estimator.shuffle,
        "metrics": [],
        "early_stopping": _stopping(estimator),
        "callbacks": list(estimator.callbacks or ()),
    }


def _stopping(estimator: ZooEstimator) -> Any:
    """Return the rule that ends training: on the validation rows, or on the training loss."""
    if not isinstance(estimator.early_stopping, (bool, np.bool_)):
        return estimator.early_stopping
    if estimator.n_iter_no_change is None:
        return None
    patience, least = estimator.n_iter_no_change, float(estimator.tol)
    rule = {"name": "early_stopping", "patience": patience}
    if estimator.early_stopping:
        return rule | {"monitor": "validation_loss", "restore": True, "min_delta": least}
    return rule | {"monitor": "train_loss", "restore": False, "min_delta": least * max(patience, 1)}  # `tol` an epoch


def as_continued(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a spec for a run that starts from a model, whose own preprocessors stay."""
    data = {key: value for key, value in spec["data"].items() if key not in ("preprocessor", "target_preprocessor")}
    return {**spec, "data": data}


def what_changed(earlier: Model, spec: Mapping[str, Any], inputs: int) -> str:
    """Return in what the network of a spec differs from a model, or ''; its sizes come before its parts."""
    before, now = earlier.spec.to_dict(), Spec.parse(spec).to_dict()
    sizes = _differences(_sizes(before, earlier.about.inputs), _sizes(now, inputs))
    return sizes or _differences(_parts(before), _parts(now))


def _sizes(spec: Mapping[str, Any], inputs: int) -> dict[str, Any]:
    return {
        "columns of X": inputs,
        "units": [layer["units"] for layer in spec["model"]["layers"]],
        "dtype": spec["dtype"],
    }


def _parts(spec: Mapping[str, Any]) -> dict[str, Any]:
    layers = enumerate(spec["model"]["layers"])
    return {f"model.layers.{i}.{key}": value for i, layer in layers for key, value in layer.items()}


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    changed = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    return ", ".join(f"{key}: {before.get(key)!r} before, and now {now.get(key)!r}" for key in changed)
