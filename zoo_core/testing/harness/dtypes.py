"""Precision: float64 that creeps into float32, and numbers that leave the finite ones."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

from zoo_core.parts import Array
from zoo_core.testing.harness.findings import Finding

DTYPES = np.float32, np.float64
HERE = Path(__file__).parents[1]
WATCHERS = Path(__file__), Path(__file__).with_name("randomness.py")


class Watched(np.ndarray[Any, Any]):
    """A float32 array that notes where it meets float64, which NumPy lets pass without a word."""

    notes: list[Finding]

    def __array_finalize__(self, source: Any) -> None:
        self.notes = getattr(source, "notes", [])

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        self._note(ufunc, method, inputs, keywords)
        out = keywords.get("out", ())
        if out:
            keywords["out"] = tuple(map(_plain, out))
        if "where" in keywords:
            keywords["where"] = _plain(keywords["where"])
        result = getattr(ufunc, method)(*map(_plain, inputs), **keywords)
        if out:
            return out[0] if len(out) == 1 else out
        return tuple(map(self._wrap, result)) if isinstance(result, tuple) else self._wrap(result)

    def __array_function__(self, function: Any, types: Any, arguments: Any, keywords: Any) -> Any:
        """Note what functions that are no ufuncs make of float32 and float64, such as np.where."""
        result = super().__array_function__(function, types, arguments, keywords)
        if "dtype" not in keywords and getattr(result, "dtype", None) == np.float64:
            self._meet(function.__name__, _flat((arguments, tuple(keywords.values()))))
        return self._wrap(result) if type(result) is np.ndarray else result

    def _wrap(self, result: Any) -> Any:
        if not isinstance(result, np.ndarray):
            return result
        wrapped = result.view(Watched)
        wrapped.notes = self.notes
        return wrapped

    def _note(self, ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        if "dtype" in keywords or all(form.endswith("?") for form in ufunc.types):
            return  # asked for, or a comparison
        self._meet(ufunc.__name__, inputs)

    def _meet(self, name: str, inputs: Iterable[Any]) -> None:
        """Note float32 and float64 among the inputs of a function."""
        inputs = [x for x in inputs if isinstance(x, (np.ndarray, np.generic))]
        typed = [x.dtype for x in inputs]
        if np.float32 not in typed or np.result_type(*typed) != np.float64:
            return
        place = caller()
        other = max(inputs, key=lambda x: np.result_type(x.dtype, np.float32) == np.float64)
        found = Finding(
            f"float64 creeps in: np.{name} of float32 and a {_form(other)}",
            place,
            "float32",
            "float64",
            _way_out(other),
        )
        if place and found not in self.notes:
            self.notes.append(found)


def _plain(value: Any) -> Any:
    return value.view(np.ndarray) if isinstance(value, Watched) else value


def _flat(value: Any) -> list[Any]:
    """Return what stands in tuples and lists, however deep."""
    return [x for item in value for x in _flat(item)] if isinstance(value, (tuple, list)) else [value]


def _form(value: Any) -> str:
    return f"{value.dtype} array" if getattr(value, "ndim", 0) else f"np.{value.dtype}"


def _way_out(other: Any) -> str:
    if getattr(other, "ndim", 0):
        return f"an array of {other.dtype}: make it with the dtype that came in"
    return f"a NumPy scalar such as np.sqrt(2.0) or np.{other.dtype}(...): use math.sqrt or float(...)"


def caller() -> str:
    """Return file and line of the part's code that called; '' where NumPy or the kit itself did."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and Path(frame.f_code.co_filename) in WATCHERS:
        frame = frame.f_back
    if frame is None or _is_foreign(Path(frame.f_code.co_filename)):
        return ""
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}, in {frame.f_code.co_name}"


def _is_foreign(path: Path) -> bool:
    return HERE in path.parents or "numpy" in path.parts


class Watch:
    """Makes watched copies of float32 arrays and gathers what they note."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def __call__(self, array: Array) -> Array:
        """Return a watched view."""
        view = array.view(Watched)
        view.notes = self.findings
        return view


@contextmanager
def watch() -> Iterator[Watch]:
    """Give a Watch, whose findings are whole when `with` ends."""
    yield Watch()


def returned(arrays: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield a finding for each array that is not float32, where all that came in was."""
    for name, array in arrays.items():
        dtype = getattr(array, "dtype", None)
        if dtype is None or (dtype.kind == "f" and dtype != np.float32):
            yield Finding(
                f"float64 creeps in: {name} is not float32", "", "float32", str(dtype or type(array).__name__)
            )


class Strict:
    """What left the finite numbers under `strict`."""

    def __init__(self, method: str, inputs: str, dtype: Any) -> None:
        self.findings: list[Finding] = []
        self.method, self.where = method, f"{inputs}, {np.dtype(dtype)}"

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def finite(self, **arrays: Any) -> None:
        """Note each array that is not finite."""
        for name, array in arrays.items():
            bad = np.asarray(array)[~np.isfinite(array)]
            if bad.size:
                self.add(f"{name} of {self.method} is not finite", f"{bad.ravel()[0]}")

    def add(self, problem: str, got: str = "", where: str = "") -> None:
        """Note a problem."""
        self.findings.append(Finding(problem, where or self.where, "finite numbers", got, _STABLE))


_STABLE = "a form that overflows, such as exp of a large number; shift, clip or rearrange it"


@contextmanager
def strict(method: str, inputs: str, dtype: Any) -> Iterator[Strict]:
    """Make overflow, division by zero and invalid operations findings."""
    found = Strict(method, inputs, dtype)
    try:
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            yield found
    except FloatingPointError as error:
        place = raised_at(error)
        found.add(f"{method} gives a warning of NumPy: {error}", where=f"{found.where}, {place}")


def raised_at(error: BaseException) -> str:
    """Return file and line of the deepest place outside this kit and NumPy where an error was raised."""
    found, step = "", error.__traceback__
    while step is not None:
        path = Path(step.tb_frame.f_code.co_filename)
        if not _is_foreign(path):
            found = f"{path.name}:{step.tb_lineno}, in {step.tb_frame.f_code.co_name}"
        step = step.tb_next
    return found
