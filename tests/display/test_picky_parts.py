"""`zoo show` and `zoo plot` draw an activation that refuses some numbers of units with one that it takes."""

import re

import numpy as np
import pytest

from zoo_core.display.samples import part_curves
from zoo_core.errors import SpecError
from zoo_core.parts import Activation


class Pairs(Activation):
    """f(z) = z, with the columns of each pair swapped; the number of units is even."""

    name = "pairs"
    least = 2

    def input_width(self, units):
        if units % self.least:
            raise SpecError(f"units is {units}; pairs takes multiples of {self.least}")
        return units

    def forward(self, x, out):
        out[...] = x.reshape(len(x), -1, self.least)[:, :, ::-1].reshape(x.shape)

    def backward(self, x, y, grad, out):
        self.forward(grad, out)


class Refuses(Pairs):
    """f(z) = z for no number of units."""

    name = "refuses"
    least = 1000


class Eights(Pairs):
    """The same for eight units; it refuses others in `start`, by a ValueError."""

    name = "eights"
    least = 8

    def input_width(self, units):
        return units

    def start(self, width, dtype):
        if width % 8:
            raise ValueError("eight")


@pytest.mark.parametrize(("part", "units"), [(Pairs, 2), (Eights, 8)])
def test_an_activation_is_drawn_with_units_that_it_takes(part, units):
    curves = part_curves(part())
    assert list(curves.lines) == [f"output {i + 1}" for i in range(units)]
    inputs, last = curves.lines[f"output {units}"]
    assert np.array_equal(inputs, last)  # the first input is the last output


def test_one_that_takes_no_units_says_why():
    with pytest.raises(SpecError, match=re.escape("pairs takes multiples of 1000")):
        part_curves(Refuses())
