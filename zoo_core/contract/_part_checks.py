"""Checks of parts: is the class sound, is what a method returned what the contract says?"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from zoo_core.errors import PluginError
from zoo_core.parts import (
    KINDS,
    Activation,
    Array,
    Callback,
    Dataset,
    Initializer,
    Loss,
    Metric,
    Optimizer,
    Parameter,
    Part,
    Penalty,
    Preprocessor,
    PublicFile,
    Schedule,
    Transform,
)

IN_PLACE = "it writes its result into `out`, as in `out[...] = ...`"
PART_NAME = re.compile(r"[a-z][a-z0-9_]*")
PARAMETER_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")
STORED_DTYPES = "float32 float64 int32 int64 uint8"  # of the arrays in a model file


def definition_errors(part: type[Part]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the definition of a part class, and how to correct it."""
    name, options = part.__qualname__, getattr(part, "__dataclass_fields__", {})
    if "kind" in vars(part) and part not in KINDS.values():
        yield f"{name} has an attribute `kind` of its own, which the contract uses", "rename it"
    own = {k for k, v in inspect.get_annotations(part).items() if "ClassVar" not in str(v)}
    if not part.name:
        yield f"{name} has no name", 'write the class attribute `name = "..."`'
    elif not PART_NAME.fullmatch(str(part.name)):
        yield f"{name}.name is {part.name!r}", "use lower-case letters, digits and '_'"
    if not isinstance(part.__doc__, str | None):
        yield f"{name}.__doc__ is {type(part.__doc__).__name__}", "write a text"
    if issubclass(part, Dataset) and not all(isinstance(file, PublicFile) for file in _items(part.files)):
        yield f"{name}.files does not hold files", "list PublicFile(...) in a tuple"
    if own and "__dataclass_fields__" not in vars(part):
        yield f"{name} has options ({', '.join(sorted(own))})", "put @dataclass above the class"
    for option in _unannotated_defaults(part):
        yield (
            f"{name}.{option} looks like a new default of the option {option!r}, and Python ignores it",
            f"write its type too, `{option}: ... = ...`, and @dataclass above the class",
        )
    if issubclass(part, (Transform, Optimizer)) and is_dataclass(part) and part.__dataclass_params__.frozen:
        yield (
            f"{name} is frozen, and the core sets its attributes weights, gradients, rng and steps",
            "write @dataclass without frozen=True",
        )
    if issubclass(part, Optimizer) and not hasattr(part, "learning_rate") and "learning_rate" not in options:
        yield f"{name} has no learning_rate", "write the option `learning_rate: Rate = 0.01`"


def _unannotated_defaults(part: type[Part]) -> Iterator[str]:
    """Yield the options that a class sets without a type: their values would be those of the base class."""
    options: list[str] = [field.name for field in fields(part) if field.init] if is_dataclass(part) else []
    for option in options:
        owner = next(base for base in part.__mro__ if option in {*vars(base), *inspect.get_annotations(base)})
        if option not in inspect.get_annotations(owner):
            yield option


def _items(value: Any) -> list[Any]:
    """Return the items of a tuple or list; anything else is one item."""
    return list(value) if isinstance(value, (tuple, list)) else [value]


def declares(part: Part, name: str, method: str) -> bool:
    """Return a flag such as `backward_is_linear`, but only if the class that defines `method` also sets it.

    An override in a subclass does not inherit the flag.
    """
    defining_class = next(kind for kind in type(part).__mro__ if method in vars(kind))
    return name in vars(defining_class) and bool(getattr(part, name))


def contract_error(part: Part | type[Part], method: str, wrong: str, right: str) -> PluginError:
    """Return the error for a method that breaks the contract: what it did `wrong`, and what is `right`."""
    return PluginError(f"{part.kind} {part.name!r}: its method {method!r} {wrong}; {right}")


def initialize(initializer: Initializer, out: Array, rng: np.random.Generator, gain: float) -> None:
    """Let an initializer fill `out`. Raises PluginError if it writes nothing there."""
    out.fill(np.nan)
    initializer.fill(out, rng, gain)
    if out.size and np.isnan(out).all():
        raise contract_error(initializer, "fill", "left `out` as it was", IN_PLACE)


def checked_columns(activation: Activation, units: int) -> int:
    """Return how many columns an activation takes. Raises PluginError unless it is a whole number above 0."""
    return _checked_count(activation, "input_width", activation.input_width(units), f" for {units} units")


def checked_parameters(part: Transform, width: int) -> Mapping[str, Parameter]:
    """Return the parameters that a transform declares. Raises PluginError unless they are some, by their names."""
    declared = part.parameters(width)
    right = "it returns a dict of Parameter(shape, initial) by name; a shape is a tuple of whole numbers"
    if not isinstance(declared, Mapping):
        raise contract_error(part, "parameters", f"returned {type(declared).__name__}", right)
    for name, parameter in declared.items():
        if not isinstance(name, str) or not PARAMETER_NAME.fullmatch(name):
            raise contract_error(part, "parameters", f"gave the name {name!r}", "it has a-z, 0-9 and _")
        if not isinstance(parameter, Parameter) or not _is_shape(parameter.shape):
            raise contract_error(part, "parameters", f"gave {parameter!r} as {name!r}", right)
    return declared


