"""Checks that any part of a kind must pass: gradients, dtypes, buffers, large inputs, bounded options.

They raise AssertionError with the part's name. Nothing here knows a particular part.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np
from annotated_types import Ge, Gt, Interval

from zoo_core.parts import Activation, Array, Initializer, Loss, Part, Penalty, Transform

STEP = 1e-5  # of central differences
TOLERANCE = 1e-6  # largest error of a gradient, relative to its largest entry


# ------------------------------------------------------------------ tools


@contextmanager
def strict() -> Iterator[None]:
    """Make overflow, division by zero and invalid operations errors."""
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        yield


def prepare(part: Transform, width: int, dtype: Any = np.float64, seed: int = 0) -> None:
    """Give a transform what the core gives it; its weights are moved off their first values."""
    rng = np.random.default_rng(seed)
    part.weights, part.gradients, part.rng = {}, {}, rng
    for name, parameter in part.parameters(width).items():
        weights = np.empty(parameter.shape, dtype)
        if isinstance(parameter.initial, Initializer):
            parameter.initial.fill(weights, rng, 1.0)
        else:
            weights.fill(parameter.initial)
        weights += rng.uniform(0.05, 0.3, parameter.shape)
        part.weights[name], part.gradients[name] = weights, np.full_like(weights, np.nan)
    part.start(width, dtype)


def input_width(part: Transform, width: int) -> int:
    """Return how many columns go in for `width` columns out."""
    return part.input_width(width) if isinstance(part, Activation) else width


def sample(part: Transform, rows: int, width: int, seed: int = 1) -> Array:
    """Return inputs, at least 0.05 away from the kinks."""
    x = np.random.default_rng(seed).normal(0.0, 1.5, (rows, input_width(part, width)))
    for kink in getattr(part, "kinks", ()):
        near = np.abs(x - kink) < 0.05
        x[near] = kink + np.where(x[near] < kink, -0.1, 0.1)
    return x


def forward(part: Transform, x: Array, width: int, *, seed: int = 2) -> Array:
    """Run `forward` with a fresh generator, into a buffer full of NaN."""
    part.rng = np.random.default_rng(seed)
    out = np.full((len(x), width), np.nan, x.dtype)
    part.forward(x, out)
    return out


def backward(part: Transform, x: Array, y: Array, grad: Array) -> Array:
    """Run `backward` into a buffer full of NaN."""
    out = np.full_like(x, np.nan)
    part.backward(x, y, grad, out)
    return out


def slope(function: Callable[[], float], array: Array) -> Array:
    """Return the central differences of a function of `array`, which is changed and put back."""
    result = np.empty_like(array)
    for index in np.ndindex(array.shape):
        middle = array[index]
        array[index] = middle + STEP
        above = function()
        array[index] = middle - STEP
        below = function()
        array[index] = middle
        result[index] = (above - below) / (2 * STEP)
    return result


def same(part: Part, what: str, got: Array, expected: Array) -> None:
    """Check a gradient against its central differences."""
    error = np.abs(got - expected).max()
    allowed = TOLERANCE * max(float(np.abs(expected).max()), 1e-2)
    assert error <= allowed, f"{part.name}: {what} is off by {error:.2e}, allowed {allowed:.2e}"


# ------------------------------------------------------------------ transforms


def check_transform_gradients(part: Transform, rows: int = 6, width: int = 5) -> None:
    """Check the gradients of sum(c * f(x)) by x and by the part's own parameters.

    A part that penalizes what flows through it says by how much in a method `penalty(x)`.
    """
    prepare(part, width)
    x = sample(part, rows, width)
    c = np.random.default_rng(3).normal(size=(rows, width))
    penalty = getattr(part, "penalty", lambda x: 0.0)

    def objective() -> float:
        return float((c * forward(part, x, width)).sum()) + float(penalty(x))

    by_x = slope(objective, x)
    by_weights = {name: slope(objective, weights) for name, weights in part.weights.items()}
    same(part, "the gradient by x", backward(part, x, forward(part, x, width), c), by_x)
    for name, expected in by_weights.items():
        same(part, f"the gradient by {name}", part.gradients[name], expected)


def check_transform_buffers(part: Transform, dtype: Any) -> None:
    """Check that dtypes stay, inputs stay, and outputs are overwritten, for batches of changing size."""
    width = 5
    prepare(part, width, dtype)
    weights = {name: array.copy() for name, array in part.weights.items()}
    for rows in (6, 2, 1, 6):
        x = sample(part, rows, width).astype(dtype)
        grad = np.random.default_rng(3).normal(size=(rows, width)).astype(dtype)
        before = x.copy(), grad.copy()
        y = forward(part, x, width)
        kept = y.copy()
        arrays = [y, backward(part, x, y, grad), *part.gradients.values()]
        part.end_step()
        arrays.append(infer(part, x, width))
        assert all(array.dtype == dtype for array in arrays), f"{part.name}: the dtype changed"
        assert all(np.isfinite(array).all() for array in arrays), f"{part.name}: NaN left in a buffer"
        for now, then in ((x, before[0]), (grad, before[1]), (y, kept)):
            np.testing.assert_array_equal(now, then, err_msg=f"{part.name} changed an input")
    for name, array in part.weights.items():
        np.testing.assert_array_equal(array, weights[name], err_msg=f"{part.name} changed its weights")


def infer(part: Transform, x: Array, width: int) -> Array:
    """Run `infer` into a buffer full of NaN."""
    out = np.full((len(x), width), np.nan, x.dtype)
    part.infer(x, out)
    return out


def check_transform_large(part: Transform, dtype: Any) -> None:
    """Check that inputs of 1e4 in size give finite numbers and no warning."""
    width = 4
    prepare(part, width, dtype)
    x = np.resize(np.array([1e4, -1e4, 0, 1, -1e4, 1e4, -1], dtype), (5, input_width(part, width)))
    grad = np.resize(np.array([1.5, -0.5, 2], dtype), (5, width))
    with strict():
        y = forward(part, x, width)
        arrays = [y, backward(part, x, y, grad), infer(part, x, width), *part.gradients.values()]
    assert all(np.isfinite(array).all() for array in arrays), f"{part.name}: not finite at 1e4"


# ------------------------------------------------------------------ losses


def positive_rows(rows: int, columns: int) -> Array:
    """Return rows of positive numbers that sum to 1."""
    return np.random.default_rng(4).dirichlet(np.full(columns, 3.0), rows)


def targets_for(part: Loss, rows: int, columns: int) -> list[Array]:
    """Return targets of each form that the loss takes."""
    forms: list[Array] = [np.random.default_rng(5).dirichlet(np.ones(columns), rows)]
    if part.targets == "labels":
        forms.append(np.arange(rows) % columns)
    return forms


def loss_gradient(part: Loss, outputs: Array, targets: Array) -> Array:
    """Run `gradient` into a buffer full of NaN."""
    out = np.full_like(outputs, np.nan)
    part.gradient(outputs, targets, out)
    return out


def check_loss_gradients(part: Loss, outputs: Array) -> None:
    """Check `value`'s shape and `gradient`, which belongs to each row alone."""
    for targets in targets_for(part, *outputs.shape):
        assert part.value(outputs, targets).shape == (len(outputs),), f"{part.name}: one value a row"

        def total(targets: Array = targets) -> float:
            return float(part.value(outputs, targets).sum())

        same(part, "the gradient", loss_gradient(part, outputs, targets), slope(total, outputs))


