"""Where the paths in a spec come from: a spec of the user's own may name any file, one in a model file may not.

A model file may be a stranger's. Paths in it count only inside the working folder, the folder of the model file and
the user's data folders. A link or `..` that leads out of them is not followed, and no file out there is opened.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Origin:
    """Where a spec was read. All origins are equal: a spec is the same wherever it was read.

    Args:
        folder: the folder of its file; None where it did not come from a file.
        is_stored: whether the file is a model file or a checkpoint.
        spec_folder: of a stored spec: the folder of the spec file that it was trained from, relative to `folder`.
        named: paths that the user has put in place of stored ones.
    """

    folder: Path | None = field(default=None, compare=False)
    is_stored: bool = field(default=False, compare=False)
    spec_folder: str = field(default="", compare=False)
    named: tuple[str, ...] = field(default=(), compare=False)

    def naming(self, values: Any) -> Origin:
        """Return a copy in which the user has also named every text in `values`, plain data."""
        return replace(self, named=(*self.named, *_texts(values)))

    def is_trusted(self, path: str) -> bool:
        """Return whether a path is the user's own word."""
        return not self.is_stored or path in self.named

    def folders(self) -> list[Path]:
        """Return the folders beside which files are looked for: that of the file, and that of the first spec."""
        if self.folder is None:
            return []
        return [self.folder, *([self.folder / self.spec_folder] if self.spec_folder else [])]

    def confines(self, folders: Iterable[Path]) -> list[Path]:
        """Return the folders that paths of a stored spec may not leave: `folders`, the model's own and named ones."""
        return _real_folders([Path.cwd(), *folders, *self.folders()[:1], *map(Path, self.named)])

    def relative_to(self, target: Path, values: Any) -> str:
        """Return the folder of the spec file as a model file in the folder `target` keeps it; "" for none.

        It is kept where a text in `values`, the options of the data set, names a file in it. It must lie inside
        `target`, or both inside the working folder: names of other folders are no business of who gets the model.
        """
        if self.folder is None:
            return ""
        source, place = resolved(self.folders()[-1]), resolved(target)
        if self.is_stored and resolved(self.folder) == place:
            return self.spec_folder
        if source is None or place is None or source == place or not any(_lies_at(source, t) for t in _texts(values)):
            return ""
        here = [folder for folder in _real_folders([Path.cwd()]) if is_inside(place, [folder])]
        return Path(os.path.relpath(source, place)).as_posix() if is_inside(source, [place, *here]) else ""


OF_THE_USER = Origin()


def _real_folders(folders: Iterable[Path]) -> list[Path]:
    """Return folders without links; the root of the file system, which holds everything, is left out."""
    found = [folder for folder in map(resolved, folders) if folder is not None]
    return [folder for folder in found if folder != folder.parent]


def is_inside(path: Path, folders: Iterable[Path]) -> bool:
    """Return whether a path lies in one of the folders; none has links."""
    return any(path.is_relative_to(folder) for folder in folders)


def resolved(path: Path) -> Path | None:
    """Return an absolute path without links and `..`, or None if the system knows no such name."""
    try:
        return path.resolve()
    except (OSError, ValueError, RuntimeError):  # too long, with a NUL character, links in a circle
        return None


def _lies_at(folder: Path, path: str) -> bool:
    """Return whether a relative path leads to something that exists."""
    try:
        return path != "" and not Path(path).is_absolute() and (folder / path).exists()
    except (OSError, ValueError):
        return False


def _texts(values: Any) -> Iterator[str]:
    """Yield every text in plain data."""
    if isinstance(values, str):
        yield values
    elif isinstance(values, dict):
        yield from _texts(list(values.values()))
    elif isinstance(values, (list, tuple)):
        for item in values:
            yield from _texts(item)
