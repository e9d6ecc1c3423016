"""Where data files lie: the user's data folder, then the cache, then the network.

A data folder holds `<folder>/<dataset name>/<public file name>`. Files that a user put there are taken as
they are (a loader checks their structure); files in the cache must have the pinned sha256.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from zoo_core.data._download import Progress, by_hand, fetch
from zoo_core.errors import DataError, Hint, ResourceError, UsageError
from zoo_core.parts import PublicFile


@dataclass(frozen=True)
class FileStatus:
    """How a file stands. `verified`: has the pinned sha256; None where there is no file."""

    name: str
    state: Literal["present", "absent", "damaged"]
    where: Path | None
    verified: bool | None


@dataclass(frozen=True)
class DataFolder:
    """The folders searched for data, in order, and the cache that downloads go to. Make one with `open`."""

    folders: tuple[Path, ...]
    cache: Path
    progress: Progress | None = None
    offline: bool = False
    beside: Path | None = None  # the folder of the spec at hand

    @classmethod
    def open(cls, data_dir: Path | str | None = None, progress: Progress | None = None) -> DataFolder:
        """Search `data_dir`, then `$ZOO_DATA_DIR`, then the cache (`$ZOO_CACHE_DIR` or the user's own).

        `progress(name, bytes so far, bytes in all or None)` follows downloads; `ZOO_OFFLINE=1` forbids them.
        Raises UsageError where `data_dir` is not a folder.
        """
        if data_dir is not None and not Path(data_dir).expanduser().is_dir():
            raise UsageError(f"the data folder {data_dir} does not exist; make it, or leave it out to download")
        folders = [Path(f).expanduser() for f in (data_dir, os.environ.get("ZOO_DATA_DIR")) if f]
        return cls(tuple(folders), cache_folder(), progress, os.environ.get("ZOO_OFFLINE", "") not in ("", "0"))

    def by(self, spec: str | Path) -> DataFolder:
        """Return the same, searched for a user's own files in the folder of a spec file too."""
        return replace(self, beside=Path(spec).parent)

    def file(self, dataset: str, file: PublicFile) -> Path:
        """Return the path of a data set's file, downloaded where no folder has it.

        Raises ResourceError (not reachable, or offline) and DataError (a mirror sent wrong bytes).
        """
        found = self.find(dataset, file)
        if found is not None:
            return found
        if self.offline:
            raise ResourceError(self._offline(dataset, file))
        return fetch(file, self.cache / dataset, self.progress)

    def find(self, dataset: str, file: PublicFile) -> Path | None:
        """Return where a file lies, or None: a user's, with or without .gz, or a whole one in the cache."""
        cached = self.cache / dataset / file.name
        return next(self._users(dataset, file), cached if _is_whole(cached, file) else None)

    def status(self, dataset: str, files: Iterable[PublicFile]) -> list[FileStatus]:
        """Return how each file stands; reads them all, and downloads nothing."""
        return [self._status(dataset, file) for file in files]

    def locate(self, path: str) -> Path:
        """Return where a user's own file lies: as given (from the working folder), in a data folder, or by the spec.

        Raises DataError where it is in none of them.
        """
        folders = [*self.folders, *([] if self.beside is None else [self.beside])]
        places = [Path(path).expanduser(), *(folder / path for folder in folders)]
        found = next((place for place in places if place.exists()), None)
        if found is None:
            looked = ", ".join(dict.fromkeys(map(str, places)))
            raise DataError(f"{path}: there is no such file; looked for {looked}", Hint("data_dir"))
        return found

    def _status(self, dataset: str, file: PublicFile) -> FileStatus:
        path = next(self._users(dataset, file), None)
        if path is not None:
            return FileStatus(file.name, "present", path, _is_whole(path, file))
        path = self.cache / dataset / file.name
        if not path.is_file():
            return FileStatus(file.name, "absent", None, None)
        whole = _is_whole(path, file)
        return FileStatus(file.name, "present" if whole else "damaged", path, whole)

    def _users(self, dataset: str, file: PublicFile) -> Iterator[Path]:
        names = [file.name] + ([file.name[:-3]] if file.name.endswith(".gz") else [])
        paths = (folder / dataset / name for folder in self.folders for name in names)
        return (path for path in paths if path.is_file())

    def _offline(self, dataset: str, file: PublicFile) -> str:
        damaged = (self.cache / dataset / file.name).is_file()
        state = f"the cached copy of {file.name} is damaged" if damaged else f"{file.name} is not here"
        line = by_hand(file, (self.folders[0] if self.folders else self.cache) / dataset)
        return f"{dataset}: {state}, and ZOO_OFFLINE forbids downloads\n{line}"


def cache_folder() -> Path:
    """Return the folder that downloads go to: `$ZOO_CACHE_DIR`, or `zoo` in the user's cache."""
    if own := os.environ.get("ZOO_CACHE_DIR"):
        return Path(own).expanduser()
    import platformdirs

    return platformdirs.user_cache_path("zoo")


def _is_whole(path: Path, file: PublicFile) -> bool:
    """Tell whether a file is there with the pinned size and sha256."""
    try:
        if not path.is_file() or path.stat().st_size != file.size:
            return False
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
    except OSError as error:
        raise ResourceError(f"cannot read {path}: {error.strerror}") from error