def check_loss_fused(part: Loss, activation: Activation) -> None:
    """Check the fused methods against the plain ones and against central differences by the logits."""
    z = np.random.default_rng(6).normal(0.0, 1.0, (6, 4))
    for targets in targets_for(part, *z.shape):

        def total(targets: Array = targets) -> float:
            return float(part.fused_value(z, forward(activation, z, 4), targets).sum())

        outputs = forward(activation, z, 4)
        np.testing.assert_allclose(
            part.fused_value(z, outputs, targets), part.value(outputs, targets), rtol=1e-10, atol=1e-12
        )
        out = np.full_like(z, np.nan)
        part.fused_gradient(z, outputs, targets, out)
        same(part, "the fused gradient", out, slope(total, z))


def check_loss_buffers(part: Loss, dtype: Any) -> None:
    """Check that dtypes and inputs stay as they are."""
    outputs = positive_rows(6, 4).astype(dtype)
    for form in targets_for(part, 6, 4):
        targets = form if form.ndim == 1 else form.astype(dtype)
        before = outputs.copy(), targets.copy()
        arrays = [part.value(outputs, targets), loss_gradient(part, outputs, targets)]
        if part.fused_with:
            fused = np.full_like(outputs, np.nan)
            part.fused_gradient(outputs, outputs, targets, fused)
            arrays += [part.fused_value(outputs, outputs, targets), fused]
        assert all(array.dtype == dtype for array in arrays), f"{part.name}: the dtype changed"
        np.testing.assert_array_equal(outputs, before[0])
        np.testing.assert_array_equal(targets, before[1])


