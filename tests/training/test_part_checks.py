"""A part of any kind that breaks its contract is named, with its method and what it should do."""

import re
import signal

import numpy as np
import pytest

import zoo_core
from tests.helpers.plugins import registry_with
from tests.helpers.specs import small_spec
from zoo_core import cli
from zoo_core.cli._signals import terminate
from zoo_core.errors import NumericError, PluginError
from zoo_core.parts import (
    Activation,
    BatchAugmentation,
    Callback,
    Constraint,
    Data,
    Dataset,
    Initializer,
    Loss,
    Metric,
    Noise,
    Optimizer,
    Parameter,
    Penalty as PenaltyBase,
    Preprocessor,
    RandomSource,
    Schedule,
    Table,
)
from zoo_core.registry import Registry
from zoo_core.runs import follow, prepare
from zoo_core.spec import Spec
from zoo_core.training import lint_spec
from zoo_core.training._preflight import check_parts
from zoo_core.training.events import Message


def part(base, **methods):
    return type("Mine", (base,), {"name": "mine", **methods})


def train(spec, *parts):
    return zoo_core.train(spec, registry=registry_with(*parts))


def linear(self, z, *rest):
    rest[-1][...] = z


def spoiling(self, z, out):
    z[...] = 0
    out[...] = z


def leaving(self, *_):
    raise SystemExit(0)


