"""Optimizers with one mistake each."""

import random
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Le

from tests.testing.faulty_parts import faulty
from zoo_core.parts import Optimizer, Rate


@dataclass
class Momentum(Optimizer):
    """Correct: v = 0.9 v + g; p -= rate v."""

    name = "momentum_under_test"
    state = ("velocity",)

    learning_rate: Rate = 0.01

    def start(self, layout):
        self.velocity = layout.vector()

    def step(self, parameters, gradients, learning_rate):
        self.velocity *= 0.9
        self.velocity += gradients
        parameters -= learning_rate * self.velocity


@faulty("descent", "a sign error: the step must go against the gradient")
class Uphill(Momentum):
    """p += rate v."""

    def step(self, parameters, gradients, learning_rate):
        super().step(parameters, -gradients, learning_rate)


@faulty("descent", "not `parameters = parameters - ...`")
class Elsewhere(Momentum):
    """Changes a copy."""

    def step(self, parameters, gradients, learning_rate):
        parameters = parameters - learning_rate * gradients


@faulty("learning_rate", "perhaps self.learning_rate is")
class OwnRate(Momentum):
    """Uses its option instead of the given rate."""

    def step(self, parameters, gradients, learning_rate):
        super().step(parameters, gradients, self.learning_rate)


@faulty("plain_step", "a step is not learning_rate * gradients alone")
class SaidToBePlain(Momentum):
    """Has a velocity, but claims a plain gradient step."""

    is_plain_gradient_step = True

    def step(self, parameters, gradients, learning_rate):
        super().step(parameters, gradients, learning_rate)


@faulty("elementwise", "a step in slices changes the parameters")
class Centered(Momentum):
    """Subtracts the mean of all gradients, but claims an elementwise step."""

    is_elementwise = True

    def step(self, parameters, gradients, learning_rate):
        super().step(parameters, gradients - gradients.mean(), learning_rate)


@faulty("elementwise", "the attribute '_calls'")
class CallsCounted(Momentum):
    """Keeps a list that each slice would change."""

    is_elementwise = True

    def start(self, layout):
        super().start(layout)
        self._calls = []

    def step(self, parameters, gradients, learning_rate):
        super().step(parameters, gradients, learning_rate)
        self._calls.append(learning_rate)


@faulty("state", "saved and loaded after 3 epochs, it takes another step")
class Unsaved(Momentum):
    """Does not name its velocity."""

    state = ()


@faulty("state", "its state cannot be saved: state 'optimizer.velocity' holds list")
class Listed(Momentum):
    """Keeps a list."""

    def start(self, layout):
        self.velocity = [0.0] * layout.size

    def step(self, parameters, gradients, learning_rate):
        self.velocity = [0.9 * v + g for v, g in zip(self.velocity, gradients, strict=True)]
        parameters -= learning_rate * np.array(self.velocity, parameters.dtype)


@faulty("order", "depend on the order of the parameters in the vector")
class FirstIsWeights(Momentum):
    """Assumes that the first twelve numbers are a matrix."""

    def step(self, parameters, gradients, learning_rate):
        gradients[:12] /= np.linalg.norm(gradients[:12]).astype(gradients.dtype)
        super().step(parameters, gradients, learning_rate)


@faulty("copies", "two optimizers change each other's state")
class Shared(Momentum):
    """One velocity for all instances."""

    kept: ClassVar[dict[str, Any]] = {}

    def start(self, layout):
        self.kept["v"] = layout.vector()

    @property
    def velocity(self):
        return self.kept["v"]

    @velocity.setter
    def velocity(self, value):
        self.kept["v"] = value


@faulty("dtype", "the state optimizer.velocity is not float32")
class WideState(Momentum):
    """State in float64."""

    def start(self, layout):
        self.velocity = np.zeros(layout.size)


@faulty("large", "a division by a norm or a mean square that is zero")
class Normalized(Momentum):
    """g / |g|."""

    def step(self, parameters, gradients, learning_rate):
        gradients /= np.linalg.norm(gradients)
        super().step(parameters, gradients, learning_rate)


@faulty("randomness", "draws from the global generator")
class Jittery(Momentum):
    """Noise from Python's own generator."""

    def step(self, parameters, gradients, learning_rate):
        super().step(parameters, gradients * (1 + 1e-3 * random.random()), learning_rate)


@faulty("descent", "30 steps do not change layers.0.bias, layers.0.activation.slope, layers.1.weights, layers.1.bias")
class FirstArray(Momentum):
    """Updates the first array alone."""

    def start(self, layout):
        super().start(layout)
        self._first = next(s.where for s in layout.segments if s.path == "layers.0.weights")

    def step(self, parameters, gradients, learning_rate):
        parameters[self._first] -= learning_rate * gradients[self._first]


@faulty("state", "takes another step")
class Counting(Momentum):
    """Corrects its first steps by its own count, which is not saved."""

    def start(self, layout):
        super().start(layout)
        self._count = 0

    def step(self, parameters, gradients, learning_rate):
        self._count += 1
        super().step(parameters, gradients / (1 - 0.9**self._count), learning_rate)


@faulty("options", "the option 'decay' has no lower bound")
@dataclass
class BoundAbove(Momentum):
    """A `decay` of at most 1."""

    decay: Annotated[float, Le(1)] = 0.1


@faulty("state", "with warm = True: saved and loaded after 3 epochs")
@dataclass
class WarmOnly(Momentum):
    """With `warm` it counts its steps, but does not save the count."""

    warm: bool = False

    def start(self, layout):
        super().start(layout)
        self._count = 0

    def step(self, parameters, gradients, learning_rate):
        self._count += self.warm
        super().step(parameters, gradients, learning_rate * (1 - 0.5**self._count if self.warm else 1))


@dataclass
class Halved(Optimizer):
    """Correct: `base` with half the gradients."""

    name = "halved"

    base: Optimizer = field(default_factory=Momentum)

    @property
    def learning_rate(self):
        return self.base.learning_rate

    def start(self, layout):
        self.base.start(layout)

    def update(self, parameters, gradients, learning_rate, batch):
        gradients /= 2
        self.base.steps = self.steps
        self.base.update(parameters, gradients, learning_rate, batch)

    def start_epoch(self, parameters):
        self.base.start_epoch(parameters)

    def end_epoch(self, parameters):
        self.base.end_epoch(parameters)


@faulty("epochs", "start_epoch and end_epoch of the inner optimizer 'base' are not called")
class Deaf(Halved):
    """Does not pass on the end of an epoch."""

    def end_epoch(self, parameters):
        pass
