"""The events that training yields: displays, logs and callers see nothing else of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from zoo_core.parts import Record


@dataclass(frozen=True)
class LayerStats:
    """Statistics of a layer at one step, for displays."""

    name: str  # such as "layers.0 relu"
    units: int
    dead: float | None  # share of units whose output is 0 for all rows; None unless the activation has a kink at 0
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
    threads: int  # that share the work of a step
    higher_is_better: Mapping[str, bool] = field(default_factory=dict)  # record key -> direction
    history: Sequence[Record] = ()  # the records of the epochs before a resume


@dataclass(frozen=True)
class Progress:
    """Some steps are over; comes a few times a second."""

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
    """A checkpoint is due, and the run is between two steps, so that its state can be saved."""

    epoch: int
    step: int  # steps done in this epoch


@dataclass(frozen=True)
class EpochEnded:
    """An epoch is over; `record` is its entry in the history."""

    record: Record
    seconds: float


@dataclass(frozen=True)
class Message:
    """A line for the user: from a callback (`source` is "callback") or a warning of the trainer."""

    text: str
    source: str = ""
    warning: bool = False


@dataclass(frozen=True)
class Finished:
    """Training is over."""

    reason: str  # "all epochs done", "early stopping: ...", "interrupted"
    seconds: float
    record: Record = field(default_factory=dict)  # of the epoch whose weights the model holds


Event = Started | Progress | SafePoint | EpochEnded | Message | Finished


@dataclass(frozen=True)
class StepTaken:
    """What `Trainer.step` did: one step, and what happened before the next one, such as the end of the epoch."""

    epoch: int  # from 0
    step: int  # steps of this epoch that are over, this one included
    loss: float  # mean of the batch, before the update
    learning_rate: float
    events: tuple[Event, ...] = ()

    @property
    def record(self) -> Record:
        """The record of the epoch, if this was its last step, else an empty one."""
        return next((event.record for event in self.events if isinstance(event, EpochEnded)), {})
