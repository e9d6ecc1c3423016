"""Types of options: those that a spec and a model file hold are accepted, all others are refused at registration."""

# ruff: noqa: UP007, UP045 - the old forms of unions are what is tested

import datetime
import decimal
import enum
import pathlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, InitVar, dataclass, field, make_dataclass
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, NewType, Optional, TypedDict, Union

import numpy as np
import pytest
from annotated_types import Ge, Gt, Interval, Le, MinLen
from pydantic import Field

from tests.helpers.plugins import Site, plugin_with
from zoo_core.errors import PluginError
from zoo_core.parts import Activation, Dataset, Initializer, Optimizer, Penalty, Rate, Schedule
from zoo_core.registry import Registry


class Mode(enum.Enum):
    SOFT = "soft"
    HARD = "hard"


class Level(enum.IntEnum):
    LOW = 1


class Point(NamedTuple):
    x: float
    y: float


class Table(TypedDict):
    x: float


@dataclass
class Plain:
    x: float = 0.0


Share = Annotated[float, Ge(0), Le(1)]
Identifier = NewType("Identifier", int)

ACCEPTED = [
    float, int, bool, str, Share, Literal["a", "b"], Literal[1, 2], Literal["a", None], Mode, float | None,
    Optional[int], Union[int, str], Literal["auto"] | float, list[float], list[list[int]], list[Share] | None,
    dict[str, float], dict[str, list[str]], tuple[Share, Share], tuple[float, ...], tuple[int, str], tuple[Mode, ...],
    list[tuple[float, float]], dict[str, tuple[int, int]], tuple[float, float] | tuple[float, float, float],
    Activation, list[Activation], dict[str, Optimizer], Activation | None, Rate, Schedule | None,
    tuple[Activation, Activation],
    Annotated[list[Activation], MinLen(1)], Annotated[float, Field(gt=0)], Annotated[float, Interval(ge=0, le=1)],
    Annotated[float | None, Gt(0)], Annotated[int, Le(0)] | Annotated[int, Ge(5)], Penalty,
]  # fmt: skip

REFUSED = [
    (pathlib.Path, "write str; a data set finds"), (pathlib.PurePosixPath, "write str"), (Level, "Literal"),
    (np.float32, "write float"), (np.int64, "write int"), (np.bool_, "write bool"), (np.ndarray, "write list"),
    (Any, "float | str"), (object, "float | str"), (list, "list[float]"), (tuple, "tuple[float, float]"),
    (dict, "dict[str, float]"), (set[int], "write list"), (frozenset[str], "write list"), (set, "write list"),
    (bytes, "write str"), (bytearray, "write str"), (complex, "tuple[float, float]"), (datetime.date, "write str"),
    (datetime.datetime, "write str"), (datetime.timedelta, "seconds"), (decimal.Decimal, "write float"),
    (Callable[[float], float], "Literal"), (Callable, "Literal"),
    (Plain, "option of its own"), (Point, "option of its own"),
    (Table, "option of its own"), (dict[int, float], "dict[str, float]"), (Sequence[float], "write list"),
    (Mapping[str, float], "dict[str, float]"), (Identifier, "write int"), (Literal[b"x"], "texts in Literal"),
    (list[set[int]], "write list"), (dict[str, pathlib.Path], "write str"), (tuple[float, complex], "tuple"),
    (pathlib.Path | None, "write str"), (list[float] | tuple[float, ...], "leave one"), (Mode | str, "leave one"),
    (Literal["auto"] | Activation, "leave one"), (Activation | Initializer, "leave one"),
    (str | Activation, "leave one"),
    (dict[str, float] | Optimizer, "leave one"), (type, "Literal"), (range, "write list"),
]  # fmt: skip


def registered(hint, base=Activation, name="level", **options):
    """Register an activation with one option of a type; return what the registry keeps."""
    own = make_dataclass("Mine", [(name, hint, field(**options))], bases=(base,), namespace={"name": "mine"})
    registry = Registry(discover=False)
    registry.add(plugin_with(own), "zoo-mine")
    return registry.get(base.kind, "mine")


@pytest.mark.parametrize("hint", ACCEPTED, ids=str)
def test_what_a_file_holds_may_be_the_type_of_an_option(hint):
    assert registered(hint)


@pytest.mark.parametrize(("hint", "remedy"), REFUSED, ids=str)
def test_what_no_file_holds_is_refused_with_class_option_type_and_remedy(hint, remedy):
    with pytest.raises(PluginError) as caught:
        registered(hint)
    text = str(caught.value)
    assert text.startswith("plugin zoo-mine: Mine: the option 'level' has ")
    assert remedy in text
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("hint", [float, Share, list[float], Mode, int | str])
def test_none_is_no_default_of_another_type(hint):
    with pytest.raises(PluginError, match=r"'level' has the default None; write `.+ \| None`"):
        registered(hint, default=None)
    assert registered(hint | None, default=None)


TAKEN = [
    ("state", Activation),
    ("weights", Activation),
    ("derivative", Activation),
    ("rate", Schedule),
    ("test", Dataset),
]


@pytest.mark.parametrize(("name", "base"), TAKEN)
def test_an_option_cannot_have_a_name_that_means_something_else(name, base):
    with pytest.raises(PluginError, match=f"the option '{name}' has (a|the) name"):
        registered(float, base, name, default=1.0)


def test_the_name_of_a_part_is_no_option():
    @dataclass
    class Mine(Activation):
        name: str = "mine"

    with pytest.raises(PluginError, match=r"'name' has a name that the contract uses; write `name = \.\.\.`"):
        Registry(discover=False).add(plugin_with(Mine))


def test_a_variable_for_post_init_alone_is_refused():
    @dataclass
    class Mine(Activation):
        name = "mine"
        degrees: InitVar[float] = 0.0

        def __post_init__(self, degrees):
            self.angle = degrees

    with pytest.raises(PluginError, match="'degrees' is an InitVar"):
        Registry(discover=False).add(plugin_with(Mine))


def test_class_variables_derived_fields_and_keywords_are_no_matter():
    @dataclass
    class Mine(Activation):
        name: ClassVar[str] = "mine"
        scale: float = 1.0
        _: KW_ONLY
        sizes: list[int] = field(default_factory=list)
        table: np.ndarray = field(init=False, default=None)

    Registry(discover=False).add(plugin_with(Mine))


LATE = """
from __future__ import annotations
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from zoo_core import hookimpl
from zoo_core.parts import Activation
if TYPE_CHECKING:
    from annotated_types import Gt

@dataclass
class Late(Activation):
    "f(z) = size z."
    name = "late"
    size: Annotated[float, Gt(0)] = 1.0

@hookimpl
def zoo_parts():
    return [Late]
"""


def test_a_type_that_only_type_checkers_import_is_named_and_all_else_works(tmp_path):
    site = Site(tmp_path)
    site.install("zoo-late", LATE)
    done = site.zoo("schema")
    assert done.returncode == 0
    assert '"relu"' in done.stdout
    listed = site.zoo("plugins")
    assert "zoo-late" in listed.stdout
    assert "name 'Gt' is not defined" in " ".join(listed.stdout.split())