def _is_shape(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and all(isinstance(n, (int, np.integer)) and n >= 0 for n in value)


def checked_fitted(part: Part, name: str, value: Any) -> Array:
    """Return a state of a preprocessor as an array. Raises PluginError if no model file holds it."""
    array = np.asarray(value)
    if array.dtype.name not in STORED_DTYPES.split():
        found = f"an array of {array.dtype}" if array.ndim else repr(value)
        raise PluginError(
            f"{part.kind} {part.name!r}: {name!r} of its `state` is {found}; a preprocessor keeps numbers and arrays "
            "of float32, float64, int32, int64 or uint8; for a mask write np.flatnonzero(mask)"
        )
    return array


def checked_width(preprocessor: Preprocessor, inputs: int) -> int:
    """Return how many columns a preprocessor writes. Raises PluginError unless it is a whole number above 0."""
    return _checked_count(preprocessor, "output_width", preprocessor.output_width(inputs))


def _checked_count(part: Part, method: str, count: Any, given: str = "") -> int:
    """Return a number of columns. Raises PluginError unless it is a whole number above 0."""
    if isinstance(count, bool) or not isinstance(count, (int, np.integer)) or count < 1:
        raise contract_error(part, method, f"returned {count!r}{given}", "it returns a whole number, 1 or more")
    return int(count)


def checked_penalty(penalty: Penalty, value: Any) -> float:
    """Return the value of a penalty, unchanged. Raises PluginError unless it is a number."""
    if not _is_number(value):
        raise contract_error(penalty, "value", f"returned {type(value).__name__}", "it returns a number")
    term: float = value
    return term


def checked_losses(loss: Part, values: Any, rows: int) -> Array:
    """Return the loss of each row. Raises PluginError unless the shape is (rows,)."""
    if getattr(values, "shape", None) != (rows,):
        raise contract_error(
            loss, "value", f"gave shape {np.shape(values)} for {rows} rows", "it returns one number a row"
        )
    losses: Array = values
    return losses


def checked_classes(part: Part, found: Any, rows: int, classes: int) -> Array:
    """Return the class of each row. Raises PluginError unless they are integers (rows,) from 0 to below `classes`."""
    form = getattr(found, "shape", None), getattr(getattr(found, "dtype", None), "kind", "")
    right = f"it returns class indices, integers of shape ({rows},) below {classes}"
    if form[0] != (rows,) or form[1] not in "iu":
        raise contract_error(part, "decide", f"returned {type(found).__name__} of shape {np.shape(found)}", right)
    indices: Array = found
    if rows and not 0 <= indices.min() <= indices.max() < classes:
        raise contract_error(part, "decide", f"returned {indices.min()} to {indices.max()}", right)
    return indices


def checked_widths(loss: Loss, classes: int) -> tuple[int, ...]:
    """Return the numbers of outputs that a loss takes. Raises PluginError unless they are whole numbers, 1 or more."""
    return _checked_numbers(loss, "output_widths", loss.output_widths(classes))


def checked_value_widths(loss: Loss, targets: int) -> tuple[int, ...]:
    """Return the numbers of outputs that a loss takes for a regression. Raises PluginError as `checked_widths`."""
    return _checked_numbers(loss, "value_widths", loss.value_widths(targets))


def _checked_numbers(loss: Loss, method: str, widths: Any) -> tuple[int, ...]:
    numbers = isinstance(widths, (tuple, list)) and [w for w in widths if isinstance(w, int) and w >= 1]
    if not numbers or len(numbers) != len(widths):
        raise contract_error(loss, method, f"returned {widths!r}", "it returns whole numbers, 1 or more")
    return tuple(numbers)


def checked_values(loss: Loss, found: Any, rows: int, targets: int) -> Array:
    """Return predicted values. Raises PluginError unless they are floating-point numbers of shape (rows, targets)."""
    if getattr(found, "shape", None) != (rows, targets) or found.dtype.kind != "f":
        wrong = f"returned {type(found).__name__} of shape {np.shape(found)}"
        raise contract_error(loss, "predicted_values", wrong, f"it returns numbers of shape ({rows}, {targets})")
    values: Array = found
    return values


def checked_rate(schedule: Schedule, rate: Any) -> float:
    """Return a schedule's learning rate. Raises PluginError unless it is a finite number, 0 or more."""
    if type(rate) is float and 0 <= rate < math.inf:
        return rate  # the fast way, of nearly every step
    if not _is_number(rate) or not 0 <= rate < math.inf:
        raise contract_error(schedule, "rate", f"returned {rate!r}", "a learning rate is a finite number, 0 or more")
    return float(rate)


def stop_reason(callback: Callback, method: str, answer: Any) -> str:
    """Return why a callback asks to stop, or ''. Raises PluginError unless the answer is a text, a bool or None."""
    if answer is None or answer is False:
        return ""
    if answer is True:
        return f"callback {callback.name!r} asked to stop"
    if not isinstance(answer, str):
        raise contract_error(
            callback, method, f"returned {type(answer).__name__}", "it returns a text, to stop, or None"
        )
    return answer


def checked_figures(metric: Metric) -> dict[str, float]:
    """Return the values of a metric by name. Raises PluginError unless each is a number."""
    figures = metric.figures()
    if not isinstance(figures, Mapping):
        raise contract_error(metric, "figures", f"returned {type(figures).__name__}", "it returns numbers by name")
    for name, value in figures.items():
        if type(value) is not float and not _is_number(value):
            raise contract_error(metric, "result", f"gave {value!r} for {name!r}", "it returns a number")
    return {name: float(value) for name, value in figures.items()}


def _is_number(value: Any) -> bool:
    return np.ndim(value) == 0 and np.asarray(value).dtype.kind in "biuf"
