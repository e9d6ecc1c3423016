"""Updates in blocks: the same bits as whole ones, with changed options, numbers in the state and replaced arrays."""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest

import zoo_core
from tests.helpers.builtin import ENTRIES, REGISTRY
from zoo_core.basics.workers import Pool
from zoo_core.errors import PluginError
from zoo_core.nn import part_state
from zoo_core.nn.slices import SlicedSteps, is_elementwise
from zoo_core.parts import Layout, Optimizer
from zoo_core.testing.checks.elementwise import STEPS, bits, gradients_of
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.variations import variations
from zoo_core.training import _updates

WHOLE = {"clip", "sam", "accumulate", "ema", "groups", "frozen"}  # wrappers, and what takes no step
WHOLE |= {"lars", "lamb", "muon", "adafactor", "lbfgs", "notebook_repeated"}  # norms, matrices, several evaluations
CLASSES = [e.part for e in ENTRIES if e.kind == "optimizer" and e.part.name not in WHOLE]
EXAMPLES = [PartUnderTest(part, options, REGISTRY) for part in CLASSES for options in ({}, *part.examples)]
SUBJECTS = [*EXAMPLES, *itertools.chain.from_iterable(variations(part, REGISTRY) for part in CLASSES)]


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(_updates, "BLOCK_BYTES", 32)


def take(part, update, dtype=np.float32, before=lambda step, part: None):
    """Take steps with extreme gradients; return the bits of parameters and state."""
    layout = Layout.of({"w": (101,)}, dtype)
    parameters, gradients = layout.vector(0.5), layout.vector()
    part.start(layout)
    call = update(part, layout)
    for step in range(STEPS):
        before(step, part)
        part.steps += 1
        gradients[...] = gradients_of(step, layout)
        with np.errstate(all="ignore"):
            call(parameters, gradients, 0.01 / (1 + step), None)
    numbers = {"parameters": parameters, **part_state(part, "")}
    return {name: bits(np.atleast_1d(v).astype(float)).tolist() for name, v in numbers.items() if v is not None}


def update_of(part, layout):
    return _updates.update_of(part, layout, Pool(2))


def whole(part, layout):
    return part.update


def told(subject):
    """The name of a case, the same in every process."""
    return f"{subject.part.name}-{dict(subject.options)}"


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("subject", SUBJECTS, ids=told)
def test_blocks_give_the_bits_of_a_whole_step(subject, dtype):
    assert is_elementwise(subject.make())
    assert take(subject.make(), update_of, dtype) == take(subject.make(), whole, dtype)


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_other_optimizers_take_whole_steps(name):
    part = PartUnderTest(REGISTRY.get("optimizer", name), {}, REGISTRY).make()
    assert update_of(part, Layout.of({"w": (10_000_000,)})) == part.update


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(
    "options",
    [
        {"name": "clip", "value": 0.5, "base": "nadam"},
        {"name": "ema", "base": {"name": "clip", "base": "adam"}},
    ],
    ids=str,
)
def test_the_base_of_a_wrapper_takes_its_step_in_blocks(options, monkeypatch):
    def part():
        options_of_it = {key: value for key, value in options.items() if key != "name"}
        return PartUnderTest(REGISTRY.get("optimizer", options["name"]), options_of_it, REGISTRY).make()

    cut: list[object] = []
    step_slice = SlicedSteps.step_slice
    monkeypatch.setattr(SlicedSteps, "step_slice", lambda *given: (cut.append(given), step_slice(*given)))
    expected = take(part(), whole)
    assert not cut
    assert take(part(), update_of) == expected
    assert cut


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("name", ["adam", "nadam", "rmsprop", "schedule_free_adamw"])
def test_an_option_that_changes_in_a_run_is_seen(name):
    def change(step, part):
        if step == 4:
            part.epsilon = 0.3

    kind = REGISTRY.get("optimizer", name)
    changed = take(kind(), update_of, before=change)
    assert changed == take(kind(), whole, before=change)
    assert changed != take(kind(), whole)


@dataclass
class Momentum(Optimizer):
    """Replaces its velocity, which it makes in the first step, and counts in a number without axes."""

    name = "momentum"
    is_elementwise = True
    learning_rate: float = 0.1
    made_in: int = 1

    def start(self, layout):
        self.velocity, self._scale = None, layout.number(1.0)

    def step(self, parameters, gradients, learning_rate):
        if self.steps == self.made_in:
            self.velocity = np.zeros_like(parameters)
        self._scale *= 0.5
        if self.velocity is not None:
            self.velocity = self._scale * self.velocity + gradients
            parameters -= learning_rate * self.velocity


@pytest.mark.usefixtures("small_blocks")
def test_an_array_may_be_replaced_and_a_number_without_axes_change_in_place():
    assert take(Momentum(), update_of) == take(Momentum(), whole)


class Swapping(Optimizer):
    """Keeps the gradients of the latest step and of the one before, in arrays that change places."""

    name = "swapping"
    is_elementwise = True
    state = ("latest", "before")
    learning_rate = 0.1

    def start(self, layout):
        self.latest, self.before = layout.vector(), layout.vector()

    def step(self, parameters, gradients, learning_rate):
        self.latest, self.before = self.before, self.latest
        self.latest[...] = gradients
        parameters -= learning_rate * (2 * self.latest - self.before)


@pytest.mark.usefixtures("small_blocks")
def test_arrays_may_change_places():
    assert take(Swapping(), update_of) == take(Swapping(), whole)


@pytest.mark.usefixtures("small_blocks")
def test_an_array_that_a_later_step_makes_is_an_error():
    with pytest.raises(PluginError, match="'momentum': its method 'step' made the array 'velocity' in a slice"):
        take(Momentum(made_in=3), update_of)


@dataclass
class Counting(Momentum):
    """Keeps a list, which all slices would change."""

    def start(self, layout):
        super().start(layout)
        self._calls = []

    def step(self, parameters, gradients, learning_rate):
        self._calls.append(learning_rate)
        parameters -= len(self._calls) * gradients


class SaysSo(Counting):
    is_elementwise = True

    def step(self, parameters, gradients, learning_rate):
        super().step(parameters, gradients, learning_rate)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("kind", [Counting, SaysSo])
def test_what_cannot_be_cut_takes_whole_steps(kind):
    assert is_elementwise(kind()) == (kind is SaysSo)  # an override does not inherit the claim
    assert take(kind(), update_of) == take(kind(), whole)


@pytest.mark.parametrize("optimizer", ["nadam", "schedule_free_adamw", "{name='clip',base='adam'}"])
def test_a_run_with_small_blocks_gives_the_same_file(optimizer, monkeypatch):
    spec = zoo_core.read_spec("glyphs-quickstart", overrides=[f"optimizer={optimizer}", "training.epochs=1"])
    model = zoo_core.train(spec)
    monkeypatch.setattr(_updates, "BLOCK_BYTES", 4 * model.network.layout.size // 8)
    expected = model.to_bytes()
    assert zoo_core.train(spec).to_bytes() == expected
