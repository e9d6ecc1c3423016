"""Optimizers, schedules and metrics agree with PyTorch and scikit-learn to 1e-9; tests/golden/make_updates.py."""

from pathlib import Path

import numpy as np
import pytest

from zoo_core.parts import Layout
from zoo_core.registry import Registry

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "updates.npz")
REGISTRY = Registry()
START, C = np.array([0.3, -1.7, 2.1, 0.9]), np.arange(1.0, 5.0)


def make(kind, name, **options):
    return REGISTRY.get(kind, name)(**options)


def bumpy(p):
    return float((C * (p * p - 1) ** 2).sum() / 4 + p.sum() / 10), C * p * (p * p - 1) + 0.1


def rosenbrock(p):
    x, y = p
    slope = np.array([-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)])
    return 100 * (y - x * x) ** 2 + (1 - x) ** 2, slope


class Batch:
    """The batch at hand, over a function of the parameters."""

    rows = 1

    def __init__(self, function, parameters):
        self.function, self.parameters, self.gradients = function, parameters, np.empty_like(parameters)

    def evaluate(self):
        self.loss, self.gradients[...] = self.function(self.parameters)
        return self.loss


def follow(part, function, start, steps, dtype=np.float64):
    """Return the parameters after each step."""
    batch = Batch(function, np.array(start, dtype))
    part.start(Layout((), len(start), np.dtype(dtype)))
    found = []
    for _ in range(steps):
        batch.evaluate()
        part.steps += 1
        part.update(batch.parameters, batch.gradients, part.learning_rate, batch)
        found.append(batch.parameters.copy())
    return np.array(found)


OPTIMIZERS = {
    "sgd": lambda: make("optimizer", "sgd", learning_rate=0.01),
    "momentum": lambda: make("optimizer", "sgd", learning_rate=0.01, momentum=0.9),
    "nesterov": lambda: make("optimizer", "sgd", learning_rate=0.01, momentum=0.9, nesterov=True),
    "adam": lambda: make("optimizer", "adam", learning_rate=0.05),
    "adamw": lambda: make("optimizer", "adamw", learning_rate=0.05, weight_decay=0.1),
    "rmsprop": lambda: make("optimizer", "rmsprop", learning_rate=0.01),
    "sam": lambda: make("optimizer", "sam", base=make("optimizer", "sgd", learning_rate=0.01), rho=0.05),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_takes_the_steps_of_pytorch(name):
    np.testing.assert_allclose(follow(OPTIMIZERS[name](), bumpy, START, 20), GOLDEN[name], rtol=1e-9)


def test_lbfgs_takes_the_steps_of_pytorch_and_finds_the_minimum():
    found = follow(make("optimizer", "lbfgs", history=5), rosenbrock, [-1.2, 1.0], 35)
    np.testing.assert_allclose(found, GOLDEN["lbfgs"], rtol=1e-9)
    np.testing.assert_allclose(found[-1], 1, atol=1e-4)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_float32_stays_float32(name):
    assert follow(OPTIMIZERS[name](), bumpy, START, 3, np.float32).dtype == np.float32


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_state_in_a_fresh_instance_gives_the_same_next_step(name):
    part, fresh = OPTIMIZERS[name](), OPTIMIZERS[name]()
    here = follow(part, bumpy, START, 5)[-1]
    fresh.start(Layout((), 4, np.dtype("f8")))
    fresh.steps = part.steps
    for new, old in ((fresh, part), (getattr(fresh, "base", fresh), getattr(part, "base", part))):
        for key in new.state:
            setattr(new, key, None if getattr(old, key) is None else getattr(old, key).copy())
    following = []
    for one in (part, fresh):
        batch = Batch(bumpy, here.copy())
        batch.evaluate()
        one.steps += 1
        one.update(batch.parameters, batch.gradients, one.learning_rate, batch)
        following.append(batch.parameters)
    assert (following[0] == following[1]).all()


def test_clipping_shortens_a_long_gradient_and_leaves_a_short_one():
    plain, clipped = (np.array([3.0, 4.0]) * s for s in (1, 1))
    part = make("optimizer", "clip", base=make("optimizer", "sgd", learning_rate=1.0), norm=1.0)
    part.start(Layout((), 2, np.dtype("f8")))
    part.update(clipped, plain, 1.0, None)
    np.testing.assert_allclose(clipped, [3 - 0.6, 4 - 0.8])


SCHEDULES = {
    "cosine": {"initial": 0.5, "final": 0.1},
    "step": {"initial": 0.5, "every": 6, "factor": 0.3},
    "exponential": {"initial": 0.5, "factor": 0.9},
    "on_plateau": {"initial": 0.5, "factor": 0.5, "patience": 2, "cooldown": 1},
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_gives_the_rates_of_pytorch(name):
    part = make("schedule", name, **SCHEDULES[name])
    part.start(20, 10)
    found = []
    for epoch in range(20):
        found.append(part.rate(float(epoch)))
        part.observe({"validation_loss": GOLDEN["figures"][epoch]})
    np.testing.assert_allclose(found, GOLDEN[name], rtol=1e-9)


def test_warm_up_rises_in_a_line_to_the_initial_rate():
    part = make("schedule", "cosine", initial=0.4, warmup=2.0)
    part.start(10, 4)
    np.testing.assert_allclose([part.rate(step / 4) for step in range(8)], 0.4 * np.arange(1, 9) / 8)
    assert part.rate(6.0) == pytest.approx(0.2)


CLASSIFYING = ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "top_k_accuracy")


@pytest.mark.parametrize("weighted", [0, 1])
@pytest.mark.parametrize("name", [*CLASSIFYING, "mse", "rmse", "mae", "r2"])
def test_a_metric_over_batches_gives_the_figure_of_scikit_learn(name, weighted):
    outputs, targets = ("scores", "y") if name in CLASSIFYING else ("yhat", "true")
    part = make("metric", name, **({"k": 2} if name == "top_k_accuracy" else {}))
    part.start(40, GOLDEN[outputs].shape[1])
    for rows in (slice(0, 7), slice(7, 30), slice(30, 40)):
        part.update(GOLDEN[outputs][rows], GOLDEN[targets][rows], GOLDEN["w"][rows] if weighted else None)
    assert part.result() == pytest.approx(GOLDEN[name][weighted], rel=1e-9)
