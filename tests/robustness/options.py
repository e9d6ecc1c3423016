"""Parts with generated options: each is refused before training, or comes back from its file as it was."""

from __future__ import annotations

import contextlib
import enum
import math
import pathlib
import random
import tempfile
import warnings
from collections.abc import Callable, Iterator
from dataclasses import field, make_dataclass
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Gt, Le
from pydantic import AfterValidator

import zoo_core
from tests.helpers.plugins import registry_with
from tests.helpers.specs import small_spec
from tests.robustness import Result
from zoo_core.errors import PluginError, SpecError, ZooError
from zoo_core.parts import Activation, Normalizer, Optimizer, Part, Preprocessor
from zoo_core.registry import Registry

PROMISE = "options of any type and value: refused before training, or the same options and outputs after loading"
COUNT = 3000


class Mode(enum.Enum):
    """An enumeration of texts."""

    SOFT = "soft"
    HARD = "hard"


Share = Annotated[float, Ge(0), Le(1)]
HINTS: tuple[Any, ...] = (
    float, int, bool, str, Share, Annotated[int, Ge(1)], Literal["a", "b"], Mode, float | None, int | str, list[float],
    dict[str, float], tuple[Share, Share], tuple[float, ...], tuple[Mode, int], list[tuple[float, float]], Activation,
    list[Activation], Activation | None, Annotated[float, AfterValidator(math.radians)], Annotated[float, Gt(0)] | None,
    pathlib.Path, set[int], Any, np.float32, bytes, complex, list, dict[int, float], Callable[[float], float],
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    None, 0, 1, -3, 0.5, 2.5, 1e308, math.inf, math.nan, True, "a", "soft", "relu", "", [], [0.25, 0.5], [1, 2],
    (0.25, 0.5), (0.5,), {}, {"a": 0.5}, {1: 0.5}, Mode.HARD, (Mode.SOFT, 2), np.float32(0.1), np.int64(3), np.bool_(1),
    np.array(0.5), np.array([0.1, 0.2]), pathlib.Path("a/b"), {1, 2}, b"x", 1j, [(0.1, 0.2)], math.sin, object(),
    10**400, 10**30, [[0.1]], "é\u2028\x00", ["relu"], {"name": "relu"},
)  # fmt: skip
FITTING: tuple[tuple[Any, Any], ...] = (
    (float, 0.25), (float, np.float32(0.1)), (float, np.array(0.5)), (int, np.int64(3)), (int, 10**30),
    (bool, np.bool_(1)), (str, pathlib.Path("a/b")), (int | str, "a"), (Literal["a", "b"], "b"), (Share, 1),
    (Mode, Mode.HARD), (Mode, "soft"), (float | None, None), (Annotated[float, Gt(0)] | None, 0.5),
    (list[float], (0.5, 1.0)), (list[float], np.array([0.1, 0.2])), (dict[str, float], {"a": np.float64(2.0)}),
    (tuple[Share, Share], [0.25, 0.5]), (tuple[Share, Share], (0.25, np.float32(0.5))),
    (tuple[Mode, int], (Mode.SOFT, 2)), (list[tuple[float, float]], [(0.1, 0.2)]),
    (Activation, "relu"), (list[Activation], ["relu"]),
)  # fmt: skip


def _no_change(self: Any) -> None:
    pass


def _to_radians(self: Any) -> None:
    if isinstance(self.level, float):
        self.level = math.radians(self.level)


def _to_text(self: Any) -> None:
    self.level = str(self.level)


def _derived(self: Any) -> None:
    self.made = self.level * 2 if isinstance(self.level, float) else 1.0


INITS = (_no_change, _no_change, _no_change, _to_radians, _to_text, _derived)


def _factor(part: Any) -> float:
    """Return a number that depends on the option and its type."""
    return 1.0 + (hash(repr((type(part.level).__name__, _shown(part.level)))) % 1000) / 1000


def _shown(value: Any) -> Any:
    return type(value).__name__ if isinstance(value, Part) else value


