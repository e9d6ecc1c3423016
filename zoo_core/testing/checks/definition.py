"""What any part of any kind must have: a name, a docstring, and options with bounds."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin, get_type_hints

from annotated_types import Ge, Gt, Interval

from zoo_core._part_checks import definition_errors
from zoo_core.parts import Part
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding, NotRunError
from zoo_core.testing.harness.part_under_test import PartUnderTest


def _form(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.part
    for fault, remedy in definition_errors(part):
        yield Finding(fault, likely=remedy)
    if not (inspect.cleandoc(part.__doc__ or "") and not _is_generated(part)):
        yield Finding(
            f"{part.__name__} has no docstring",
            likely="`zoo show` and `zoo list parts` print it: the formula, what the options do, the source",
        )


def _is_generated(part: type[Any]) -> bool:
    """Tell whether the docstring is the signature that @dataclass writes where there is none."""
    return str(part.__doc__).startswith(f"{part.__name__}(")


def _options(part: type[Any]) -> dict[str, Any]:
    """Return the type hint of each option, or nothing for a part that is no dataclass."""
    if not dataclasses.is_dataclass(part):
        return {}
    hints = get_type_hints(part, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(part) if field.init}


def _bounds(subject: PartUnderTest) -> Iterator[Finding]:
    own = set(inspect.get_annotations(subject.part)) - {"learning_rate"}
    for name, hint in _options(subject.part).items():
        if not has_bounds(hint):
            yield Finding(
                f"the option {name!r} has no lower bound: a spec may say {name} = -1e300",
                likely=f"write its range into its type, such as `{name}: Annotated[float, Ge(0), Le(1)]`",
            )
        if name in own and not re.search(rf"\b{name}\b", str(subject.part.__doc__)):
            yield Finding(f"the docstring does not say what the option {name!r} does")
    try:
        _validate(subject)
    except NotRunError:
        return
    except (TypeError, ValueError) as error:
        words = " ".join(str(error).split())
        yield Finding(f"it cannot be made with {dict(subject.options) or 'its defaults'}: {words}")


def _validate(subject: PartUnderTest) -> None:
    """Make the part, and hold its options, defaults too, against their own types."""
    made = subject.make()
    given = {name: getattr(made, name) for name in _options(subject.part)}
    PartUnderTest(subject.part, given, subject.registry).make()


def has_bounds(hint: Any) -> bool:
    """Tell whether every number that a type admits is bounded from below."""
    if hint in (float, int):
        return False
    if get_origin(hint) is Literal or hint is type(None):
        return True
    if hasattr(hint, "__metadata__"):
        bounded = any(isinstance(bound, Ge | Gt | Interval) for bound in hint.__metadata__)
        return bounded or has_bounds(get_args(hint)[0])
    return all(has_bounds(part) for part in get_args(hint))


CHECKS = {
    Part: (
        Check("form", "it has a name and a docstring", _form),
        Check(
            "options",
            "the docstring tells of every option, and numbers have a range in which the default lies",
            _bounds,
        ),
    ),
}
