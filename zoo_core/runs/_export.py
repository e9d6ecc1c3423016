"""Writes a model in another format, with the exporter that a plugin brings for the ending of the file or folder."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import NamedTuple

from zoo_core.errors import Hint, PluginError, ResourceError, UsageError, nearest
from zoo_core.model import Model, load
from zoo_core.registry import Registry, Tool
from zoo_core.registry.default import default_registry
from zoo_core.runs._export_folder import check_folder, write_folder
from zoo_core.storage import write_file

FOLDER = "/"  # the ending of a folder


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
    registry = registry or default_registry()
    exporter, path = find_exporter(path, registry), Path(path)
    check = check_folder if exporter.name == FOLDER else _check_free
    check(path, overwrite)
    found = model if isinstance(model, Model) else load(model, registry)
    contents, note = _exported(exporter, found, path.resolve().name)
    if exporter.name == FOLDER:
        return Exported(write_folder(path, contents, overwrite), note)
    files = {path.with_name(name): content for name, content in contents.items()}
    for file in files:
        _check_free(file, overwrite)
    for file, content in reversed(files.items()):  # the named file comes last: where it is, the others are
        write_file(file, content, overwrite=overwrite)
    return Exported(list(files), note)


def names_folder(path: str | Path) -> bool:
    """Return whether an output is a folder: its text ends as one, or it exists. A `Path` has lost the mark."""
    text = str(path)
    return text.endswith((FOLDER, os.sep)) or (bool(text) and Path(path).is_dir())


def _check_free(path: Path, overwrite: bool) -> None:
    if not overwrite and (path.exists() or path.is_symlink()):
        raise UsageError(f"{path}: exists", Hint("force"))


def find_exporter(path: str | Path, registry: Registry) -> Tool:
    """Return the exporter for the ending of a file, or for a folder. Raises UsageError if there is none."""
    suffixes = [FOLDER] if names_folder(path) else [suffix.lower() for suffix in Path(path).suffixes]
    for at in range(len(suffixes)):
        if exporter := registry.tool("exporter", "".join(suffixes[at:])):
            return exporter
    known = [tool.name for tool in registry.tools("exporter")]
    ending = suffixes[-1] if suffixes else ""
    raise UsageError(f"{path}: no exporter writes such files{nearest(ending, known)} (there are: {', '.join(known)})")


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
    except OSError as error:
        raise ResourceError(f"{name}: cannot be written: {error.strerror or error}") from error


def _written(exporter: Tool, path: Path) -> list[Path]:
    """Return the files that an exporter wrote, the named one first. Raises PluginError if there is none."""
    is_folder = exporter.name == FOLDER
    others = (path if is_folder else path.parent).iterdir()
    named = [] if is_folder else [path]
    found = [*named, *sorted(file for file in others if file.is_file() and file != path)]
    if not found or not found[0].is_file():
        raise PluginError(f"{exporter} wrote no file; it writes to the path that it is given")
    return found
