"""Which operations a step makes: it is run on symbols instead of arrays, which record what is done with them.

A recording holds plain operations on single numbers, in their order. Each has a result that later ones use by its
position. Single numbers of the step, such as the learning rate, are kept apart: the operations of most steps are the
same, and only these numbers differ.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

# Functions of NumPy whose result is the same to the bit wherever it is computed, by the number of operands.
FUNCTIONS = {
    np.add: 2, np.subtract: 2, np.multiply: 2, np.divide: 2, np.maximum: 2, np.minimum: 2,
    np.negative: 1, np.absolute: 1, np.sqrt: 1, np.square: 1, np.sign: 1, np.positive: 1,
}  # fmt: skip
COMPARISONS = {np.greater, np.less, np.greater_equal, np.less_equal, np.equal, np.not_equal}
LOGIC = {np.logical_and, np.logical_or, np.bitwise_and, np.bitwise_or}
LARGEST_INTEGER = 2**53  # above it a whole number may be no float

Operation = tuple[Any, ...]  # its name, then the positions of its operands


class CannotRecordError(Exception):
    """A step does something else than the plain operations."""


class Recording:
    """The operations of one step on vectors of a dtype: `operations`, and in `scalars` its single numbers.

    An operation "vector" reads the vector of a number, "scalar" the scalar of a number.
    """

    def __init__(self, dtype: np.dtype[Any]) -> None:
        self.dtype = dtype
        self.operations: list[Operation] = []
        self.scalars: list[float] = []

    def vector(self, number: int) -> Symbol:
        """Return the symbol of a vector that is given."""
        return self.result("vector", number)

    def result(self, name: str, *operands: int, truth: bool = False) -> Symbol:
        """Add an operation, and return the symbol of its result."""
        self.operations.append((name, *operands))
        return Symbol(self, len(self.operations) - 1, truth=truth)

    def number(self, value: Any) -> int:
        """Return the position of an operand: a symbol of numbers, or a single number that NumPy takes as this dtype."""
        if type(value) is Symbol and value.recording is self and not value.truth:
            return value.at
        if isinstance(value, (np.ndarray, np.generic)):
            if value.ndim or value.dtype.kind != "f" or value.dtype.itemsize > self.dtype.itemsize:
                raise CannotRecordError(f"an operand of {value.dtype} {value.shape}")
        elif not isinstance(value, float) and (not isinstance(value, int) or abs(value) > LARGEST_INTEGER):
            raise CannotRecordError(f"an operand {type(value).__name__}")
        self.scalars.append(float(value))
        self.operations.append(("scalar", len(self.scalars) - 1))
        return len(self.operations) - 1

    def truth(self, value: Any) -> int:
        """Return the position of an operand that is the result of a comparison."""
        if type(value) is Symbol and value.recording is self and value.truth:
            return value.at
        raise CannotRecordError("a mask that no comparison gave")

    def apply(self, function: Any, operands: tuple[Any, ...]) -> Symbol:
        """Add the call of a function of NumPy, and return the symbol of its result."""
        name = function.__name__
        if FUNCTIONS.get(function) == len(operands):
            return self.result(name, *map(self.number, operands))
        if function in COMPARISONS:
            return self.result(name, *map(self.number, operands), truth=True)
        if function in LOGIC:
            return self.result("logical_" + name.rpartition("_")[2], *map(self.truth, operands), truth=True)
        if function in (np.logical_not, np.invert):
            return self.result("logical_not", *map(self.truth, operands), truth=True)
        if function is np.isnan:
            return self.result(name, *map(self.number, operands), truth=True)
        raise CannotRecordError(f"the function {name}")

    def select(self, mask: Any, yes: Any, no: Any) -> Symbol:
        """Return the symbol of `yes` where the mask is true, and of `no` elsewhere."""
        return self.result("select", self.truth(mask), self.number(yes), self.number(no))


class Symbol(NDArrayOperatorsMixin):
    """What a step sees as a vector. Its value is the result of an operation; one in place gives it another value."""

    __slots__ = ("at", "recording", "truth")

    ndim = 1

    def __init__(self, recording: Recording, at: int, *, truth: bool) -> None:
        self.recording, self.at, self.truth = recording, at, truth

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of its numbers."""
        return np.dtype(bool) if self.truth else self.recording.dtype

    def set(self, value: Any) -> Symbol:
        """Give the symbol the value of another one, or of a number."""
        self.at = self.recording.truth(value) if self.truth else self.recording.number(value)
        return self

    def __array_ufunc__(self, function: Any, method: str, *operands: Any, out: Any = (), **options: Any) -> Symbol:
        where = options.pop("where", True)
        if method != "__call__" or options or len(out) > 1:
            raise CannotRecordError(f"{function.__name__} by {method} with {sorted(options)}")
        found = self.recording.apply(function, operands)
        if where is not True:
            if not out:
                raise CannotRecordError("numbers without a value where the mask is false")
            found = self.recording.select(where, found, out[0])
        return _written(out[0], found) if out else found

    def __array_function__(self, function: Any, types: Any, operands: Any, options: Any) -> Any:
        if function not in OTHERS:
            raise CannotRecordError(f"the function {function.__name__}")
        try:
            return OTHERS[function](self.recording, *operands, **options)
        except TypeError as error:  # other arguments than those known
            raise CannotRecordError(f"the function {function.__name__}: {error}") from None

    def __getitem__(self, key: Any) -> Symbol:
        if not _is_all(key):
            raise CannotRecordError("a part of a vector")
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        self.set(value if _is_all(key) else self.recording.select(key, value, self))

    def __pow__(self, exponent: Any) -> Symbol:
        return self.recording.apply(_power(exponent), (self,))

    def __ipow__(self, exponent: Any) -> Symbol:
        return self.set(self**exponent)

    def copy(self) -> Symbol:
        """Return another symbol with the same value."""
        return Symbol(self.recording, self.at, truth=self.truth)

    def fill(self, value: Any) -> None:
        """Give the symbol the value of a number."""
        self.set(value)

    def clip(self, low: Any, high: Any, out: Any = None) -> Symbol:
        """Return the symbol of the numbers between two limits."""
        return _clip(self.recording, self, low, high, out)

    def __bool__(self) -> NoReturn:
        raise CannotRecordError("a decision that depends on the numbers")

    __float__ = __int__ = __len__ = __iter__ = __array__ = __bool__


