"""From a model file to what predicts: nothing in a file is believed before it was held against the rest of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from zoo_core.errors import ModelFileError, PluginError
from zoo_core.model._fingerprints import FINGERPRINTS as TRACE, Fingerprints
from zoo_core.model._header import DataDescription, Header, read_header
from zoo_core.model._model import Model
from zoo_core.model._predictor import PREPROCESSOR, Predictor
from zoo_core.model._provenance import check_complete, check_installed, check_sources, distribution_by_name, told_apart
from zoo_core.parts import Array, Layout
from zoo_core.registry import Registry, is_path, shipped_models
from zoo_core.spec import NetworkSpec, Spec, network_part, parts_of, validate
from zoo_core.storage import DEFAULT_LIMIT, ModelFile, read_model_file

S = TypeVar("S", bound=NetworkSpec)
P = TypeVar("P", bound=Predictor)

OF_RUN = ("opt.", "run.")  # how names of arrays begin that only a checkpoint has


def load_predictor(
    path: str | Path,
    registry: Registry | None = None,
    *,
    sha256: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Predictor:
    """Read a model file, or a shipped model by name, only to predict; otherwise as `load`.

    Of its spec only the network and the preprocessor are looked at. The plugins of parts that only training and
    evaluation need, such as the optimizer, must be installed, but a module that holds nothing else is not imported.
    """
    registry = registry or Registry()
    return predictor_from_contents(read_named(path, registry, sha256, limit), str(path), registry)


def read_named(path: str | Path, registry: Registry, sha256: str | None, limit: int) -> ModelFile:
    """Return the contents of a file, or of a shipped model by name; see `load`."""
    known = shipped_models(registry) if not is_path(str(path), ".npz") and not Path(path).exists() else {}
    file = known[str(path)].weights if str(path) in known else None
    return read_model_file(file or path, sha256=sha256, limit=limit)


def predictor_from_contents(contents: ModelFile, name: str, registry: Registry) -> Predictor:
    """Return what predicts from the contents of a file; see `load_predictor`."""
    header = read_header(contents, name)
    stored = network_part(header.spec)
    needed, others = told_apart(header.plugins, [stored.get(key) for key in ("generator", "data", "model")])
    check_sources(needed, name, registry)
    check_installed(others, name, registry)
    predictor = build_model(NetworkSpec, stored, Predictor, header, contents, name, registry)
    Fingerprints.read(contents.arrays.get(TRACE), name)  # it must be one, though nobody asks for it
    return predictor


def build_model(
    form: type[S],
    stored: dict[str, Any],
    make: Callable[[S, DataDescription, Callable[[Layout], None]], P],
    header: Header,
    contents: ModelFile,
    name: str,
    registry: Registry,
) -> P:
    """Return what is made from a stored spec of a form, with the arrays of its file, which messages call `name`.

    `make` gets the spec, what the data mean, and what approves of a network's layout. Raises ModelFileError for a
    file that is unsound.
    """
    with _sound(name):
        spec = validate(form, stored, registry, "spec", {}, distribution_by_name(header.plugins))
        found = make(spec, header.about, partial(_approve, contents.arrays, name))
        check_complete(header.plugins, parts_of(spec), name, registry)
    of_run = () if header.run is None else OF_RUN
    set_arrays(found, {path: a for path, a in contents.arrays.items() if not path.startswith(of_run)}, name)
    _check_counts(found, name, header.parameters)
    return found


@contextmanager
def _sound(name: str) -> Iterator[None]:
    """Refuse a file, called `name`, whose header describes no model. Raises ModelFileError."""
    try:
        yield
    except (PluginError, ModelFileError, MemoryError):
        raise
    except Exception as error:  # whatever parts make of options that no spec file has given them
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelFileError(f"{name}: its header does not describe a model: {reason[:300]}") from error


def _check_counts(model: Predictor, name: str, parameters: int | None) -> None:
    """Hold that names are as many as outputs, parameters as many as claimed. Raises ModelFileError."""
    outputs = model.network.outputs
    regression = model.about.task == "regression"
    wanted = outputs if regression else max(outputs, 2)
    names = model.about.target_names if regression else model.about.class_names
    if len(names) not in (0, wanted):
        raise ModelFileError(f"{name}: has {len(names)} names for {wanted} outputs; get a sound file")
    if parameters not in (None, model.network.layout.size):
        raise ModelFileError(
            f"{name}: claims {parameters} parameters, and its spec has {model.network.layout.size}; get a sound file"
        )


def set_arrays(model: Predictor, arrays: Mapping[str, Array], name: str) -> None:
    """Give what was assembled the arrays of a file that messages call `name`. Raises ModelFileError."""
    wanted = model.network.state()
    saved = {path: a for path, a in arrays.items() if not path.startswith(PREPROCESSOR) and path != TRACE}
    for path in sorted(wanted.keys() ^ saved.keys()):
        raise ModelFileError(f"{name}: array {path!r} is {'missing' if path in wanted else 'not part of its spec'}")
    for path, array in wanted.items():
        _check_form(path, array.shape, array.dtype, saved, name)
    model.network.restore(saved)
    _fill_preprocessor(
        model, {path.removeprefix(PREPROCESSOR): a for path, a in arrays.items() if path.startswith(PREPROCESSOR)}, name
    )
    broken = (path for path, a in arrays.items() if a.dtype.kind == "f" and not np.isfinite(a).all())
    model.not_finite = next(broken, "")


def _fill_preprocessor(model: Predictor, saved: Mapping[str, Array], name: str) -> None:
    """Give the preprocessor what it had learnt, and see that it works on a row. Raises ModelFileError."""
    for key in sorted(saved.keys() - set(model.preprocessor.state)):
        raise ModelFileError(f"{name}: array '{PREPROCESSOR}{key}' is not part of its spec")
    for key, value in saved.items():
        setattr(model.preprocessor, key, value if value.ndim else value.item())
    try:
        with np.errstate(all="ignore"):
            row = np.empty((1, model.about.inputs), model.network.dtype)
            model.preprocessor.transform(np.zeros((1, model.about.inputs)), row)
    except Exception as error:
        raise ModelFileError(
            f"{name}: its preprocessor {model.preprocessor.name!r} cannot use its arrays "
            f"({type(error).__name__}: {error}); get a sound file"
        ) from error


def _approve(arrays: Mapping[str, Array], name: str, layout: Layout) -> None:
    """Hold a network's parameters against the arrays of its file, before memory is taken for them."""
    for segment in layout.segments:
        _check_form(segment.path, segment.shape, layout.dtype, arrays, name)


