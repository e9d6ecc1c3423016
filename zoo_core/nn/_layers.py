"""A layer and its stages: the transforms of the network, each in its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from zoo_core.parts import Activation, Constraint, Penalty, Transform


@dataclass
class Stage:
    """One transform in its place."""

    path: str  # such as "layers.0" for a matrix product, "layers.0.activation", "layers.0.regularizers.1"
    transform: Transform
    width: int
    training_only: bool = False


@dataclass
class Layer:
    """The stages of one entry of `model.layers`, and what acts on its weights."""

    path: str
    stages: list[Stage]
    activation: Activation
    penalties: list[Penalty] = field(default_factory=list)
    constraints: list[Constraint] = field(default_factory=list)

    @property
    def output_stage(self) -> Stage:
        """The stage that gives the output of the layer outside training."""
        return [stage for stage in self.stages if not stage.training_only][-1]

    def weight_parts(self) -> list[Penalty | Constraint]:
        """Return the parts that act on the weights, each once, also if it is both."""
        parts: list[Penalty | Constraint] = [*self.penalties, *self.constraints]
        return list({id(part): part for part in parts}.values())


def stages_of(layers: Sequence[Layer], before: Sequence[Stage]) -> list[Stage]:
    """Return all stages in order; those of `before` come before the first layer."""
    return [*before, *(stage for layer in layers for stage in layer.stages)]
