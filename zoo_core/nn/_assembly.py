"""From a spec to what trains: network, loss, optimizer. Parts in a spec are templates; every place gets a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from zoo_core.errors import SpecError
from zoo_core.nn._network import Layer, Network, stages_of
from zoo_core.nn._workspace import Dense, Stage
from zoo_core.parts import Constraint, Layout, Loss, Noise, Part, Penalty, RandomSource, Regularizer
from zoo_core.spec import LayerSpec, Spec, copy_part, walk_parts

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

    `approve` may refuse the layout before anything is allocated. Where the network is not to be `trained`, the source
    is asked for a stream only by parts that draw. Raises SpecError where the network would not fit in memory or its
    parts cannot stand where they are.
    """
    _count(spec, inputs)
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
    network = Network(layers, inputs, spec.dtype, before, approve)
    network.parts = {path: part for path, part in _parts(network) if part.state}
    return network


def _parts(network: Network) -> Iterator[tuple[str, Part]]:
    """Yield every part of a network, those inside others included, with its path."""
    for stage in network.stages:
        yield from walk_parts(stage.transform, stage.path)
    for layer in network.layers:
        own: dict[int, Part] = {id(r): r for r in (*layer.penalties, *layer.constraints)}  # one may be both
        for i, part in enumerate(own.values()):
            yield from walk_parts(part, f"{layer.path}.regularizers.weights.{i}")


def _layer(path: str, spec: LayerSpec, inputs: int, shared: Iterable[Regularizer]) -> Layer:
    activation = copy_part(spec.activation)
    columns = activation.input_width(spec.units)
    dense = Dense(inputs, copy_part(spec.initializer), copy_part(spec.bias_initializer) if spec.bias else None)
    stages = [Stage(path, dense, columns)]
    if spec.normalizer is not None:
        stages.append(Stage(f"{path}.normalizer", copy_part(spec.normalizer), columns))
    stages.append(Stage(f"{path}.activation", activation, spec.units))
    stages += _noise(f"{path}.regularizers", spec.regularizers, spec.units)
    everyone = [copy_part(r) for r in (*shared, *spec.regularizers)]
    return Layer(
        path,
        stages,
        activation,
        penalties=[r for r in everyone if isinstance(r, Penalty)],
        constraints=[r for r in everyone if isinstance(r, Constraint)],
    )


def _noise(path: str, regularizers: Iterable[Regularizer], width: int) -> list[Stage]:
    noisy = [(i, r) for i, r in enumerate(regularizers) if isinstance(r, Noise)]
    return [Stage(f"{path}.{i}", copy_part(r), width, training_only=True) for i, r in noisy]


def _count(spec: Spec, inputs: int) -> None:
    """Count the weights before anything is allocated."""
    width, total = inputs, 0
    for layer in spec.model.layers:
        total += (width + 1) * layer.activation.input_width(layer.units)
        width = layer.units
    if total * np.dtype(spec.dtype).itemsize > MAX_PARAMETER_BYTES:
        raise SpecError(
            f"spec {spec.name!r}: model.layers: the network would have {total:,} parameters, more than "
            f"{MAX_PARAMETER_BYTES // np.dtype(spec.dtype).itemsize:,}; make the layers narrower"
        )


def is_fused(loss: Loss, network: Network) -> bool:
    """Tell whether the loss takes its gradient straight to the input of the output activation."""
    return type(network.stages[-1].transform) in loss.fused_with
