"""The `Run` of the contract: what callbacks see of a run, and what they can do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from zoo_core.basics import direction, is_better
from zoo_core.errors import printable
from zoo_core.model import Model
from zoo_core.model.records import KEY, MAX_WARNING
from zoo_core.parts import Array, Record
from zoo_core.spec import Spec
from zoo_core.training.events import Message

if TYPE_CHECKING:
    from zoo_core.training._trainer import Trainer


@dataclass
class Notes:
    """What calls of callbacks leave behind: messages, and how often earlier weights were restored."""

    messages: list[Message] = field(default_factory=list)
    restored: int = 0
    in_batch: bool = False  # whether `on_batch_end` is being called


class RunView:
    """A trainer as callbacks see it; none of its attributes can be set."""

    __slots__ = ("_notes", "_trainer")
    _notes: Notes
    _trainer: Trainer

    def __init__(self, trainer: Trainer, notes: Notes) -> None:
        object.__setattr__(self, "_trainer", trainer)
        object.__setattr__(self, "_notes", notes)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(
            f"a callback may not set {name!r} of its run; it keeps what it needs in its own attributes"
        )

    @property
    def epochs(self) -> int:
        """The length of the run."""
        return self._trainer.epochs

    @property
    def epoch(self) -> int:
        """The number of the present epoch, from 0."""
        return self._trainer.position.epoch

    @property
    def step(self) -> int:
        """How many steps of this epoch are over."""
        return self._trainer.position.step

    @property
    def history(self) -> list[Record]:
        """The records of the epochs so far."""
        return self._trainer.history

    @property
    def model(self) -> Model:
        """The model in training."""
        return self._trainer.model

    @property
    def spec(self) -> Spec:
        """The spec of the run."""
        return self._trainer.spec

    @property
    def learning_rate(self) -> float:
        """The learning rate of the latest step."""
        return self._trainer.latest_rate()

    @property
    def batch_loss(self) -> float | None:
        """The mean loss of the latest batch, in `on_batch_end` alone."""
        return self._trainer.loader.batch_loss(self.step - 1) if self._notes.in_batch else None

    @property
    def output(self) -> Path | None:
        """The file that the model will be saved in."""
        return self._trainer.output

    @property
    def log(self) -> Path | None:
        """None."""
        return None

    def better(self, monitor: str, value: float, best: float | None) -> bool:
        """Return whether a metric value is better than the best one so far."""
        return is_better(value, best, bool(direction(monitor, self._trainer.metrics.directions)))

    def snapshot(self) -> dict[str, Array]:
        """Return a copy of parameters and running state."""
        return {path: array.copy() for path, array in self._trainer.network.state().items()}

    def restore(self, snapshot: Mapping[str, Array], epoch: int | None = None) -> None:
        """Restore a snapshot, and mark the record of its epoch as "kept" unless that is the last one."""
        self._trainer.network.restore(snapshot)
        self._notes.restored += 1
        for record in self.history:
            record.pop("kept", None)
            if record["epoch"] == epoch and record is not self.history[-1]:
                record["kept"] = 1

    def say(self, text: str) -> None:
        """Show a line to the user."""
        self._notes.messages.append(Message(text, source="callback"))

    def warn(self, key: str, text: str) -> None:
        """Warn the user, and keep the text with the model, or take it back."""
        if not KEY.fullmatch(key):
            raise ValueError(f"{key!r} is no key of a warning: letters a to z and _, at most 40")
        self.model.warnings.pop(key, None)
        if text:
            self.model.warnings[key] = text = printable(text)[:MAX_WARNING]
            self._notes.messages.append(Message(text, warning=True))