def check_loss_large(part: Loss, dtype: Any) -> None:
    """Check that logits of 1e4, and outputs at the ends of their range, give finite numbers, no warning."""
    z = np.array([[1e4, -1e4, 0, 5], [-1e4, -1e4, 1e4, 1e4], [-1e4, -1e4, -1e4, -1e4]], dtype)
    for form in targets_for(part, *z.shape):
        targets = form if form.ndim == 1 else form.astype(dtype)
        sharp = (z > 0).astype(dtype)
        with strict():
            arrays = [part.value(sharp, targets), loss_gradient(part, sharp, targets)]
            if part.task == "regression":
                arrays += [part.value(z, targets), loss_gradient(part, z, targets)]
            for kind in part.fused_with:
                outputs, fused = forward(kind(), z, 4), np.empty_like(z)
                part.fused_gradient(z, outputs, targets, fused)
                arrays += [part.fused_value(z, outputs, targets), fused]
        assert all(np.isfinite(array).all() for array in arrays), f"{part.name}: not finite"


# ------------------------------------------------------------------ penalties


def check_penalty(part: Penalty) -> None:
    """Check a penalty's gradient by central differences, and that it keeps dtypes."""
    weights = np.random.default_rng(7).normal(size=(5, 3))
    out = np.full_like(weights, np.nan)
    part.gradient(weights, out)
    same(part, "the gradient", out, slope(lambda: part.value(weights), weights))
    single = weights.astype(np.float32)
    out32 = np.full_like(single, np.nan)
    part.gradient(single, out32)
    np.testing.assert_allclose(out32, out, rtol=1e-4, atol=1e-6)
    assert type(part.value(single)) is float, f"{part.name}: the value is not a float"


# ------------------------------------------------------------------ options


def check_options(kind: type[Part]) -> None:
    """Check that a part has a name, a docstring that names its options, and bounds on every number."""
    assert kind.name, f"{kind.__name__} has no name"
    assert kind.__doc__, f"{kind.name} has no docstring"
    assert dataclasses.is_dataclass(kind), f"{kind.name} is no dataclass"
    hints = get_type_hints(kind, include_extras=True)
    for option in dataclasses.fields(kind):
        assert has_bounds(hints[option.name]), f"{kind.name}: the option {option.name} has no bounds"
        if option.name in inspect.get_annotations(kind):
            assert option.name in kind.__doc__, f"{kind.name}: the docstring leaves out {option.name}"


def has_bounds(hint: Any) -> bool:
    """Tell whether every number that a type admits is bounded from below."""
    if hint in (float, int):
        return False
    if get_origin(hint) is Literal or hint is type(None):
        return True
    if hasattr(hint, "__metadata__"):
        return any(isinstance(bound, Ge | Gt | Interval) for bound in hint.__metadata__)
    return all(has_bounds(part) for part in get_args(hint))
