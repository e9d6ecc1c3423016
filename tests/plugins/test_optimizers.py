"""Optimizers walk as PyTorch's do, to 1e-9, and keep the contract: dtype, saved state, bounded options.

The traces are made by tests/golden/make_optimizers.py.
"""

import copy
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest
from checks import has_bounds

from zoo_core.parts import Layout, Optimizer
from zoo_plugins import notebook, zoo_parts

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "optimizers.npz")
A, B, START = (np.array(v) for v in ([0.5, 1.0, 1.5], [0.2, -0.4, 0.6], [1.4, -1.1, 0.7]))
CLASSES = [k for k in zoo_parts() if issubclass(k, Optimizer) and k not in notebook.PARTS]
BY_NAME = {k.name: k for k in CLASSES}
Sgd, Adam, AdamW, RmsProp, Lbfgs, Sam, Clip = (
    BY_NAME[name] for name in ("sgd", "adam", "adamw", "rmsprop", "lbfgs", "sam", "clip")
)
WRAPPERS = [k for k in CLASSES if "base" in {option.name for option in fields(k)}]


def valley(p):
    """Return the objective of the golden traces and its gradient, by hand."""
    coupled = p[0] * p[1] - p[2]
    value = np.cosh(A * p - B).sum() + coupled**2 / 2
    return float(value), A * np.sinh(A * p - B) + coupled * np.array([p[1], p[0], -1])


def rosenbrock(p):
    x, y = p
    gradient = np.array([-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)])
    return float(100 * (y - x * x) ** 2 + (1 - x) ** 2), gradient


class Walk:
    """A batch over a function of the parameters, and the trainer's few lines around an optimizer."""

    rows = 1

    def __init__(self, part, function=valley, start=START, dtype=np.float64):
        self.part, self.function = part, function
        self.parameters = np.array(start, dtype)
        self.gradients = np.empty_like(self.parameters)
        self.evaluations = 0
        part.start(Layout((), len(start), np.dtype(dtype)))

    def evaluate(self):
        self.evaluations += 1
        self.loss, self.gradients[...] = self.function(self.parameters)
        return self.loss

    def step(self):
        self.evaluate()
        self.part.steps += 1
        self.part.update(self.parameters, self.gradients, self.part.learning_rate, self)
        return self.parameters.copy()


def example(kind):
    """Return an optimizer of a class with all the state it can have."""
    if kind is Sgd:
        return Sgd(0.05, momentum=0.8)
    return kind(base=Sgd(0.05, momentum=0.8)) if kind in WRAPPERS else kind()


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("sgd", Sgd(0.05)),
        ("momentum", Sgd(0.05, momentum=0.8)),
        ("nesterov", Sgd(0.05, momentum=0.8, nesterov=True)),
        ("adam", Adam(0.1)),
        ("adamw", AdamW(0.1, weight_decay=0.2)),
        ("rmsprop", RmsProp(0.02, rho=0.95)),
        ("sam", Sam(Sgd(0.05, momentum=0.8), rho=0.1)),
    ],
)
def test_an_optimizer_walks_as_pytorch_does(name, part):
    walk = Walk(part)
    np.testing.assert_allclose([walk.step() for _ in range(20)], GOLDEN[name], rtol=1e-9)


def test_lbfgs_walks_through_rosenbrocks_valley_as_pytorch_does():
    walk = Walk(Lbfgs(history=5), rosenbrock, [-1.2, 1.0])
    np.testing.assert_allclose([walk.step() for _ in range(35)], GOLDEN["lbfgs"], rtol=1e-9)


def test_lbfgs_stays_at_a_minimum():
    walk = Walk(Lbfgs(), rosenbrock, [1.0, 1.0])
    assert all((walk.step() == 1).all() for _ in range(3))


def test_sam_evaluates_once_more_and_stays_where_there_is_no_slope():
    walk = Walk(Sam(Sgd(0.1)))
    walk.step()
    assert walk.evaluations == 2
    flat = Walk(Sam(Sgd(0.1)), lambda p: (0.0, 0 * p))
    assert (flat.step() == START).all()


@pytest.mark.parametrize(("norm", "gradient"), [(2.5, [1.5, 2.0]), (10.0, [3.0, 4.0])])
def test_clip_shortens_only_a_long_gradient(norm, gradient):
    walk = Walk(Clip(Sgd(1.0), norm), lambda p: (0.0, np.array([3.0, 4.0])), [0.0, 0.0])
    np.testing.assert_allclose(walk.step(), -np.array(gradient), rtol=1e-15)


def test_nesterov_needs_momentum():
    with pytest.raises(ValueError, match="needs a momentum above 0"):
        Sgd(nesterov=True)


@pytest.mark.parametrize("kind", CLASSES)
def test_float32_stays_float32(kind):
    part = example(kind)
    walk = Walk(part, dtype=np.float32)
    moved = [walk.step() for _ in range(4)][-1]
    assert moved.dtype == np.float32
    assert np.isfinite(moved).all()
    for owner in (part, getattr(part, "base", part)):
        kept = [getattr(owner, key) for key in owner.state]
        assert all(value.dtype == np.float32 for value in kept if isinstance(value, np.ndarray))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", CLASSES)
def test_state_in_a_fresh_instance_gives_the_same_next_steps(kind, dtype):
    old = Walk(example(kind), dtype=dtype)
    for _ in range(5):
        old.step()
    new = Walk(example(kind), start=old.parameters, dtype=dtype)
    pairs = [(old.part, new.part)]
    if kind in WRAPPERS:
        pairs.append((old.part.base, new.part.base))
    for source, target in pairs:
        target.steps = source.steps
        for key in source.state:
            setattr(target, key, copy.deepcopy(getattr(source, key)))
    for _ in range(3):
        np.testing.assert_array_equal(new.step(), old.step())


@pytest.mark.parametrize("kind", CLASSES)
def test_every_number_among_the_options_is_bounded(kind):
    hints = get_type_hints(kind, include_extras=True)
    for option in fields(kind):
        hint = hints[option.name]
        if hint is not bool and not (isinstance(hint, type) and issubclass(hint, Optimizer)):
            assert has_bounds(hint), f"{kind.name}: {option.name} has no bounds"
