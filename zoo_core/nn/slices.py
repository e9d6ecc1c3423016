"""An elementwise step, taken on one slice of the flat vectors after the other.

Each slice has a twin of the optimizer whose vectors are views of that slice. A twin is made anew in each step, from the
attributes that the optimizer has then, so changed options and counts are right in each. Numbers that a step changes are
taken from the first slice's twin, for all twins compute the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np

from zoo_core.contract import contract_error, declares
from zoo_core.parts import Array, Layout, Optimizer, Part, Segment

# Values that a step cannot change in place, so that twins may share them.
UNCHANGING = (int, float, str, bytes, tuple, type(None), np.generic, np.dtype, Enum, Part, Layout, Segment)


def is_elementwise(optimizer: Optimizer) -> bool:
    """Return whether the class that defines `step` says that it is elementwise, and `update` only calls `step`."""
    return type(optimizer).update is Optimizer.update and declares(optimizer, "is_elementwise", "step")


def unsliceable(optimizer: Optimizer, size: int) -> str:
    """Return the name of an attribute that stands in the way of slices, or "". `size` is that of the vectors."""
    options = {field.name for field in fields(optimizer)} if is_dataclass(optimizer) else ()
    slots = [name for base in type(optimizer).__mro__ for name in vars(base).get("__slots__", ())]
    own = vars(optimizer).items()
    return next(iter(slots), "") or next((k for k, v in own if k not in options and not _fits(v, size)), "")


def _fits(value: Any, size: int) -> bool:
    return value.shape in ((size,), ()) if isinstance(value, np.ndarray) else isinstance(value, UNCHANGING)


def vectors_of(optimizer: Optimizer) -> dict[str, Array]:
    """Return the attributes of an optimizer that are arrays with axes, by name."""
    return {name: value for name, value in vars(optimizer).items() if isinstance(value, np.ndarray) and value.ndim}


def take_numbers(optimizer: Optimizer, twin: Optimizer, vectors: dict[str, Any]) -> None:
    """Give an optimizer the numbers that the step of a twin has changed."""
    own = vars(optimizer)
    for name, value in vars(twin).items():
        if name in vectors or value is own.get(name):
            continue
        if isinstance(value, np.ndarray) and value.ndim:
            wrong = f"made the array {name!r} in a slice; its is_elementwise is True"
            raise contract_error(optimizer, "step", wrong, "`start` makes all arrays")
        if isinstance(value, np.ndarray) and isinstance(own.get(name), np.ndarray):
            own[name][...] = value
        else:
            own[name] = value


class SlicedSteps:
    """The steps of an elementwise optimizer on `slices` of the flat vectors `parameters` and `gradients`.

    Between `begin_step` and `end_step`, `step_slice` is called for each slice, in any order and by any thread.
    """

    def __init__(self, optimizer: Optimizer, parameters: Array, gradients: Array, slices: Sequence[slice]) -> None:
        self._optimizer, self.vectors = optimizer, vectors_of(optimizer)
        self.parameters, self.gradients, self.slices = parameters, gradients, slices
        self._views = [{name: vector[at] for name, vector in self.vectors.items()} for at in slices]
        self._given = [(parameters[at], gradients[at]) for at in slices]
        self.first, self.learning_rate = optimizer, 0.0  # the twin of the first slice
        self._attributes: dict[str, Any] = {}
        self._numbers: list[str] = []  # the attributes that are arrays without axes

    def fit(self, parameters: Array, gradients: Array) -> bool:
        """Return whether these are still the vectors, and the optimizer has those that it had."""
        own = vars(self._optimizer)
        same = parameters is self.parameters and gradients is self.gradients
        return same and all(own.get(name) is vector for name, vector in self.vectors.items())

    def begin_step(self, learning_rate: float) -> None:
        """Set the learning rate of the step, and look up the optimizer's attributes."""
        self.learning_rate, self._attributes = learning_rate, dict(vars(self._optimizer))
        self._numbers = [k for k, v in self._attributes.items() if isinstance(v, np.ndarray) and not v.ndim]

    def step_slice(self, number: int, worker: int = 0) -> None:
        """Take the step of one slice."""
        views = self._views[number]
        twin = self.twin(views)
        twin.step(*self._given[number], self.learning_rate)
        own = vars(twin)
        replaced = [(view, own[name]) for name, view in views.items() if own[name] is not view]
        if len(replaced) > 1:  # each may be the old array of another one
            replaced = [(view, np.array(new)) for view, new in replaced]
        for view, new in replaced:
            view[...] = new
        if number == 0:
            self.first = twin

    def twin(self, vectors: Mapping[str, Any]) -> Optimizer:
        """Return a copy of the optimizer with other vectors, and with its own copies of arrays without axes."""
        twin: Optimizer = object.__new__(type(self._optimizer))
        own = vars(twin)
        own.update(self._attributes)
        own.update(vectors)
        for name in self._numbers:
            own[name] = own[name].copy()
        return twin

    def end_step(self) -> None:
        """Give the optimizer the numbers that the step has changed."""
        take_numbers(self._optimizer, self.first, self._views[0])
