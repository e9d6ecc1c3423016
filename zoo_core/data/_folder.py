"""Finds data files: in the user's data folders, then in the cache, then on the network.

The file of a data set is `<folder>/<dataset name>/<file name>`. Files in a user's folder are used without a checksum
test, because the reader checks their structure. Files in the cache must have the pinned sha256.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from zoo_core.data._download import DownloadProgress, fetch, manual_hint
from zoo_core.data._origin import OF_THE_USER, Origin, is_inside, resolved
from zoo_core.errors import DataError, Hint, ResourceError, UsageError
from zoo_core.parts import PublicFile


@dataclass(frozen=True)
class FileStatus:
    """Whether and where a public file is present; `verified`: it has the pinned sha256, None without a file."""

    name: str
    state: Literal["present", "absent", "damaged"]
    where: Path | None
    verified: bool | None


@dataclass(frozen=True)
class DataFolder:
    """The folders that are searched for data, and the cache for downloads. Make one with `DataFolder.open`.

    Args:
        folders: the user's data folders, searched in this order.
        cache: the folder for downloads; None where the user has no home folder and names none.
        progress: called during a download with name, bytes so far, and total bytes or None.
        offline: whether downloads are forbidden.
        origin: where the spec was read whose data are loaded: what its paths may name.
        found: the files that were asked for and found so far.

    Example:
        folder = DataFolder.open("data")
        path = folder.locate("flowers.csv")
    """

    folders: tuple[Path, ...]
    cache: Path | None
    progress: DownloadProgress | None = None
    offline: bool = False
    origin: Origin = OF_THE_USER
    found: list[Path] = field(default_factory=list, compare=False, repr=False)

    @classmethod
    def open(cls, data_dir: Path | str | None = None, progress: DownloadProgress | None = None) -> DataFolder:
        """Return a folder that searches `data_dir`, then `$ZOO_DATA_DIR`, then the cache.

        Args:
            data_dir: a folder of the user.
            progress: called during a download with name, bytes so far, and total bytes or None.

        Returns:
            The folders. The cache is `$ZOO_CACHE_DIR` or `zoo` in the user's cache folder; `ZOO_OFFLINE=1` forbids
            downloads.

        Raises:
            UsageError: `data_dir` is not a folder.
        """
        if data_dir is not None and not _expanded(data_dir).is_dir():
            raise UsageError(f"the data folder {data_dir} does not exist; make it, or leave it out to download")
        folders = [_expanded(f) for f in (data_dir, os.environ.get("ZOO_DATA_DIR")) if f]
        return cls(tuple(folders), cache_folder(), progress, os.environ.get("ZOO_OFFLINE", "") not in ("", "0"))

    def for_origin(self, origin: Origin) -> DataFolder:
        """Return a copy for the paths of a spec: it also searches the folder in which the spec was read."""
        return replace(self, origin=origin)

    def file(self, dataset: str, file: PublicFile) -> Path:
        """Return the path of a public file of a data set, downloaded if no folder has it.

        Raises:
            ResourceError: no mirror can be reached, downloads are forbidden, or there is no cache.
            DataError: a mirror sent wrong bytes.
        """
        found = self.find(dataset, file)
        if found is not None:
            self.found.append(found)
            return found
        if self.offline:
            raise ResourceError(self._offline_message(dataset, file))
        if self.cache is None:
            raise ResourceError(
                f"{dataset}: {file.name} is not here, and there is no folder to download it to: the user has no home "
                "folder; set ZOO_CACHE_DIR to a folder"
            )
        return fetch(file, self.cache / dataset, self.progress)

    def find(self, dataset: str, file: PublicFile) -> Path | None:
        """Return the path of a public file, or None: a user's, with or without .gz, or a verified one in the cache."""
        cached = self._cached(dataset, file)
        return next(self._user_paths(dataset, file), cached if cached and _is_verified(cached, file) else None)

    def _cached(self, dataset: str, file: PublicFile) -> Path | None:
        return None if self.cache is None else self.cache / dataset / file.name

    def status(self, dataset: str, files: Iterable[PublicFile]) -> list[FileStatus]:
        """Return the status of each file. Files are read to verify them; nothing is downloaded."""
        return [self._file_status(dataset, file) for file in files]

    def locate(self, path: str) -> Path:
        """Return the path of a user's own file.

        Args:
            path: counts from the working folder, then from each data folder, then from the folder of the spec. A path
                from a model file must also stay inside these.

        Returns:
            The first path that exists.

        Raises:
            DataError: the file is in none of these folders, or it is a device or a pipe.
        """
        trusted = self.origin.is_trusted(path)
        places = [_expanded(path) if trusted else Path(path)]
        places += [folder / path for folder in (*self.folders, *self.origin.folders())]
        if not trusted:
            places += [folder / Path(path).name for folder in self.folders]
        found = next(filter(_exists, places if trusted else self._inside(places, path)), None)
        if found is None:
            looked = ", ".join(dict.fromkeys(map(str, places)))
            raise DataError(f"{path}: there is no such file; looked for {looked}", Hint("data_dir"))
        self.found.append(found)
        return _no_device(found)

    def _inside(self, places: list[Path], path: str) -> list[Path]:
        """Return the places that stay inside the folders of the user and of the model. Raises DataError for none."""
        allowed = self.origin.confines(self.folders)
        inside = [place for place in places if (real := resolved(place)) is not None and is_inside(real, allowed)]
        # A place that leads out is refused whether or not something is there: an answer would tell what exists.
        if not any(map(_exists, inside)) and (len(inside) < len(places) or path.startswith("~")):
            raise DataError(
                f"the model file names the data {path!r:.100}, which leads out of the working folder, the model's own "
                "folder and the data folders; a model file opens no other files",
                Hint("stored_path"),
            )
        return inside

    def _file_status(self, dataset: str, file: PublicFile) -> FileStatus:
        path = next(self._user_paths(dataset, file), None)
        if path is not None:
            return FileStatus(file.name, "present", path, _is_verified(path, file))
        path = self._cached(dataset, file)
        if path is None or not path.is_file():
            return FileStatus(file.name, "absent", None, None)
        verified = _is_verified(path, file)
        return FileStatus(file.name, "present" if verified else "damaged", path, verified)

    def _user_paths(self, dataset: str, file: PublicFile) -> Iterator[Path]:
        names = [file.name] + ([file.name[:-3]] if file.name.endswith(".gz") else [])
        paths = (folder / dataset / name for folder in self.folders for name in names)
        return (path for path in paths if path.is_file())

    def _offline_message(self, dataset: str, file: PublicFile) -> str:
        cached = self._cached(dataset, file)
        damaged = cached is not None and cached.is_file()
        state = f"the cached copy of {file.name} is damaged" if damaged else f"{file.name} is not here"
        line = manual_hint(file, (self.folders[0] if self.folders else self.cache or Path("$ZOO_CACHE_DIR")) / dataset)
        return f"{dataset}: {state}, and ZOO_OFFLINE forbids downloads\n{line}"


