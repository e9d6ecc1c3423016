"""Writes a model in another format, with the exporter that a plugin brings for the ending of the file or folder."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from zoo_core.errors import Hint, PluginError, ResourceError, UsageError, nearest
from zoo_core.model import Model, load
from zoo_core.registry import Registry, Tool
from zoo_core.registry.default import chosen_registry
from zoo_core.runs._export_folder import check_folder, write_folder
from zoo_core.storage import check_file_name, write_file

FOLDER = "/"  # the ending of a folder
OF_THE_SYSTEM = {errno.ENOSPC, errno.EDQUOT, errno.ENAMETOOLONG, errno.EROFS, errno.EIO}  # no fault of an exporter
LONG = 80  # letters of a name in a message


class Exported(NamedTuple):
    """What an export wrote.

    Args:
        files: the file that was named first, then those beside it, such as the header of a `.c`; or those of a folder.
        note: what the exporter says of it, or "".
    """

    files: list[Path]
    note: str


def export(
    model: Model | str | Path, path: str | Path, registry: Registry | None = None, *, overwrite: bool = True
) -> Exported:
    """Write a model in another format, which the ending of the file names, or as a folder for a hub.

    Args:
        model: a model, a model file, or the name of a shipped model.
        path: the new file, such as "m.onnx", or a folder: a text that ends in "/", or a folder that exists. It appears
            whole, or not at all.
        registry: has the exporters; default: those of all installed plugins.
        overwrite: whether an existing file may be replaced. In a folder, files of an earlier export are replaced, and
            all others stay.

    Returns:
        The files that were written, and a note of the exporter.

    Raises:
        UsageError: no exporter writes such files, the file exists and may not be replaced, or the folder is not empty.
        PluginError: the exporter raised an error, or wrote no file; a part of the model cannot be exported; or the
            export gives something else than the model.
        ResourceError: the file cannot be written.
        ModelFileError: the model cannot be read.

    Example:
        zoo_core.export("glyphs-quickstart", "glyphs.onnx")
    """
    registry = chosen_registry(registry)
    exporter, path = find_exporter(path, registry), Path(path)
    check = check_folder if exporter.name == FOLDER else _check_free
    check(path, overwrite)
    found = model if isinstance(model, Model) else load(model, registry)
    name = Path(os.path.realpath(path)).name if exporter.name == FOLDER else path.name  # a link is replaced itself
    contents, note = _exported(exporter, found, name)
    if exporter.name == FOLDER:
        return Exported(write_folder(path, contents, overwrite), note)
    files = {path.with_name(file): content for file, content in contents.items()}
    for file in files:
        _check_free(file, overwrite)
    for file, content in reversed(files.items()):  # the named file comes last: where it is, the others are
        write_file(file, content, overwrite=overwrite)
    return Exported(list(files), note)


def names_folder(path: str | Path) -> bool:
    """Return whether an output is a folder: its text ends as one, or it exists. A `Path` has lost the mark."""
    text = str(path)
    return text.endswith((FOLDER, os.sep)) or os.path.isdir(path)  # noqa: PTH112 - never raises


def _check_free(path: Path, overwrite: bool) -> None:
    if not overwrite and os.path.lexists(path):
        raise UsageError(f"{path}: exists", Hint("overwrite"))


def find_exporter(path: str | Path, registry: Registry) -> Tool:
    """Return the exporter for the ending of a file, or for a folder. Raises UsageError for what names neither."""
    check_file_name(path)
    suffixes = [FOLDER] if names_folder(path) else [suffix.lower() for suffix in Path(path).suffixes]
    for at in range(len(suffixes)):
        if exporter := registry.tool("exporter", "".join(suffixes[at:])):
            return exporter
    known = [tool.name for tool in registry.tools("exporter")]
    ending, shown = suffixes[-1] if suffixes else "", str(path) or repr("")
    raise UsageError(f"{shown}: no exporter writes such files{nearest(ending, known)} (there are: {', '.join(known)})")


def _exported(exporter: Tool, model: Model, name: str) -> tuple[dict[str, bytes], str]:
    """Return what an exporter writes, the named file first, and its note.

    It writes to a folder of its own, so a failure leaves nothing behind. An exporter of folders gets an empty one.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="zoo-export-") as folder:
            path = Path(folder) / name
            if exporter.name == FOLDER:
                path.mkdir()
            answer = exporter.call(model, path)
            contents = {file.name: file.read_bytes() for file in _written(exporter, path)}
            return contents, answer if isinstance(answer, str) else ""
    except PluginError as error:
        if getattr(error.__cause__, "errno", None) in OF_THE_SYSTEM:
            raise _not_written(name, error.__cause__) from error
        raise
    except OSError as error:
        raise _not_written(name, error) from error


def _not_written(name: str, error: Any) -> ResourceError:
    shown = name if len(name) < LONG else f"{name[:LONG]}..."
    return ResourceError(f"{shown}: cannot be written: {error.strerror or error}; check the disk, or the name")


def _written(exporter: Tool, path: Path) -> list[Path]:
    """Return the files that an exporter wrote, the named one first. Raises PluginError if there is none."""
    is_folder = exporter.name == FOLDER
    others = (path if is_folder else path.parent).iterdir()
    named = [] if is_folder else [path]
    found = [*named, *sorted(file for file in others if file.is_file() and file != path)]
    if not found or not found[0].is_file():
        raise PluginError(f"{exporter} wrote no file; it writes to the path that it is given")
    return found
