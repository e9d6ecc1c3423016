"""Checks the parts of other plugins before a run trains with them; built-in parts have passed the conformance kit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from zoo_core.contract import contract_error, is_built_in
from zoo_core.errors import PluginError
from zoo_core.model import Model
from zoo_core.parts import Layout, Loss, Optimizer, Part, Penalty, Transform
from zoo_core.spec import Spec, copy_part, parts_of


def check_model(model: Model) -> None:
    """Raise PluginError where parts of plugins break the contract, or would not come back from a model file."""
    if check_parts(model.spec):
        from zoo_core.model import prove  # late: the parts of the zoo are known to come back

        prove(model)


def parts_of_others(spec: Spec) -> Iterator[Part]:
    """Return every part in a spec that is no part of the zoo."""
    return (part for part in parts_of(spec) if not is_built_in(type(part)))


def check_parts(spec: Spec) -> bool:
    """Raise PluginError for a part that does not write into `out`, or changes what it is given.

    Return whether there are parts that are none of the zoo.
    """
    others = list(parts_of_others(spec))
    for part in others:
        _check_part(part)
    return bool(others)


def _check_part(part: Part) -> None:
    if isinstance(part, Optimizer):
        _check_step(copy_part(part))
    if isinstance(part, (Loss, Penalty, Transform)):
        from zoo_core.testing import buffer_findings

        for finding in buffer_findings(part):
            raise PluginError(f"{part.kind} {part.name!r}: {finding.problem}: {finding.likely}")


def _check_step(optimizer: Optimizer) -> None:
    """Raise PluginError for an optimizer that returns new parameters instead of changing those that it is given."""
    if type(optimizer).update is not Optimizer.update:
        return
    layout = Layout.of({"layers.0.weights": (2, 2)})
    parameters, answer = np.ones(4), None
    with suppress(Exception):
        optimizer.start(layout)
        optimizer.steps = 1
        answer = optimizer.step(parameters, np.ones(4), 0.1)  # type: ignore[func-returns-value]
    if answer is not None and (parameters == 1).all():
        raise contract_error(optimizer, "step", "left the parameters as they were", "it changes `parameters` in place")
