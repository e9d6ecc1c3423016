"""What a model computes, written down: a graph of operators, from which exporters write other formats.

`record_model` in `_record_model.py` makes a `Graph` of a `Model`. `_record_part.py` runs the code of a part on symbolic
arrays: `_symbolic_array.py` stands for an array, `_ufuncs.py` and `_functions.py` know NumPy. `_outputs.py` adds units,
classes and labels. `_operators.py` says what each operator means, and `evaluate` computes a graph. `check_export` in
`_check.py` compares what was written with the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.graphs._check import check_export as check_export
    from zoo_core.graphs._further_operators import FURTHER as FURTHER
    from zoo_core.graphs._node import Graph as Graph, Node as Node
    from zoo_core.graphs._operators import evaluate as evaluate
    from zoo_core.graphs._record_alone import record_alone as record_alone
    from zoo_core.graphs._record_model import record_model as record_model

_MODULES = {
    "_check": "check_export",
    "_further_operators": "FURTHER",
    "_node": "Graph Node",
    "_operators": "evaluate",
    "_record_alone": "record_alone",
    "_record_model": "record_model",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _MODULES)
