"""What commands read and where they may write: output paths, the data folder, models."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zoo_core.cli._output import download_bar
from zoo_core.errors import ResourceError, UsageError, nearest

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from zoo_core.data import DataFolder
    from zoo_core.model import Model
    from zoo_core.registry import Registry

MAX_SIZE_MIB = 256  # of a model file


def check_output_path(path: Path, force: bool) -> Path:
    """Return an output path that may be written. Raises UsageError before any work is done."""
    try:
        if path.is_dir():
            raise UsageError(f"{path}: is a folder; name a file with -o")
        if (path.exists() or path.is_symlink()) and not force:  # a link to nothing would be replaced as well
            raise UsageError(f"{path}: exists; choose another name with -o, or replace it with --force")
        if not path.absolute().parent.is_dir():
            raise UsageError(f"{path}: its folder does not exist; make it first")
    except FileNotFoundError as error:
        raise ResourceError("the working folder was removed; go to another one") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be a file: {error.strerror}; choose another name with -o") from error
    if not os.access(path.absolute().parent, os.W_OK):
        raise ResourceError(f"{path}: its folder may not be written to; choose another with -o")
    return path


def picture_writer(path: Path, request: str, force: bool) -> Callable[[Figure], None]:
    """Return a function that writes a picture and prints its warnings. Raises UsageError before any work is done.

    A file that is unchanged since it was written for the same `request` is replaced without `force`.
    """
    from zoo_core.display.plots import check_ending, is_own_picture, save_figure

    check_ending(path)
    check_output_path(path, force or is_own_picture(path, request))

    def write(figure: Figure) -> None:
        for warning in save_figure(figure, path, overwrite=force, request=request):
            print(f"warning: {warning}", file=sys.stderr)

    return write


def relative_to(path: Path, folder: Path) -> str:
    """Return a path as seen from a folder, or as it is where the two are on different disks."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except (OSError, ValueError):
        return path.as_posix()


def check_not_an_input(output: Path, *inputs: Path | str) -> None:
    """Raise UsageError if an output is one of the files that a command reads, also through a link."""
    for path in map(Path, inputs):
        if output.exists() and path.exists() and output.samefile(path):
            raise UsageError(f"{output}: is the same file as the input {path}; choose another output")


def check_kind(kind: str | None, known: Collection[str]) -> str:
    """Return the kind of part. Raises UsageError if it is missing or unknown."""
    if not kind:
        raise UsageError(f"--kind is missing; give one of: {', '.join(known)}")
    if kind not in known:
        raise UsageError(f"--kind {kind}: there is no such kind{nearest(kind, known)} (there are: {', '.join(known)})")
    return kind


def data_folder(data_dir: Path | None, quiet: bool = False) -> DataFolder:
    """Return the data folder, with a progress bar for downloads on a terminal."""
    from zoo_core.data import DataFolder

    if data_dir is not None and not data_dir.is_dir():
        raise UsageError(f"--data-dir {data_dir}: is not a folder")
    return DataFolder.open(data_dir, progress=None if quiet else download_bar())


def load_model(name: str, registry: Registry, sha256: str | None = None, max_size: int = MAX_SIZE_MIB) -> Model:
    """Load a model by file or shipped name; `max_size` is in MiB."""
    from zoo_core.model import load

    return load(name, registry, sha256=sha256, limit=max_size * 2**20)


def load_models(names: Sequence[str], registry: Registry, digests: Sequence[str] | None, max_size: int) -> list[Model]:
    """Load several models. Raises UsageError unless there are no digests or one for each."""
    if digests and len(digests) != len(names):
        raise UsageError(f"{len(digests)} times --sha256 for {len(names)} models; give one for each, in their order")
    wanted: Sequence[str | None] = digests or [None] * len(names)
    return [load_model(name, registry, digest, max_size) for name, digest in zip(names, wanted, strict=True)]
