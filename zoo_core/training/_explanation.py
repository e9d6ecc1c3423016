"""The records of one explained step of training."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.parts import Array

TOLERANCE = 1e-5  # of a correct gradient, relative to its size


@dataclass(frozen=True)
class LayerPass:
    """One stage of the step: a matrix product ("dense") or a part. Arrays have shape (rows, width)."""

    path: str
    kind: str
    name: str
    formula: str
    x: Array
    y: Array
    dy: Array | None  # d objective / d y; None for an output activation that is fused with the loss
    dx: Array | None  # d objective / d x; None if no trained stage comes before
    slope: Array | None  # f'(x) of an elementwise activation, else None


@dataclass(frozen=True)
class Cost:
    """The loss of the batch: `values` (rows,) times `weights` (rows,) or None, reduced, plus the penalties.

    Where the network learns scaled targets, `scaled_by` names what scales them, and `own_targets` and `own_outputs` are
    targets and outputs in the units of the data.
    """

    name: str
    formula: str
    reduction: str
    fused: bool  # whether the loss goes back through the output activation itself
    targets: Array
    values: Array
    weights: Array | None
    data: float
    penalties: dict[str, float]
    total: float
    scaled_by: str
    own_targets: Array | None
    own_outputs: Array | None


@dataclass(frozen=True)
class Change:
    """One parameter before and after the step; `penalty` is the part of `gradient` that comes from penalties."""

    path: str
    before: Array
    gradient: Array
    penalty: Array | None
    after: Array


@dataclass(frozen=True)
class GradientCheck:
    """One entry of the gradient, by backpropagation and by (L(w + h) - L(w - h)) / 2h with h = `width`.

    `rounding` is the error of the second that the rounding of L may cause.
    """

    path: str
    index: tuple[int, ...]
    backward: float
    central: float
    width: float
    rounding: float

    @property
    def agrees(self) -> bool:
        """Whether the two are equal within the tolerance and the rounding error."""
        larger = max(abs(self.backward), abs(self.central))
        return abs(self.backward - self.central) <= TOLERANCE * larger + 10 * self.rounding


@dataclass(frozen=True)
class Excerpt:
    """Rows of the batch, and columns of each stage's input and output, by path, that are shown."""

    rows: list[int]
    inputs: dict[str, list[int]]
    outputs: dict[str, list[int]]


@dataclass(frozen=True)
class Explanation:
    """One step of training. `rows` are the numbers of the batch's rows in the training split."""

    rows: Array
    stages: list[LayerPass]
    cost: Cost
    optimizer: str
    formula: str
    learning_rate: float
    constraints: list[str]
    changes: list[Change]
    checks: list[GradientCheck]
    loss_after: float  # of the same batch, with the same random numbers
    excerpt: Excerpt
