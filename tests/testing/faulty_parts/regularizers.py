"""Penalties, constraints and batch augmentations with one mistake each."""

import numpy as np

from tests.testing.faulty_parts import faulty
from zoo_core.parts import BatchAugmentation, Constraint, Penalty


class L2(Penalty):
    """Correct: 0.01 sum w^2."""

    name = "l2_under_test"

    def value(self, weights):
        return 0.01 * float((weights * weights).sum())

    def gradient(self, weights, out):
        np.multiply(weights, 0.02, out=out)


@faulty("gradient", "the factor 1/2")
class HalfL2(L2):
    """w instead of 2 w."""

    def gradient(self, weights, out):
        np.multiply(weights, 0.01, out=out)


@faulty("value", "value does not return a float")
class ScalarL2(L2):
    """A NumPy scalar."""

    def value(self, weights):
        return 0.01 * (weights * weights).sum()


@faulty("projection", "a second call of constrain changes the weights again")
class Shrinking(Constraint):
    """Shrinks the weights at each call."""

    name = "shrinking"

    def constrain(self, weights):
        weights *= 0.9


@faulty("projection", "constrain returns a ndarray, which is not used")
class Returning(Constraint):
    """Changes a copy."""

    name = "returning"

    def constrain(self, weights):
        return np.maximum(weights, 0)


@faulty("large", "invalid value")
class UnitNorm(Constraint):
    """Divides by a norm that may be zero."""

    name = "unit_norm_under_test"

    def constrain(self, weights):
        weights /= np.sqrt((weights * weights).sum(axis=0))


@faulty("inputs", "augment changes its input targets")
class Smoothing(BatchAugmentation):
    """Changes the given targets."""

    name = "smoothing"

    def augment(self, x, targets, rng):
        targets *= 0.9
        return x, targets


@faulty("randomness", "ignores the given generator")
class Shuffling(BatchAugmentation):
    """Noise from another generator."""

    name = "shuffling"

    def augment(self, x, targets, rng):
        return x + np.random.default_rng().normal(size=x.shape).astype(x.dtype), targets


@faulty("dtype", "the inputs that augment returns is not float32")
class WideJitter(BatchAugmentation):
    """Noise in float64."""

    name = "wide_jitter"

    def augment(self, x, targets, rng):
        return x + rng.normal(size=x.shape), targets


@faulty("gradient", "a sign error")
class AgainstL2(L2):
    """Its gradient has the wrong sign."""

    def gradient(self, weights, out):
        np.multiply(weights, -0.02, out=out)


@faulty("value", "training would reward large weights")
class Reward(L2):
    """Value and gradient have the wrong sign."""

    def value(self, weights):
        return -super().value(weights)

    def gradient(self, weights, out):
        np.multiply(weights, -0.02, out=out)


@faulty("projection", "an assignment to the name")
class Renamed(Constraint):
    """Assigns the result to the name."""

    name = "renamed"

    def constrain(self, weights):
        weights = np.maximum(weights, 0)
