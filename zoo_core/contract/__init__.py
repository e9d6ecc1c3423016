"""Whether a part keeps to its contract: the types of its options, what its methods return, and what it raises.

`_part_checks.py` checks a class and its answers, `option_types.py` its options; `_blame.py` names what raised an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.contract._blame import (
        is_built_in as is_built_in,
        named_error as named_error,
        naming_parts as naming_parts,
        part_that_raised as part_that_raised,
        raise_named as raise_named,
        raised as raised,
    )
    from zoo_core.contract._part_checks import (
        IN_PLACE as IN_PLACE,
        PART_NAME as PART_NAME,
        STORED_DTYPES as STORED_DTYPES,
        checked_classes as checked_classes,
        checked_columns as checked_columns,
        checked_figures as checked_figures,
        checked_fitted as checked_fitted,
        checked_losses as checked_losses,
        checked_parameters as checked_parameters,
        checked_penalty as checked_penalty,
        checked_rate as checked_rate,
        checked_value_widths as checked_value_widths,
        checked_values as checked_values,
        checked_width as checked_width,
        checked_widths as checked_widths,
        contract_error as contract_error,
        declares as declares,
        definition_errors as definition_errors,
        initialize as initialize,
        stop_reason as stop_reason,
    )

_MODULES = {
    "_blame": "is_built_in named_error naming_parts part_that_raised raise_named raised",
    "_part_checks": "IN_PLACE PART_NAME STORED_DTYPES checked_classes checked_columns checked_figures checked_fitted "
    "checked_losses checked_parameters checked_penalty checked_rate checked_value_widths checked_values checked_width "
    "checked_widths contract_error declares definition_errors initialize stop_reason",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _MODULES)