def cache_folder() -> Path | None:
    """Return the folder for downloads: `$ZOO_CACHE_DIR`, or `zoo` in the user's cache folder; None without a home.

    A container may run as a user who has no home folder and no entry in the file of users.
    """
    if own := os.environ.get("ZOO_CACHE_DIR"):
        return _expanded(own)
    import platformdirs

    try:
        found = platformdirs.user_cache_path("zoo")
    except RuntimeError:
        return None
    return found if found.is_absolute() else None


def _expanded(path: str | Path) -> Path:
    """Return a path with the user's home folder in place of `~`. Raises DataError if there is no such user."""
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise DataError(f"{path}: there is no such user, so no home folder; write the path in full") from error


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that is too long, or holds a NUL character
        return False


def _no_device(path: Path) -> Path:
    """Return a path. Raises DataError if it is neither a file nor a folder: reading it might never end."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise DataError(f"{path}: is a device, a socket or a named pipe and not a file; copy its contents into a file")
    return path


def _is_verified(path: Path, file: PublicFile) -> bool:
    """Return whether a file exists and has the pinned size and sha256."""
    try:
        if not path.is_file() or path.stat().st_size != file.size:
            return False
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
    except OSError as error:
        raise ResourceError(f"cannot read {path}: {error.strerror}") from error
