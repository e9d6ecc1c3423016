"""Updates in one pass: a compiled loop gives the bits of NumPy, and is left out where it cannot."""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import zoo_core
from tests.training.test_updates import SUBJECTS, Counting, Momentum, take, told, whole
from zoo_core.basics.workers import Pool
from zoo_core.parts import Optimizer
from zoo_core.training import _compiler, _fused_steps, _loop_source, _updates

llvmlite = pytest.importorskip("llvmlite", reason="the extra fast is not installed")


@pytest.fixture
def loops(monkeypatch):
    """Let all steps be fused, in small blocks by two threads; collect the loops that are used."""
    made: list[Any] = []

    def collect(steps, recording, results):
        found = find(steps, recording, results)
        made.extend([found] if found is not None else [])
        return found

    find = _fused_steps.FusedSteps._loop
    monkeypatch.setattr(_fused_steps.FusedSteps, "_loop", collect)
    monkeypatch.setattr(_fused_steps, "REPEATS", 1)
    monkeypatch.setattr(_updates, "BLOCK_BYTES", 128)
    return made


def fused(part, layout):
    """Return the update of a part in one pass, by two threads."""
    size = _updates.BLOCK_BYTES // layout.dtype.itemsize
    return _updates.BlockUpdates(part, list(_updates.row_slices(layout.size, size)), Pool(2), fused=True).update


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("subject", SUBJECTS, ids=told)
def test_a_loop_gives_the_bits_of_a_whole_step(subject, dtype, loops):
    assert take(subject.make(), fused, dtype) == take(subject.make(), whole, dtype)
    assert len(loops) == 7  # all steps but the first, which is whole


@dataclass
class Formula(Optimizer):
    """Takes a step by any function of parameters, gradients, a state and the learning rate."""

    name = "formula"
    state = ("kept",)
    is_elementwise = True
    learning_rate: float = 0.1
    function: Any = None

    def start(self, layout):
        self.kept = layout.vector(-0.0)

    def step(self, parameters, gradients, learning_rate):
        self.function(parameters, gradients, self.kept, learning_rate)


def assign(out, value):
    out[...] = value


RECORDED = {
    "sum": lambda p, g, s, r: assign(p, g + s - p * r),
    "reflected": lambda p, g, s, r: assign(p, r - (1 + 2.5 * g) / (3 - p)),
    "quotient": lambda p, g, s, r: assign(p, r / (p * p) + 1 / g),
    "powers": lambda p, g, s, r: assign(p, (g**2 + s**0.5) ** 2),
    "power_in_place": lambda p, g, s, r: p.__ipow__(2),
    "square": lambda p, g, s, r: np.add(np.square(g), np.sqrt(np.abs(p)), out=p),
    "negative": lambda p, g, s, r: assign(p, -abs(g) + +s),
    "sign": lambda p, g, s, r: np.sign(g, out=p),
    "maximum": lambda p, g, s, r: np.maximum(g, p, out=p),
    "maximum_of_zero": lambda p, g, s, r: assign(p, np.maximum(0.0, g) - np.maximum(p, -0.0)),
    "minimum": lambda p, g, s, r: assign(p, np.minimum(g, s) + np.minimum(p, 0)),
    "clip": lambda p, g, s, r: np.clip(g, -r, r, out=p),
    "clip_to_zeros": lambda p, g, s, r: assign(p, np.clip(g, -0.0, 0.0)),
    "method_clip": lambda p, g, s, r: assign(p, g.clip(-0.25, r)),
    "where": lambda p, g, s, r: assign(p, np.where(g > s, r, p)),
    "where_argument": lambda p, g, s, r: np.divide(g, p, out=p, where=p > 0),
    "copyto": lambda p, g, s, r: np.copyto(p, g, where=(g <= 0) | (p != p)),
    "masked": lambda p, g, s, r: p.__setitem__(~((g >= 1) & (g == p)), 0.5),
    "logic": lambda p, g, s, r: np.copyto(p, 1, where=np.logical_and(np.isnan(g), np.logical_not(p < g))),
    "copy": lambda p, g, s, r: (old := p.copy(), p.fill(r), p.__iadd__(old)),
    "zeros": lambda p, g, s, r: assign(p, np.zeros_like(g) - g),
    "swap": lambda p, g, s, r: (old := s.copy(), assign(s, p), assign(p[:], old + g)),
    "number_types": lambda p, g, s, r: assign(p, g * np.array(r, g.dtype) + g.dtype.type(0.1) * p + np.float32(0.3)),
    "constant": lambda p, g, s, r: p.fill(2),
}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", RECORDED)
def test_each_operation_has_the_bits_of_numpy(name, dtype, loops):
    part = Formula(function=RECORDED[name])
    assert take(part, fused, dtype) == take(Formula(function=RECORDED[name]), whole, dtype)
    assert len(loops) == 7


