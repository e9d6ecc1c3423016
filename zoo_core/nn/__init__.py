"""The mathematics of one step: layers, the network, its buffers, and the objective.

`_assembly.py` builds a `Network` from a spec. `_workspace.py` holds the arrays of a batch, `_network.py` the chain of
transforms, and `_objective.py` the loss and its gradient. `_part_state.py` and `_random_streams.py` hold what is saved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.nn._alone import set_up as set_up
    from zoo_core.nn._assembly import assemble as assemble, is_fused as is_fused
    from zoo_core.nn._central_differences import (
        central_difference as central_difference,
        central_differences as central_differences,
    )
    from zoo_core.nn._network import Layer as Layer, Network as Network
    from zoo_core.nn._objective import (
        Objective as Objective,
        class_weights as class_weights,
        one_hot as one_hot,
        row_losses as row_losses,
        targets_for as targets_for,
    )
    from zoo_core.nn._part_state import part_state as part_state, set_part_state as set_part_state
    from zoo_core.nn._random_streams import RandomStreams as RandomStreams
    from zoo_core.nn._workspace import (
        DOT as DOT,
        Dense as Dense,
        OutputBuffers as OutputBuffers,
        Product as Product,
        Stage as Stage,
        Workspace as Workspace,
    )

_HOMES = {
    "_alone": "set_up",
    "_assembly": "assemble is_fused",
    "_central_differences": "central_difference central_differences",
    "_network": "Layer Network",
    "_objective": "Objective class_weights one_hot row_losses targets_for",
    "_part_state": "part_state set_part_state",
    "_random_streams": "RandomStreams",
    "_workspace": "DOT Dense OutputBuffers Product Stage Workspace",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _HOMES)
