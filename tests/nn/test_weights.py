"""Weights of rows and classes: a fit with them is scikit-learn's, from a CSV file and an npz file alike.

The coefficients are made by tests/golden/make_weights.py.
"""

import csv
from pathlib import Path

import numpy as np
import pytest

import zoo_core

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "weights.npz")
X, Y, W = GOLDEN["x"], GOLDEN["y"], GOLDEN["w"]
BALANCE = {"plain": None, "weighted": None, "balanced": "balanced", "both": "balanced", "listed": [1.0, 2.0, 5.0]}
C = 0.5


def as_csv(folder, weights=W, header=True):
    with (folder / "t.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        if header:
            writer.writerow(["a", "w", "b", "c", "y"])
        writer.writerows([x[0], w, *x[1:], y] for x, w, y in zip(X, weights, Y, strict=True))
    return {"name": "csv", "path": str(folder / "t.csv"), "header": header}


def as_npz(folder, weights=W):
    np.savez(folder / "t.npz", x=X, y=Y, w=weights, x_test=X[:9], y_test=Y[:9], w_test=weights[:9])
    return {"name": "npz", "path": str(folder / "t.npz")}


def spec(data, balance=None, total=1.0, **training):
    penalty = {"name": "l2", "strength": 1 / (2 * C * total)}
    return {
        "dtype": "float64",
        "data": {**data, "preprocessor": "none"},
        "model": {
            "loss": {"name": "cross_entropy", "class_weights": balance},
            "layers": [{"units": 3, "activation": "softmax", "regularizers": [penalty]}],
        },
        "optimizer": {"name": "sgd", "learning_rate": 0.5, "momentum": 0.9},
        "training": {"epochs": 500, "batch_size": "all", "evaluate": []} | training,
    }


def seen_weights(case):
    """Return the weight of each row as the fit sees it."""
    weights = W if case in ("weighted", "both", "listed") else np.ones(60)
    if BALANCE[case] == "balanced":
        counts = np.bincount(Y, weights)
        return weights * (counts.sum() / (3 * counts))[Y]
    return weights if BALANCE[case] is None else weights * np.array(BALANCE[case])[Y]


@pytest.mark.parametrize("case", BALANCE)
@pytest.mark.parametrize("form", ["csv", "npz"])
def test_a_weighted_fit_is_scikit_learns(tmp_path, case, form):
    data = as_csv(tmp_path) if form == "csv" else as_npz(tmp_path)
    weighted = case in ("weighted", "both", "listed")
    data |= {"weights": "w"} if weighted else {}
    if form == "csv" and not weighted:
        data = as_npz(tmp_path)  # without its name the column would be a feature
    model = zoo_core.train(spec(data, BALANCE[case], float(seen_weights(case).sum())))
    found = np.vstack(list(model.network.state().values()))
    found[-1] -= found[-1].mean()  # a shift of all intercepts changes nothing
    expected = GOLDEN[case] - np.r_[np.zeros((3, 3)), np.full((1, 3), GOLDEN[case][-1].mean())]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-8)


def test_weights_are_no_feature_and_count_in_the_metrics(tmp_path):
    data = as_npz(tmp_path) | {"weights": "w", "weights_test": "w_test"}
    model = zoo_core.train(spec(data, training={}) | {"training": {"epochs": 2, "evaluate": ["train", "test"]}})
    assert model.about.inputs == 3
    right = model.predict(X[:9]) == Y[:9]
    assert model.history[-1]["test_accuracy"] == pytest.approx(np.average(right, weights=W[:9]))
    named = zoo_core.train(spec(as_csv(tmp_path) | {"weights": "w"}, epochs=1))
    assert named.about.feature_names == ["a", "b", "c"]


@pytest.mark.parametrize(("weights", "target"), [(1, -1), (-4, "last"), (1, 4)])
def test_a_column_may_be_given_by_its_index_in_the_file(tmp_path, weights, target):
    data = as_csv(tmp_path, header=False) | {"weights": weights, "target": -1 if target == "last" else target}
    model = zoo_core.train(spec(data, total=float(W.sum())))
    by_name = zoo_core.train(spec(as_csv(tmp_path) | {"weights": "w"}, total=float(W.sum())))
    np.testing.assert_array_equal(model.network.parameters, by_name.network.parameters)


def test_weights_count_in_a_regression_too(tmp_path):
    repeated = np.repeat(np.arange(60), W.astype(int))
    np.savez(tmp_path / "r.npz", x=X[repeated, :2], y=X[repeated, 2])
    data = {"name": "csv", "target": "c", "weights": "w"}
    unscaled = {"task": "regression", "target_preprocessor": "none"}  # weights do not count in the scale of targets
    found = []
    for source in (as_csv(tmp_path) | data, {"name": "npz", "path": str(tmp_path / "r.npz")}):
        model = {"loss": "mse", "layers": [{"units": 1}]}
        wanted = spec(source | unscaled) | {"model": model}
        if source["name"] == "csv":
            (tmp_path / "t.csv").write_text(
                "\n".join(line.rpartition(",")[0] for line in (tmp_path / "t.csv").read_text().splitlines())
            )
        found.append(zoo_core.train(wanted).network.parameters)
    np.testing.assert_allclose(*found, rtol=1e-6)
