"""The names of the arrays in a model file tell what each array holds."""

from __future__ import annotations

import numpy as np
import pytest

import zoo_core
from zoo_core.model import is_of_network, is_trained
from zoo_core.model._array_names import is_of_run, preprocessor_state


@pytest.mark.parametrize(
    ("name", "of_network", "of_run", "trained"),
    [
        ("layers.0.weights", True, False, True),
        ("layers.1.normalizer.running_mean", True, False, False),
        ("input.regularizers.0.mask", True, False, True),
        ("preprocessor.scale", False, False, False),
        ("opt.mean", False, True, False),
        ("run.permutation", False, True, False),
        ("trace", False, False, False),
    ],
)
def test_a_name_tells_what_an_array_holds(name: str, of_network: bool, of_run: bool, trained: bool) -> None:
    assert (is_of_network(name), is_of_run(name), is_trained(name)) == (of_network, of_run, trained)


def test_the_trained_arrays_of_a_file_are_its_parameters() -> None:
    model = zoo_core.load("mnist-mlp")
    arrays = model.arrays()
    assert sum(array.size for name, array in arrays.items() if is_trained(name)) == model.network.layout.size
    assert any(is_of_network(name) and not is_trained(name) for name in arrays)


def test_the_state_of_the_preprocessor_is_found_by_its_attributes() -> None:
    arrays = {"preprocessor.scale": np.ones(3), "layers.0.weights": np.ones(3)}
    assert list(preprocessor_state(arrays)) == ["scale"]
