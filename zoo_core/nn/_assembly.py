"""From a spec to a network. Parts in a spec are templates: each place in the network gets a copy of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from zoo_core.contract import checked_columns
from zoo_core.errors import SpecError
from zoo_core.nn._dense import Dense
from zoo_core.nn._layers import Layer, Stage, stages_of
from zoo_core.nn._network import Network
from zoo_core.parts import Constraint, Initializer, Layout, Loss, Noise, Penalty, RandomSource, Regularizer
from zoo_core.spec import copy_part

if TYPE_CHECKING:
    from zoo_core.spec import LayerSpec, Spec

MAX_PARAMETER_BYTES = 2**31


def assemble(
    spec: Spec,
    inputs: int,
    source: RandomSource,
    approve: Callable[[Layout], None] = lambda layout: None,
    *,
    trained: bool = True,
) -> Network:
    """Build the network that a spec describes for `inputs` features; parameters are not yet filled.

    `approve` may refuse the layout before anything is allocated. Unless the network is `trained`, only parts that draw
    random numbers ask the source for a stream. Raises SpecError if the network would not fit in memory.
    """
    _check_size(spec, inputs)
    layers: list[Layer] = []
    width = inputs
    for i, layer in enumerate(spec.model.layers):
        layers.append(_layer(f"layers.{i}", layer, width, spec.model.regularizers))
        width = layer.units
    before = _noise("input.regularizers", spec.model.regularizers, inputs)
    for stage in stages_of(layers, before):
        if trained:
            stage.transform.rng = source.stream(stage.path)
        else:
            stage.transform.draw_from(source, stage.path)
    return Network(layers, inputs, spec.dtype, before, approve)


def _layer(path: str, spec: LayerSpec, inputs: int, shared: Iterable[Regularizer]) -> Layer:
    activation = copy_part(spec.activation)
    columns = checked_columns(activation, spec.units)
    dense = Dense(inputs, _first(spec.initializer), _first(spec.bias_initializer) if spec.bias else None)
    stages = [Stage(path, dense, columns)]
    if spec.normalizer is not None:
        stages.append(Stage(f"{path}.normalizer", copy_part(spec.normalizer), columns))
    stages.append(Stage(f"{path}.activation", activation, spec.units))
    stages += _noise(f"{path}.regularizers", spec.regularizers, spec.units)
    on_weights = [copy_part(r) for r in (*shared, *spec.regularizers)]
    return Layer(
        path,
        stages,
        activation,
        penalties=[r for r in on_weights if isinstance(r, Penalty)],
        constraints=[r for r in on_weights if isinstance(r, Constraint)],
    )


def _first(initializer: Initializer | None) -> Initializer | float:
    """Return what gives the first values; a model that is only used has no initializers."""
    return 0.0 if initializer is None else copy_part(initializer)


def _noise(path: str, regularizers: Iterable[Regularizer], width: int) -> list[Stage]:
    noisy = [(i, r) for i, r in enumerate(regularizers) if isinstance(r, Noise)]
    return [Stage(f"{path}.{i}", copy_part(r), width, training_only=True) for i, r in noisy]


def _check_size(spec: Spec, inputs: int) -> None:
    """Raise SpecError if the parameters would take more than MAX_PARAMETER_BYTES."""
    width, total = inputs, 0
    for layer in spec.model.layers:
        total += (width + 1) * checked_columns(layer.activation, layer.units)
        width = layer.units
    if total * np.dtype(spec.dtype).itemsize > MAX_PARAMETER_BYTES:
        raise SpecError(
            f"spec {spec.name!r}: model.layers: the network would have {total:,} parameters, more than "
            f"{MAX_PARAMETER_BYTES // np.dtype(spec.dtype).itemsize:,}; make the layers narrower"
        )


def is_fused(loss: Loss, network: Network) -> bool:
    """Return whether the loss goes back through the output activation itself, to its input z."""
    return type(network.stages[-1].transform) in loss.fused_with
