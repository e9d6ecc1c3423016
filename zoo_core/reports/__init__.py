"""Reports: what the predictions of a model tell about it, as plain figures that others print and draw.

`_report.py` has `make_report`. `_classes.py` counts by class, finds thresholds and compares probabilities with shares.
`_values.py` measures errors of values, `_importance.py` how much a model needs each feature.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.reports._report import Report as Report, make_report as make_report

_MODULES = {"_report": "Report make_report"}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _MODULES)
