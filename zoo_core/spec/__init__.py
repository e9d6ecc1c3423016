"""The spec: TOML, JSON or plain data in, a validated `Spec` out, with the line and column of every error.

`_text.py` and `_positions.py` read text, `_options.py` turns the fields of a part into checks, `_spec.py` holds the
tables of a spec, and `_messages.py` words what is wrong. Other doors: `spec.schema`, `spec.describe`, `spec.from_csv`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.spec._messages import message as message, validate as validate
    from zoo_core.spec._network_spec import (
        SPEC_NAME as SPEC_NAME,
        SPEC_NAME_RULE as SPEC_NAME_RULE,
        LayerSpec as LayerSpec,
        NetworkSpec as NetworkSpec,
        network_part as network_part,
    )
    from zoo_core.spec._options import (
        bare as bare,
        copy_part as copy_part,
        dump as dump,
        is_part as is_part,
        is_union as is_union,
        option_names as option_names,
        options_model as options_model,
        parts_of as parts_of,
        walk_parts as walk_parts,
    )
    from zoo_core.spec._reading import read_part as read_part, read_spec as read_spec
    from zoo_core.spec._spec import DEFAULT_METRICS as DEFAULT_METRICS, Spec as Spec, TrainingSpec as TrainingSpec

_HOMES = {
    "_messages": "message validate",
    "_network_spec": "SPEC_NAME SPEC_NAME_RULE LayerSpec NetworkSpec network_part",
    "_options": "bare copy_part dump is_part is_union option_names options_model parts_of walk_parts",
    "_reading": "read_part read_spec",
    "_spec": "DEFAULT_METRICS Spec TrainingSpec",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _HOMES)
