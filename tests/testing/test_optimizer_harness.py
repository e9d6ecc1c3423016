"""The objective that optimizers are checked with suits their rate, so that descent with any rate goes down."""

import numpy as np
import pytest

from tests.testing.correct_textbook import Plain
from zoo_core.testing.harness.optimizer_harness import OptimizerHarness, sample_layout


@pytest.mark.parametrize("rate", [1e-3, 0.3, 1.0, 5.0, 1000.0])
def test_plain_descent_goes_down_at_its_own_rate(rate):
    run = OptimizerHarness(Plain(learning_rate=rate), sample_layout())
    losses = [run.evaluate()]
    for _ in range(30):
        run.step()
        losses.append(run.loss)
    assert np.isfinite(losses).all()
    assert np.all(np.diff(losses[1:]) < 0)
