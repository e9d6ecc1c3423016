"""The kit finds each mistake and names it, and lets every right part pass."""

import pytest

from tests.helpers.plugins import plugin_with
from tests.testing import unusual
from tests.testing.faulty_parts import (
    FAULTY,
    activations,
    callbacks,
    contract as manners,
    data,
    losses,
    metrics,
    optimizers,
    random as randoms,
    regularizers,
    schedules,
    transforms,
)
from zoo_core import LazyParts
from zoo_core.errors import PluginError
from zoo_core.registry import Registry
from zoo_core.testing import check_part, pytest_checks

REGISTRY = Registry()
PLACES = (
    activations, callbacks, data, losses, manners, metrics, optimizers, randoms, regularizers, schedules, transforms,
    unusual,
)  # fmt: skip
WRONG = {part for part, _, _ in FAULTY}
RIGHT = [
    part
    for family in PLACES
    for part in vars(family).values()
    if isinstance(part, type) and part.__module__ == family.__name__ and part not in WRONG
]


def found(part):
    """Return the results that are not passed, by check."""
    return {r.check: r for r in check_part(part, REGISTRY) if r.state != "passed"}


def test_a_plugin_whose_family_fails_is_not_passed_over(tmp_path, monkeypatch):
    (tmp_path / "failing_family.py").write_text("raise RuntimeError('boom')")
    monkeypatch.syspath_prepend(tmp_path)
    plugin = plugin_with(LazyParts("activation", "failing_family", "wave"))
    with pytest.raises(PluginError, match="'under test' is broken: failing_family: RuntimeError: boom"):
        pytest_checks(plugin)


@pytest.mark.parametrize(("part", "check", "words"), FAULTY, ids=[part.__name__ for part, _, _ in FAULTY])
def test_a_mistake_is_found_and_named(part, check, words):
    results = found(part)
    assert results[check].state == "failed"
    assert words in "\n".join(map(str, results[check].findings))


@pytest.mark.parametrize("part", RIGHT)
def test_a_right_part_passes_whatever_its_form(part):
    assert not found(part)
