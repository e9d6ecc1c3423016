"""A model in a server; when its file is replaced, the new one takes its place."""

from __future__ import annotations

from pathlib import Path

from zoo_core.errors import ZooError, exception_text
from zoo_core.model import Model, load
from zoo_core.registry import Registry, find_model

Stamp = tuple[int, int, int]  # inode, size and time of change in nanoseconds


class ServedModel:
    """A model and its file. A request takes `model` once and keeps it, so that a replacement disturbs none.

    Args:
        name: what the server calls it.
        source: a model file or the name of a shipped model.
        registry: has its parts.
        limit: the largest file to load, in bytes.
    """

    def __init__(self, name: str, source: str, registry: Registry, limit: int) -> None:
        self.name, self._registry, self._limit = name, registry, limit
        self._path = Path(find_model(source, registry)).absolute()
        self._stamp = _stamp(self._path)
        self.model: Model = load(self._path, registry, limit=limit)

    def is_replaced(self) -> bool:
        """Return whether the file is another one than at the latest attempt to load it."""
        found = _stamp(self._path)
        return found is not None and found != self._stamp

    def reload(self) -> str:
        """Load the file that stands there now. If that fails, the former model stays; return the reason, or ''."""
        self._stamp = _stamp(self._path)
        try:
            new = load(self._path, self._registry, limit=self._limit)
        except Exception as error:  # whatever it is, requests and later files go on
            return str(error) if isinstance(error, ZooError) else exception_text(error)
        self.model = new
        return ""


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
