"""Lookahead around plain descent on p^2 / 2, held against algorithm 1 by hand."""

import numpy as np
import pytest
from zoo_lookahead import Lookahead

from zoo_core import Registry
from zoo_core.parts import Layout


def test_two_steps_forward_and_half_of_them_back():
    descent = Registry().get("optimizer", "sgd")(learning_rate=0.1)
    part = Lookahead(descent, sync_period=2, slow_step=0.5)
    part.start(Layout((), 1, np.dtype("f8")))
    p, seen = np.array([1.0]), []
    for step in range(1, 5):
        part.steps = step
        part.update(p, p.copy(), 0.1, batch=None)
        seen.append(p[0])
    # fast: 1 -> 0.9 -> 0.81, slow 0.905; fast: 0.8145 -> 0.73305, slow 0.819025
    assert seen == pytest.approx([0.9, 0.905, 0.8145, 0.819025])
