"""Training as a user sees it: gradients are right, options do what they say, faults are named."""

import itertools

import numpy as np
import pytest

import zoo_core
from tests.helpers.plugins import registry_with
from tests.helpers.specs import merged, regression_spec, small_spec
from zoo_core.errors import NumericError, SpecError, UsageError
from zoo_core.model.evaluation import evaluate_table
from zoo_core.nn import Objective
from zoo_core.parts import BatchAugmentation, Preprocessor
from zoo_core.training import Interval
from zoo_core.training.events import EpochEnded, Finished, SafePoint, Started

LAYERS = {
    "tanh": {"units": 5, "activation": "tanh"},
    "gelu": {"units": 5, "activation": "gelu"},
    "softmax hidden": {"units": 5, "activation": "softmax"},
    "prelu": {"units": 5, "activation": "prelu"},
    "maxout": {"units": 4, "activation": {"name": "maxout", "pieces": 3}},
    "batch_norm": {"units": 5, "activation": "tanh", "normalizer": "batch_norm"},
    "no bias": {"units": 5, "activation": "sigmoid", "bias": False},
    "penalties": {"units": 5, "activation": "tanh", "regularizers": [{"name": "l2", "strength": 0.03}]},
}


@pytest.fixture
def table(tmp_path):
    """A regression table: y = 2 a - b + 0.5, without noise."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    np.savez(tmp_path / "t.npz", x=x, y=(2 * x[:, 0] - x[:, 1] + 0.5)[:, None])
    return tmp_path / "t.npz"


def regression(table, **training):
    return regression_spec(
        table, dtype="float64", data={"test": 0.25}, optimizer="lbfgs",
        training={"epochs": 30, "batch_size": "all", **training},
    )  # fmt: skip


def glyphs(**changes):
    data = {"rows": 500, "test_rows": 200, "train": ":400", "validation": "400:"}
    training = {"epochs": 3, "batch_size": 64}
    base = small_spec({"units": 16}, data=data, optimizer={"name": "adam", "learning_rate": 0.01}, training=training)
    return merged(base, changes)


def test_blocks_of_a_long_epoch_have_more_steps_and_the_same_weights(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 2))
    np.savez(tmp_path / "long.npz", x=x, y=x[:, :1])
    spec = regression_spec(tmp_path / "long.npz", training={"epochs": 1, "batch_size": 128, "metrics": ["r2"]})

    def train():
        trainer = zoo_core.prepare(spec)
        points = [e.step for e in trainer.events(Interval.parse("1steps")) if isinstance(e, SafePoint)]
        return points[0], trainer

    steps, long = train()
    monkeypatch.setattr("zoo_core.training._batch_loader.SMALL_NETWORK", 0)
    fewer, short = train()
    assert (steps, fewer) == (16, 4)
    np.testing.assert_array_equal(long.network.parameters, short.network.parameters)
    assert long.history[0] == pytest.approx(short.history[0], rel=1e-6)


@pytest.mark.parametrize("rows", [1, 7, 400])
@pytest.mark.parametrize("layer", [name for name in LAYERS if name != "batch_norm"])
def test_gradient_of_a_whole_network_by_central_differences(layer, rows):
    check_gradient(layer, rows)


def test_gradient_through_batch_norm_by_central_differences():
    check_gradient("batch_norm", 7)


def check_gradient(layer, rows):
    trainer = zoo_core.prepare(small_spec(LAYERS[layer], dtype="float64"))
    objective: Objective = trainer.objective
    rng = np.random.default_rng(1)
    batch = trainer.network.workspace(rows)
    batch.x[...] = rng.normal(size=(rows, 784)) * 0.1
    objective.set_batch(batch, rng.integers(0, 10, rows), rng.uniform(0.5, 2, rows))
    objective.evaluate()
    gradient, parameters = trainer.network.gradients.copy(), trainer.network.parameters
    for index in rng.choice(parameters.size, 40, replace=False):
        kept, step = parameters[index], 1e-6
        parameters[index] = kept + step
        above = objective.evaluate()
        parameters[index] = kept - step
        below = objective.evaluate()
        parameters[index] = kept
        assert gradient[index] == pytest.approx((above - below) / (2 * step), rel=1e-5, abs=1e-8)


def test_lbfgs_on_a_linear_model_finds_the_least_squares_solution(table):
    model = zoo_core.train(regression(table))
    weights = model.network.state()
    np.testing.assert_allclose(weights["layers.0.weights"][:, 0], [2, -1], atol=1e-4)
    np.testing.assert_allclose(weights["layers.0.bias"], [0.5], atol=1e-4)
    assert model.history[-1]["test_rmse"] < 1e-4


@pytest.mark.parametrize(
    "name",
    [
        {"name": "sgd", "learning_rate": 0.1},
        "adam",
        "adamw",
        "rmsprop",
        {"name": "sam", "base": {"name": "adam"}},
    ],
)
def test_every_optimizer_learns_glyphs(name):
    model = zoo_core.train(glyphs(optimizer=name, training={"epochs": 12, "batch_size": 20}))
    assert model.history[-1]["train_loss"] < 0.6 * model.history[0]["train_loss"]


def test_events_come_in_order_and_the_history_is_what_they_said():
    trainer = zoo_core.prepare(glyphs())
    events = list(zoo_core.follow(trainer))
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert [e.record for e in events if isinstance(e, EpochEnded)] == trainer.model.history
    assert set(trainer.model.history[-1]) == {
        "epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "test_loss", "test_accuracy",
    }  # fmt: skip


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not():
    first, again, other = (zoo_core.train(glyphs(seed=s)) for s in (1, 1, 2))
    assert (first.network.parameters == again.network.parameters).all()
    assert (first.network.parameters != other.network.parameters).any()


def test_measuring_every_second_epoch_and_the_last():
    model = zoo_core.train(glyphs(training={"epochs": 4, "evaluate_every": 2}))
    assert ["test_loss" in record for record in model.history] == [True, False, True, True]


def test_rows_are_prepared_once_and_every_epoch_measures_them_as_evaluate_does():
    class Halves(Preprocessor):
        """x / 2."""

        name = "halves"
        calls = 0

        def transform(self, x, out):
            Halves.calls += len(x) in (100, 200)  # validation and test; a look at a failed run takes other rows
            out[...] = x / 2

    calls = []
    for epochs in (10, 20):
        Halves.calls = 0
        spec = glyphs(training={"epochs": epochs}, data={"preprocessor": "halves"})
        trainer = zoo_core.prepare(spec, registry=registry_with(Halves))
        model = list(zoo_core.follow(trainer)) and trainer.model
        calls.append(Halves.calls)
        for split in ("validation", "test"):
            for name, value in evaluate_table(model, trainer.splits[split]).items():
                assert model.history[-1][f"{split}_{name}"] == value
    assert calls == [2, 2]


@pytest.mark.parametrize(("last", "rows"), [("keep", None), ("drop", 384)])
def test_a_short_last_batch_is_kept_or_dropped(last, rows):
    model = zoo_core.train(glyphs(training={"epochs": 1, "batch_size": 128, "last_batch": last}))
    assert model.history[0].get("train_rows") == rows


def test_early_stopping_restores_the_best_weights():
    stop = {"monitor": "validation_loss", "patience": 2}
    model = zoo_core.train(
        glyphs(optimizer={"name": "adam", "learning_rate": 0.1}, training={"epochs": 60, "early_stopping": stop})
    )
    best = min(record["validation_loss"] for record in model.history)
    assert len(model.history) < 60
    trainer = zoo_core.prepare(model.spec)
    assert evaluate_table(model, trainer.splits["validation"])["loss"] == pytest.approx(best, rel=1e-6)


def test_sample_weights_are_as_good_as_repeated_rows(tmp_path):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(20, 3)), rng.normal(size=(20, 1))
    twice = np.r_[np.arange(20), np.arange(5)]
    np.savez(tmp_path / "repeated.npz", x=x[twice], y=y[twice])
    np.savez(tmp_path / "weighted.npz", x=x, y=y)

    def objective(name, weights):
        trainer = zoo_core.prepare(regression_spec(tmp_path / name, dtype="float64"))
        table = trainer.splits["train"]
        batch = trainer.network.workspace(table.x.shape[0])
        batch.x[...] = table.x
        trainer.objective.set_batch(batch, table.y, weights)
        trainer.objective.evaluate()
        return trainer.network.gradients

    weights = np.where(np.arange(20) < 5, 2.0, 1.0)
    np.testing.assert_allclose(objective("repeated.npz", None), objective("weighted.npz", weights), rtol=1e-10)


def test_a_loss_that_is_not_finite_is_explained():
    with pytest.raises(NumericError, match=r"epoch \d+, step \d+.*layers\.\d.*learning rate 1e\+38"):
        zoo_core.train(glyphs(optimizer={"name": "sgd", "learning_rate": 1e38}))


def test_a_width_unlike_the_classes_is_refused():
    with pytest.raises(SpecError, match=r"9.*10 classes"):
        zoo_core.train(small_spec(model={"layers": [{"units": 9, "activation": "softmax"}]}))


def test_a_loss_for_another_task_is_refused(table):
    with pytest.raises(SpecError, match=r"classification.*regression"):
        zoo_core.train(regression_spec(table, model={"loss": "cross_entropy"}))


def test_a_monitor_that_is_not_measured_is_refused():
    stop = {"monitor": "validation_acuracy"}
    with pytest.raises(UsageError, match="did you mean 'validation_accuracy'"):
        zoo_core.train(glyphs(training={"epochs": 2, "early_stopping": stop}))


def test_saved_and_loaded_gives_the_same_predictions(tmp_path):
    model = zoo_core.train(small_spec({"activation": "prelu", "normalizer": "batch_norm"}))
    model.save(tmp_path / "m.npz")
    again = zoo_core.load(tmp_path / "m.npz")
    x = np.random.default_rng(0).integers(0, 256, (30, 784), dtype=np.uint8)
    assert (again.predict_proba(x) == model.predict_proba(x)).all()
    assert again.history == model.history
    assert again.spec.to_dict() == model.spec.to_dict()
    with np.load(tmp_path / "m.npz") as plain:
        assert (plain["layers.0.weights"] == model.network.state()["layers.0.weights"]).all()


def test_squared_errors_learn_classes_too():
    model = zoo_core.train(glyphs(model={"loss": "mse"}, training={"epochs": 20}))
    assert model.history[-1]["train_accuracy"] > 0.9
    assert model.history[-1]["train_loss"] < 0.02


def lost_in_step_two(folder, bound, batch_size):
    """Return a regression whose 18th row has a loss beyond float32, though no output ever is."""
    x, y = np.random.default_rng(0).normal(size=(200, 2)), np.zeros((200, 1))
    y[17] = 1e30
    np.savez(folder / "lost.npz", x=x, y=y)
    return regression_spec(
        folder / "lost.npz",
        model={"layers": [{"units": 1, "activation": bound}]},
        training={"batch_size": batch_size, "shuffle": False},
    )


@pytest.mark.parametrize(("batch_size", "step"), [(1, 18), (10, 2), (200, 1)])
def test_a_loss_that_overflows_is_reported_with_its_own_step(tmp_path, batch_size, step):
    wanted = rf"the loss is inf in epoch 1, step {step}; first seen at loss: the loss itself overflowed"
    with pytest.raises(NumericError, match=wanted):
        zoo_core.train(lost_in_step_two(tmp_path, "tanh", batch_size))


@pytest.mark.parametrize(("units", "fewest", "most"), [(16, 30, 128), (2000, 1, 8)])
def test_an_interruption_waits_for_few_steps_where_each_is_long(units, fewest, most):
    layers = [{"units": units}, {"units": units}, {"units": 10, "activation": "softmax"}]
    spec = glyphs(model={"layers": layers}, training={"epochs": 1, "batch_size": 1})
    trainer = zoo_core.prepare(spec)
    for event in zoo_core.follow(trainer):
        if isinstance(event, Started):
            trainer.interrupt("asked to")
    assert isinstance(event, Finished)
    assert fewest <= trainer.position.step <= most


def test_a_run_that_was_stopped_early_stays_stopped():
    stopping = {"monitor": "validation_loss", "patience": 1, "restore": True}
    spec = glyphs(training={"epochs": 40, "batch_size": 8, "early_stopping": stopping})
    trainer = zoo_core.prepare(spec | {"optimizer": {"name": "adam", "learning_rate": 0.3}})
    *_, end = zoo_core.follow(trainer)
    history, parameters = len(trainer.history), trainer.network.parameters.copy()
    *_, again = zoo_core.follow(trainer)
    assert history < 40
    assert again.reason == end.reason
    assert len(trainer.history) == history
    np.testing.assert_array_equal(trainer.network.parameters, parameters)


def test_metrics_compare_with_the_targets_of_the_data_not_the_augmented_ones(tmp_path):
    class Nothing(BatchAugmentation):
        name = "nothing"

        def augment(self, x, targets, rng):
            targets[...] = 0.0
            return x, targets

    np.savez(tmp_path / "d.npz", x=np.zeros((40, 2), np.float32), y=np.full((40, 1), 5.0, np.float32))
    model = {"layers": [{"units": 1, "initializer": "zeros"}], "regularizers": ["nothing"]}
    for dtype, shuffle in itertools.product(("float32", "float64"), (False, True)):
        training = {"metrics": ["mae"], "evaluate": [], "shuffle": shuffle}
        spec = regression_spec(tmp_path / "d.npz", dtype=dtype, model=model, training=training)
        record = zoo_core.train(spec, registry=registry_with(Nothing)).history[-1]
        assert (record["train_loss"], record["train_mae"]) == (0.0, 5.0)
