"""What cannot be saved and loaded as it is, is refused before training, with part and option; the rest comes back."""

import enum
import math
from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
import pytest
from annotated_types import Ge, Gt, Le

import zoo_core
from tests.helpers.plugins import plugin_with, registry_with
from tests.helpers.specs import small_spec
from zoo_core.errors import PluginError, SpecError, UsageError
from zoo_core.parts import Activation, Optimizer, Preprocessor
from zoo_core.registry import Registry
from zoo_core.runs import Output, follow, prepare
from zoo_plugins.optimizers.basic import Adam

Share = Annotated[float, Ge(0), Le(1)]


class Mode(enum.Enum):
    SOFT = "soft"
    HARD = "hard"


@dataclass
class Scaled(Activation):
    """f(z) = s z."""

    name = "scaled"
    between: tuple[Share, Share] = (0.25, 0.5)
    mode: Mode = Mode.SOFT
    total: float = field(init=False, default=0.0)

    def __post_init__(self):
        self.total = sum(self.between) + (self.mode is Mode.HARD)

    def forward(self, x, out):
        np.multiply(x, self.total, out=out)

    def backward(self, x, y, grad, out):
        np.multiply(grad, self.total, out=out)


class Forward(Activation):
    name = "mine"

    def forward(self, x, out):
        np.multiply(x, self.factor(), out=out)

    def backward(self, x, y, grad, out):
        np.multiply(grad, self.factor(), out=out)


@dataclass
class Degrees(Forward):
    angle: float = 90.0

    def __post_init__(self):
        self.angle = math.radians(self.angle)

    def factor(self):
        return self.angle


@dataclass
class OutOfBounds(Forward):
    angle: Annotated[float, Gt(0)] = 0.0

    def factor(self):
        return 1.0


@dataclass
class Parsed(Forward):
    angle: str = "sin"

    def __post_init__(self):
        self.angle = getattr(math, self.angle) if isinstance(self.angle, str) else self.angle

    def factor(self):
        return 1.0


class NoOption(Forward):
    def __init__(self, angle=1.0):
        self.angle = angle

    def factor(self):
        return self.angle


class Hidden(Forward):
    """It keeps a mean of its inputs that `state` does not name."""

    mean = 1.0

    def factor(self):
        return self.mean

    def end_step(self):
        self.mean += 0.5


def run(given, *parts, **places):
    registry = registry_with(*parts)
    return zoo_core.train(small_spec(hidden={"activation": given}, **places), registry=registry), registry


def test_tuples_and_enumerations_come_back_with_the_same_outputs(tmp_path):
    model, registry = run({"name": "scaled", "between": [0.5, 1], "mode": "hard"}, Scaled)
    model.save(tmp_path / "m.npz")
    other = zoo_core.load(tmp_path / "m.npz", registry)
    part = other.spec.model.layers[0].activation
    assert (part.between, part.mode, part.total) == ((0.5, 1.0), Mode.HARD, 2.5)
    assert other.spec.to_dict()["model"]["layers"][0]["activation"] == {
        "name": "scaled", "between": [0.5, 1.0], "mode": "hard",
    }  # fmt: skip
    x = np.arange(784 * 3).reshape(3, 784) % 255
    assert np.array_equal(model.outputs(x), other.outputs(x))
    assert zoo_core.Spec.parse(other.spec.to_dict(), registry).to_dict() == model.spec.to_dict()


@pytest.mark.parametrize(
    ("part", "given", "words"),
    [
        (Degrees, "mine", "option 'angle' is 1.57.* and would be 0.027.* after loading"),
        (Degrees, {"name": "mine", "angle": 30}, "option 'angle' is 0.52.* and would be 0.009.* after loading"),
        (OutOfBounds, "mine", r"option 'angle' is 0.0: must be above 0"),
        (Parsed, "mine", "option 'angle' is a builtin_function_or_method: no model file holds it"),
        (NoOption, NoOption(3.0), "would give other outputs after loading. activation 'mine' is the first"),
    ],
)
def test_what_would_come_back_differently_is_refused_before_the_first_step(part, given, words, tmp_path):
    with pytest.raises(PluginError, match=words) as caught:
        run(given, part)
    assert caught.value.exit_code == 4
    assert "activation 'mine'" in str(caught.value)


def test_weights_of_a_model_that_would_not_come_back_stay_in_a_checkpoint(tmp_path):
    output = tmp_path / "m.npz"
    spec, registry = small_spec(hidden={"activation": "mine"}), registry_with(Hidden)
    with pytest.raises(PluginError, match=r"activation 'mine' is the first part that differs.*`state`") as caught:
        zoo_core.train(spec, registry=registry, output=output, checkpoint_every="never")
    assert not output.exists()
    (checkpoint, *_) = Output(output).checkpoints()
    assert checkpoint == Output(output).checkpoint_path(4)  # after the last of two steps in two epochs
    assert str(checkpoint) in "".join(caught.value.__notes__)
    with np.load(checkpoint) as file:
        assert np.isfinite(file["layers.0.weights"]).all()