def _in_place(function: Any) -> Callable[[Symbol, Any], Symbol]:
    """Return the method of an operator such as `+=`, which takes a third of the time of `__array_ufunc__`."""

    def change(self: Symbol, other: Any) -> Symbol:
        if self.truth:
            raise CannotRecordError("a mask that changes in place")
        self.at = self.recording.apply(function, (self, other)).at
        return self

    return change


for _name, _function in {"add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide}.items():
    setattr(Symbol, f"__i{_name}__", _in_place(_function))


def _is_all(key: Any) -> bool:
    return key is Ellipsis or (type(key) is slice and key == slice(None))


def _power(exponent: Any) -> Any:
    """Return the function that NumPy's operator `**` uses for an exponent."""
    if type(exponent) in (int, float) and exponent in (2, 0.5):
        return np.square if exponent == 2 else np.sqrt
    raise CannotRecordError("a power")


def _written(out: Any, found: Symbol) -> Symbol:
    if type(out) is not Symbol:
        raise CannotRecordError("a result that is written elsewhere")
    return out.set(found)


def _clip(recording: Recording, x: Any, low: Any, high: Any, out: Any = None) -> Symbol:
    if type(low) is Symbol or type(high) is Symbol:
        raise CannotRecordError("np.clip between vectors, which treats NaN in another way")
    above = recording.select(recording.apply(np.less, (x, low)), low, x)
    found = recording.select(recording.apply(np.greater, (above, high)), high, above)
    return found if out is None else _written(out, found)


def _where(recording: Recording, mask: Any, yes: Any, no: Any) -> Symbol:
    if Symbol not in (type(yes), type(no)):
        raise CannotRecordError("np.where of two numbers, which gives float64")
    return recording.select(mask, yes, no)


def _copyto(recording: Recording, out: Any, value: Any, *, where: Any = True) -> None:
    _written(out, value if where is True else recording.select(where, value, out))


def _zeros_like(recording: Recording, like: Any) -> Symbol:
    return Symbol(recording, recording.number(0.0), truth=False)


OTHERS: dict[Any, Callable[..., Any]] = {
    np.clip: _clip,
    np.where: _where,
    np.copyto: _copyto,
    np.zeros_like: _zeros_like,
    np.empty_like: _zeros_like,
}
