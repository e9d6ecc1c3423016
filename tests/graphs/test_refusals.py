"""What a part does that no graph says is refused with part, method, line and reason; it is never exported wrongly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

import zoo_core
from zoo_core.errors import PluginError
from zoo_core.graphs import check_export, evaluate, record_model
from zoo_core.parts import Activation


def model_with(infer):
    """Return an untrained model whose hidden layer has an activation of its own."""

    @dataclass
    class Own(Activation):
        name = "own"
        forward = infer

    model = zoo_core.load("glyphs-quickstart")
    part = Own()
    hidden = model.network.stages[1]
    part.weights, part.gradients = {}, {}
    hidden.transform = part
    return model


def branch(self, x, out):
    if x.max() > 3:
        x = x / x.max()
    np.copyto(out, x)


def first(self, x, out):
    out[...] = x if x[:, 0] > 0 else -x


def mask(self, x, out):
    np.copyto(out, x)
    out[x < 0] = 0.0


def over_rows(self, x, out):
    np.subtract(x, x.mean(axis=0), out=out)


def by_row(self, x, out):
    out[0] = x[0]


def each_row(self, x, out):
    for i, row in enumerate(x):
        out[i] = row


def unknown(self, x, out):
    np.spacing(x, out=out)


def library(self, x, out):
    out[...] = np.linalg.svd(x)[0]


def input_changed(self, x, out):
    x *= 2
    out[...] = x


def out_read(self, x, out):
    out += x


def nothing(self, x, out):
    pass


def own_array(self, x, out):
    spare = np.empty(x.shape)
    np.exp(x, out=spare)
    out[...] = spare


def array_made(self, x, out):
    out[...] = np.asarray(x, np.float64)


def numbers(self, x, out):
    out[...] = x * float(x[0, 0])


def broken(self, x, out):
    out[...] = x + self.missing


def any_is_negative(self, x, out):
    out[...] = -x if (x < 0).any() else x


def all_are_small(self, x, out):
    out[...] = np.tanh(x) if np.all(x < 3) else x


def reduced(self, x, out):
    out[...] = x - np.maximum.reduce(x)


def small_integers(self, x, out):
    out[...] = np.clip(x, 0, 255).astype(np.uint8) + np.uint8(200)


def initial(self, x, out):
    out[...] = x - np.max(x, axis=1, keepdims=True, initial=0)


def sum_of_some(self, x, out):
    out[...] = x - x.sum(axis=1, keepdims=True, where=x > 0)


def reduced_from(self, x, out):
    out[...] = x - np.add.reduce(x, axis=1, keepdims=True, initial=5)


REFUSED = {
    small_integers: "computes in uint8; float32, float64, int64, bool can be recorded",
    initial: "calls np.max with initial, which no graph has",
    sum_of_some: r"calls \.sum\(\) with where, which no graph has",
    reduced_from: "calls np.add.reduce with initial, which no graph has",
    any_is_negative: r"calls \.any\(\) over rows .axis None., such as for a branch on values",
    all_are_small: "calls np.all over rows .axis None., such as for a branch on values",
    reduced: r"calls np.maximum.reduce over rows .axis 0.",
    branch: r"calls \.max\(\) over rows .axis None., such as for a branch on values",
    first: "branches on the values of an array",
    mask: "writes an array through a mask; np.where",
    over_rows: r"calls \.mean\(\) over rows \(axis 0\)",
    by_row: "single rows",
    each_row: "rows of an array one by one",
    unknown: "calls np.spacing, which no graph has",
    library: "svd, which no graph has",
    input_changed: "changes its input",
    out_read: "reads an array before it has written",
    nothing: "reads an array before it has written",
    own_array: "writes into an array of its own",
    array_made: "asks for the values of an array.*np.asarray does that",
    numbers: "single rows",
    broken: "raised AttributeError",
}


@pytest.mark.parametrize("infer", REFUSED, ids=lambda f: f.__name__)
def test_a_part_that_cannot_be_said_is_refused_with_its_place(infer, tmp_path):
    line = infer.__code__.co_firstlineno
    with pytest.raises(PluginError, match=REFUSED[infer]) as caught:
        zoo_core.export(model_with(infer), tmp_path / "m.py")
    text = str(caught.value)
    assert "activation 'own' cannot be exported" in text
    assert infer.__name__ in text or infer is nothing
    places = [f"line {number}" for number in range(line, line + 6)]
    assert any(place in text for place in places) or infer is nothing, text
    assert list(tmp_path.iterdir()) == []


def swish(self, x, out):
    np.divide(x, 1 + np.exp(-x), out=out)


def where(self, x, out):
    out[...] = np.where(x > 0, x, 0.01 * x)


def row_softmax(self, x, out):
    powers = np.exp(x - x.max(axis=1, keepdims=True))
    np.divide(powers, powers.sum(axis=1, keepdims=True), out=out)


def halves(self, x, out):
    half = x.shape[1] // 2
    out[:, :half] = np.tanh(x[:, half:])
    out[:, half:] = x[:, :half] ** 2


def standardized(self, x, out):
    out[:] = (x - x.mean(axis=1)[:, None]) / (x.std(axis=1, keepdims=True) + 1e-3)


def constant(self, x, out):
    out.fill(0.25)


def buffers(self, x, out):
    two, spare = self.scratch(x, "two", fill=2.0), self.scratch(x, "spare")
    np.add(x, two, out=spare)
    out[...] = np.clip(spare, -1, 6) * np.float32(0.5)


@pytest.mark.parametrize(
    "infer", [swish, where, row_softmax, halves, standardized, constant, buffers], ids=lambda f: f.__name__
)
def test_a_part_that_never_heard_of_exports_is_written_down(infer, tmp_path):
    model, x = model_with(infer), np.random.default_rng(0).integers(0, 256, (50, 784)).astype(np.float32)
    found = evaluate(record_model(model), x)
    np.testing.assert_allclose(found["probabilities"], model.predict_proba(x), rtol=0, atol=2e-5)
    zoo_core.export(model, tmp_path / "m.py")


def test_an_export_that_gives_something_else_is_refused_with_the_figure():
    model = zoo_core.load("glyphs-quickstart")
    graph = record_model(model)

    def wrong(x):
        found = evaluate(graph, x)
        return {"label": found["label"][:, 0], "probabilities": found["probabilities"] + 1e-4}

    with pytest.raises(PluginError, match=r"the file differs from the model.*probabilities are wrong by up to 0\.0001"):
        check_export(model, graph, wrong, "the file")

    def flipped(x):
        return {"label": np.zeros(len(x), int), "probabilities": evaluate(graph, x)["probabilities"]}

    with pytest.raises(PluginError, match="label are wrong in"):
        check_export(model, graph, flipped, "the file")


RNG = np.random.default_rng(0)


def random(self, x, out):
    out[...] = x + 1e-3 * RNG.random()


def counting(self, x, out):
    self.seen = getattr(self, "seen", 0) + 1
    out[...] = x * self.seen


def other_for_one(self, x, out):
    out[...] = np.tanh(x) if len(x) > 1 else x


@pytest.mark.parametrize(
    ("infer", "when"), [(random, "a second time"), (counting, "a second time"), (other_for_one, "for a row alone")]
)
def test_a_part_that_gives_other_values_is_refused(infer, when, tmp_path):
    wanted = rf"the model gives other \w+ {when}; a part of it draws random numbers, .*; look at activation 'own'"
    with pytest.raises(PluginError, match=wanted):
        zoo_core.export(model_with(infer), tmp_path / "m.py")
    assert list(tmp_path.iterdir()) == []


def rows_dropped(self, x, out):
    out[...] = x + np.squeeze(x[:, :1])[:, None]


def test_a_part_that_raises_for_a_row_alone_is_named_with_its_line(tmp_path):
    line = rows_dropped.__code__.co_firstlineno + 1
    with pytest.raises(
        PluginError,
        match=rf"^activation 'own' \(.*rows_dropped, line {line}\) raised IndexError for a row alone",
    ):
        zoo_core.export(model_with(rows_dropped), tmp_path / "m.py")
    assert list(tmp_path.iterdir()) == []
