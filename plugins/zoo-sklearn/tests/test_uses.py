"""The estimators inside the tools of scikit-learn."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
import sklearn
from scipy.sparse import csr_matrix
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    BaggingRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - it makes the next name importable
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.frozen import FrozenEstimator
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_val_score,
    cross_validate,
    learning_curve,
    train_test_split,
    validation_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.semi_supervised import SelfTrainingClassifier
from zoo_sklearn import ZooClassifier, ZooRegressor


def classifier(**options):
    return ZooClassifier(
        **{"hidden_layer_sizes": (16,), "learning_rate": 0.01, "max_iter": 60, "random_state": 0} | options
    )


def regressor(**options):
    return ZooRegressor(
        **{"hidden_layer_sizes": (16,), "learning_rate": 0.01, "max_iter": 60, "random_state": 0} | options
    )


# ------------------------------------------------------------------ pipelines and frames


def test_a_pipeline(iris):
    x, y = iris
    piped = make_pipeline(StandardScaler(), classifier(preprocessor=None)).fit(x, y)
    assert piped.score(x, y) > 0.95
    assert piped[:-1].transform(x).shape == x.shape


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_a_frame_gives_the_names_of_features(iris, frame):
    x, y = iris
    names = ["sl", "sw", "pl", "pw"]
    data = frame({name: x[:, i] for i, name in enumerate(names)})
    fitted = classifier().fit(data, pd.Series(y) if frame is pd.DataFrame else pl.Series(y))
    if frame is pl.DataFrame and not hasattr(fitted, "feature_names_in_"):
        pytest.skip(f"scikit-learn {sklearn.__version__} finds no names in frames of this polars")
    assert fitted.feature_names_in_.tolist() == names
    assert fitted.model_.about.feature_names == names
    plain = classifier().fit(x, y)
    assert np.array_equal(fitted.predict_proba(data), plain.predict_proba(x))
    assert np.array_equal(fitted.model_.predict(data[names[::-1]]), fitted.predict(data))  # the zoo's model: by name
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(data[names[::-1]])
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        fitted.predict(x)


def test_set_output_reaches_the_estimator(iris):
    x, y = pd.DataFrame(iris[0], columns=list("abcd")), iris[1]
    piped = make_pipeline(StandardScaler(), classifier()).set_output(transform="pandas").fit(x, y)
    assert piped[-1].feature_names_in_.tolist() == list("abcd")
    assert piped[:-1].get_feature_names_out().tolist() == list("abcd")


def test_columns_of_texts_go_through_a_column_transformer():
    frame = pd.DataFrame({"colour": ["red", "blue"] * 30, "size": np.arange(60.0)})
    change = ColumnTransformer([("c", OneHotEncoder(sparse_output=False), ["colour"])], remainder="passthrough")
    piped = make_pipeline(change, classifier()).fit(frame, frame["colour"])
    assert piped.score(frame, frame["colour"]) == 1
    assert piped.classes_.tolist() == ["blue", "red"]


def test_sparse_inputs_are_refused_in_the_words_of_scikit_learn(iris):
    x, y = iris
    with pytest.raises(TypeError, match=r"Sparse data was passed.*, but dense data is required"):
        classifier().fit(csr_matrix(x), y)
    with pytest.raises(TypeError, match="Sparse data was passed"):
        classifier().fit(x, y).predict(csr_matrix(x))


# ------------------------------------------------------------------ searches


def test_a_grid_search_over_parameters_and_parts(iris):
    grid = {"activation": ["tanh", {"name": "leaky_relu", "slope": 0.1}], "hidden_layer_sizes": [(4,), (8, 8)]}
    search = GridSearchCV(classifier(), grid, cv=2, error_score="raise").fit(*iris)
    assert search.best_score_ > 0.9
    assert search.best_estimator_.model_.spec.model.layers[0].activation.name in ("tanh", "leaky_relu")


def test_a_grid_search_over_overrides_of_a_spec(iris):
    spec = {
        "model": {
            "loss": "cross_entropy",
            "layers": [{"units": 8, "activation": "relu"}, {"units": 3, "activation": "softmax"}],
        },
        "optimizer": "adam",
        "training": {"epochs": 30},
    }
    grid = {"overrides": [{"optimizer.learning_rate": rate} for rate in (1e-4, 0.03)]}
    search = GridSearchCV(ZooClassifier(spec=spec, random_state=0), grid, cv=2, error_score="raise").fit(*iris)
    assert search.best_params_ == {"overrides": {"optimizer.learning_rate": 0.03}}


def test_two_processes_find_what_one_finds(iris):
    grid = {"net__alpha": [0.0, 1.0], "net__solver": ["sgd", "adam"]}
    piped = Pipeline([("scale", StandardScaler()), ("net", classifier(max_iter=10))])
    found = [GridSearchCV(piped, grid, cv=2, n_jobs=jobs, error_score="raise") for jobs in (1, 2)]
    scores = [search.fit(*iris).cv_results_["mean_test_score"] for search in found]
    assert np.array_equal(*scores)


def test_a_halving_search_and_a_random_search(iris):
    halving = HalvingGridSearchCV(
        classifier(),
        {"learning_rate": [0.01, 0.02, 0.03]},
        resource="max_iter",
        min_resources=10,
        max_resources=40,
        cv=2,
    )
    assert halving.fit(*iris).best_estimator_.max_iter >= 20
    random = RandomizedSearchCV(classifier(), {"alpha": [0.0, 0.1]}, n_iter=2, cv=2, random_state=0)
    assert random.fit(*iris).best_score_ > 0.9


def test_clones_have_equal_parameters_and_nothing_learnt(iris):
    original = classifier(activation={"name": "leaky_relu", "slope": 0.1}, overrides={"training.shuffle": False}).fit(
        *iris
    )
    copy = clone(original)
    assert not hasattr(copy, "model_")
    assert repr(copy) == repr(original)
    assert np.array_equal(copy.fit(*iris).predict_proba(iris[0]), original.predict_proba(iris[0]))


# ------------------------------------------------------------------ validation and inspection


def test_cross_validation(iris, diabetes):
    assert cross_val_score(classifier(), *iris, cv=3).mean() > 0.9
    assert cross_val_score(regressor(), *diabetes, cv=3).mean() > 0.3
    assert cross_val_predict(classifier(), *iris, cv=3, method="predict_proba").shape == (150, 3)
    scores = cross_validate(classifier(), *iris, cv=2, scoring=["roc_auc_ovr", "neg_log_loss"], return_estimator=True)
    assert scores["test_roc_auc_ovr"].min() > 0.95
    groups = np.arange(150) % 5
    assert len(cross_val_score(classifier(), *iris, groups=groups, cv=GroupKFold(2))) == 2


def test_learning_curve_and_validation_curve(iris):
    _, _, scores = learning_curve(classifier(), *iris, train_sizes=[0.5, 1.0], cv=2, shuffle=True, random_state=0)
    assert scores.shape == (2, 2)
    _, scores = validation_curve(classifier(), *iris, param_name="max_iter", param_range=[1, 40], cv=2)
    assert scores[1].mean() > scores[0].mean()


def test_permutation_importance_and_partial_dependence(diabetes):
    x, y = diabetes
    fitted = regressor().fit(x, y)
    assert permutation_importance(fitted, x, y, n_repeats=2, random_state=0).importances_mean.argmax() in (2, 8)
    assert partial_dependence(fitted, x, [2], grid_resolution=5)["average"].shape == (1, 5)


def test_calibration(iris):
    x, y = iris
    calibrated = CalibratedClassifierCV(classifier(), cv=2).fit(x, y)
    assert np.allclose(calibrated.predict_proba(x).sum(axis=1), 1)


def test_a_frozen_estimator_is_calibrated_and_not_trained(iris):
    x, y = iris
    fitted = classifier().fit(x[::2], y[::2])
    before = fitted.model_
    CalibratedClassifierCV(FrozenEstimator(fitted)).fit(x[1::2], y[1::2])
    assert fitted.model_ is before


# ------------------------------------------------------------------ ensembles


def test_ensembles_of_classifiers(iris):
    x, y = iris
    voting = VotingClassifier([("zoo", classifier()), ("line", LogisticRegression(max_iter=1000))], voting="soft").fit(
        x, y
    )
    stacking = StackingClassifier([("zoo", classifier())], cv=2).fit(x, y)
    several = OneVsRestClassifier(classifier()).fit(x, y)
    unlabelled = SelfTrainingClassifier(classifier()).fit(x, np.where(np.arange(150) % 3, -1, y))
    assert min(e.score(x, y) for e in (voting, stacking, several, unlabelled)) > 0.8


def test_bagging_and_boosting_give_sample_weights(iris):
    x, y = iris
    doubled = np.where(y == 0, 2.0, 1.0)
    bagged = BaggingClassifier(classifier(), n_estimators=3, random_state=0).fit(x, y, sample_weight=doubled)
    boosted = AdaBoostClassifier(classifier(), n_estimators=3, random_state=0).fit(x, y)
    assert min(bagged.score(x, y), boosted.score(x, y)) > 0.8


def test_ensembles_of_regressors(diabetes):
    x, y = diabetes
    stacking = StackingRegressor([("zoo", regressor()), ("line", Ridge())], cv=2).fit(x, y)
    bagging = BaggingRegressor(regressor(), n_estimators=3, random_state=0).fit(x, y)
    positive = TransformedTargetRegressor(regressor(), func=np.log, inverse_func=np.exp).fit(x, y)
    assert min(e.score(x, y) for e in (stacking, bagging, positive)) > 0.4
    assert positive.predict(x).min() > 0


def test_selecting_features(iris):
    chosen = SequentialFeatureSelector(classifier(max_iter=20), n_features_to_select=1, cv=2).fit(*iris)
    assert chosen.get_support().nonzero()[0][0] in (2, 3)


# ------------------------------------------------------------------ several targets


def test_several_values_a_row(diabetes):
    x, y = diabetes
    both = np.column_stack([y, -2 * y])
    fitted = regressor().fit(x, both)
    assert fitted.predict(x).shape == both.shape
    assert fitted.score(x, both) > 0.4
    assert MultiOutputRegressor(regressor()).fit(x, both).predict(x).shape == both.shape


def test_several_labels_a_row(labels):
    x, y = labels
    fitted = classifier(max_iter=150).fit(x, y)
    assert fitted.score(x, y) > 0.8
    assert set(np.unique(fitted.predict(x))) == {0, 1}
    assert np.array_equal(fitted.predict_proba(x) > 0.5, fitted.predict(x).astype(bool))
    assert ClassifierChain(classifier(), random_state=0).fit(x, y).predict(x).shape == y.shape
    assert np.array_equal(classifier(max_iter=150).fit(x, csr_matrix(y)).predict(x), fitted.predict(x))


# ------------------------------------------------------------------ files and processes


def test_a_pickle_predicts_in_another_process(named_iris, tmp_path):
    x, y = named_iris
    fitted = classifier().fit(x, y)
    (tmp_path / "net.pickle").write_bytes(pickle.dumps(fitted))
    joblib.dump(fitted, tmp_path / "net.joblib")
    np.save(tmp_path / "x.npy", x)
    code = (
        "import joblib, pickle, sys, numpy as np\n"
        "nets = pickle.load(open('net.pickle', 'rb')), joblib.load('net.joblib')\n"
        "np.save('p.npy', [net.predict_proba(np.load('x.npy')) for net in nets])\n"
        "assert nets[0].predict(np.load('x.npy'))[0] == 'setosa'\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, check=True, timeout=100)
    found = np.load(tmp_path / "p.npy")
    assert np.array_equal(found[0], fitted.predict_proba(x))
    assert np.array_equal(found[1], found[0])


def test_a_pickle_is_about_as_large_as_its_parameters(iris):
    fitted = classifier(hidden_layer_sizes=(300, 300), max_iter=1).fit(*iris)
    assert len(pickle.dumps(fitted)) < 1.2 * 8 * fitted.model_.network.layout.size


def test_the_model_is_one_of_the_zoo(named_iris, tmp_path):
    import zoo_core

    x, y = named_iris
    fitted = classifier().fit(x, y)
    fitted.model_.save(tmp_path / "iris.npz")
    loaded = zoo_core.load(tmp_path / "iris.npz")
    assert np.array_equal(loaded.predict(x), fitted.predict(x))
    assert loaded.evaluate(x, y)["loss"] < 0.2
    assert loaded.labels().tolist() == fitted.classes_.tolist()


def test_nothing_is_printed(iris, capfd):
    fitted = classifier().fit(*iris)
    fitted.predict(iris[0])
    assert capfd.readouterr() == ("", "")


def test_the_kind_of_estimator():
    assert is_classifier(classifier())
    assert is_regressor(regressor())
    assert Path(sys.modules["zoo_sklearn"].__file__).with_name("py.typed").exists()


def test_a_split_of_rows_that_no_run_has_seen(iris):
    train_x, test_x, train_y, test_y = train_test_split(*iris, stratify=iris[1], random_state=0)
    assert classifier().fit(train_x, train_y).score(test_x, test_y) > 0.9
