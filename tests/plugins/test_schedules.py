"""Schedules give the rates of independent ones, to 1e-9; warm-up, cooldown and unmeasured epochs by hand.

The expected rates are made by tests/golden/make_schedules.py.
"""

import copy

import numpy as np
import pytest

from tests.helpers.builtin import PARTS
from tests.plugins.comparisons import REGISTRY, schedules
from zoo_core.errors import UsageError
from zoo_core.parts import Schedule
from zoo_plugins.schedules.decay import Warmed

CLASSES = [k for k in PARTS if issubclass(k, Schedule)]
WARMED = [k for k in CLASSES if issubclass(k, Warmed)]
REACTIVE = [k for k in CLASSES if k.state]
CASES = list(schedules())


def make(name, **options):
    return REGISTRY.get("schedule", name)(**options)


def rates(part, figures=None, epochs=24):
    """Return the rate at the start of each epoch."""
    part.start(epochs, 10)
    found = []
    for epoch in range(epochs):
        found.append(part.rate(float(epoch)))
        seen = {} if figures is None else {part.monitor: figures[epoch]}
        part.observe({"epoch": epoch} | seen)
    return found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_schedule_gives_the_rates_of_its_peer(case):
    assert case.measure() <= case.allowed


def test_every_schedule_has_a_peer():
    assert {case.name for case in CASES} == {kind.name for kind in CLASSES}


@pytest.mark.parametrize("kind", WARMED)
def test_warm_up_climbs_evenly_and_the_schedule_begins_where_it_ends(kind):
    part, late = kind(warmup=2.0), kind(warmup=0.0)
    part.start(12, 4)
    late.start(10, 4)
    climb = [part.rate(step / 4) for step in range(8)]
    np.testing.assert_allclose(climb, part.initial * np.arange(1, 9) / 8)
    if kind.name != "wsd":  # whose decay is a share of the whole run
        np.testing.assert_allclose([part.rate(2 + t / 4) for t in range(40)], [late.rate(t / 4) for t in range(40)])


@pytest.mark.parametrize("kind", CLASSES)
def test_rates_are_finite_and_positive_in_runs_of_any_length(kind):
    for epochs, steps in ((1, 1), (1, 7), (300, 2)):
        part = kind()
        part.start(epochs, steps)
        found = [part.rate(step / steps) for step in range(epochs * steps)]
        assert np.isfinite(found).all()
        assert min(found) > 0


def test_an_exponential_falls_inside_an_epoch_and_a_step_does_not():
    for name, expected in (("exponential", 0.125), ("step", 0.25)):
        part = make(name, initial=1.0, factor=0.25, **({"every": 1} if name == "step" else {}))
        part.start(4, 2)
        assert part.rate(1.5) == pytest.approx(expected)


@pytest.mark.parametrize("first", [np.nan, np.inf])
@pytest.mark.parametrize("kind", REACTIVE)
def test_a_figure_that_is_no_number_does_not_hide_later_progress(kind, first):
    assert rates(kind(0.4, patience=3), [first, *np.linspace(2, 1, 23)]) == [0.4] * 24


@pytest.mark.parametrize("kind", REACTIVE)
def test_epochs_without_the_figure_do_not_count_as_waiting(kind):
    part = kind(0.4, patience=0)
    part.start(24, 10)
    for epoch in range(24):
        part.observe({"epoch": epoch} | ({part.monitor: 1.0} if epoch == 0 else {}))
    assert part.rate(24.0) == 0.4


@pytest.mark.parametrize("kind", REACTIVE)
def test_a_misspelt_monitor_is_refused_with_the_nearest_name(kind):
    part = kind(monitor="train_los")
    part.start(3, 10)
    with pytest.raises(UsageError, match="did you mean 'train_loss'"):
        part.observe({"epoch": 0, "train_loss": 1.0})


@pytest.mark.parametrize("kind", REACTIVE)
def test_state_in_a_fresh_instance_gives_the_same_next_rates(kind):
    figures = np.repeat([3.0, 2.0, 1.0], 8)
    part, fresh = kind(patience=2), kind(patience=2)
    rates(part, figures)
    fresh.start(24, 10)
    for key in kind.state:
        setattr(fresh, key, copy.deepcopy(getattr(part, key)))
    for one in (part, fresh):
        for _ in range(4):
            one.observe({"epoch": 24, one.monitor: 1.0})
    assert part.rate(28.0) == fresh.rate(28.0) < part.initial


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("piecewise", {"boundaries": [1.0, 2.0], "values": [0.1]}, "2 boundaries need 3 values"),
        ("piecewise", {"boundaries": [2.0, 1.0], "values": [0.1, 0.2, 0.3]}, "boundaries must rise"),
        ("compounding", {"initial": 0.1, "final": 1.0, "factor": 0.5}, "a factor below 1 needs final below initial"),
        ("triangular", {"minimum": 1.0, "maximum": 0.1}, "maximum must not be below minimum"),
    ],
)
def test_options_that_contradict_each_other_are_refused(name, options, message):
    with pytest.raises(ValueError, match=message):
        make(name, **options)