def _forward(self: Any, x: Any, out: Any) -> None:
    np.multiply(x, _factor(self), out=out)


def _backward(self: Any, x: Any, y: Any, grad: Any, out: Any) -> None:
    np.multiply(grad, _factor(self), out=out)


def _step(self: Any, parameters: Any, gradients: Any, learning_rate: float) -> None:
    gradients *= learning_rate
    parameters -= gradients


KINDS: tuple[tuple[type[Part], dict[str, Any]], ...] = (
    (Activation, {"forward": _forward, "backward": _backward}),
    (Normalizer, {"forward": _forward, "backward": _backward}),
    (Preprocessor, {"transform": _forward}),
    (Optimizer, {"step": _step, "learning_rate": 0.01}),
)


def main(count: int) -> Result:
    """Try `count` parts, drawn from the types, values and conversions above."""
    draw, failures, loaded = random.Random(0), [], 0
    for i in range(count):
        hint, value = draw.choice(FITTING) if i % 2 else (draw.choice(HINTS), draw.choice(VALUES))
        init = draw.choice(INITS)
        base, methods = draw.choice(KINDS)
        how = draw.choice(("default", "spec", "instance"))
        problem = _problem(hint, value, init, base, methods, how)
        loaded += problem == ""
        if problem not in ("", "refused"):
            failures.append(f"number {i}: {base.__name__} with {hint}, {value!r} by {how}, {init.__name__}: {problem}")
    if loaded < count // 20:
        failures.append(f"only {loaded} of {count} were accepted: the proof shows little")
    return count, failures


def _problem(
    hint: Any, value: Any, init: Callable[[Any], None], base: type[Part], methods: dict[str, Any], how: str
) -> str:
    """Return "" for a part that came back, "refused" for one that was refused, or what is wrong."""
    own: dict[str, Any] = {"name": "mine", "__post_init__": init, **methods}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            options = {"default_factory": lambda: value} if how == "default" else {}
            fields = [("level", hint, field(**options)), ("made", float, field(init=False, default=0.0))]
            part: Any = make_dataclass("Mine", fields, bases=(base,), namespace=own)
            registry = registry_with(part)
            given = "mine" if how == "default" else {"name": "mine", "level": value} if how == "spec" else part(value)
            trainer = zoo_core.prepare(_spec(base, given), registry=registry)
        except (PluginError, SpecError) as error:
            named = any(word in str(error) for word in ("level", "mine", "64 bits"))
            return "refused" if named else f"says only: {error}"
        except ZooError as error:
            return f"{type(error).__name__}: {error}"
        except Exception as error:
            return f"{type(error).__name__} before training: {error}"
        return _trained(trainer, registry)


def _spec(base: type[Part], given: Any) -> dict[str, Any]:
    places = {Activation: {"hidden": {"activation": given}}, Normalizer: {"hidden": {"normalizer": given}}}
    other = {Preprocessor: {"data": {"preprocessor": given}}, Optimizer: {"optimizer": given}}
    return small_spec(**places.get(base, {}), **other.get(base, {}), training={"epochs": 1})


def _trained(trainer: Any, registry: Registry) -> str:
    """Train, save and load; return what differs."""
    events = _events(trainer)
    try:
        next(events)  # before the first step: here a part may still be refused
        next(events)
    except PluginError:
        return "refused"
    try:
        for _ in events:
            pass
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "m.npz"
            trainer.model.save(path)
            other = zoo_core.load(path, registry)
            if other.spec.to_dict() != trainer.model.spec.to_dict():
                return "another spec"
            x = np.random.default_rng(0).integers(0, 255, (5, 784)).astype(np.uint8)
            with contextlib.suppress(zoo_core.ZooError):
                return "" if np.array_equal(other.outputs(x), trainer.model.outputs(x)) else "other outputs"
            return ""
    except zoo_core.errors.NumericError:
        return ""
    except Exception as error:
        return f"{type(error).__name__} after training had begun: {error}"


def _events(trainer: Any) -> Iterator[Any]:
    yield from zoo_core.follow(trainer)
