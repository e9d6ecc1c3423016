"""Callbacks with one mistake each."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from annotated_types import Ge

from tests.testing.faulty_parts import faulty
from zoo_core.parts import Callback


@faulty("answers", "on_epoch_end returns a bool")
class SaysTrue(Callback):
    """Answers true or false."""

    name = "says_true"

    def on_epoch_end(self, record, run):
        return record["epoch"] > 3


@faulty("records", "it changes a record of the history")
class Writes(Callback):
    """Writes into the record."""

    name = "writes"

    def on_epoch_end(self, record, run):
        record["epoch"] += 1


@faulty("state", "saved and loaded after 1 epoch, it gives other answers")
@dataclass
class Waiting(Callback):
    """Stops after `patience` epochs; the count is not saved."""

    name = "waiting"

    patience: Annotated[int, Ge(1)] = 12
    seen: int = field(default=0, init=False)

    def on_train_begin(self, run):
        self.seen = 0

    def on_epoch_end(self, record, run):
        self.seen += 1
        return "enough" if self.seen >= self.patience else None


@faulty("restart", "`on_train_begin` does not reset what earlier epochs changed")
class Impatient(Waiting):
    """Never resets its state."""

    state = ("seen",)

    def on_train_begin(self, run):
        pass


@faulty("state", "an attribute that `on_epoch_end` changes")
class Hasty(Waiting):
    """Stops before the eighth epoch; the count is not saved."""

    patience: ClassVar[int] = 4
