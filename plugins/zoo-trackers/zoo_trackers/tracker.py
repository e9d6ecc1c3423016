"""What the three trackers share: when they write, and what happens if they cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zoo_core.parts import Callback, Record, Run

LONGEST = 160  # characters of a reason


class Tracker(Callback):
    """A callback that writes each record of a run once. A subclass defines `write`, and `finish` if it must close.

    A record that could not be written is tried again after the next epoch.
    """

    state = ("written",)

    def on_train_begin(self, run: Run) -> None:
        """Begin with the next epoch: records of a model that the run continues belong to another run."""
        self.written: int = len(run.history)
        self._failure = ""

    def on_epoch_end(self, record: Mapping[str, Any], run: Run) -> None:
        """Write the records that are not written yet."""
        self._attempt(run, lambda: self._write_new(run))

    def on_train_end(self, run: Run) -> None:
        """Write what is left, and close."""
        self._attempt(run, lambda: (self._write_new(run), self.finish(run)))

    def write(self, records: list[Record], run: Run) -> None:
        """Write records, oldest first. Any exception means that none was written."""
        raise NotImplementedError

    def finish(self, run: Run) -> None:
        """Close what is open."""

    def _write_new(self, run: Run) -> None:
        if records := run.history[self.written :]:
            self.write(records, run)
            self.written = len(run.history)

    def _attempt(self, run: Run, action: Any) -> None:
        """Do something; warn of what prevents it, once for each reason, and take that back when it is done."""
        try:
            action()
        except Exception as error:  # whatever a server or a file system does, the run is worth more than its log
            reason = self.reason(error)
            if reason != self._failure:
                run.warn(self.name, f"{self.name}: the log is incomplete: {reason}")
            self._failure = reason
        else:
            run.warn(self.name, "")
            self._failure = ""

    def reason(self, error: Exception) -> str:
        """Return in one short line what an error says."""
        text = str(error).strip().partition("\n")[0] or type(error).__name__
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def numbers(record: Record) -> dict[str, float]:
    """Return what a tracker draws over the epochs."""
    return {k: v for k, v in record.items() if k not in ("epoch", "kept") and isinstance(v, int | float)}


def values_by_split(record: Record) -> dict[str, dict[str, float]]:
    """Return the numbers of a record: metrics by split ("train", "validation", "test"), all others under ""."""
    found: dict[str, dict[str, float]] = {}
    for key, value in numbers(record).items():
        split, _, metric = key.partition("_")
        if metric and split in ("train", "validation", "test"):
            found.setdefault(split, {})[metric] = value
        else:
            found.setdefault("", {})[key] = value
    return found


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Return the leaves of a nested value by their path, such as "model.layers.0.units"."""
    if isinstance(value, Mapping):
        items: Any = value.items()
    elif isinstance(value, list | tuple):
        items = enumerate(value)
    else:
        return {path: value}
    return {p: v for key, inner in items for p, v in flat(inner, f"{path}.{key}" if path else str(key)).items()}
