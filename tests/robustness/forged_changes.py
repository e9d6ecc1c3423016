"""Changes of a header or of one array, as a forger may make them."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

import numpy as np

NUMBERS = (0, -1, 1, 2, 3, 5, 255, 2**31 - 1, 2**31, 2**53, 2**63, 0.5, -0.5, 1e-320, 1e-300, 1e308, -1e308)
TEXTS = (
    "",
    "x",
    "no",
    "yes",
    "u",
    "rent",
    "standard",
    "min_max",
    "table",
    "number",
    "date",
    "dmy",
    "\x1b[2J",
    "\0",
    "a" * 1001,
)
OTHERS = (None, True, [], {}, ["a", "a"], {"name": "rank"}, {"name": "one_hot", "unknown": "error"}, [0.5], [[1]])
FLOATS = (0.0, -1.0, 1e308, -1e308, 1.7e308, 1e-308, 5e-324, np.nan, np.inf, -np.inf, 1e15, 0.5, -0.0)
INTEGERS = (0, 1, -1, 2, 3, 200, 2**31 - 1, -(2**31), 2**62)
DTYPES = ("<f4", "<f8", "<i4", "<i8", "|u1")


# ------------------------------------------------------------------ the header


def change_header(header: dict[str, Any], rng: random.Random) -> str:
    """Change one value of a header, and return what was changed."""
    start = rng.choice(("about", "about", "about", "spec", "plugins", ""))
    place: Any = header["spec"]["data"] if start == "spec" and rng.random() < 0.6 else header.get(start, header)
    path = [start]
    while True:
        keys = [key for key in place if key != "arrays"] if isinstance(place, dict) else list(range(len(place)))
        key = rng.choice(keys) if keys else None
        inner = place[key] if keys else None
        path.append(str(key))
        if not keys or not isinstance(inner, (dict, list)) or not inner or rng.random() < 0.35:
            break
        place = inner
    return f"{'.'.join(path)} {_change_value(place, key, rng)}"


def _change_value(place: Any, key: Any, rng: random.Random) -> str:
    """Change a value in an object or a list of JSON, and return how."""
    inner = place[key] if key is not None else None
    how = rng.choice(("replace", "replace", "remove", "add", "list", "list"))
    if how == "list" and isinstance(inner, list):
        return _change_list(inner, rng)
    if key is None or how == "add":
        new = rng.choice((*NUMBERS, *TEXTS, *OTHERS))
        place.update({rng.choice(("x_a", "extra", "name", "columns", "")): new}) if isinstance(
            place, dict
        ) else place.append(new)
        return f"gets {new!r:.60}"
    if how == "remove":
        del place[key]
        return "is removed"
    like = [v for v in (*NUMBERS, *TEXTS, *OTHERS) if type(v) is type(inner)]
    place[key] = copy.deepcopy(rng.choice(like if like and rng.random() < 0.6 else (*NUMBERS, *TEXTS, *OTHERS)))
    return f"becomes {place[key]!r:.60}"


def _change_list(items: list[Any], rng: random.Random) -> str:
    how = rng.randrange(5)
    if how == 0 and items:
        items.append(copy.deepcopy(rng.choice(items)))
    elif how == 1:
        del items[rng.randrange(len(items) + 1) :]
    elif how == 2:
        rng.shuffle(items)
    elif how == 3 and items:
        items[rng.randrange(len(items))] = copy.deepcopy(rng.choice(items))
    else:
        items.append(rng.choice((*TEXTS, *NUMBERS)))
    return f"becomes {items!r:.80}"


# ------------------------------------------------------------------ arrays


def change_array(arrays: dict[str, np.ndarray], rng: random.Random) -> str:
    """Change one array, mostly one of a preprocessor, and return what was changed."""
    fitted = [name for name in sorted(arrays) if "preprocessor." in name]
    name = rng.choice(fitted if fitted and rng.random() < 0.85 else sorted(arrays))
    how = rng.choice(
        (_other_form, _other_form, _other_length, _other_values, _other_values, _other_values, _other_name)
    )
    return f"{name} {how(arrays, name, rng)}"


def _other_name(arrays: dict[str, np.ndarray], name: str, rng: random.Random) -> str:
    other = rng.choice(sorted(arrays))
    how = rng.randrange(4)
    if how == 0:
        del arrays[name]
        return "is missing"
    if how == 1:
        arrays[name], arrays[other] = arrays[other], arrays[name]
        return f"and {other} change places"
    new = rng.choice(
        (f"{name}.more", name.replace("preprocessor", "preprocessor.inner"), f"{name}x", "layers.7.weights")
    )
    arrays[new] = arrays[name]
    if how == 2:
        del arrays[name]
    return f"is called {new}" if how == 2 else f"also stands as {new}"


def _other_form(arrays: dict[str, np.ndarray], name: str, rng: random.Random) -> str:
    array = arrays[name]
    with np.errstate(all="ignore"):
        forms: list[Callable[[], np.ndarray]] = [
            lambda: array.astype(rng.choice(DTYPES)), lambda: array.astype(rng.choice(DTYPES)),
            lambda: array[None], lambda: array[..., None], lambda: array.reshape(-1),
            lambda: np.ascontiguousarray(array.T), lambda: array.reshape(-1)[0] if array.size else array[None],
        ]  # fmt: skip
        arrays[name] = np.asarray(rng.choice(forms)(), order="C")
    return f"becomes {arrays[name].dtype} {arrays[name].shape}"


def _other_length(arrays: dict[str, np.ndarray], name: str, rng: random.Random) -> str:
    array = arrays[name] if arrays[name].ndim else arrays[name].reshape(1)
    forms = (
        array[:0],
        array[:-1],
        array[1:],
        np.repeat(array, 2, axis=0),
        np.concatenate([array, array[:1]]),
        array[:1],
    )
    arrays[name] = rng.choice(forms).copy()
    return f"becomes {arrays[name].dtype} {arrays[name].shape}"


def _other_values(arrays: dict[str, np.ndarray], name: str, rng: random.Random) -> str:
    array = arrays[name].copy()
    values = FLOATS if array.dtype.kind == "f" else INTEGERS
    how = rng.randrange(5)
    with np.errstate(all="ignore"):
        if how == 0:
            array = np.ascontiguousarray(array[::-1]) if array.ndim else -array
        elif how == 1:
            array = np.asarray(-array, arrays[name].dtype)
        elif how == 2:
            array = np.full_like(array, np.array(rng.choice(values)).astype(array.dtype))
        elif array.size:
            array.flat[rng.randrange(array.size)] = np.array(rng.choice(values)).astype(array.dtype)
    arrays[name] = array
    return f"becomes {array.ravel()[:6].tolist()}"
