"""The names of the arrays in a model file tell what each array holds."""

from __future__ import annotations

import numpy as np
import pytest

from zoo_core.model import belongs_to_network
from zoo_core.model._array_names import belongs_to_run, preprocessor_state


@pytest.mark.parametrize(
    ("name", "of_network", "of_run"),
    [
        ("layers.0.weights", True, False),
        ("layers.1.normalizer.running_mean", True, False),
        ("input.regularizers.0.mask", True, False),
        ("preprocessor.scale", False, False),
        ("opt.mean", False, True),
        ("run.permutation", False, True),
        ("trace", False, False),
        ("training_rows", False, False),
    ],
)
def test_a_name_tells_what_an_array_holds(name: str, of_network: bool, of_run: bool) -> None:
    assert (belongs_to_network(name), belongs_to_run(name)) == (of_network, of_run)


def test_the_state_of_the_preprocessor_is_found_by_its_attributes() -> None:
    arrays = {"preprocessor.scale": np.ones(3), "layers.0.weights": np.ones(3)}
    assert list(preprocessor_state(arrays)) == ["preprocessor.scale"]
