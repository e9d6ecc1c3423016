"""What training yields: the only channel from the computation to a display, a log or a caller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from zoo_core.parts import Record


@dataclass(frozen=True)
class LayerStats:
    """How a layer is doing at one step, for those who want to see learning happen."""

    name: str  # such as "layers.0 relu"
    units: int
    dead: float | None  # share of units whose output is zero on the whole batch; None where zero means nothing
    gradient_norm: float  # Euclidean norm of the gradient of this layer's parameters
    update_ratio: float  # norm of the update / norm of the parameters


@dataclass(frozen=True)
class Started:
    """Training begins."""

    name: str
    epochs: int
    first_epoch: int  # more than 0 when a run is resumed
    steps: int  # steps in an epoch
    rows: Mapping[str, int]  # rows of each split: "train", "validation", "test"
    parameters: int
    threads: int  # BLAS threads
    higher_is_better: Mapping[str, bool] = field(default_factory=dict)  # record key -> direction
    extra_threads: int = 0  # more threads, in products whose bits do not depend on their number, while they are of use


@dataclass(frozen=True)
class Progress:
    """Some steps have passed; comes a few times a second, by the clock."""

    epoch: int
    step: int  # steps done in this epoch
    steps: int
    rows_per_second: float
    seconds: float  # since the start
    loss: float  # mean over the epoch so far
    learning_rate: float
    layers: tuple[LayerStats, ...] = ()


@dataclass(frozen=True)
class SafePoint:
    """Between two steps, when it is time for a checkpoint: all that the run depends on may be taken now."""

    epoch: int
    step: int  # steps done in this epoch


@dataclass(frozen=True)
class EpochEnded:
    """An epoch is over; `record` is what the history keeps."""

    record: Record
    seconds: float


@dataclass(frozen=True)
class Message:
    """A line for the user: a callback's (`source` is its name) or a warning of the trainer's."""

    text: str
    source: str = ""
    warning: bool = False


@dataclass(frozen=True)
class Finished:
    """Training is over."""

    reason: str  # "all epochs done", "early stopping: ...", "interrupted"
    seconds: float


Event = Started | Progress | SafePoint | EpochEnded | Message | Finished


def direction(key: str, directions: Mapping[str, bool]) -> bool | None:
    """Return whether a figure should be high, as listed for it or for the metric that gives it; None if unlisted."""
    owners = [name for name in directions if key == name or key.startswith(f"{name}_")]
    return directions[max(owners, key=len)] if owners else None
