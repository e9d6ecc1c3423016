"""Schedules give the rates of PyTorch's schedulers, to 1e-9; warm-up, cooling and unmeasured epochs by hand."""

from pathlib import Path

import numpy as np
import pytest

from zoo_plugins.schedules import Constant, Cosine, Exponential, OnPlateau, Step

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "optimizers.npz")
PLATEAU = {"initial": 0.4, "factor": 0.5, "patience": 2, "cooldown": 1, "minimum": 0.06, "threshold": 1e-2}


def rates(part, figures=None):
    """Return the rate at the start of each of 24 epochs."""
    part.start(24, 10)
    found = []
    for epoch in range(24):
        found.append(part.rate(float(epoch)))
        part.observe({"epoch": epoch} if figures is None else {"epoch": epoch, "validation_loss": figures[epoch]})
    return found


@pytest.mark.parametrize(
    ("name", "part", "figures"),
    [
        ("cosine", Cosine(0.4, final=0.02), None),
        ("step", Step(0.4, factor=0.4, every=7), None),
        ("exponential", Exponential(0.4, factor=0.85), None),
        ("on_plateau", OnPlateau(**PLATEAU), "falling"),
        ("on_plateau_max", OnPlateau(**PLATEAU, mode="max"), "rising"),
    ],
)
def test_a_schedule_gives_the_rates_of_pytorch(name, part, figures):
    np.testing.assert_allclose(rates(part, GOLDEN[figures] if figures else None), GOLDEN[name], rtol=1e-9)
    assert len(set(GOLDEN[name])) > 3


def test_constant_stays():
    assert rates(Constant(0.3)) == [0.3] * 24


def test_warm_up_climbs_evenly_and_the_cosine_begins_where_it_ends():
    part = Cosine(0.8, final=0.2, warmup=2.0)
    part.start(6, 4)
    np.testing.assert_allclose([part.rate(step / 4) for step in range(8)], [0.1 * (step + 1) for step in range(8)])
    np.testing.assert_allclose([part.rate(2.0), part.rate(4.0), part.rate(6.0)], [0.8, 0.5, 0.2])


def test_an_exponential_falls_inside_an_epoch_and_a_step_does_not():
    assert Exponential(1.0, factor=0.25).rate(1.5) == pytest.approx(0.125)
    assert Step(1.0, factor=0.25, every=1).rate(1.5) == 0.25


@pytest.mark.parametrize("first", [np.nan, np.inf])
def test_a_figure_that_is_no_number_does_not_hide_later_progress(first):
    assert rates(OnPlateau(0.4, patience=3), [first, *np.linspace(2, 1, 23)]) == [0.4] * 24


def test_epochs_without_the_figure_do_not_count_as_waiting():
    assert rates(OnPlateau(0.4, patience=0)) == [0.4] * 24


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="use 'min' or 'max'"):
        OnPlateau(mode="lowest")
