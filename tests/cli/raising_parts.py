"""A plugin with a part of each kind, one method of which raises: `WHERE` is this method, and `raises` the exception."""

from dataclasses import dataclass

import numpy as np

from zoo_core import hookimpl
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
    Normalizer,
    Optimizer,
    Parameter,
    Penalty,
    Preprocessor,
    RandomSource,
    Rate,
    Schedule,
    Table,
)

WHERE = ""


class OddError(Exception):
    def __str__(self):
        raise ValueError


class Foreign(BaseException):
    """As extension modules raise it."""


ERRORS = {
    "StopIteration": StopIteration, "StopAsyncIteration": StopAsyncIteration, "KeyError": lambda: KeyError(""),
    "RecursionError": RecursionError, "AssertionError": AssertionError,
    "OddError": OddError,
    "MemoryError": MemoryError, "OSError": lambda: OSError("boom"),
    "BrokenPipeError": lambda: BrokenPipeError(32, "pipe"),
    "EOFError": EOFError,
    "SystemExit": lambda: SystemExit(0), "GeneratorExit": GeneratorExit, "Foreign": Foreign, "ValueError": ValueError,
    "TypeError": lambda: TypeError("t"), "FileNotFoundError": lambda: FileNotFoundError(2, "no", "f"),
    "UnicodeDecodeError": lambda: UnicodeDecodeError("utf-8", b"x", 0, 1, "reason"),
}  # fmt: skip
raises = ERRORS["ValueError"]


def trip(where):
    """Raise if this is the method."""
    if where == WHERE:
        raise raises()


class Act(Activation):
    """tanh, with a factor that is not used."""

    name = "b_act"

    def input_width(self, units):
        trip("act.input_width")
        return units

    def parameters(self, width):
        trip("act.parameters")
        return {"s": Parameter((width,), 1.0)}

    def start(self, width, dtype):
        trip("act.start")

    def forward(self, x, out):
        trip("act.forward")
        np.tanh(x, out=out)

    def infer(self, x, out):
        trip("act.infer")
        np.tanh(x, out=out)

    def backward(self, x, y, grad, out):
        trip("act.backward")
        self.gradients["s"].fill(0)
        np.multiply(grad, 1 - y * y, out=out)

    def end_step(self):
        trip("act.end_step")


@dataclass
class Checked(Activation):
    """tanh, with a factor that is not used."""

    name = "b_post"
    k: float = 1.0

    def __post_init__(self):
        trip("post.post")

    def forward(self, x, out):
        np.tanh(x, out=out)

    def derivative(self, z, a, out):
        np.subtract(1, a * a, out=out)


class Norm(Normalizer):
    """The input."""

    name = "b_norm"
    state = ("m",)

    def start(self, width, dtype):
        trip("norm.start")
        self.m = np.zeros(width, dtype)

    def forward(self, x, out):
        trip("norm.forward")
        out[...] = x

    def infer(self, x, out):
        trip("norm.infer")
        out[...] = x

    def backward(self, x, y, grad, out):
        trip("norm.backward")
        out[...] = grad

    def end_step(self):
        trip("norm.end_step")


class Pen(Penalty):
    """Nothing."""

    name = "b_pen"

    def value(self, w):
        trip("pen.value")
        return 0.0

    def gradient(self, w, out):
        trip("pen.gradient")
        out.fill(0)


class Con(Constraint):
    """Nothing."""

    name = "b_con"

    def constrain(self, w):
        trip("con.constrain")
        np.clip(w, -9, 9, out=w)


class Noi(Noise):
    """The input."""

    name = "b_noi"

    def forward(self, x, out):
        trip("noi.forward")
        out[...] = x

    def backward(self, x, y, grad, out):
        trip("noi.backward")
        out[...] = grad


class Aug(BatchAugmentation):
    """tanh, with a factor that is not used."""

    name = "b_aug"

    def augment(self, x, targets, rng):
        trip("aug.augment")
        return x, targets


@dataclass(kw_only=True)
class Los(Loss):
    """The squared error."""

    name = "b_los"

    def value(self, o, t):
        trip("los.value")
        return ((o - t) ** 2).sum(axis=1)

    def gradient(self, o, t, out):
        trip("los.gradient")
        np.multiply(2, o - t, out=out)


class Met(Metric):
    """One."""

    name = "b_met"

    def start(self, rows, outputs):
        trip("met.start")

    def update(self, o, t, w):
        trip("met.update")

    def result(self):
        trip("met.result")
        return 1.0

    def figures(self):
        trip("met.figures")
        return {"b_met": self.result()}


@dataclass
class Opt(Optimizer):
    """Plain descent."""

    name = "b_opt"
    learning_rate: Rate = 0.01

    def start(self, layout):
        trip("opt.start")

    def step(self, p, g, r):
        trip("opt.step")
        p -= r * g

    def start_epoch(self, p):
        trip("opt.start_epoch")

    def end_epoch(self, p):
        trip("opt.end_epoch")


class Sch(Schedule):
    """A constant rate."""

    name = "b_sch"

    def start(self, epochs, steps_per_epoch):
        trip("sch.start")

    def rate(self, epoch):
        trip("sch.rate")
        return 0.01

    def observe(self, record):
        trip("sch.observe")


class Ini(Initializer):
    """A constant."""

    name = "b_ini"

    def fill(self, out, rng, gain):
        trip("ini.fill")
        out.fill(0.1)


class Gen(RandomSource):
    """A generator for each purpose."""

    name = "b_gen"

    def start(self, seed):
        trip("gen.start")
        self.s = seed

    def stream(self, purpose):
        trip("gen.stream")
        return np.random.default_rng([self.s, *purpose.encode()])


class Rows:
    def __init__(self, x):
        self.x, self.shape, self.dtype = x, x.shape, x.dtype

    def take(self, indices, axis=None, out=None):
        trip("rows.take")
        return self.x.take(indices, axis=axis, out=out)


class Dat(Dataset):
    """Random rows."""

    name = "b_dat"

    def load(self, folder):
        trip("dat.load")
        x = np.random.default_rng(0).normal(size=(60, 4))
        y = np.arange(60) % 2
        return Data(Table(Rows(x), y), Table(Rows(x[:20]), y[:20]))


class Pre(Preprocessor):
    """Nothing."""

    name = "b_pre"
    state = ("m",)

    def fit(self, x):
        trip("pre.fit")
        self.m = 1.0

    def transform(self, x, out):
        trip("pre.transform")
        np.copyto(out, x, casting="unsafe")


class Cal(Callback):
    """Nothing."""

    name = "b_cal"

    def on_train_begin(self, run):
        trip("cal.on_train_begin")

    def on_epoch_end(self, record, run):
        trip("cal.on_epoch_end")

    def on_train_end(self, run):
        trip("cal.on_train_end")


@hookimpl
def zoo_parts():
    return [Act, Checked, Norm, Pen, Con, Noi, Aug, Los, Met, Opt, Sch, Ini, Gen, Dat, Pre, Cal]
