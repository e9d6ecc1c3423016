"""The files of a run: the model file that it writes at the end, and its checkpoints until then.

Nothing is removed before its successor stands, and no file is replaced that the run was not told to replace.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from zoo_core.errors import Hint, ModelFileError, UsageError, ZooError
from zoo_core.runs._advice import no_checkpoint, unfinished_run
from zoo_core.storage import (
    MAX_SIZE,
    ModelFile,
    begins_as_model_file,
    check_file_name,
    file_lock,
    read_model_file,
    remove_if_stale,
    temporary_files,
)

CHECKPOINT_NAME = re.compile(r"(?P<stem>.+)\.checkpoint-(?P<step>[0-9]{10,})(?P<suffix>\.[^.]*|)", re.DOTALL)
REPLACES = "run.replaces"  # in a checkpoint: the digests of the files that its run may replace, with blanks between


class Output:
    """The model file of a run, `m.npz`, with its checkpoints `m.checkpoint-0000000500.npz`, named by step.

    `path` is the model file or one of its checkpoints. Checkpoints are ordered by step, not by time. With
    `overwrite` a run may replace the files that are there when it begins. What appears later is never replaced.
    """

    def __init__(self, path: str | Path, *, overwrite: bool = False) -> None:
        check_file_name(path)
        named = Path(path)
        if named.name in ("", ".."):
            raise UsageError(f"{path}: is a folder; name a model file or a checkpoint")
        match = CHECKPOINT_NAME.fullmatch(named.name)
        self.path = named.with_name(match["stem"] + match["suffix"]) if match else named
        self.overwrite = overwrite
        self.named = named if match else None  # the checkpoint that `path` names
        self.last: Path | None = None  # the checkpoint that this run has written last or began with
        self.replaceable: frozenset[str] = frozenset()  # digests of the files that this run may replace
        self.is_failing = False  # whether the last checkpoint could not be written

    def lock(self) -> AbstractContextManager[None]:
        """Lock this output for one run. Raises ResourceError that names the process which holds the lock."""
        return file_lock(self.path)

    def checkpoints(self) -> list[Path]:
        """Return the paths of the existing checkpoints, the newest first."""
        form = self.path.stem, self.path.suffix
        matches = filter(None, map(CHECKPOINT_NAME.fullmatch, _names_in(self.path.absolute().parent)))
        own = [(int(m["step"]), self.path.with_name(m[0])) for m in matches if (m["stem"], m["suffix"]) == form]
        return [path for _, path in sorted(own, reverse=True)]

    def checkpoint_path(self, step: int) -> Path:
        """Return the path of the checkpoint after a number of steps of the run."""
        return self.path.with_name(f"{self.path.stem}.checkpoint-{step:010d}{self.path.suffix}")

    def latest(self, sha256: str | None = None) -> tuple[ModelFile, Path, list[str]]:
        """Return the newest whole checkpoint, its path, and a warning about each newer one that is damaged.

        With `sha256`, only the checkpoint with this digest. If the output was named by a checkpoint, newer ones are
        left out. Raises UsageError where there is none, ModelFileError where none is whole.
        """
        paths, damaged = self._latest_run(), list[ModelFileError]()
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

    def _latest_run(self) -> list[Path]:
        """Return the checkpoints without those of a former run, which a later run was told to replace."""
        found, replaced = self.checkpoints(), set[str]()
        for path in found:
            with suppress(ZooError):
                replaced |= _replaceable(read_model_file(path, limit=MAX_SIZE))
        return [path for path in found if _digest(path) not in replaced]

    def latest_progress(self) -> Path | None:
        """Return the newest checkpoint. If that of the start is the only one of this run, remove it."""
        with suppress(OSError):
            start = self.checkpoint_path(0)
            if not self.has_progress() and _digest(start) not in self.replaceable:
                self._remove([start])
                self._remove_stale()
            return next(iter(self.checkpoints()), None)
        return None

    def is_former(self, checkpoint: Path) -> bool:
        """Return whether a checkpoint is that of a run which this run was told to replace."""
        return _digest(checkpoint) in self.replaceable

    def record(self, checkpoint: Path) -> None:
        """Record the checkpoint that this run has written, and remove those that were its predecessors.

        The checkpoint before stays. The one of the start has no progress: it takes no other's place.
        """
        before, self.last = self.last, checkpoint
        if self.has_progress():
            self._remove(path for path in self.checkpoints() if path not in (checkpoint, before))

    def make_room(self) -> bool:
        """Remove the checkpoint before the last, which has a successor; return whether there was one."""
        return self.has_progress() and self._remove(path for path in self.checkpoints() if path != self.last)

    def prepare(self, spec: Mapping[str, Any]) -> None:
        """Look at the files that are there before a new run of a spec, given as plain data. Nothing is removed.

        Raises UsageError where a model or an unfinished run exists and may not be replaced.
        """
        found = self.checkpoints()
        for path in found:
            if not begins_as_model_file(path):
                raise UsageError(f"{path}: has the name of a checkpoint and is none; move it away")
        if self.overwrite:
            self.replaceable = frozenset(filter(None, map(_digest, [self.path, *found])))
            return
        if found:
            raise unfinished_run(self.path, found[0], self._unfinished_spec(spec), spec)
        if self.path.exists() or self.path.is_symlink():
            raise UsageError(f"{self.path}: exists", Hint("force"))

    def prepare_rest(self, contents: ModelFile, checkpoint: Path) -> None:
        """Look at the files that are there before a run goes on from a checkpoint with these contents.

        Raises UsageError where a model exists that the run was not told to replace.
        """
        self.last, self.replaceable = checkpoint, _replaceable(contents)
        if self.overwrite:
            self.replaceable |= frozenset(filter(None, [_digest(self.path)]))
        self.check_free()

    def check_inputs(self, inputs: Iterable[Path]) -> None:
        """Raise UsageError if a file that the run reads is one of those that it writes, also through a link."""
        written = [self.path, *self.checkpoints()]
        for path in inputs:
            for own in written:
                with suppress(OSError):  # one of them does not exist
                    if own.samefile(path):
                        raise UsageError(f"{own}: is the same file as the input {path}; choose another output")

    def is_replaceable(self) -> bool:
        """Return whether the file that stands at `path` is one that the run was told to replace."""
        return _digest(self.path) in self.replaceable

    def check_free(self) -> None:
        """Raise UsageError if a file stands at `path` that the run was not told to replace."""
        if _digest(self.path) is not None and not self.is_replaceable():
            raise UsageError(f"{self.path}: exists, and this run was not told to replace it", Hint("occupied"))

    def has_progress(self) -> bool:
        """Return whether a checkpoint of this run holds steps."""
        return self.last not in (None, self.checkpoint_path(0))

    def _unfinished_spec(self, default: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the spec of the newest checkpoint as plain data, or `default` where none can be read."""
        with suppress(ZooError):
            spec: Mapping[str, Any] = self.latest()[0].header.get("spec", {})
            return spec
        return default

    def clear(self) -> None:
        """Remove all checkpoints, and the temporary files of killed writers; the caller holds the lock."""
        self._remove(self.checkpoints())
        self._remove_stale()

    def _remove(self, checkpoints: Iterable[Path]) -> bool:
        """Remove checkpoints; return whether there were any. Files that the zoo did not write stay."""
        own = [path for path in checkpoints if begins_as_model_file(path)]
        for path in own:
            path.unlink(missing_ok=True)
        return bool(own)

    def _remove_stale(self) -> None:
        for path, name in temporary_files(self.path.absolute().parent).items():
            if Output(self.path.with_name(name)).path == self.path:
                remove_if_stale(path)


def _names_in(folder: Path) -> list[str]:
    with suppress(FileNotFoundError, NotADirectoryError):  # a folder that is gone holds nothing
        return [path.name for path in folder.iterdir()]
    return []


def _digest(path: Path) -> str | None:
    """Return what tells the file at a path from others, or None where nothing is: its sha256, or where a link leads."""
    try:
        if path.is_symlink():
            return f"link:{hashlib.sha256(str(path.readlink()).encode()).hexdigest()}"
        if path.is_file():
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        return "other" if path.exists() else None
    except OSError:
        return "unreadable"


def _replaceable(contents: ModelFile) -> frozenset[str]:
    """Return the digests of the files that the run of a checkpoint may replace."""
    run = contents.header.get("run")
    return frozenset(str(run.get(REPLACES, "")).split()) if isinstance(run, dict) else frozenset()
