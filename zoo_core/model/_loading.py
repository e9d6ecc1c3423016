"""Loads a model from a file, after its header has been checked against its arrays and the installed parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from zoo_core.contract import naming_parts, raise_named
from zoo_core.data import Origin
from zoo_core.errors import ModelFileError, PluginError, UsageError
from zoo_core.model._array_names import FINGERPRINTS, TRAINING_ROWS, belongs_to_run
from zoo_core.model._fingerprints import Fingerprints
from zoo_core.model._header import Header, read_model_header
from zoo_core.model._loaded_arrays import (
    approve,
    check_counts,
    first_not_finite,
    read_training_rows,
    set_arrays as set_arrays,
    try_preprocessors,
)
from zoo_core.model._model import Model
from zoo_core.model._preprocessors import restored_preprocessors
from zoo_core.model._provenance import StoredParts
from zoo_core.model.run_state import RunState
from zoo_core.parts import Loss, Part
from zoo_core.registry import Registry, find_model
from zoo_core.registry.default import chosen_registry
from zoo_core.spec.stored_network import read_network, read_stored_part
from zoo_core.storage import DEFAULT_LIMIT, ModelFile, contents_from_bytes, read_model_file

if TYPE_CHECKING:
    from zoo_core.spec import Spec

BYTES = "the given file"  # what messages call a model without a file
Find = Callable[[str, str], type[Part]]


@naming_parts
def load(
    path: str | Path | bytes | BinaryIO,
    registry: Registry | None = None,
    *,
    sha256: str | None = None,
    limit: int = DEFAULT_LIMIT,
) -> Model:
    """Load a model to predict and to evaluate.

    A file cannot run code: it only names parts, which are looked up among the installed ones. The half of its spec
    for training and evaluation is validated when it is first used, and its parts are imported then.
    Warns if a plugin's version has changed since the model was made.

    Args:
        path: a model file (.npz), the name of a shipped model, or the bytes of a file, also as an open binary file.
        registry: where parts are looked up; by default all that is installed.
        sha256: load the file only if it has this digest, 64 hexadecimal digits.
        limit: the largest file to read, in bytes.

    Returns:
        The model, ready to predict.

    Raises:
        ModelFileError: the file is damaged, not valid, too large, or has another digest.
        PluginError: a part that the model was made with is not installed.
        UsageError: the name is neither that of a file nor of a shipped model.

    Example:
        model = zoo_core.load("glyphs-quickstart")
        model.predict(x)  # x: (rows, 784), pixels from 0 to 255
    """
    registry = chosen_registry(registry)
    if isinstance(path, (bytes, bytearray, memoryview)) or hasattr(path, "read"):
        contents = contents_from_bytes(_read_bytes(path, limit), BYTES, limit=limit, sha256=sha256)
        return model_from_file(contents, BYTES, registry)
    file = find_model(path, registry)
    contents = read_model_file(file, sha256=sha256, limit=limit)
    model = model_from_file(contents, str(path), registry, file.parent)
    model.file = file.absolute()
    return model


def model_from_file(
    contents: ModelFile,
    name: str,
    registry: Registry,
    folder: Path | None = None,
    *,
    classes: Mapping[tuple[str, str], type[Part]] | None = None,
) -> Model:
    """Return the model that the contents of a file describe; messages call the file `name`. Raises as `load`.

    `folder` is the folder of the file; by default that of `name`. `classes` are those of its parts by kind and name, if
    they are known; other parts are looked up in the registry.
    """
    header = read_model_header(contents, name)
    parts = StoredParts(header.plugins, name, registry)
    if classes is None:
        parts.check_installed()
    known = classes or {}
    find = parts.find if classes is None else lambda kind, part: known.get((kind, part)) or registry.get(kind, part)
    origin = Origin((folder or Path(name).parent).absolute(), is_stored=True, spec_folder=header.spec_folder)
    read_spec = partial(_read_spec, header, find, name, registry, origin)
    spec = read_spec(for_network=True)
    if classes is None:
        parts.warn_of_versions()
    read_loss = partial(_read_loss, header, find, name, registry)
    return build_model(contents, name, header, read_spec, spec, read_loss)


def _read_bytes(given: Any, limit: int) -> bytes:
    """Return given bytes, or those of an open file: at most one more than `limit`. Raises UsageError for text."""
    data = given.read(limit + 1) if hasattr(given, "read") else bytes(given)
    if not isinstance(data, bytes):
        raise UsageError(f"a model is read from bytes, not from {type(data).__name__}; open the file with mode 'rb'")
    return data


def build_model(
    contents: ModelFile,
    name: str,
    header: Header,
    read_spec: Callable[[], Spec],
    spec: Spec,
    read_loss: Callable[[], Loss] | None = None,
) -> Model:
    """Return the model of a spec, with the arrays of a file. `read_spec` returns the whole spec, `read_loss` its loss.

    Raises ModelFileError for arrays that do not fit.
    """
    is_checkpoint = header.run is not None
    arrays = {n: a for n, a in contents.arrays.items() if not (is_checkpoint and belongs_to_run(n))}
    with _refuse_invalid(name):
        preprocessors = restored_preprocessors(spec, header.about, arrays, name)
        model = Model(
            spec,
            header.about,
            plugins=[source.model_dump() for source in header.plugins],
            history=header.history,
            fingerprints=Fingerprints.read(contents.arrays.get(FINGERPRINTS), name),
            training_rows=read_training_rows(contents.arrays.get(TRAINING_ROWS), name),
            warnings=header.warnings,
            environment=header.environment,
            started_from=header.started_from,
            sha256=contents.sha256,
            not_finite=first_not_finite(arrays),
            approve=partial(approve, contents.arrays, name),
            read_spec=read_spec,
            data_options=_data_options(header),
            read_loss=read_loss,
            preprocessors=preprocessors,
        )
    if header.run is not None:
        own = {n: a for n, a in contents.arrays.items() if belongs_to_run(n)}
        model.run_state = RunState.of_file(header.run, own, name)
    set_arrays(model, arrays, name)
    try_preprocessors(model, name)
    check_counts(model, name, header.parameters)
    return model


def _read_spec(
    header: Header, find: Find, name: str, registry: Registry, origin: Origin, *, for_network: bool = False
) -> Spec:
    """Validate the spec in a header: all of it, or only what the network needs."""
    if for_network and (network := read_network(header.spec, find)) is not None:
        return network
    from zoo_core.spec import Spec, validate

    with _refuse_invalid(name):
        spec = validate(Spec, header.spec, registry, "spec", {}, find=find, for_network=for_network)
    return spec.from_origin(origin)


def _data_options(header: Header) -> dict[str, Any]:
    """Return the options of the data set, such as how its table is written; they are validated by who uses them."""
    options = header.spec.get("data")
    return options if isinstance(options, dict) else {}


def _read_loss(header: Header, find: Find, name: str, registry: Registry) -> Loss:
    """Validate the loss of the spec in a header, and nothing else of its half for training."""
    table = {"loss": header.spec["model"].get("loss")}
    if (loss := read_stored_part(Loss, table["loss"], find)) is not None:
        return loss
    from zoo_core.spec import LossSpec, validate

    with _refuse_invalid(name):
        return validate(LossSpec, table, registry, "spec: model", {}, find=find).loss


@contextmanager
def _refuse_invalid(name: str) -> Iterator[None]:
    """Refuse a file, called `name`, whose header describes no model. Raises ModelFileError."""
    try:
        yield
    except (PluginError, ModelFileError, MemoryError):
        raise
    except Exception as error:  # a part may raise anything for options that no spec file could have
        raise_named(error)
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ModelFileError(f"{name}: its header does not describe a model: {reason[:300]}") from error