def _check_form(
    path: str, shape: tuple[int, ...], dtype: np.dtype[Any], arrays: Mapping[str, Array], name: str
) -> None:
    saved = arrays.get(path)
    if saved is None:
        raise ModelFileError(f"{name}: array {path!r} is missing")
    if saved.shape != shape or saved.dtype != dtype:
        raise ModelFileError(
            f"{name}: array {path!r} has shape {saved.shape} and dtype {saved.dtype}, "
            f"and its spec needs {shape} and {dtype}"
        )


def load(
    path: str | Path,
    registry: Registry | None = None,
    *,
    sha256: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Model:
    """Read a model file, or a shipped model by name.

    Nothing is imported or run because a file says so: it names registry entries only. With `sha256`, only the
    file that has this digest is read; a file of more than `limit` bytes is not. Raises ModelFileError for a file
    that is damaged or unsound, PluginError when a part it needs is missing. Warns of a plugin that has another
    version than when the model was made.
    """
    registry = registry or Registry()
    return model_from_contents(read_named(path, registry, sha256, limit), str(path), registry)


def model_from_contents(contents: ModelFile, name: str, registry: Registry) -> Model:
    """Return the model that the contents of a file describe; see `load`."""
    header = read_header(contents, name)
    check_sources(header.plugins, name, registry)

    def make(spec: Spec, about: DataDescription, approve: Callable[[Layout], None]) -> Model:
        return Model(spec, about, registry, approve)

    model = build_model(Spec, header.spec, make, header, contents, name, registry)
    model.history = [dict(record) for record in header.history]
    model.trace = Fingerprints.read(contents.arrays.get(TRACE), name)
    model.plugins = [origin.model_dump() for origin in header.plugins]
    model.environment, model.started_from = header.environment, header.started_from
    model.sha256 = contents.sha256
    return model
