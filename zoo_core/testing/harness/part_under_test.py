"""A part to be checked: its class, and the options of each instance that the checks make."""

from __future__ import annotations

import copy
import typing
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from pydantic import ValidationError

from zoo_core.contract.option_types import is_part
from zoo_core.errors import ZooError
from zoo_core.parts import KINDS, Dataset
from zoo_core.registry import Registry
from zoo_core.spec import message, options_model, stored
from zoo_core.testing.harness.findings import NotRunError


@dataclass(frozen=True)
class PartUnderTest:
    """A part's class with options as a spec gives them. `make` returns a new instance each time."""

    part: type[Any]
    options: Mapping[str, Any]
    registry: Registry

    def make(self) -> Any:
        """Return a new instance as a model file gives it back, which is the form that training uses.

        Raises NotRunError if an option is missing, ValueError if one is refused.
        """
        made = self.make_as_given()
        with suppress(ZooError):  # the check "options" reports it
            made = stored(made, self.registry)
        return copy.deepcopy(made)

    def make_as_given(self) -> Any:
        """Return an instance with the values of the options as they are. Raises as `make` does."""
        given = {**self._required_parts(), **self.options}
        try:
            checked = options_model(cast(Any, self.part)).model_validate(given, context={"registry": self.registry})
        except ValidationError as error:
            raise self._explain(error) from None
        values = {name: getattr(checked, name) for name in type(checked).model_fields}
        return self.part(**values)

    def _required_parts(self) -> dict[str, str]:
        """Return the example of its kind for each option that must be a part."""
        fields = options_model(cast(Any, self.part)).model_fields
        required = {name: field.annotation for name, field in fields.items() if field.is_required()}
        return {name: KINDS[kind].spec_example for name, hint in required.items() if (kind := _kind_of(hint))}

    def _explain(self, error: ValidationError) -> Exception:
        missing = [str(e["loc"][-1]) for e in error.errors() if e["type"] == "missing"]
        if missing:
            return NotRunError(
                f"it needs the option {', '.join(missing)}; give options for the checks in the class "
                f"attribute `examples`, such as examples = ({{{missing[0]!r}: ...}},)"
            )
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))} {message([e], {})}" for e in error.errors())
        return ValueError(f"its options are refused: {problems}")


def _kind_of(hint: Any) -> str:
    """Return the kind of part that a type hint asks for, or ''."""
    return next((h.kind for h in (hint, *typing.get_args(hint)) if is_part(h)), "")


def defaults_and_examples(part: type[Any], registry: Registry) -> list[PartUnderTest]:
    """Return a part with its default options, and with each of its `examples`.

    A data set with examples is checked with them alone, since its defaults may be large.
    """
    plain = PartUnderTest(part, {}, registry)
    examples = [PartUnderTest(part, options, registry) for options in part.examples]
    try:
        plain.make()
    except NotRunError:
        return examples or [plain]
    except Exception:  # the check "options" reports it
        return [plain]
    return examples if examples and issubclass(part, Dataset) else [plain, *examples]
