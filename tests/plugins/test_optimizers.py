"""Optimizers take the steps of independent ones, to 1e-9, and keep the contract: dtype, saved state, bounded options.

The expected steps are made by tests/golden/make_optimizers.py.
"""

import numpy as np
import pytest

from tests.helpers.builtin import PARTS
from tests.plugins.comparisons import REGISTRY, optimizers
from tests.plugins.optimizer_runs import NET, START, OptimizerRun, net, rosenbrock, two_layers
from zoo_core.parts import Layout, Optimizer
from zoo_core.spec import option_names
from zoo_plugins import notebook

CLASSES = [k for k in PARTS if issubclass(k, Optimizer) and k not in notebook.PARTS]
CASES = list(optimizers())


def make(name, **options):
    return REGISTRY.get("optimizer", name)(**options)


def example(kind):
    """Return an optimizer of a class with all the state that it can have."""
    if kind.name == "sgd":
        return kind(0.05, momentum=0.8)
    options = {"base": make("sgd", learning_rate=0.05, momentum=0.8)} if "base" in option_names(kind) else {}
    if kind.name == "groups":
        options["paths"] = {"*.bias": make("adam")}
    return kind(**options)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_optimizer_takes_the_steps_of_its_peer(case):
    assert case.measure() <= case.allowed


def test_every_optimizer_has_a_peer():
    assert {case.name for case in CASES} | {"frozen"} == {kind.name for kind in CLASSES}


def test_lbfgs_stays_at_a_minimum():
    run = OptimizerRun(make("lbfgs"), rosenbrock, [1.0, 1.0])
    assert all((run.step() == 1).all() for _ in range(3))


def test_sam_evaluates_once_more_and_stays_where_there_is_no_slope():
    run = OptimizerRun(make("sam", base=make("sgd", learning_rate=0.1)))
    run.step()
    assert run.evaluations == 2
    flat = OptimizerRun(make("sam", base=make("sgd", learning_rate=0.1)), lambda p: (0.0, 0 * p))
    assert (flat.step() == START).all()


@pytest.mark.parametrize(("norm", "gradient"), [(2.5, [1.5, 2.0]), (10.0, [3.0, 4.0])])
def test_clip_shortens_only_a_long_gradient(norm, gradient):
    part = make("clip", base=make("sgd", learning_rate=1.0), norm=norm)
    run = OptimizerRun(part, lambda p: (0.0, np.array([3.0, 4.0])), [0.0, 0.0])
    np.testing.assert_allclose(run.step(), -np.array(gradient), rtol=1e-15)


def test_nesterov_needs_momentum():
    with pytest.raises(ValueError, match="needs a momentum above 0"):
        make("sgd", nesterov=True)


def test_muon_moves_a_matrix_along_all_its_directions_alike():
    gradient = np.outer([1.0, 2.0, 3.0], [1.0, 1.0]) + np.diag([0.3, 0.2, 0.0])[:, :2]
    part, parameters = make("muon", learning_rate=1.0, momentum=0.0), np.zeros(6)
    part.start(Layout.of({"layers.0.weights": (3, 2)}))
    part.step(parameters, gradient.ravel().copy(), 1.0)
    sizes = np.linalg.svd(parameters.reshape(3, 2), compute_uv=False)
    assert (np.linalg.svd(gradient, compute_uv=False)[0] > 20 * np.linalg.svd(gradient, compute_uv=False)[1]).all()
    assert 0.6 < sizes.min() < sizes.max() < 1.3


def test_ftrl_sets_small_weights_to_zero_exactly_and_keeps_what_has_no_gradient():
    slopes = np.array([0.5, 0.01, 0.0])
    run = OptimizerRun(make("ftrl", learning_rate=0.1, l1=0.1, initial=0.0), lambda p: (0.0, slopes), [0.0, 0.0, 0.7])
    last = [run.step() for _ in range(5)][-1]
    assert last[0] < 0
    assert last[1] == 0
    assert last[2] == 0.7


@pytest.mark.parametrize("kind", CLASSES)
def test_measuring_after_each_step_does_not_change_the_steps(kind):
    often, once = OptimizerRun(example(kind), net, NET), OptimizerRun(example(kind), net, NET)
    for _ in range(6):
        often.step()
        once.train_step()
    once.part.end_epoch(once.parameters)
    np.testing.assert_allclose(often.parameters, once.parameters, rtol=1e-12)


def test_the_average_is_used_and_training_goes_on_beside_it():
    run = OptimizerRun(make("ema", base=make("sgd", learning_rate=1.0), decay=0.5), lambda p: (0.0, np.ones(1)), [0.0])
    np.testing.assert_allclose([run.step()[0] for _ in range(3)], [-1, -1.5, -2.25])
    run.part.start_epoch(run.parameters)
    assert run.parameters[0] == -3


@pytest.mark.parametrize("kind", CLASSES)
def test_zero_gradients_move_nothing_but_what_decays(kind):
    run = OptimizerRun(example(kind), lambda p: (0.0, 0 * p), NET, two_layers())
    with np.errstate(all="raise"):
        moved = [run.step() for _ in range(3)][-1]
    assert np.isfinite(moved).all()
    shrunk = 1 - 3 * getattr(run.part, "weight_decay", 0.0) * (run.rate if isinstance(run.rate, float) else 0)
    np.testing.assert_allclose(moved, shrunk * NET, rtol=1e-3)
