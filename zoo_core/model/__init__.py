"""The model: `_assembled.py` has what it consists of, `_model.py` what a user asks of it; `_loading.py` reads a file.

`_rows.py` checks given rows; `_inference.py` computes. `_saving.py` says what a file holds; `_proof.py` proves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.model._array_names import (
        FINGERPRINTS as FINGERPRINTS,
        belongs_to_network as belongs_to_network,
        tells_of_run as tells_of_run,
    )
    from zoo_core.model._baseline import baseline_figures as baseline_figures, baseline_of as baseline_of
    from zoo_core.model._description import DataDescription as DataDescription, short_fault as short_fault
    from zoo_core.model._environment import environment as environment
    from zoo_core.model._fingerprints import Fingerprints as Fingerprints
    from zoo_core.model._inference import confusion_counts as confusion_counts
    from zoo_core.model._inputs import class_labels as class_labels
    from zoo_core.model._loading import load as load, model_from_file as model_from_file, set_arrays as set_arrays
    from zoo_core.model._model import Model as Model
    from zoo_core.model._proof import prove as prove
    from zoo_core.model._provenance import provenance as provenance
    from zoo_core.model._saving import check_file_limits as check_file_limits
    from zoo_core.model._summary import (
        ModelSummary as ModelSummary,
        kept_record as kept_record,
        read_summary as read_summary,
    )

_MODULES = {
    "_array_names": "FINGERPRINTS belongs_to_network tells_of_run",
    "_baseline": "baseline_figures baseline_of",
    "_description": "DataDescription short_fault",
    "_environment": "environment",
    "_fingerprints": "Fingerprints",
    "_inference": "confusion_counts",
    "_inputs": "class_labels",
    "_loading": "load model_from_file set_arrays",
    "_model": "Model",
    "_proof": "prove",
    "_provenance": "provenance",
    "_saving": "check_file_limits",
    "_summary": "ModelSummary kept_record read_summary",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _MODULES)