ACTIVATIONS = {
    "returns": (lambda self, z, out: np.tanh(z), "out of forward depends on .* content: these entries are not written"),
    "changes its input": (spoiling, "forward changes its input x: an in-place operation"),
    "leaves": (leaving, r"raised SystemExit in epoch 1, step 1"),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_is_checked_before_it_trains(name):
    forward, words = ACTIVATIONS[name]
    with pytest.raises(PluginError, match=f"activation 'mine'.*{words}"):
        train(small_spec({"activation": "mine"}), part(Activation, forward=forward, derivative=linear))


def test_a_missing_method_is_named():
    with pytest.raises(PluginError, match="activation 'mine': its method 'derivative' is missing in epoch 1, step 1"):
        train(small_spec({"activation": "mine"}), part(Activation, forward=linear))


def test_nan_for_small_inputs_is_the_fault_of_the_formula_not_of_the_learning_rate():
    def root(self, z, out):
        np.sqrt(z, out=out)

    with pytest.raises(NumericError, match=r"\('mine'\): it gave them for inputs between -\d.*its formula is wrong"):
        train(small_spec({"activation": "mine"}), part(Activation, forward=root, derivative=linear))


def test_a_penalty_that_returns_its_gradient():
    penalty = part(PenaltyBase, value=lambda self, w: 0.0, gradient=lambda self, w, out: 2 * w)
    with pytest.raises(PluginError, match="regularizer 'mine': out of gradient depends on its previous content"):
        train(small_spec({"regularizers": ["mine"]}), penalty)


@pytest.mark.parametrize("value", [None, np.ones((2, 2))])
def test_a_penalty_whose_value_is_no_number(value):
    penalty = part(PenaltyBase, value=lambda self, w: value, gradient=lambda self, w, out: out.fill(0))
    with pytest.raises(PluginError, match="regularizer 'mine': its method 'value' returned"):
        train(small_spec({"regularizers": ["mine"]}), penalty)


CHANGES = {
    "inputs alone": (lambda x, targets: x, "returned ndarray"),
    "nothing": (lambda x, targets: None, "returned NoneType"),
    "labels": (lambda x, targets: (x, targets.argmax(1)), r"returned \(\(50, 784\), \(50,\)\)"),
    "one row": (lambda x, targets: (x[:1], targets[:1]), r"it returns inputs \(50, 784\) and targets \(50, 10\)"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_batches_that_returns_something_else(name):
    answer, words = CHANGES[name]
    spec = small_spec(model={"regularizers": ["mine"]})
    with pytest.raises(PluginError, match=f"regularizer 'mine': its method 'augment'.*{words}"):
        train(spec, part(BatchAugmentation, augment=lambda self, x, targets, rng: answer(x, targets)))


def test_inputs_that_are_not_finite_are_not_the_fault_of_the_learning_rate():
    spec = small_spec(model={"regularizers": ["mine"]})
    with pytest.raises(NumericError, match="first seen at input: the prepared inputs are not finite"):
        train(spec, part(BatchAugmentation, augment=lambda self, x, targets, rng: (x * np.nan, targets)))


def test_a_preprocessor_that_returns_its_rows():
    spec = small_spec(data={"preprocessor": "mine"})
    with pytest.raises(PluginError, match="preprocessor 'mine': its method 'transform' left `out`"):
        train(spec, part(Preprocessor, transform=lambda self, x, out: x / 255))


@pytest.mark.parametrize("stream", [None, np.random.RandomState(0)])
def test_a_generator_that_gives_none(stream):
    wrong = part(RandomSource, start=lambda self, seed: None, stream=lambda self, purpose: stream)
    with pytest.raises(PluginError, match="generator 'mine': its method 'stream' returned"):
        train(small_spec(generator="mine"), wrong)


def test_an_initializer_that_returns_its_values():
    wrong = part(Initializer, fill=lambda self, out, rng, gain: rng.normal(size=out.shape))
    with pytest.raises(PluginError, match="initializer 'mine': its method 'fill' left `out`"):
        train(small_spec({"initializer": "mine"}), wrong)


def test_an_optimizer_that_returns_new_parameters():
    wrong = part(Optimizer, learning_rate=0.1, step=lambda self, p, g, rate: p - rate * g)
    with pytest.raises(PluginError, match="optimizer 'mine': its method 'step' left the parameters as they were"):
        train(small_spec(optimizer="mine"), wrong)


def test_an_optimizer_without_a_learning_rate_is_refused():
    with pytest.raises(PluginError, match="Mine has no learning_rate; write the option `learning_rate: Rate"):
        train(small_spec(), part(Optimizer, step=lambda self, p, g, rate: None))


@pytest.mark.parametrize("rate", [None, float("nan"), -0.1])
def test_a_schedule_whose_rate_is_no_rate(rate):
    spec = small_spec(optimizer={"name": "sgd", "learning_rate": "mine"})
    with pytest.raises(PluginError, match=f"schedule 'mine': its method 'rate' returned {rate}"):
        train(spec, part(Schedule, rate=lambda self, epoch: rate))


def test_a_loss_that_gives_one_number():
    spec = small_spec(model={"loss": "mine"})
    wrong = part(
        Loss, value=lambda self, y, t: ((y - t) ** 2).mean(), gradient=lambda self, y, t, out: np.subtract(y, t, out)
    )
    with pytest.raises(PluginError, match=r"loss 'mine': its method 'value' gave shape \(\) for 100 rows"):
        train(spec, wrong)


@pytest.mark.parametrize("figure", [None, np.ones(3), "0.5"])
def test_a_metric_whose_result_is_no_number(figure):
    spec = small_spec(training={"metrics": ["mine"]})
    methods = {name: lambda *_: None for name in ("start", "update")}
    with pytest.raises(PluginError, match="metric 'mine': its method 'result' gave"):
        train(spec, part(Metric, result=lambda self: figure, **methods))
    with pytest.raises(PluginError, match="metric 'mine': its method 'figures' returned"):
        train(spec, part(Metric, figures=lambda self: figure, **methods))


def test_a_callback_may_stop_with_true_but_not_with_a_number():
    spec = small_spec(training={"callbacks": ["mine"]})
    stopped = train(spec, part(Callback, on_epoch_end=lambda self, record, run: True))
    assert len(stopped.history) == 1
    with pytest.raises(PluginError, match="callback 'mine': its method 'on_epoch_end' returned int"):
        train(spec, part(Callback, on_epoch_end=lambda self, record, run: 7))


X = np.arange(40.0).reshape(20, 2)
DATA = {
    "no Data": ((X, X[:, 0]), "returned tuple"),
    "fewer targets": (Data(Table(X, np.zeros(19, int))), r"gave 20 rows and y of shape \(19,\)"),
    "images": (Data(Table(X[:, :, None], np.zeros(20, int))), r"gave x of shape \(20, 2, 1\)"),
    "labels of floats": (Data(Table(X, np.zeros(20))), "gave labels float64"),
    "labels beyond": (Data(Table(X, np.arange(20) % 3), class_names=["a", "b"]), "gave labels 0 to 2"),
}


@pytest.mark.parametrize("name", DATA)
def test_a_data_set_that_loads_something_else(name):
    data, words = DATA[name]
    with pytest.raises(PluginError, match=f"dataset 'mine': its method 'load' {words}"):
        train(small_spec(data="mine"), part(Dataset, load=lambda self, folder: data))


def test_values_in_one_dimension_are_one_column():
    data = Data(Table(X, X[:, 0] / 10), task="regression")
    spec = small_spec(data="mine", model={"loss": "mse", "layers": [{"units": 1}]})
    assert train(spec, part(Dataset, load=lambda self, folder: data)).predict(X).shape == (20,)


def test_yes_and_no_are_labels():
    data = Data(Table(X, X[:, 0] > 20))
    spec = small_spec(data="mine", model={"layers": [{"units": 2, "activation": "softmax"}]})
    assert train(spec, part(Dataset, load=lambda self, folder: data)).predict(X).dtype.kind == "i"


def test_labels_may_be_of_any_whole_numbers():
    spec = small_spec(data="mine", model={"layers": [{"units": 2, "activation": "softmax"}]})
    histories = []
    for kind in (np.uint64, np.int8, np.int64):
        data = Data(Table(X, (X[:, 0] > 20).astype(kind)))
        histories.append(train(spec, part(Dataset, load=lambda self, folder, data=data: data)).history)
    assert histories[0] == histories[1] == histories[2]


def test_checking_parts_before_training_leaves_no_trace():
    noisy = part(Noise, forward=lambda self, x, out: np.add(x, self.rng.normal(size=x.shape), out=out))
    trainer = prepare(small_spec({"regularizers": ["mine"]}), registry=registry_with(noisy))
    before = repr((trainer.model.source.get_state(), trainer.model.arrays()))
    check_parts(trainer.spec)
    assert repr((trainer.model.source.get_state(), trainer.model.arrays())) == before


def test_a_part_that_exits_while_data_load_is_named(monkeypatch, capsys):
    """A signal that comes while a part runs is still a signal."""
    monkeypatch.setattr("zoo_plugins.datasets.glyphs.Glyphs.load", leaving)
    assert cli.run(["train", "glyphs-quickstart", "-o", "never.npz"]) != 0
    assert "SystemExit" in capsys.readouterr().err

    monkeypatch.setattr("zoo_plugins.datasets.glyphs.Glyphs.load", lambda self, folder: terminate(signal.SIGTERM, None))
    assert cli.run(["train", "glyphs-quickstart", "-o", "never.npz"]) == 143


@pytest.mark.parametrize(
    ("loss", "activation", "words"),
    [
        ("cross_entropy", "relu", r"gives no probabilities.*use 'softmax'"),
        ("cross_entropy", "sigmoid", "gives no probabilities"),
        ("binary_cross_entropy", "tanh", r"no numbers from 0 to 1.*use 'sigmoid'"),
        ("cross_entropy", "sparsemax", None),
        ("binary_cross_entropy", "sigmoid", None),
        ("hinge", "identity", None),
    ],
)
def test_an_output_layer_that_does_not_give_what_the_loss_needs_is_warned_of(loss, activation, words):
    spec = small_spec(model={"loss": loss, "layers": [{"units": 10, "activation": activation}]})
    found = lint_spec(Spec.parse(spec, Registry()))
    said = [e.text for e in follow(prepare(spec)) if isinstance(e, Message) and e.warning]
    assert found == said
    assert len(found) == (words is not None)
    assert words is None or re.search(words, found[0])


@pytest.mark.parametrize(
    ("monitor", "data", "words"),
    [
        (
            "validation_los",
            {"validation": 0.2},
            r"'validation_los', which is not measured; did you mean 'validation_loss'",
        ),
        ("validation_loss", {}, "which is not measured; give data.validation some rows"),
        ("test_f1", {}, "'test_f1', which is not measured"),
        ("validation_loss", {"validation": 0.2}, None),
        ("test_accuracy", {}, None),
        ("train_loss", {}, None),
    ],
)
def test_a_figure_that_is_watched_and_not_measured_is_warned_of_before_the_first_epoch(monitor, data, words):
    spec = small_spec(data=data, training={"early_stopping": {"monitor": monitor}})
    found = lint_spec(Spec.parse(spec, Registry()))
    assert len(found) == (words is not None)
    assert words is None or re.search(words, found[0])


def test_a_part_may_draw_random_numbers_when_it_starts():
    drawn = []
    spec = small_spec({"activation": "mine"})
    drawing = part(
        Activation,
        start=lambda self, width, dtype: drawn.append(self.rng.random(width)),
        forward=lambda self, x, out: np.tanh(x, out=out),
        derivative=lambda self, z, a, out: np.subtract(1, a * a, out=out),
    )
    first, again = train(spec, drawing), train(spec, drawing)
    assert len(drawn) > 1
    numbers = [values.tolist() for values in drawn]  # of several widths
    assert numbers[: len(drawn) // 2] == numbers[len(drawn) // 2 :]
    np.testing.assert_array_equal(first.network.parameters, again.network.parameters)


WRONG_COLUMNS = {"a text": "x", "a fraction": 2.0, "none": 0}


@pytest.mark.parametrize("columns", WRONG_COLUMNS.values(), ids=WRONG_COLUMNS)
def test_an_input_width_that_is_no_number_of_columns_is_named(columns):
    methods = {"forward": linear, "derivative": linear, "input_width": lambda self, units: columns}
    with pytest.raises(PluginError, match=r"activation .mine.: its method .input_width. returned .* 1 or more"):
        train(small_spec({"activation": "mine"}), part(Activation, **methods))


WRONG_PARAMETERS = {
    "a list": ["slope"],
    "shapes alone": {"slope": (1,)},
    "a number for a shape": {"slope": Parameter(3)},
    "a negative shape": {"slope": Parameter((-1,))},
    "a capital": {"Slope": Parameter((1,))},
}


@pytest.mark.parametrize("declared", WRONG_PARAMETERS.values(), ids=WRONG_PARAMETERS)
def test_parameters_that_are_none_are_named(declared):
    methods = {"forward": linear, "derivative": linear, "parameters": lambda self, width: declared}
    with pytest.raises(PluginError, match=r"activation .mine.: its method .parameters. (returned|gave) "):
        train(small_spec({"activation": "mine"}), part(Activation, **methods))


def rows_at(indices):
    return np.outer(np.sin(indices), [1.0, 2.0])


def copied(indices, axis, out=None):
    if out is None:
        return rows_at(indices)
    out[...] = rows_at(indices)
    return None


class ComputedRows:
    shape, dtype = (40, 2), np.dtype(np.float64)

    def __init__(self, take):
        self.take = take


WAYS_TO_TAKE = {"writes to out": copied, "returns new rows": lambda indices, axis, out=None: rows_at(indices)}
WRONG_TAKES = {
    "no out": (lambda indices, axis: rows_at(indices), "does not take the arguments"),
    "too few rows": (lambda indices, axis, out=None: rows_at(indices[1:]), r"gave float64 of shape \(39, 2\) for 40"),
    "other dtype": (lambda indices, axis, out=None: rows_at(indices).astype(np.float32), "gave float32 of shape"),
    "no rows": (lambda indices, axis, out=None: None, r"gave object of shape \(\)"),
    "a connection that breaks": (
        lambda indices, axis, out=None: fails(ConnectionResetError("boom")),
        "raised .*: boom",
    ),
    "no next item": (lambda indices, axis, out=None: fails(StopIteration()), "raised StopIteration;"),
}


def fails(error):
    raise error


def train_on(x):
    data = Data(Table(x, np.arange(x.shape[0]) % 10))
    spec = small_spec(data="mine")
    return train(spec, part(Dataset, load=lambda self, folder: data))


def test_rows_that_are_computed_train_as_an_array():
    models = [
        train_on(x) for x in (np.outer(np.sin(np.arange(40)), [1.0, 2.0]), *map(ComputedRows, WAYS_TO_TAKE.values()))
    ]
    for model in models[1:]:
        for name, array in models[0].arrays().items():
            np.testing.assert_array_equal(model.arrays()[name], array, err_msg=name)


@pytest.mark.parametrize(("take", "words"), WRONG_TAKES.values(), ids=WRONG_TAKES)
def test_rows_that_do_not_do_as_an_array_are_named(take, words):
    with pytest.raises(PluginError, match=rf"`Table.x` of the data set .*ComputedRows\): its method 'take' {words}"):
        train_on(ComputedRows(take))


def test_a_data_set_without_rows_is_named():
    with pytest.raises(PluginError, match=r"dataset 'mine': its method 'load' gave x of shape \(0, 2\)"):
        train_on(np.zeros((0, 2)))


def test_state_of_a_network_keeps_its_form():
    def start(self, shape, dtype):
        self.bound = 1

    def constrain(self, weights):
        self.bound = 0.5

    methods = {"start": start, "constrain": constrain, "state": ("bound",)}
    spec = small_spec({"regularizers": ["mine"]})
    with pytest.raises(
        PluginError, match=r"regularizer .mine.: .bound. of its `state` has become 0.5, and was 1 after"
    ):
        train(spec, part(Constraint, **methods))
