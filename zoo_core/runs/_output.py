"""The files of a run: the model file that it writes at the end, and its checkpoints until then."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from zoo_core.errors import Hint, ModelFileError, UsageError, ZooError
from zoo_core.runs._advice import no_checkpoint, unfinished_run
from zoo_core.storage import MAX_SIZE, ModelFile, file_lock, read_model_file, temporary_files

CHECKPOINT_NAME = re.compile(r"(?P<stem>.+)\.checkpoint-(?P<step>[0-9]{10,})(?P<suffix>\.[^.]*|)")


class Output:
    """The model file of a run, `m.npz`, with its checkpoints `m.checkpoint-0000000500.npz`, named by step.

    `path` is the model file or one of its checkpoints. Checkpoints are ordered by step, not by time.
    """

    def __init__(self, path: str | Path, *, overwrite: bool = True) -> None:
        named = Path(path)
        if named.name in ("", ".."):
            raise UsageError(f"{path}: is a folder; name a model file or a checkpoint")
        match = CHECKPOINT_NAME.fullmatch(named.name)
        self.path = named.with_name(match["stem"] + match["suffix"]) if match else named
        self.overwrite = overwrite  # whether the run may replace an existing file when it ends
        self.named = named if match else None  # the checkpoint that `path` names
        self.last: Path | None = None  # the checkpoint that this run has written last or began with

    def lock(self) -> AbstractContextManager[None]:
        """Lock this output for one run. Raises ResourceError that names the process which holds the lock."""
        return file_lock(self.path)

    def checkpoints(self) -> list[Path]:
        """Return the paths of the existing checkpoints, the newest first."""
        matches = [(CHECKPOINT_NAME.fullmatch(p.name), p) for p in self.path.absolute().parent.iterdir()]
        own = [(int(m["step"]), self.path.with_name(p.name)) for m, p in matches if m and self._is_own(m)]
        return [path for _, path in sorted(own, reverse=True)]

    def _is_own(self, match: re.Match[str]) -> bool:
        return (match["stem"], match["suffix"]) == (self.path.stem, self.path.suffix)

    def checkpoint_path(self, step: int) -> Path:
        """Return the path of the checkpoint after a number of steps of the run."""
        return self.path.with_name(f"{self.path.stem}.checkpoint-{step:010d}{self.path.suffix}")

    def latest(self, sha256: str | None = None) -> tuple[ModelFile, Path, list[str]]:
        """Return the newest whole checkpoint, its path, and a warning about each newer one that is damaged.

        With `sha256`, only the checkpoint with this digest. If the output was named by a checkpoint, newer ones are
        left out. Raises UsageError where there is none, ModelFileError where none is whole.
        """
        paths, damaged = self.checkpoints(), list[ModelFileError]()
        if self.named is not None:
            paths = [self.named, *(p for p in paths if p.name < self.named.name)]
        for path in paths:
            try:
                contents = read_model_file(path, limit=MAX_SIZE, sha256=sha256)
            except ModelFileError as error:
                damaged.append(error)
            else:
                return contents, path, [f"{error}; going on from the checkpoint before" for error in damaged]
        raise no_checkpoint(self.path, damaged)

    def latest_progress(self) -> Path | None:
        """Return the newest checkpoint. If the only one is that of the start, remove it and return None."""
        with suppress(OSError):
            found = self.checkpoints()
            if found != [self.checkpoint_path(0)]:
                return found[0] if found else None
            self.clear()
        return None

    def record(self, checkpoint: Path) -> None:
        """Record the checkpoint that this run has written, or begins with."""
        self.last = checkpoint

    def prepare(self, spec: Mapping[str, Any]) -> None:
        """Remove the files of earlier runs before a new run of a spec, given as plain data.

        Raises UsageError where a model or an unfinished run exists and may not be replaced.
        """
        if not self.overwrite:
            if found := self.checkpoints():
                raise unfinished_run(self.path, found[0], self._unfinished_spec(spec), spec)
            if self.path.exists() or self.path.is_symlink():
                raise UsageError(f"{self.path}: exists", Hint("force"))
        self.clear()

    def _unfinished_spec(self, default: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the spec of the newest checkpoint as plain data, or `default` where none can be read."""
        with suppress(ZooError):
            spec: Mapping[str, Any] = self.latest()[0].header.get("spec", {})
            return spec
        return default

    def clear(self) -> None:
        """Remove all checkpoints, and the temporary files of killed writers; the caller holds the lock."""
        temporary = temporary_files(self.path.absolute().parent)
        stale = [p for p, name in temporary.items() if Output(self.path.with_name(name)).path == self.path]
        for path in [*self.checkpoints(), *stale]:
            path.unlink(missing_ok=True)
