"""The `Run` of the contract: what callbacks see of a run, and what they can do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from zoo_core._part_checks import stop_reason
from zoo_core.nn import Network
from zoo_core.parts import Array, Callback, Record
from zoo_core.training.events import Message, direction


class CallbackRun:
    """Calls the callbacks of a run, and collects messages for the user until `take_messages` yields them.

    `directions` tells for each metric whether higher is better. `history` is that of the model.
    """

    def __init__(
        self,
        callbacks: Sequence[Callback],
        network: Network,
        history: list[Record],
        epochs: int,
        directions: Mapping[str, bool],
    ) -> None:
        self.callbacks, self.history, self.epochs = callbacks, history, epochs
        self.log: Path | None = None
        self._network, self._directions = network, directions
        self._messages: list[Message] = []
        self._started = self._restored = False

    def start(self) -> None:
        """Start the callbacks, at the first call only."""
        for callback in [] if self._started else self.callbacks:
            callback.on_train_begin(self)
        self._started = True

    def end_epoch(self, record: Record) -> str:
        """Show the record of an epoch to the callbacks; return their reasons to stop, or ''."""
        answers = [stop_reason(c, c.on_epoch_end(record, self)) for c in self.callbacks]
        return "; ".join(reason for reason in answers if reason)

    def finish(self) -> bool:
        """Finish the callbacks; return whether one of them restored earlier weights."""
        self._restored = False
        for callback in self.callbacks:
            callback.on_train_end(self)
        return self._restored

    def better(self, monitor: str, value: float, best: float | None) -> bool:
        """Return whether a metric value is better than the best one so far."""
        if best is None:
            return True
        return value > best if direction(monitor, self._directions) else value < best

    def snapshot(self) -> dict[str, Array]:
        """Return a copy of parameters and running state."""
        return {path: array.copy() for path, array in self._network.state().items()}

    def restore(self, snapshot: Mapping[str, Array], epoch: int | None = None) -> None:
        """Restore a snapshot, and mark the record of its epoch as "kept" unless that is the last one."""
        self._network.restore(snapshot)
        self._restored = True
        for record in self.history:
            record.pop("kept", None)
            if record["epoch"] == epoch and record is not self.history[-1]:
                record["kept"] = 1

    def say(self, text: str) -> None:
        """Show a line to the user."""
        self._messages.append(Message(text, source="callback"))

    def warn(self, text: str) -> None:
        """Show a warning to the user."""
        self._messages.append(Message(text, warning=True))

    def take_messages(self) -> Iterator[Message]:
        """Yield the messages since the last call."""
        yield from self._messages
        self._messages.clear()
