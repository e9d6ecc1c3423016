"""From a model file to a model, which can be evaluated, trained further and saved again, too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from zoo_core import model_file
from zoo_core.header import About, read_header
from zoo_core.model import Model
from zoo_core.origins import check_origins
from zoo_core.parts import Layout
from zoo_core.registry import Registry
from zoo_core.serving import read_named, restored
from zoo_core.spec import Spec
from zoo_core.trace import NAME as TRACE
from zoo_core.trace import Trace


def load(
    path: str | Path,
    registry: Registry | None = None,
    *,
    sha256: str | None = None,
    limit: int = model_file.LIMIT,
) -> Model:
    """Read a model file, or a shipped model by name.

    Nothing is imported or run because a file says so: it names registry entries only. With `sha256`, only the
    file that has this digest is read; a file of more than `limit` bytes is not. Raises ModelFileError for a file
    that is damaged or unsound, PluginError when a part it needs is missing. Warns of a plugin that has another
    version than when the model was made.
    """
    registry = registry or Registry()
    return model_from_contents(read_named(path, registry, sha256, limit), str(path), registry)


def model_from_contents(contents: model_file.Contents, name: str, registry: Registry) -> Model:
    """Return the model that the contents of a file describe; see `load`."""
    header = read_header(contents, name)
    check_origins(header.plugins, name, registry)

    def make(spec: Spec, about: About, approve: Callable[[Layout], None]) -> Model:
        return Model(spec, about, registry, approve)

    model = restored(Spec, header.spec, make, header, contents, name, registry)
    model.history = [dict(record) for record in header.history]
    model.trace = Trace.read(contents.arrays.get(TRACE), name)
    model.plugins = [origin.model_dump() for origin in header.plugins]
    model.environment, model.started_from = header.environment, header.started_from
    model.sha256 = contents.sha256
    return model
