"""The state of a part is loaded into the arrays that `start` made; only an empty array may change its size."""

import numpy as np
import pytest

from zoo_core.errors import PluginError
from zoo_core.nn import part_state, set_part_state
from zoo_core.parts import Metric, Optimizer


class Momentum(Optimizer):
    name = "momentum"
    state = ("velocity",)


class Median(Metric):
    name = "median"
    state = ("errors",)


def momentum(velocity):
    part = Momentum()
    part.velocity = velocity
    return part


def test_an_array_is_loaded_in_place_since_the_part_may_hold_views_of_it():
    source, target = momentum(np.ones(3)), momentum(np.zeros(3))
    source.steps, view = 7, target.velocity[1:]
    set_part_state(target, "opt", part_state(source, "opt"))
    assert (target.steps, view.tolist()) == (7, [1.0, 1.0])


def test_an_array_that_is_empty_after_the_start_may_have_grown():
    source, target = Median(), Median()
    source.errors, target.errors = np.arange(20.0), np.empty(0)
    set_part_state(target, "metric", part_state(source, "metric"))
    assert target.errors.tolist() == source.errors.tolist()


@pytest.mark.parametrize("velocity", [np.ones(4), np.ones(3, np.float32), 1.0])
def test_another_shape_dtype_or_type_is_refused(velocity):
    with pytest.raises(ValueError, match="optimizer 'momentum' keeps in 'velocity' an array of float64"):
        set_part_state(momentum(np.zeros(3)), "opt", part_state(momentum(velocity), "opt"))


def test_state_that_the_part_never_made_is_refused():
    with pytest.raises(PluginError, match="names 'errors' in its state"):
        part_state(Median(), "metric")