NOT_RECORDED = {
    "exponential": lambda p, g, s, r: np.exp(-abs(g), out=p),
    "wide_number": lambda p, g, s, r: p.__imul__(np.array(r)),
    "float64": lambda p, g, s, r: p.__iadd__(g * np.float64(r)),
    "decision": lambda p, g, s, r: assign(p, g if (g == g).any() else p),
    "index": lambda p, g, s, r: assign(p[:], g[np.arange(len(g))]),
    "clip_between_vectors": lambda p, g, s, r: assign(p, g.clip(s - 0.5, s)),
    "loop": lambda p, g, s, r: assign(p, [x * r for x in g]),
    "slice": lambda p, g, s, r: assign(p, g[::1]),
    "reduction": lambda p, g, s, r: assign(p, np.logical_and.reduce([g > 0, p > 0])),
    "where_of_numbers": lambda p, g, s, r: assign(p, np.where(g > 0, 0.1, 0.7) * g),
    "mask_as_number": lambda p, g, s, r: assign(p, (g > 0) * p),
    "whole_number": lambda p, g, s, r: assign(p, g * 10**300 if p.dtype == float else g * 2**60),
    "other_array": lambda p, g, s, r: np.copyto(p, np.multiply(g, p, out=np.empty(len(p), p.dtype))),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NOT_RECORDED)
def test_what_is_no_plain_operation_is_left_to_numpy(name, dtype, loops):
    part = Formula(function=NOT_RECORDED[name])
    assert take(part, fused, dtype) == take(Formula(function=NOT_RECORDED[name]), whole, dtype)
    assert not loops or (dtype == np.float64 and name in ("wide_number", "float64"))


def test_a_replaced_array_and_numbers_of_the_state_are_kept(loops):
    assert take(Momentum(), fused) == take(Momentum(), whole)
    assert loops


def test_what_cannot_be_cut_is_not_recorded(loops):
    assert take(Counting(), fused) == take(Counting(), whole)
    assert not loops


def test_vectors_that_share_memory_are_left_to_numpy(loops):
    class Shared(Formula):
        is_elementwise = True

        def start(self, layout):
            super().start(layout)
            self.same = self.kept

        def step(self, parameters, gradients, learning_rate):
            self.kept += gradients
            parameters -= self.same

    assert take(Shared(), fused) == take(Shared(), whole)
    assert not loops


def test_a_loop_with_other_bits_than_numpy_is_not_used(loops, monkeypatch):
    monkeypatch.setitem(_loop_source.INFIX, "subtract", "fadd")
    assert take(SUBJECTS[0].make(), fused) == take(SUBJECTS[0].make(), whole)
    assert not loops


@pytest.mark.parametrize("missing", ["llvmlite", "llvmlite.binding"])
def test_without_a_compiler_blocks_are_made_by_numpy(missing, loops, monkeypatch):
    _compiler.compile_function.cache_clear()
    monkeypatch.setitem(sys.modules, missing, None)
    assert take(SUBJECTS[0].make(), fused) == take(SUBJECTS[0].make(), whole)
    assert not loops
    _compiler.compile_function.cache_clear()


def test_a_long_run_of_a_large_network_is_fused_and_gives_the_same_file(loops, monkeypatch):
    monkeypatch.setattr(_updates, "BLOCK_BYTES", 1 << 16)
    spec = zoo_core.read_spec("glyphs-quickstart", overrides=["optimizer=nadam", "training.epochs=1"])
    expected = zoo_core.train(spec).to_bytes()
    assert not loops
    monkeypatch.setattr(_updates, "SHORTEST_FUSED", 1)
    monkeypatch.setattr(_updates, "LEAST_FUSED_WORK", 1000)
    assert zoo_core.train(spec).to_bytes() == expected
    assert loops
