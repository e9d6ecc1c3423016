"""What an explanation of one training step holds."""

from __future__ import annotations

from dataclasses import dataclass

from zoo_core.parts import Array

TOLERANCE = 1e-5  # how far, relative to its size, a central difference may be from a right gradient


@dataclass(frozen=True)
class LayerPass:
    """What one stage did: a matrix product ("dense") or a part. Arrays are (rows, width), or None where unused."""

    path: str
    kind: str
    name: str
    formula: str
    x: Array
    y: Array
    dy: Array | None  # d objective / d y: None for an output activation that the loss goes back through itself
    dx: Array | None  # d objective / d x: None where nothing trained comes before
    slope: Array | None  # f'(x) of an elementwise activation


@dataclass(frozen=True)
class Cost:
    """The loss of the batch: `values` (rows,) times `weights` (rows,) or None, reduced, plus the penalties."""

    name: str
    formula: str
    reduction: str
    fused: bool  # the loss goes back through the output activation itself
    targets: Array
    values: Array
    weights: Array | None
    data: float
    penalties: dict[str, float]
    total: float


@dataclass(frozen=True)
class Change:
    """What the step did to one named parameter; `penalty` is the share of the penalties in `gradient`."""

    path: str
    before: Array
    gradient: Array
    penalty: Array | None
    after: Array


@dataclass(frozen=True)
class GradientCheck:
    """One entry of the gradient, by backpropagation and by (L(w + h) - L(w - h)) / 2h with h = `width`.

    `rounding` is how far the rounding of L alone may move the second.
    """

    path: str
    index: tuple[int, ...]
    backward: float
    central: float
    width: float
    rounding: float

    @property
    def agrees(self) -> bool:
        """Whether the two are the same number, as far as a difference can tell."""
        larger = max(abs(self.backward), abs(self.central))
        return abs(self.backward - self.central) <= TOLERANCE * larger + 10 * self.rounding


@dataclass(frozen=True)
class Excerpt:
    """Which rows of the batch, and which columns of each stage's input and output, are worth a look."""

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
