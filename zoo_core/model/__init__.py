"""The model: a network with all it needs to predict, to be evaluated, saved and loaded.

`_model.py` has `Model`. `_loading.py` makes one from a file, after `_header.py` has checked what the file says and
`_provenance.py` which parts it needs. `_inputs.py` checks the arrays of callers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.model._array_names import (
        FINGERPRINTS as FINGERPRINTS,
        is_of_network as is_of_network,
        is_trained as is_trained,
    )
    from zoo_core.model._environment import environment as environment
    from zoo_core.model._fingerprints import Fingerprints as Fingerprints
    from zoo_core.model._header import DataDescription as DataDescription, short_errors as short_errors
    from zoo_core.model._inputs import class_labels as class_labels
    from zoo_core.model._loading import (
        load as load,
        model_from_contents as model_from_contents,
        set_arrays as set_arrays,
    )
    from zoo_core.model._model import Model as Model
    from zoo_core.model._provenance import provenance as provenance
    from zoo_core.model._summary import (
        LayerSummary as LayerSummary,
        ModelSummary as ModelSummary,
        NamedPart as NamedPart,
        kept_record as kept_record,
        read_summary as read_summary,
    )

_HOMES = {
    "_array_names": "FINGERPRINTS is_of_network is_trained",
    "_environment": "environment",
    "_fingerprints": "Fingerprints",
    "_header": "DataDescription short_errors",
    "_inputs": "class_labels",
    "_loading": "load model_from_contents set_arrays",
    "_model": "Model",
    "_provenance": "provenance",
    "_summary": "LayerSummary ModelSummary NamedPart kept_record read_summary",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _HOMES)
