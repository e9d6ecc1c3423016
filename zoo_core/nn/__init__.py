"""The mathematics of one step: layers, the network, its buffers, and the objective.

`Objective` in `_objective.py` runs a batch forward and backward, through the calls that `_workspace.py` has bound.
`_assembly.py` builds a `Network`, `_network.py` binds its layers to one vector of parameters, `_products.py` cuts large
products. `_evaluation.py` counts loss and metrics. `nn.slices` takes an optimizer's step slice by slice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.nn._alone import set_up as set_up
    from zoo_core.nn._assembly import assemble as assemble, is_fused as is_fused
    from zoo_core.nn._central_differences import (
        CENTRAL_STEP as CENTRAL_STEP,
        central_difference as central_difference,
        central_differences as central_differences,
    )
    from zoo_core.nn._decision import Decision as Decision, is_identity as is_identity, sample_outputs as sample_outputs
    from zoo_core.nn._dense import Dense as Dense
    from zoo_core.nn._evaluation import RunningMetrics as RunningMetrics, row_losses as row_losses
    from zoo_core.nn._layers import Layer as Layer, Stage as Stage
    from zoo_core.nn._network import Network as Network, RunningState as RunningState
    from zoo_core.nn._objective import Objective as Objective
    from zoo_core.nn._part_state import part_state as part_state, set_part_state as set_part_state
    from zoo_core.nn._random_streams import RandomStreams as RandomStreams
    from zoo_core.nn._targets import class_weights as class_weights, targets_for as targets_for
    from zoo_core.nn._units import TargetUnits as TargetUnits, scales_targets as scales_targets
    from zoo_core.nn._workspace import OutputBuffers as OutputBuffers, Workspace as Workspace

_MODULES = {
    "_alone": "set_up",
    "_assembly": "assemble is_fused",
    "_central_differences": "CENTRAL_STEP central_difference central_differences",
    "_decision": "Decision is_identity sample_outputs",
    "_dense": "Dense",
    "_evaluation": "RunningMetrics row_losses",
    "_layers": "Layer Stage",
    "_network": "Network RunningState",
    "_objective": "Objective",
    "_part_state": "part_state set_part_state",
    "_random_streams": "RandomStreams",
    "_targets": "class_weights targets_for",
    "_units": "TargetUnits scales_targets",
    "_workspace": "OutputBuffers Workspace",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _MODULES)
