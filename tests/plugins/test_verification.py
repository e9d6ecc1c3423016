"""Parts agree with independent implementations within the allowed difference, and the page that says so is current."""

import pytest

from tests.helpers.builtin import PARTS
from tests.plugins.comparisons import FORMULA
from tests.plugins.comparisons_arrays import activations, initializers, losses, normalizers, preprocessors, regularizers
from tests.plugins.second_opinions import second_opinions
from tests.plugins.verification import PAGE, all_comparisons, page
from zoo_plugins import notebook

STATIC = [
    case
    for family in (activations, initializers, losses, normalizers, preprocessors, regularizers, second_opinions)
    for case in family()
]
BY_HAND = {
    "frozen",
    "lsuv",
    "depth_scaled",
}  # the first does nothing; tests/training/test_initializers.py has the others
OTHER_KINDS = {"callback", "dataset", "generator"}  # kinds whose results have no peer


@pytest.mark.parametrize("case", STATIC, ids=str)
def test_a_part_agrees_with_its_peer(case):
    assert case.measure() <= case.allowed


def test_every_part_that_computes_has_a_peer():
    parts = {(p.kind, p.name) for p in PARTS if p not in notebook.PARTS and p.kind not in OTHER_KINDS}
    held = {(case.kind, case.name) for case in all_comparisons()}
    assert {(kind, name) for kind, name in parts - held if name not in BY_HAND} == set()
    assert held - parts == {("optimizer", "lookahead")}  # of the plugin zoo-lookahead


def test_a_formula_written_out_has_a_second_opinion_where_a_library_has_one():
    held = {(case.kind, case.name) for case in second_opinions()}
    written = {(case.kind, case.name) for case in all_comparisons() if case.peer == FORMULA}
    by_definition = {"identity", "maxout", "swiglu", "geglu", "reglu"}  # products and maxima of functions of PyTorch's
    assert {name for _, name in written - held} == by_definition


def cells(text):
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]


def test_the_page_of_differences_is_current():
    stored, fresh = PAGE.read_text(encoding="utf-8"), page()
    assert [line for line in stored.splitlines() if not line.startswith("| `")] == [
        line for line in fresh.splitlines() if not line.startswith("| `")
    ]
    for old, new in zip(cells(stored), cells(fresh), strict=True):
        assert old[:3] + old[4:] == new[:3] + new[4:]
        assert float(new[3]) <= max(30 * float(old[3]), 1e-12), f"{new[0]}: run python -m tests.plugins.verification"
