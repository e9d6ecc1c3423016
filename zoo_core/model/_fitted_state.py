"""Whether a preprocessor can use the state that a model file gave it: a file may be a stranger's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from zoo_core.contract import part_that_raised, raise_named
from zoo_core.errors import ModelFileError, ZooError
from zoo_core.parts import Preprocessor
from zoo_core.spec import walk_parts

SHOWN = 4  # names of arrays in a message
# What wrong arrays make Python and NumPy raise; anything else is a fault of the part.
SIGNS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)


def check_fitted(part: Preprocessor, place: str, inputs: int, name: str) -> None:
    """Check the state of a preprocessor and of the parts inside it.

    Args:
        part: the preprocessor; its state and its columns are set.
        place: what the names of its arrays begin with.
        inputs: the number of columns that it takes.
        name: what messages call the file.

    Raises:
        ModelFileError: an array is missing, or not as the preprocessor could have learnt it.
    """
    for path, inner in walk_parts(part, place):
        missing = [key for key in inner.state if not hasattr(inner, key)]
        if missing and (inner is part or len(missing) < len(inner.state)):  # one inside may have had nothing to learn
            raise ModelFileError(f"{name}: {_array(part, path, missing[0])} is missing; get another file")
    with refused_state(part, place, name):
        part.check_state(inputs)
        if part.output_width(inputs) == 0 and part.state:
            raise ModelFileError(f"{name}: by its {_arrays(part, place)}, no column is left; get another file")


@contextmanager
def refused_state(part: Preprocessor, place: str, name: str) -> Iterator[None]:
    """Refuse the file, called `name`, if a preprocessor raises. Raises ModelFileError that names its arrays.

    Raises PluginError for a preprocessor of a plugin that has no arrays.
    """
    try:
        with np.errstate(all="ignore"):
            yield
    except ZooError:
        raise
    except SIGNS as error:
        if not _paths(part, place):
            raise_named(error)
        raise ModelFileError(f"{name}: {_reason(error, part, place)}; get another file") from error


def _reason(error: Exception, part: Preprocessor, place: str) -> str:
    """Return which array is wrong and why, if the error says so, else which arrays a preprocessor cannot use."""
    if isinstance(error, AttributeError):
        for path, inner in walk_parts(part, place):
            if inner is error.obj and error.name in inner.state:
                return f"{_array(part, path, error.name)} is missing"
    key, _, rest = str(error).partition(" ")
    if isinstance(error, ValueError) and f"{place}.{key}" in _paths(part, place):
        return f"{_array(part, place, key)} {rest}"
    found = part_that_raised(error)
    where = f" ({found[1]})" if found else ""
    return f"its preprocessor {part.name!r} cannot use its {_arrays(part, place)}{where}"


def _array(part: Preprocessor, path: str, key: str) -> str:
    return f"array '{path}.{key}' of preprocessor {part.name!r}"


def _paths(part: Preprocessor, place: str) -> list[str]:
    return [f"{path}.{key}" for path, inner in walk_parts(part, place) for key in inner.state if hasattr(inner, key)]


def _arrays(part: Preprocessor, place: str) -> str:
    found = [f"'{path}'" for path in _paths(part, place)]
    return f"arrays {', '.join(found[:SHOWN])}{', ...' * (len(found) > SHOWN)}"
