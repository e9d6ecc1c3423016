"""The preprocessors of a model, of its inputs and of its targets: from a spec, and with their state in a file."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from zoo_core.errors import ModelFileError, SpecError
from zoo_core.model._array_names import PREPROCESSOR, TARGET_PREPROCESSOR, preprocessor_state
from zoo_core.model._description import DataDescription
from zoo_core.model._fitted_state import check_fitted
from zoo_core.nn import TargetUnits
from zoo_core.parts import Array, Preprocessor, Table
from zoo_core.spec import copy_part, walk_parts

if TYPE_CHECKING:
    from zoo_core.spec import Spec


class Preprocessors(NamedTuple):
    """That of the inputs, and that of the targets, which is None where nothing scales them."""

    inputs: Preprocessor
    targets: Preprocessor | None

    @property
    def parts(self) -> list[tuple[str, Preprocessor]]:
        """Both, and the parts in their options, each with what the names of its arrays begin with."""
        outer = [(PREPROCESSOR, self.inputs), *([(TARGET_PREPROCESSOR, self.targets)] if self.targets else [])]
        return [found for place, part in outer for found in walk_parts(part, place)]  # type: ignore[misc]


def fitted_preprocessors(spec: Spec, about: DataDescription, train: Table | None) -> Preprocessors:
    """Return copies of the preprocessors of a spec, fitted to a training split, if there is one.

    Sample weights count for those that want them. Raises SpecError where the preprocessors do not suit the data.
    """
    found = _copied(spec, about)
    if train is not None:
        found.inputs.set_columns(about.described_columns)
        found.inputs.set_targets(train.y if found.inputs.wants_targets else None)
        _fit(found.inputs, train.x, train.weights)
        found.inputs.set_targets(None)
        if found.targets is not None:
            _fit_targets(found.targets, train)
    return found


def _fit(part: Preprocessor, x: Any, weights: Array | None) -> None:
    part.set_weights(weights if part.wants_weights else None)
    part.fit(x)
    part.set_weights(None)


def _fit_targets(part: Preprocessor, train: Table) -> None:
    """Fit to targets, shape (rows, targets). Raises PluginError if they do not come back as they were."""
    y = train.y
    with warnings.catch_warnings():
        if (np.ptp(y, axis=0) == 0).any():
            warnings.simplefilter("ignore", UserWarning)  # training itself says that there is nothing to learn
        _fit(part, y, train.weights)
    TargetUnits(part, y.shape[1]).check(y)


def _copied(spec: Spec, about: DataDescription) -> Preprocessors:
    """Return copies of the preprocessors of a spec. Raises SpecError where they do not suit the data."""
    if spec.data.preprocessor is None:
        raise SpecError(f"spec {spec.name!r}: data.preprocessor is missing; name one, such as 'standard'")
    targets = spec.data.target_preprocessor
    if targets is not None:
        _check_targets(targets, about, spec.name)
    return Preprocessors(copy_part(spec.data.preprocessor), None if targets is None else copy_part(targets))


def _check_targets(part: Preprocessor, about: DataDescription, name: str) -> None:
    """Raise SpecError unless a preprocessor can scale targets."""
    if about.task != "regression":
        why = "it scales the targets of a regression, and these are classes; leave the key out"
    elif not part.is_invertible:
        why = "it has no way back from scaled targets to their own units; name another, such as 'standard'"
    else:
        return
    raise SpecError(f"spec {name!r}: data.target_preprocessor is {part.name!r}: {why}")


def restored_preprocessors(spec: Spec, about: DataDescription, arrays: Mapping[str, Array], name: str) -> Preprocessors:
    """Return the preprocessors of a spec with their state in a file, called `name`.

    That of the inputs may decide on the width of the network. Raises ModelFileError for an array that is not part of
    their state, or that does not fit; `try_preprocessors` checks those of the targets.
    """
    found, saved = _copied(spec, about), preprocessor_state(arrays)
    found.inputs.set_columns(about.described_columns)  # before it has state, which may not fit them
    owners = {f"{place}.{key}": (part, key) for place, part in found.parts for key in part.state}
    for path in sorted(saved.keys() - owners.keys()):
        raise ModelFileError(f"{name}: array {path!r} is not part of its spec")
    for path, value in saved.items():
        part, key = owners[path]
        setattr(part, key, value if value.ndim else value.item())
    check_fitted(found.inputs, PREPROCESSOR, about.inputs, name)
    return found
