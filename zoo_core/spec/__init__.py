"""The spec: TOML, JSON or plain data in, a validated `Spec` out, with the line and column of every error.

`_text.py` and `_positions.py` read text. `_spec.py` and `_data_spec.py` have the tables; `_part_field.py` validates
their parts. `_messages.py` words errors, `_round_trip.py` proves that a model file gives a spec back. Other doors:
`spec.schema`, `spec.describe`, `spec.from_csv`, which writes a first spec, and `spec.stored_network`, which reads the
network of a stored one without pydantic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.spec._messages import message as message, validate as validate
    from zoo_core.spec._metric_names import metric_directions as metric_directions, named_figures as named_figures
    from zoo_core.spec._options import (
        copy_part as copy_part,
        dump as dump,
        option_names as option_names,
        walk_parts as walk_parts,
    )
    from zoo_core.spec._part_field import options_model as options_model
    from zoo_core.spec._reading import read_part as read_part, read_spec as read_spec
    from zoo_core.spec._round_trip import find_class as find_class, parts_of as parts_of, stored as stored
    from zoo_core.spec._spec import (
        DEFAULT_METRICS as DEFAULT_METRICS,
        SPEC_NAME as SPEC_NAME,
        SPEC_NAME_RULE as SPEC_NAME_RULE,
        LayerSpec as LayerSpec,
        LossSpec as LossSpec,
        Spec as Spec,
        TrainingSpec as TrainingSpec,
    )
    from zoo_core.spec._text import read_text as read_text, rename_text as rename_text, summarize_text as summarize_text

_MODULES = {
    "_messages": "message validate",
    "_metric_names": "metric_directions named_figures",
    "_options": "copy_part dump option_names walk_parts",
    "_part_field": "options_model",
    "_reading": "read_part read_spec",
    "_round_trip": "find_class parts_of stored",
    "_spec": "DEFAULT_METRICS SPEC_NAME SPEC_NAME_RULE LayerSpec LossSpec Spec TrainingSpec",
    "_text": "read_text rename_text summarize_text",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _MODULES)
