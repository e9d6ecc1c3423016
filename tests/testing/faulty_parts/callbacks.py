"""Callbacks with one mistake each."""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from annotated_types import Ge

from tests.testing.faulty_parts import faulty
from zoo_core.parts import Callback


@faulty("answers", "after_epoch returns a bool")
class SaysTrue(Callback):
    """Answers yes or no."""

    name = "says_true"

    def after_epoch(self, record, run):
        return record["epoch"] > 3


@faulty("records", "it changes a record of the history")
class Writes(Callback):
    """Writes into the record."""

    name = "writes"

    def after_epoch(self, record, run):
        record["epoch"] += 1


@faulty("state", "saved and loaded after 1 epoch, it answers otherwise")
@dataclass
class Waiting(Callback):
    """Stops after `patience` epochs; the count is not saved."""

    name = "waiting"

    patience: Annotated[int, Ge(1)] = 12
    seen: int = field(default=0, init=False)

    def start(self, run):
        self.seen = 0

    def after_epoch(self, record, run):
        self.seen += 1
        return "enough" if self.seen >= self.patience else None


@faulty("restart", "`start` does not forget what earlier epochs left")
class Impatient(Waiting):
    """Never forgets."""

    state = ("seen",)

    def start(self, run):
        pass


@faulty("state", "an attribute that `after_epoch` changes")
class Hasty(Waiting):
    """Has stopped long before the eighth epoch."""

    patience: ClassVar[int] = 4
