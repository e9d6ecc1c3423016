"""Writes a model in another format, with the exporter that a plugin brings for the ending of the file."""

from __future__ import annotations

import tempfile
from pathlib import Path

from zoo_core.errors import Hint, PluginError, ResourceError, UsageError, nearest
from zoo_core.model import Model, load
from zoo_core.registry import Registry, Tool
from zoo_core.registry.default import default_registry
from zoo_core.storage import write_file


def export(
    model: Model | str | Path, path: str | Path, registry: Registry | None = None, *, overwrite: bool = True
) -> None:
    """Write a model in another format, which the ending of the file names.

    Args:
        model: a model, a model file, or the name of a shipped model.
        path: the new file, such as "m.safetensors". It appears whole, or not at all.
        registry: has the exporters; default: those of all installed plugins.
        overwrite: whether an existing file may be replaced.

    Raises:
        UsageError: no exporter writes such files, or the file exists and may not be replaced.
        PluginError: the exporter raised an error, or wrote no file.
        ResourceError: the file cannot be written.
        ModelFileError: the model cannot be read.

    Example:
        zoo_core.export("glyphs-quickstart", "glyphs.safetensors")
    """
    registry, path = registry or default_registry(), Path(path)
    exporter = find_exporter(path, registry)
    if not overwrite and (path.exists() or path.is_symlink()):
        raise UsageError(f"{path}: exists", Hint("force"))
    found = model if isinstance(model, Model) else load(model, registry)
    write_file(path, _exported(exporter, found, path.name), overwrite=overwrite)


def find_exporter(path: Path, registry: Registry) -> Tool:
    """Return the exporter for the ending of a file. Raises UsageError if there is none."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    for at in range(len(suffixes)):
        if exporter := registry.tool("exporter", "".join(suffixes[at:])):
            return exporter
    known = [tool.name for tool in registry.tools("exporter")]
    ending = suffixes[-1] if suffixes else ""
    raise UsageError(f"{path}: no exporter writes such files{nearest(ending, known)} (there are: {', '.join(known)})")


def _exported(exporter: Tool, model: Model, name: str) -> bytes:
    """Return what an exporter writes. It writes to a folder of its own, so a failure leaves nothing behind."""
    try:
        with tempfile.TemporaryDirectory(prefix="zoo-export-") as folder:
            path = Path(folder) / name
            exporter.call(model, path)
            if not path.is_file():
                raise PluginError(f"{exporter} wrote no file; it writes to the path that it is given")
            return path.read_bytes()
    except OSError as error:
        raise ResourceError(f"{name}: cannot be written: {error.strerror or error}") from error
