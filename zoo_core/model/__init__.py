"""The model: a network with all it needs to predict, to be evaluated, saved and loaded.

`_model.py` has `Model`. `_loading.py` builds one from a file, after `_header.py` and `_provenance.py` have checked what
the file says. `_inputs.py` checks the arrays of callers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.model._fingerprints import FINGERPRINTS as FINGERPRINTS, Fingerprints as Fingerprints
    from zoo_core.model._header import (
        DataDescription as DataDescription,
        environment as environment,
        short_errors as short_errors,
    )
    from zoo_core.model._inputs import class_labels as class_labels
    from zoo_core.model._loading import (
        load as load,
        load_predictor as load_predictor,
        model_from_contents as model_from_contents,
        set_arrays as set_arrays,
    )
    from zoo_core.model._model import Model as Model
    from zoo_core.model._predictor import Predictor as Predictor
    from zoo_core.model._summary import (
        LayerOutline as LayerOutline,
        ModelSummary as ModelSummary,
        NamedPart as NamedPart,
        read_summary as read_summary,
    )

_HOMES = {
    "_fingerprints": "FINGERPRINTS Fingerprints",
    "_header": "DataDescription environment short_errors",
    "_inputs": "class_labels",
    "_loading": "load load_predictor model_from_contents set_arrays",
    "_model": "Model",
    "_predictor": "Predictor",
    "_summary": "LayerOutline ModelSummary NamedPart read_summary",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _HOMES)
