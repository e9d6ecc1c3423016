"""The mathematics of one step: layers, the network, its buffers, and the objective.

`_assembly.py` builds a `Network` from a spec. `_workspace.py` holds the arrays of a batch, `_network.py` the chain of
transforms, and `_objective.py` the loss and its gradient. `_part_state.py` and `_random_streams.py` hold what is saved.
"""

from __future__ import annotations

from zoo_core.nn._assembly import assemble, is_fused
from zoo_core.nn._network import Layer, Network
from zoo_core.nn._objective import Objective, class_weights, one_hot, row_losses, targets_for
from zoo_core.nn._part_state import part_state, set_part_state
from zoo_core.nn._random_streams import RandomStreams
from zoo_core.nn._workspace import DOT, Dense, OutputBuffers, Product, Stage, Workspace

__all__ = [
    "DOT",
    "Dense",
    "Layer",
    "Network",
    "Objective",
    "OutputBuffers",
    "Product",
    "RandomStreams",
    "Stage",
    "Workspace",
    "assemble",
    "class_weights",
    "is_fused",
    "one_hot",
    "part_state",
    "row_losses",
    "set_part_state",
    "targets_for",
]
