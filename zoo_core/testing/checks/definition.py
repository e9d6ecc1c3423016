"""Checks of all parts: a name, a docstring, and options with bounds."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Interval

from zoo_core.contract import definition_errors
from zoo_core.contract.option_types import is_text_enum, option_errors, option_hints
from zoo_core.errors import PluginError, SpecError
from zoo_core.parts import Part
from zoo_core.spec import dump, stored
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding, NotRunError
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.variations import variations


def _check_definition(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.part
    for fault, remedy in (*definition_errors(part), *option_errors(part)):
        yield Finding(fault, likely=remedy)
    if not (inspect.cleandoc(part.__doc__ or "") and not _is_generated_docstring(part)):
        yield Finding(
            f"{part.__name__} has no docstring",
            likely="write the formula, the meaning of each option and the source: `zoo show` prints them",
        )


def _is_generated_docstring(part: type[Any]) -> bool:
    """Return whether the docstring is the signature that @dataclass writes for a class without one."""
    return str(part.__doc__).startswith(f"{part.__name__}(")


def _check_options(subject: PartUnderTest) -> Iterator[Finding]:
    own = set(inspect.get_annotations(subject.part)) - {"learning_rate"}
    for name, hint in option_hints(subject.part).items():
        if not has_bounds(hint):
            yield Finding(
                f"the option {name!r} has no lower bound: a spec could contain {name} = -1e300",
                likely=f"state its range in its type, such as `{name}: Annotated[float, Ge(0), Le(1)]`",
            )
        if name in own and not re.search(rf"\b{name}\b", str(subject.part.__doc__)):
            yield Finding(f"the docstring does not explain the option {name!r}")
    if not subject.options:
        for other in variations(subject.part, subject.registry):
            yield from _round_trip_findings(other)
    yield from _round_trip_findings(subject)


def _round_trip_findings(subject: PartUnderTest) -> Iterator[Finding]:
    """Make the part, validate all its options, also the defaults, and save and load them."""
    try:
        made = subject.make_as_given()
        given = {name: _plain(getattr(made, name)) for name in option_hints(subject.part)}
        PartUnderTest(subject.part, given, subject.registry).make_as_given()
        stored(made, subject.registry)
    except NotRunError:
        return
    except (TypeError, ValueError) as error:
        reason = " ".join(str(error).split())
        yield Finding(f"it cannot be made with {dict(subject.options) or 'its defaults'}: {reason}")
    except (PluginError, SpecError) as error:
        yield Finding(str(error))


def _plain(value: Any) -> Any:
    """Return an option as a model file holds it; parts stay."""
    items = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else [value]
    return value if any(isinstance(item, Part) for item in items) else dump(value)


def has_bounds(hint: Any) -> bool:
    """Return whether every number that a type admits has a lower bound."""
    if hint in (float, int):
        return False
    if get_origin(hint) is Literal or hint is type(None) or is_text_enum(hint):
        return True
    if hasattr(hint, "__metadata__"):
        stated = [inner for bound in hint.__metadata__ for inner in getattr(bound, "metadata", [bound])]
        bounded = any(isinstance(bound, Ge | Gt | Interval) for bound in stated)
        return bounded or has_bounds(get_args(hint)[0])
    return all(has_bounds(part) for part in get_args(hint))


CHECKS = {
    Part: (
        Check("definition", "it has a name and a docstring", _check_definition),
        Check(
            "options",
            "the docstring explains every option, defaults are in their range, and a model file gives options back",
            _check_options,
        ),
    ),
}
