"""Several labels a row from arrays: what is trained, and what is refused with the way out."""

import numpy as np
import pytest

import zoo_core
from zoo_core.errors import DataError, SpecError, UsageError
from zoo_core.model import DataDescription

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 3))
Y = X > [0.0, 0.7, -0.7]


def spec(*, loss="binary_cross_entropy", units=3, activation="sigmoid", **training):
    layers = [{"units": 8, "activation": "tanh"}, {"units": units, "activation": activation}]
    return {
        "name": "t", "data": {"name": "arrays", "task": "multilabel"}, "model": {"loss": loss, "layers": layers},
        "optimizer": "adam", "training": {"epochs": 2, **training},
    }  # fmt: skip


def test_columns_of_bools_are_labels_for_a_loss_that_takes_them():
    plain = {key: value for key, value in spec().items() if key != "data"}
    model = zoo_core.train(plain, data=(X, Y))
    assert model.about.task == "multilabel"
    assert model.about.target_names == ["label 1", "label 2", "label 3"]
    assert {"train_accuracy", "train_subset_accuracy", "train_f1"} <= model.history[-1].keys()
    again = zoo_core.load(model.to_bytes())
    assert (again.predict(X) == model.predict(X)).all()
    assert (again.predict_proba(X) == model.outputs(X)).all()


def test_labels_of_a_frame_are_matched_by_name():
    frame = {f"x{i}": X[:, i] for i in range(3)} | {"p": Y[:, 0], "q": Y[:, 1], "r": Y[:, 2]}
    model = zoo_core.train(spec(), data=frame, target=["p", "q", "r"])
    assert model.labels().tolist() == ["p", "q", "r"]
    turned = {"r": Y[:, 2], "p": Y[:, 0], "q": Y[:, 1]}
    assert model.evaluate(X, turned) == model.evaluate(X, Y) == model.evaluate(frame)


def test_a_label_of_one_column_keeps_its_dimension():
    model = zoo_core.train(spec(units=1), data=(X, Y[:, 0]))
    assert model.predict(X).shape == (120, 1)


REFUSED = {
    "loss": (spec(loss="cross_entropy"), "use one for these, such as 'binary_cross_entropy'"),
    "metric": (spec(metrics=["log_loss"]), "use one for these, such as 'accuracy', 'f1' or 'roc_auc'"),
    "units": (spec(units=2), "has 3 label(s); with loss 'binary_cross_entropy' make it 3"),
    "average": (spec(metrics=[{"name": "f1", "average": "binary"}]), "each row may have several labels"),
    "weights of classes": (
        spec(loss={"name": "binary_cross_entropy", "class_weights": "balanced"}), "class_weights weigh classes"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_for_classes_is_refused_with_what_to_write(name):
    given, words = REFUSED[name]
    with pytest.raises(SpecError) as caught:
        zoo_core.train(given, data=(X, Y))
    assert words in str(caught.value)


def test_other_values_than_0_and_1_are_named():
    wrong = Y.astype(int)
    wrong[7, 2] = 2
    with pytest.raises(DataError, match=r"label 2 \(from 0\) is 2 in row 7 \(from 0\)"):
        zoo_core.train(spec(), data=(X, wrong))
    model = zoo_core.train(spec(), data=(X, Y))
    with pytest.raises(DataError, match=r"label 'label 1' is 0\.5 in row 0"):
        model.evaluate(X, np.full(Y.shape, 0.5))
    with pytest.raises(DataError, match=r"the model needs numbers \(120, 3\)"):
        model.evaluate(X, Y[:, :2])


def test_stratified_draws_are_refused():
    given = spec()
    given["data"] |= {"stratify": True, "validation": 0.2}
    with pytest.raises(UsageError, match="this data set has several labels a row"):
        zoo_core.train(given, data=(X, Y))


def test_an_output_layer_without_probabilities_is_warned_of_and_gives_none():
    model = zoo_core.train(spec(activation="identity"), data=(X, Y))
    assert "use 'sigmoid'" in model.warnings["unusable_outputs"]
    with pytest.raises(UsageError, match="gives no probabilities"):
        model.predict_proba(X)


def test_labels_that_nothing_tells_or_that_never_change_are_warned_of():
    same = Y & [True, False, True]
    assert "'label 2' is 0" in zoo_core.train(spec(), data=(X, same)).warnings["constant_targets"]
    noise = np.random.default_rng(1).random(Y.shape) < 0.3
    told = zoo_core.train(spec(epochs=20), data=(X * 1e-6, noise)).warnings
    assert any("than by the share of rows that have it" in text for text in told.values())


def test_files_of_arrays_hold_labels_too(tmp_path):
    np.savez(tmp_path / "t.npz", x=X, y=Y)
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y.astype(int))
    for data in (
        {"name": "npz", "path": str(tmp_path / "t.npz")},
        {"name": "npy", "inputs": str(tmp_path / "x.npy"), "targets": str(tmp_path / "y.npy")},
    ):
        model = zoo_core.train(spec() | {"data": data | {"task": "multilabel", "preprocessor": "none"}})
        assert model.predict(X).shape == Y.shape


WORDS = [["no", "yes"], ["Nein", "Ja"], ["", "x"]]


def test_words_of_labels_are_kept_in_the_file():
    model = zoo_core.train(spec(), data=(X, Y))
    assert "label_words" not in model.header()["about"]
    about = model.header()["about"] | {"label_words": WORDS}
    assert DataDescription.read(about).model_dump()["label_words"] == WORDS


@pytest.mark.parametrize(
    ("words", "task", "told"),
    [
        (WORDS[:2], "multilabel", "2 label_words for 3 labels"),
        (WORDS, "regression", "3 label_words for 3 labels"),
        ([*WORDS[:2], ["a", "b" * 2000]], "multilabel", "more than 1000 letters"),
        ([*WORDS[:2], ["a"]], "multilabel", "label_words"),
    ],
)
def test_words_of_labels_that_do_not_fit_are_refused(words, task, told):
    about = zoo_core.train(spec(), data=(X, Y)).header()["about"]
    with pytest.raises(ValueError, match=told):
        DataDescription.read(about | {"label_words": words, "task": task})


def test_labels_may_be_told_by_two_words():
    words = np.where(Y, "Ja", "Nein")
    model, plain = zoo_core.train(spec(), data=(X, words)), zoo_core.train(spec(), data=(X, Y))
    assert model.about.label_words == [["Nein", "Ja"]] * 3
    assert (model.predict_proba(X) == plain.predict_proba(X)).all()
    assert model.evaluate(X, words) == model.evaluate(X, Y) == plain.evaluate(X, Y)
    frame = {f"x{i}": X[:, i] for i in range(3)} | {"p": words[:, 0], "q": words[:, 1], "r": words[:, 2]}
    named = zoo_core.train(spec(), data=frame, target=["p", "q", "r"])
    assert named.evaluate(frame) == named.evaluate(X, Y)


def test_a_third_word_is_refused_with_its_label():
    words = np.where(Y, "Ja", "Nein").astype(object)
    model = zoo_core.train(spec(), data=(X, words))
    words[3, 1] = "viel"
    with pytest.raises(DataError, match="data, y, label 1 holds 3 different texts"):
        zoo_core.train(spec(), data=(X, words))
    with pytest.raises(DataError, match=r"row 3 \(from 0\) has 'viel', and not 'Nein' or 'Ja'"):
        model.evaluate(X, words)