def test_a_save_that_would_not_load_leaves_the_old_file(tmp_path):
    path = tmp_path / "m.npz"
    registry = registry_with(Hidden)
    trainer = prepare(small_spec(hidden={"activation": "mine"}), registry=registry)
    old = trainer.model.save(path)
    list(follow(trainer))
    with pytest.raises(PluginError, match="cannot be saved"):
        trainer.model.save(path)
    assert zoo_core.load(path, registry, sha256=old)
    assert [p.name for p in tmp_path.iterdir()] == ["m.npz"]


@dataclass
class Centred(Preprocessor):
    name = "centred"
    state = ("mean",)

    def fit(self, x):
        self.mean = np.asarray(x, float).mean(axis=0)

    def transform(self, x, out):
        np.subtract(x, self.mean, out=out)


@dataclass
class Halved(Preprocessor):
    name = "halved"
    inner: Preprocessor

    def fit(self, x):
        self.inner.fit(x)

    def transform(self, x, out):
        self.inner.transform(x, out)
        out *= 0.5


@dataclass
class Worded(Centred):
    def fit(self, x):
        self.mean = "a text"

    def transform(self, x, out):
        out[...] = x


def test_the_state_of_a_part_inside_a_preprocessor_is_saved(tmp_path):
    registry = registry_with(Centred, Halved)
    spec = small_spec(data={"preprocessor": {"name": "halved", "inner": "centred"}})
    model = zoo_core.train(spec, registry=registry, output=tmp_path / "m.npz")
    other = zoo_core.load(tmp_path / "m.npz", registry)
    x = np.arange(784 * 3).reshape(3, 784) % 255
    assert np.array_equal(model.outputs(x), other.outputs(x))
    assert "preprocessor.inner.mean" in model.arrays()


def test_state_of_a_preprocessor_that_no_file_holds_is_refused_before_training():
    with pytest.raises(PluginError, match=r"'mean' of its"):
        zoo_core.train(small_spec(data={"preprocessor": "centred"}), registry=registry_with(Worded))


def named(name, version):
    registry = Registry(discover=False)
    registry.add(plugin_with(Scaled), name, version)
    return registry


@pytest.mark.parametrize(
    ("name", "version"), [("zoo mine", "1.0"), ("zoo-m\xefne", "1"), ("", "1"), ("zoo-a", "1.0 beta"), ("zoo-a", "")]
)
def test_a_distribution_that_no_file_can_name_is_refused_when_it_is_registered(name, version):
    with pytest.raises(PluginError, match=r"is no (name of a distribution|version)"):
        named(name, version)
    assert named("zoo-a", "1.0rc1+local").get("activation", "scaled")


@pytest.mark.parametrize("value", [np.float32(0.25), np.float64(0.25), np.array(0.25)])
def test_numbers_of_numpy_in_parts_become_plain_ones(value, tmp_path):
    model = zoo_core.train(small_spec(optimizer=Adam(learning_rate=value)), output=tmp_path / "m.npz")
    rate = zoo_core.load(tmp_path / "m.npz").spec.optimizer.learning_rate
    assert (type(rate), rate) == (float, 0.25)
    assert type(model.spec.optimizer.learning_rate) is float


def test_values_of_numpy_tuples_and_paths_in_specs(tmp_path):
    x, y = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 2
    np.savez(tmp_path / "d.npz", x=x, y=y)
    layers = ({"units": np.int64(2), "activation": "softmax", "bias": np.bool_(True)},)
    spec = zoo_core.Spec.parse({
        "seed": np.array(3), "data": {"name": "npz", "path": tmp_path / "d.npz", "validation": np.float64(0.25)},
        "model": {"loss": "cross_entropy", "layers": layers},
        "optimizer": {"name": "sgd", "learning_rate": np.float32(0.5)},
        "training": {"epochs": np.int64(2), "metrics": ("accuracy",)},
    })  # fmt: skip
    changed = spec.model_copy(update={"seed": np.int64(4), "training": {"epochs": np.uint8(1)}})
    model = zoo_core.train(changed)
    assert (type(model.spec.seed), model.spec.seed, model.spec.training.epochs) == (int, 4, 1)
    assert model.spec.to_dict()["data"]["path"] == str(tmp_path / "d.npz")
    assert zoo_core.Spec.parse(dict(spec)).to_dict() == spec.to_dict()


def test_a_wrong_value_in_a_part_made_by_hand_is_an_error_of_the_spec():
    with pytest.raises(SpecError, match=r"optimizer 'adam'.*'learning_rate' is -1"):
        zoo_core.train(small_spec(optimizer=Adam(learning_rate=-1)))


@pytest.mark.parametrize("wrong", [3, None, np.zeros((2, 2)), [1], b"x", Optimizer])
def test_what_is_no_spec_or_model_is_named_in_one_line(wrong):
    for call in (zoo_core.train, zoo_core.prepare, zoo_core.load, zoo_core.read_spec, zoo_core.resume):
        if call is zoo_core.load and isinstance(wrong, bytes):
            continue  # they may be a model
        with pytest.raises(UsageError) as caught:
            call(wrong)
        assert type(wrong).__name__ in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(SpecError, match="a spec is a mapping"):
        zoo_core.Spec.parse(wrong)


@pytest.mark.parametrize("threads", [0, -1, 1.5])
def test_threads_are_a_whole_number(threads):
    with pytest.raises(UsageError, match="at least 1"):
        prepare(small_spec(), threads=threads)
