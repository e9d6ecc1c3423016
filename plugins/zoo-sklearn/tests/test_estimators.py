"""What the estimators promise: weights, validation rows, continued training, parts, specs, errors."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning, DataConversionWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from zoo_lookahead import Lookahead
from zoo_sklearn import ZooClassifier, ZooRegressor

import zoo_core
from zoo_core.parts import KINDS

SPEC = {
    "model": {
        "loss": "cross_entropy",
        "layers": [{"units": 8, "activation": "tanh"}, {"units": 3, "activation": "softmax"}],
    },
    "optimizer": {"name": "adam", "learning_rate": 0.01},
    "training": {"epochs": 20},
}


def classifier(**options):
    return ZooClassifier(
        **{"hidden_layer_sizes": (16,), "learning_rate": 0.01, "max_iter": 60, "random_state": 0} | options
    )


def regressor(**options):
    return ZooRegressor(
        **{"hidden_layer_sizes": (16,), "learning_rate": 0.01, "max_iter": 60, "random_state": 0} | options
    )


def part(kind, name):
    return zoo_core.Registry().get(kind, name)


# ------------------------------------------------------------------ beside scikit-learn


def test_the_same_parameters_reach_what_scikit_learn_reaches():
    """One layer has one best loss, and both find it; alpha means the same."""
    x, y = make_classification(200, 8, n_informative=4, flip_y=0.2, random_state=1)
    own = ZooClassifier((), solver="lbfgs", alpha=5.0, tol=1e-9, preprocessor=None, random_state=0).fit(x, y)
    # two softmax outputs share what one sigmoid has, so that half of the penalty remains
    peer = MLPClassifier((), solver="lbfgs", alpha=2.5, tol=1e-9, max_iter=1000, random_state=0).fit(x, y)
    assert own.predict_proba(x) == pytest.approx(peer.predict_proba(x), abs=1e-4)


def test_alpha_of_a_regression_is_that_of_scikit_learn(diabetes):
    x, y = diabetes[0] * 20, diabetes[1] / 77
    own = ZooRegressor(
        (),
        solver="lbfgs",
        alpha=50,
        tol=1e-12,
        preprocessor=None,
        overrides={"data.target_preprocessor": "none"},
        random_state=0,
    )
    peer = MLPRegressor(hidden_layer_sizes=(), solver="lbfgs", alpha=50, tol=1e-9, max_iter=1000, random_state=0)
    assert own.fit(x, y).predict(x) == pytest.approx(peer.fit(x, y).predict(x), abs=1e-4)


# ------------------------------------------------------------------ weights


def test_a_row_of_weight_zero_is_as_if_it_were_not_there(iris):
    x, y = iris
    kept = y != 2
    weighted = classifier(solver="lbfgs").fit(x, np.where(kept, y, 0), sample_weight=kept.astype(float))
    alone = classifier(solver="lbfgs").fit(x[kept], y[kept])
    assert weighted.predict_proba(x) == pytest.approx(alone.predict_proba(x), abs=1e-6)


def test_class_weights_are_sample_weights(iris):
    x, y = iris
    by_class = classifier(class_weight={0: 1, 1: 5, 2: 0.5}).fit(x, y)
    by_row = classifier().fit(x, y, sample_weight=np.array([1, 5, 0.5])[y])
    assert np.array_equal(by_class.predict_proba(x), by_row.predict_proba(x))
    balanced = classifier(class_weight="balanced").fit(x[:120], y[:120])
    counted = classifier(class_weight={0: 0.8, 1: 0.8, 2: 2.0}).fit(x[:120], y[:120])
    assert np.array_equal(balanced.predict_proba(x), counted.predict_proba(x))


def test_weights_of_classes_that_are_not_there_are_refused(iris):
    """A misspelt class would else have no effect; classes that a fold lacks may be named."""
    with pytest.raises(ValueError, match="not in class_weight"):
        classifier(class_weight={"setosa": 2}).fit(*iris)
    assert classifier(class_weight={0: 1, 1: 2, 2: 3}).fit(iris[0][:100], iris[1][:100]).classes_.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones(3), "expected"),
        (-np.ones(150), "Negative"),
        (np.zeros(150), "at least one non-zero"),
        (np.ones((150, 2)), "1D"),
        (np.full(150, np.nan), "NaN"),
    ],
)
def test_weights_that_are_none_are_refused(iris, weights, message):
    with pytest.raises(ValueError, match=message):
        classifier().fit(*iris, sample_weight=weights)


# ------------------------------------------------------------------ validation rows


def test_own_validation_rows_decide_when_training_ends(iris):
    x, y = iris
    even, odd = slice(None, None, 2), slice(1, None, 2)
    fitted = classifier(early_stopping=True, max_iter=500, n_iter_no_change=5).fit(
        x[even], y[even], X_val=x[odd], y_val=y[odd]
    )
    losses = [record["validation_loss"] for record in fitted.model_.history]
    assert fitted.n_iter_ == len(losses) < 500
    best = min(range(len(losses)), key=losses.__getitem__)
    assert fitted.model_.evaluate(x[odd], y[odd].astype(str))["loss"] == pytest.approx(losses[best], rel=0.05)
    scaled = x[even].mean(axis=0)
    assert fitted.model_.preprocessor.shift == pytest.approx(scaled)  # validation rows are not learnt


def test_validation_rows_are_measured_without_early_stopping(diabetes):
    x, y = diabetes
    fitted = regressor(max_iter=5).fit(x[:300], y[:300], X_val=x[300:], y_val=y[300:])
    assert len([record["validation_loss"] for record in fitted.model_.history]) == 5


def test_a_share_of_the_rows_validates(iris):
    fitted = classifier(early_stopping=True, validation_fraction=0.2).fit(*iris)
    assert "validation_loss" in fitted.model_.history[0]
    assert fitted.model_.spec.data.validation == 0.2
    assert fitted.model_.spec.data.stratify


@pytest.mark.parametrize(("share", "lack"), [(0.001, "validate with"), (0.0, "validate with"), (1.0, "learn from")])
def test_a_share_that_leaves_no_rows_is_refused_by_its_name(iris, share, lack):
    with pytest.raises(ValueError, match=f"validation_fraction = {share:g} of 150 rows leaves no row to {lack}"):
        classifier(early_stopping=True, validation_fraction=share).fit(*iris)


def test_half_of_the_validation_rows_is_refused(iris):
    with pytest.raises(ValueError, match="X_val and y_val belong together"):
        classifier().fit(*iris, X_val=iris[0])
    with pytest.raises(ValueError, match=r"unseen labels: \[7\]"):
        classifier().fit(*iris, X_val=iris[0], y_val=np.full(150, 7))
    with pytest.raises(ValueError, match="X_val has 150 rows, and y_val has 3"):
        classifier().fit(*iris, X_val=iris[0], y_val=iris[1][:3])


def test_metadata_routing_brings_weights_and_validation_rows(iris):
    x, y = iris
    with sklearn.config_context(enable_metadata_routing=True):
        net = classifier(early_stopping=True, max_iter=20).set_fit_request(sample_weight=True, X_val=True, y_val=True)
        net.set_score_request(sample_weight=True)
        scale = StandardScaler().set_fit_request(sample_weight=True)
        piped = Pipeline([("scale", scale), ("net", net)], transform_input=["X_val"])
        piped.fit(x, y, X_val=x[::3], y_val=y[::3], sample_weight=np.ones(150))
        assert "validation_loss" in piped[-1].model_.history[0]
        found = cross_validate(
            net, x, y, cv=2, params={"sample_weight": np.ones(150), "X_val": x[::3], "y_val": y[::3]}
        )
        assert found["test_score"].shape == (2,)
        search = GridSearchCV(net, {"alpha": [0.0, 0.1]}, cv=2).fit(x, y, sample_weight=np.ones(150), X_val=x, y_val=y)
        assert search.best_score_ > 0.8


# ------------------------------------------------------------------ continued training


def test_partial_fit_is_one_longer_run(diabetes):
    """Optimizer, random numbers and scales go on: the bits are those of one run."""
    x, y = diabetes
    parts, whole = regressor(), regressor(max_iter=3, n_iter_no_change=None).fit(x, y)
    for _ in range(3):
        parts.partial_fit(x, y)
    assert np.array_equal(parts.predict(x), whole.predict(x))
    assert parts.n_iter_ == 3
    assert parts.loss_curve_ == whole.loss_curve_


def test_partial_fit_goes_on_after_a_pickle(iris):
    x, y = iris
    one = classifier().partial_fit(x, y, classes=[0, 1, 2])
    other = pickle.loads(pickle.dumps(one))
    for net in (one, other):
        net.partial_fit(x[::2], y[::2])
    assert np.array_equal(one.predict_proba(x), other.predict_proba(x))


def test_partial_fit_knows_classes_that_come_later(iris):
    x, y = iris
    net = classifier(random_state=1)
    for _ in range(30):
        for label in range(3):
            net.partial_fit(x[y == label], y[y == label], classes=[0, 1, 2], sample_weight=np.ones(50))
    assert net.predict_proba(x).shape == (150, 3)
    with pytest.raises(ValueError, match=r"unseen labels: \[9\]"):
        net.partial_fit(x, np.full(150, 9))
    with pytest.raises(ValueError, match="not the same as on last call"):
        net.partial_fit(x, y, classes=[0, 1])
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        classifier().partial_fit(x, y)


def test_warm_start_goes_on_from_the_weights(iris):
    x, y = iris
    net = classifier(warm_start=True, max_iter=5, n_iter_no_change=None).fit(x, y)
    first = net.loss_
    net.fit(x, y)
    assert net.n_iter_ == 10
    assert net.loss_curve_[5] < first
    with pytest.raises(ValueError, match="warm_start goes on with the classes of before"):
        net.fit(x[:100], y[:100])
    cold = classifier(max_iter=5, n_iter_no_change=None).fit(x, y)
    assert cold.fit(x, y).n_iter_ == 5


@pytest.mark.parametrize(
    ("parameter", "told"),
    [
        ({"hidden_layer_sizes": (5,)}, r"units: \[8, 3\] before, and now \[5, 3\]"),
        ({"dtype": "float32"}, "dtype: 'float64' before, and now 'float32'"),
        ({"normalizer": "layer_norm"}, r"layers\.0\.normalizer: None before, and now .'name': 'layer_norm'"),
    ],
)
def test_warm_start_with_another_network_says_what_changed(iris, parameter, told):
    net = classifier(hidden_layer_sizes=(8,), warm_start=True, max_iter=2).fit(*iris)
    with pytest.raises(ValueError, match=told):
        net.set_params(**parameter).fit(*iris)


def test_training_ends_when_the_loss_stays(iris):
    net = classifier(max_iter=2000, tol=1e-3).fit(*iris)
    assert net.n_iter_ < 1000
    assert net.loss_curve_[-11] - min(net.loss_curve_[-10:]) <= 10 * 1e-3 < net.loss_curve_[-31] - net.loss_curve_[-21]
    assert net.best_loss_ == min(net.loss_curve_)


# ------------------------------------------------------------------ parts


@pytest.mark.parametrize(
    "options",
    [
        {
            "activation": "gelu",
            "solver": "adamw",
            "normalizer": "layer_norm",
            "regularizers": {"name": "dropout", "rate": 0.1},
        },
        {"activation": part("activation", "leaky_relu")(slope=0.2), "solver": part("optimizer", "nadam")()},
        {"activation": "logistic", "solver": {"name": "sgd", "momentum": 0.9}, "learning_rate": "constant"},
        {"solver": {"name": "lookahead", "base": "adam"}, "learning_rate": None, "max_iter": 200},
        {"solver": Lookahead(part("optimizer", "adam")(learning_rate=0.02)), "learning_rate": None},
        {"solver": "adam", "learning_rate": {"name": "cosine", "initial": 0.02}, "initializer": "he_normal"},
        {"loss": "hinge", "out_activation": "identity", "preprocessor": "min_max", "max_iter": 200},
        {"dtype": "float32", "callbacks": [{"name": "early_stopping", "monitor": "train_loss"}], "batch_size": 16},
        {"hidden_layer_sizes": np.array([8, 8]), "max_iter": np.int64(60), "alpha": np.float32(0.01)},
        {"hidden_layer_sizes": 8, "early_stopping": {"monitor": "train_loss", "patience": 3}},
        {"hidden_layer_sizes": ()},
    ],
    ids=str,
)
def test_any_part_works_by_name_or_as_an_object(iris, options):
    fitted = classifier(**options).fit(*iris)
    assert fitted.score(*iris) > 0.8
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict(iris[0]), fitted.predict(iris[0]))


def test_scores_are_no_probabilities(iris):
    with pytest.raises(ValueError, match="loss 'hinge' and the output layer give no probabilities"):
        classifier(loss="hinge", out_activation="identity").fit(*iris).predict_proba(iris[0])


def test_a_part_that_was_given_stays_as_it_was(iris):
    activation = part("activation", "prelu")()
    classifier(activation=activation).fit(*iris)
    assert vars(activation) == vars(part("activation", "prelu")())


# ------------------------------------------------------------------ specs


@pytest.mark.parametrize("form", ["mapping", "spec", "file", "model file"])
def test_a_whole_spec(iris, tmp_path, form):
    x, y = iris
    spec = SPEC
    if form == "spec":
        spec = zoo_core.Spec.parse(SPEC | {"data": "glyphs"})
    elif form == "file":
        (tmp_path / "s.toml").write_text(
            '[model]\nloss = "cross_entropy"\n'
            'layers = [{ units = 8, activation = "tanh" }, { units = 3, activation = "softmax" }]\n'
            '[optimizer]\nname = "adam"\nlearning_rate = 0.01\n[training]\nepochs = 20\n'
        )
        spec = tmp_path / "s.toml"
    elif form == "model file":
        zoo_core.train(SPEC, data=iris).save(tmp_path / "m.npz")
        spec = str(tmp_path / "m.npz")
    net = ZooClassifier(
        spec=spec, overrides={"model.layers.0.units": 5, "model.layers.-1.initializer": "he_normal"}
    ).fit(x, y)
    assert net.model_.spec.model.layers[0].units == 5
    assert net.model_.spec.training.epochs == 20
    assert net.score(x, y) > 0.8


def test_a_spec_and_a_parameter_that_contradict_each_other_are_refused(iris):
    with pytest.raises(ValueError, match="spec and max_iter = 7 are both given; leave one out"):
        ZooClassifier(spec=SPEC, max_iter=7).fit(*iris)


def test_a_spec_has_float64_by_default_and_keeps_its_seed(iris):
    net = ZooClassifier(spec=SPEC | {"seed": 5}).fit(*iris)
    assert (net.model_.spec.dtype, net.model_.spec.seed) == ("float64", 5)
    assert ZooClassifier(spec=SPEC, random_state=1).fit(*iris).model_.spec.seed != 5


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"model.layers.7.units": 5}, "'7' is no place in a list of 2"),
        ({"model.layers.x.units": 5}, "'x' is no place in a list of 2"),
        ({"training.epoch": 5}, "epoch"),
        ({"dtype.x.y": 5}, "dtype"),
        ({"training.epochs.x": 5}, "60 has no key 'x'"),
    ],
)
def test_overrides_that_lead_nowhere_are_refused(iris, overrides, message):
    with pytest.raises(ValueError, match=message):
        classifier(overrides=overrides).fit(*iris)


def test_overrides_reach_into_parts_and_leave_them_as_they_were(iris):
    solver = part("optimizer", "adam")()
    net = classifier(
        solver=solver,
        learning_rate=None,
        overrides={"optimizer.beta1": 0.5, "model.loss.class_weights": [1.0, 2.0, 1.0]},
    )
    assert net.fit(*iris).model_.spec.optimizer.beta1 == 0.5
    assert solver.beta1 == 0.9


# ------------------------------------------------------------------ targets


@pytest.mark.parametrize(
    "labels", [["b", "a"], [True, False], [-1, 7], [0.0, 2.0], np.array(["x", "yy"], object), [10**12, 3]], ids=str
)
def test_predictions_are_the_labels_that_were_given(iris, labels):
    x, codes = iris[0][:100], iris[1][:100]
    y = np.asarray(labels)[codes]
    fitted = classifier().fit(x, y)
    assert fitted.predict(x).dtype == y.dtype
    assert np.array_equal(fitted.predict(x), y)
    assert fitted.classes_.tolist() == sorted(np.asarray(labels).tolist())
    assert fitted.model_.evaluate(x, y)["loss"] < 0.2  # the model of the zoo knows the same labels


def test_a_column_of_targets_is_taken_with_a_warning(iris, diabetes):
    with pytest.warns(DataConversionWarning):
        assert classifier().fit(iris[0], iris[1][:, None]).predict(iris[0]).shape == (150,)
    with pytest.warns(DataConversionWarning):
        assert regressor().fit(diabetes[0], diabetes[1][:, None]).predict(diabetes[0]).shape == (442,)


def test_large_targets_need_no_scaling(diabetes):
    x, y = diabetes
    assert regressor().fit(x, 1e6 * y - 1e9).score(x, 1e6 * y - 1e9) > 0.4


# ------------------------------------------------------------------ errors and warnings


def test_errors_are_value_errors_that_name_the_place(iris):
    for options, words in (
        ({"activation": "rely"}, "relu"),
        ({"solver": "adamm"}, "adam"),
        ({"max_iter": 0}, "training.epochs"),
        ({"dtype": "float16"}, "dtype"),
        ({"batch_size": "many"}, "batch_size"),
        ({"hidden_layer_sizes": (0,)}, "model.layers.0.units"),
        ({"spec": 5}, "spec is a mapping"),
    ):
        with pytest.raises(ValueError, match=words):
            ZooClassifier(**options).fit(*iris)
    with pytest.raises(ValueError, match="early_stopping = True has no meaning for partial_fit"):
        classifier(early_stopping=True).partial_fit(*iris, classes=[0, 1, 2])
    with pytest.raises(NotFittedError):
        regressor().predict(iris[0])
    with pytest.raises(ValueError, match="NaN"):
        classifier().fit(*iris).predict(np.full((2, 4), np.nan))


def test_a_run_that_cannot_have_succeeded_warns(iris):
    with pytest.warns(ConvergenceWarning, match="learning rate"):
        classifier(learning_rate=1e-9, n_iter_no_change=None).fit(*iris)


def test_every_kind_of_part_stands_in_a_parameter():
    named = {
        "activation",
        "normalizer",
        "regularizer",
        "loss",
        "optimizer",
        "schedule",
        "initializer",
        "preprocessor",
        "callback",
    }
    assert named <= set(KINDS)


def test_frames_with_names_that_are_no_texts(iris):
    fitted = classifier().fit(pd.DataFrame(iris[0]), iris[1])
    assert not hasattr(fitted, "feature_names_in_")
    assert fitted.n_features_in_ == 4


# ------------------------------------------------------------------ plain arrays, which skip most checks


@pytest.mark.parametrize("kind", [ZooClassifier, ZooRegressor])
def test_plain_arrays_are_learnt_as_lists_are(iris, kind):
    """Lists and arrays in the order of Fortran go through all checks of scikit-learn."""
    x, y = iris
    nets = [kind(max_iter=3, random_state=0).fit(*given) for given in ((x, y), (x.tolist(), y.tolist()))]
    nets.append(kind(max_iter=3, random_state=0).fit(np.asfortranarray(x), y))
    assert all(np.array_equal(net.predict(x), nets[0].predict(x)) for net in nets)


@pytest.mark.parametrize("kind", [ZooClassifier, ZooRegressor])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (np.where(x == x[7, 2], np.nan, x), y), "Input X contains NaN"),
        (lambda x, y: (np.where(x == x[7, 2], np.inf, x), y), "Input X contains infinity"),
        (lambda x, y: (x, np.where(np.arange(150) == 3, np.nan, y)), "Input y contains NaN"),
        (lambda x, y: (x, y[:-1]), "inconsistent numbers of samples"),
        (lambda x, y: (x[:0], y[:0]), "0 sample"),
        (lambda x, y: (x[:, :0], y), "0 feature"),
        (lambda x, y: (x[:, 0], y), "Expected 2D array"),
    ],
)
def test_arrays_that_are_not_plain_are_refused_in_the_words_of_scikit_learn(iris, kind, change, message):
    with pytest.raises(ValueError, match=message):
        kind().fit(*change(*iris))


def test_a_plain_array_after_a_frame_forgets_its_names(iris):
    net = classifier(max_iter=1).fit(pd.DataFrame(iris[0], columns=list("abcd")), iris[1])
    net.fit(iris[0][:, :3], iris[1])
    assert not hasattr(net, "feature_names_in_")
    assert net.n_features_in_ == 3
    with pytest.raises(ValueError, match="expecting 3 features"):
        net.partial_fit(*iris)


def test_truth_values_are_two_classes(iris):
    x, y = iris
    net = classifier().fit(x, y == 0)
    assert net.classes_.tolist() == [False, True]
    assert net.predict(x).dtype == bool
    assert net.score(x, y == 0) == 1


def test_a_class_for_nearly_each_row_is_warned_of_as_in_scikit_learn(iris):
    if sklearn.__version__ < "1.7":
        pytest.skip("older ones do not warn")
    with pytest.warns(UserWarning, match="number of unique classes"):
        classifier(max_iter=1).fit(iris[0], np.arange(150))


def test_a_number_means_the_same_run_each_time_and_a_generator_goes_on(iris):
    def learnt(random_state):
        return ZooClassifier(max_iter=1, random_state=random_state).fit(*iris).predict_proba(iris[0])

    drawn = np.random.RandomState(7)
    first = learnt(7)
    assert np.array_equal(first, learnt(7))
    assert np.array_equal(first, learnt(np.int64(7)))
    assert np.array_equal(first, learnt(drawn))
    assert not np.array_equal(first, learnt(drawn))
    with pytest.raises(ValueError, match="Seed must be between"):
        learnt(-1)
