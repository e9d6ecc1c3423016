"""The kit finds each mistake and names it, and every correct part passes."""

import pytest

from tests.helpers.plugins import plugin_with
from tests.testing import correct_parts, correct_textbook
from tests.testing.faulty_parts import (
    FAULTY,
    activations,
    callbacks,
    contract,
    datasets,
    generators,
    initializers,
    losses,
    metrics,
    optimizers,
    preprocessors,
    regularizers,
    schedules,
    transforms,
    unsaved,
)
from zoo_core import LazyParts
from zoo_core.errors import PluginError
from zoo_core.registry import Registry
from zoo_core.testing import check_part, pytest_checks

REGISTRY = Registry()
MODULES = (
    activations, callbacks, contract, correct_parts, correct_textbook, datasets, generators, initializers, losses,
    metrics, optimizers, preprocessors, regularizers, schedules, transforms, unsaved,
)  # fmt: skip
WRONG = {part for part, _, _ in FAULTY}
CORRECT = [
    part
    for module in MODULES
    for part in vars(module).values()
    if isinstance(part, type) and part.__module__ == module.__name__ and part not in WRONG
]


def found(part):
    """Return the results that are not passed, by check."""
    return {r.check: r for r in check_part(part, REGISTRY) if r.state != "passed"}


def test_a_plugin_whose_lazy_parts_fail_is_refused(tmp_path, monkeypatch):
    (tmp_path / "failing_parts.py").write_text("raise RuntimeError('boom')")
    monkeypatch.syspath_prepend(tmp_path)
    plugin = plugin_with(LazyParts("activation", "failing_parts", "wave"))
    with pytest.raises(PluginError, match="'under-test' is broken: failing_parts: RuntimeError: boom"):
        pytest_checks(plugin)


@pytest.mark.parametrize(("part", "check", "words"), FAULTY, ids=[part.__name__ for part, _, _ in FAULTY])
def test_a_mistake_is_found_and_named(part, check, words):
    results = found(part)
    assert results[check].state == "failed"
    assert words in "\n".join(map(str, results[check].findings))


@pytest.mark.parametrize("part", [*CORRECT, *correct_textbook.FAST])
def test_a_correct_part_passes(part):
    results = found(part)
    if part is correct_parts.OddGroups:  # its arrays have three dimensions, which no graph says
        export = results.pop("export")
        assert export.state == "not run"
        assert "cannot be exported: it changes the shape of an array" in export.reason
    assert not results
