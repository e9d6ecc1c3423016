"""Keeps what a run has trained where it ends with an error, or where its result cannot be written at its place."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from zoo_core.errors import Hint, NumericError, UsageError, ZooError
from zoo_core.parts import Array, Record
from zoo_core.runs._output import Output
from zoo_core.training import Trainer

MAX_NAMES = 1000  # that are tried in one folder


class Rescue:
    """Keeps the weights of a run's best epoch, by the loss, until an error of the run has them saved."""

    def __init__(self, output: Output, trainer: Trainer) -> None:
        self._output, self._trainer = output, trainer
        validated = "validation" in trainer.splits and "validation" in trainer.spec.training.evaluate
        self._monitor = "validation_loss" if validated else "train_loss"
        self._least, self._epoch = math.inf, -1
        self._best: dict[str, Array] = {}
        self.note = ""  # where the result of the run is, once it is saved

    def end_epoch(self, record: Record) -> None:
        """Keep a copy of the weights if no earlier epoch had a smaller loss."""
        value = record.get(self._monitor, math.nan)
        if value < self._least:
            self._least, self._epoch, self._best = value, record["epoch"], self._trainer.callback_run.run.snapshot()

    def save_elsewhere(self, write: Callable[[Path], object], name: Callable[[Path], Path]) -> Path | None:
        """Write a file under a free name, beside the output if that is possible; return where, or None.

        `name` makes its path from that of an output.
        """
        for folder in (self._output.path.parent, Path(), *_temporary_folder()):
            with suppress(ZooError, OSError):
                return _write_new(write, folder / self._output.path.name, name)
        return None

    def notes(self, error: BaseException) -> Iterator[str]:
        """Save what would be lost after an error, and yield what is kept and how a run can go on with it."""
        diverged = isinstance(error, NumericError)
        if self.note:
            yield self.note
        elif diverged or (isinstance(error, Exception) and not self._is_kept()):
            try:
                yield from self._save_weights(diverged)
            except (ZooError, OSError, MemoryError) as failure:
                yield f"the weights could not be saved: {failure}"
        if checkpoint := self._output.latest_progress():
            is_former = self._output.is_former(checkpoint)
            kept = {"checkpoint": str(checkpoint), "path": str(self._output.path)}
            yield Hint("diverged", **kept) if diverged and not is_former else Hint("resume", **kept)
            if is_former:
                yield "this checkpoint is of the run that was to be replaced; the new run has none"

    def _is_kept(self) -> bool:
        """Return whether a checkpoint holds the present weights, or within an epoch earlier ones."""
        if self._trainer.is_epoch_trained():
            return self._output.last == self._output.checkpoint_path(self._trainer.steps_taken)
        return self._output.has_progress()

    def _save_weights(self, diverged: bool) -> Iterator[str]:
        """Save the present weights if they are those of a whole epoch, or if no epoch is over; else the best ones."""
        trainer = self._trainer
        for value in trainer.network.mend_state():
            yield f"{value} of its `state` is put back to an earlier value"
        is_whole = trainer.is_epoch_trained() or (not self._best and trainer.position.step > 0)
        if not diverged and is_whole and np.isfinite(trainer.network.parameters).all():
            ending, text = "last", "the weights so far are kept"
        elif (diverged and trainer.callback_run.finish()) or self._restore_best():
            ending, text = "best", "the best weights so far are kept"
        else:
            return
        path = self._output.path
        named = path.with_name(f"{path.stem}.{ending}{path.suffix}")
        yield f"{text}: {_write_new(self._save_model, named, lambda p: p)}"

    def _restore_best(self) -> bool:
        if self._best:
            self._trainer.callback_run.run.restore(self._best, self._epoch)
        return bool(self._best)

    def _save_model(self, path: Path) -> None:
        self._trainer.model.save(path, overwrite=False)


def _write_new(write: Callable[[Path], object], path: Path, name: Callable[[Path], Path]) -> Path:
    """Write a file under the first free name of m.npz, m-2.npz, m-3.npz, ...; return its path."""
    places = [path, *(path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(2, MAX_NAMES))]
    for place in map(name, places):
        with suppress(UsageError):  # the name is taken
            write(place)
            return place
    raise UsageError(f"{path}: {MAX_NAMES} files have names like it")


def _temporary_folder() -> list[Path]:
    """Return the folder for temporary files, if there is one that can be written to."""
    with suppress(OSError):
        return [Path(tempfile.gettempdir())]
    return []
