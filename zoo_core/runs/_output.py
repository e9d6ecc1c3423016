"""Where a run is saved: one file, and beside it the checkpoints of the run until it is finished."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from zoo_core.errors import ModelFileError, NumericError, UsageError, ZooError
from zoo_core.runs import _checkpoint as checkpoint
from zoo_core.runs._compare import difference_lines
from zoo_core.storage import MAX_SIZE, ModelFile, file_lock, read_model_file
from zoo_core.training import Interval, Trainer
from zoo_core.training.events import Event, Finished, SafePoint

NAME = re.compile(r"(?P<stem>.+)\.checkpoint-(?P<step>[0-9]{10,})(?P<suffix>\.[^.]*|)")


class Output:
    """The file that a run ends in, `m.npz`, with its checkpoints `m.checkpoint-0000000500.npz`, named by step.

    Made from the name of either. Order is by step and never by clock.
    """

    def __init__(self, path: str | Path, *, overwrite: bool = True) -> None:
        named = Path(path)
        match = NAME.fullmatch(named.name)
        self.path = named.with_name(match["stem"] + match["suffix"]) if match else named
        self.overwrite = overwrite  # whether the run may replace what is there when it ends
        self.named = named if match else None  # the checkpoint that was asked for
        self.last: Path | None = None  # the one that this run has written or begun with

    def lock(self) -> AbstractContextManager[None]:
        """Keep other runs away. Raises ResourceError that names the process which has it."""
        return file_lock(self.path)

    def checkpoints(self) -> list[Path]:
        """Return the checkpoints that there are, the newest first."""
        matches = [(NAME.fullmatch(p.name), p) for p in self.path.absolute().parent.iterdir()]
        own = [(int(m["step"]), self.path.with_name(p.name)) for m, p in matches if m and self._is_own(m)]
        return [path for _, path in sorted(own, reverse=True)]

    def _is_own(self, match: re.Match[str]) -> bool:
        return (match["stem"], match["suffix"]) == (self.path.stem, self.path.suffix)

    def checkpoint_path(self, step: int) -> Path:
        """Return the name of the checkpoint after so many steps of the run."""
        return self.path.with_name(f"{self.path.stem}.checkpoint-{step:010d}{self.path.suffix}")

    # -------------------------------------------------------------- reading

    def latest(self, sha256: str | None = None) -> tuple[ModelFile, Path, list[str]]:
        """Return the newest checkpoint that is whole, its name, and warnings about newer ones that are not.

        With `sha256`, the one that has this digest. Where one was named, older ones are all that is looked at after
        it. Raises UsageError where there is none, ModelFileError where none is whole.
        """
        paths, warnings = self.checkpoints(), list[str]()
        if self.named is not None:
            paths = [self.named, *(p for p in paths if p.name < self.named.name)]
        for path in paths:
            try:
                return read_model_file(path, limit=MAX_SIZE, sha256=sha256), path, warnings
            except ModelFileError as error:
                warnings.append(f"{error}; going on from the checkpoint before")
        raise self._nothing(warnings)

    def _nothing(self, warnings: list[str]) -> ModelFileError | UsageError:
        if warnings:
            return ModelFileError("\n".join(w.rpartition(";")[0] for w in warnings) + "\nNo checkpoint is whole")
        if self.path.is_file():
            return UsageError(
                f"{self.path}: has no checkpoints, so it is finished and there is nothing to resume. To train it "
                f"further: zoo train {self.path} --from {self.path} -o NEW.npz --set training.epochs=N"
            )
        return UsageError(
            f"{self.path}: there is neither such a file nor a checkpoint of it; 'zoo train SPEC -o {self.path}' begins"
        )

    # -------------------------------------------------------------- writing

    def prepare(self, spec: Mapping[str, Any]) -> None:
        """Make room for a new run of a spec, given as plain data.

        Raises UsageError where a model, or checkpoints of a run that is not finished, stand and may not go.
        """
        found = self.checkpoints()
        if found and not self.overwrite:
            raise UsageError(
                f"{self.path}: an unfinished run has checkpoints here ({found[0]}); go on with: "
                f"zoo resume {self.path}, or begin anew with --force{self._other_spec(spec)}"
            )
        if (self.path.exists() or self.path.is_symlink()) and not self.overwrite:
            raise UsageError(f"{self.path}: exists; choose another name, or replace it with --force")
        self.clear()

    def _other_spec(self, spec: Mapping[str, Any]) -> str:
        """Return how the spec of the unfinished run differs from another, as more lines of a message."""
        with suppress(ZooError):
            old = self.latest()[0].header.get("spec", {})
            changed = [line for line in difference_lines(old, spec) if not line.endswith("is None")]  # not yet chosen
            return "\n  ".join(["\nIts spec is another:", *changed]) if changed else ""
        return ""

    def record(self, trainer: Trainer, events: Iterator[Event], every: Interval | None) -> Iterator[Event]:
        """Pass the events of a run on, save checkpoints by the interval, and at the end the model.

        The first checkpoint is written before the first step: what cannot be written is to fail then, not after
        hours. Whatever the run raises carries a note that says how to go on.
        """
        trainer.interval = every
        try:
            if every is not None and self.last is None:
                self.save(trainer)
            for event in events:
                if isinstance(event, SafePoint):
                    self.save(trainer)
                    continue
                if isinstance(event, Finished):
                    self._end(trainer)
                yield event
        except NumericError as error:
            for line in self._rest(trainer):
                error.add_note(line)
            raise
        except BaseException as error:
            for line in self._resume_hint():
                error.add_note(line)
            raise

    def _end(self, trainer: Trainer) -> None:
        if trainer.interrupted:
            self.save(trainer)
            return
        trainer.model.save(self.path, overwrite=self.overwrite)
        self.clear()

    def save(self, trainer: Trainer) -> None:
        """Write a checkpoint; it and the one before are kept."""
        path, began = self.checkpoint_path(trainer.optimizer.steps), time.perf_counter()
        checkpoint.save(trainer, path)
        if trainer.interval is not None:
            trainer.interval.took(time.perf_counter() - began)
        for other in self.checkpoints():
            if other not in (path, self.last):
                other.unlink(missing_ok=True)
        self.last = path

    def clear(self) -> None:
        """Remove all checkpoints, and what writers that were killed have left behind."""
        for path in [*self.checkpoints(), *self.temporaries()]:
            path.unlink(missing_ok=True)

    def temporaries(self) -> list[Path]:
        """Return what writers of the file or of its checkpoints have left behind; nobody writes under the lock."""
        form = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{12}\.tmp")
        found = []
        for path in self.path.absolute().parent.iterdir():
            match = form.fullmatch(path.name)
            if match and Output(self.path.with_name(match["name"])).path == self.path:
                found.append(path)
        return found

    def _resume_hint(self) -> Iterator[str]:
        """Yield how a run that was stopped can go on. One that has taken no step leaves nothing behind."""
        if found := self._latest_progress():
            yield f"the last checkpoint is kept: {found}; go on with: zoo resume {self.path}"

    def _rest(self, trainer: Trainer) -> Iterator[str]:
        """Yield what is left of a run that went astray: it would do so again."""
        best = self.path.with_name(f"{self.path.stem}.best{self.path.suffix}")
        if trainer.restore_best():
            trainer.model.save(best)
            yield f"the best weights so far are kept: {best}"
        if found := self._latest_progress():
            yield (
                f"the last checkpoint is kept: {found}; to go on from its weights with another spec: "
                f"zoo train {found} --from {found} -o NEW.npz --set KEY=VALUE"
            )

    def _latest_progress(self) -> Path | None:
        """Return the newest checkpoint; where the only one is that of the start, remove it."""
        with suppress(OSError):
            found = self.checkpoints()
            if found != [self.checkpoint_path(0)]:
                return found[0] if found else None
            self.clear()
        return None
