"""A checkpoint: a model file that also holds the state of its run, between two steps.

It has the header and arrays of the model, so it can also be used as a model. The arrays `opt.*` and `run.*` are the
state of the run; other state is stored in the section `run` of the header.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from zoo_core.errors import Hint, ModelFileError, PluginError, ResourceError
from zoo_core.model.run_state import unpacked_run
from zoo_core.parts import Array
from zoo_core.registry import DISTRIBUTION
from zoo_core.runs._compare import difference_lines
from zoo_core.runs._output import REPLACES
from zoo_core.runs._run_state import get_state, owner_of_state, set_state
from zoo_core.storage import ModelFile, begins_as_model_file, pack, write_model_file
from zoo_core.training import Trainer


def write_checkpoint(trainer: Trainer, path: str | Path, replaceable: Iterable[str] = ()) -> None:
    """Write a checkpoint of a run between two steps; `replaceable` are digests of files that the run may replace.

    Raises PluginError for state that a file cannot hold, UsageError where a file stands that is no checkpoint.
    """
    arrays: dict[str, Array] = {}
    run = _packed_state(trainer, arrays)
    if digests := " ".join(sorted(replaceable)):
        run[REPLACES] = digests
    is_stranger = os.path.lexists(path) and not begins_as_model_file(Path(path))
    content = trainer.model.header(path) | {"run": run}, trainer.model.arrays() | arrays
    write_model_file(path, *content, overwrite=not is_stranger)


def _packed_state(trainer: Trainer, arrays: dict[str, Array]) -> dict[str, Any]:
    """Return the state of a run as values of a header; arrays go into `arrays`. Raises PluginError, with the part."""
    found: dict[str, Any] = {}
    for name, value in get_state(trainer).items():
        try:
            found[name] = pack(value, name, arrays)
        except PluginError as error:
            raise PluginError(f"{owner_of_state(trainer, name)}{error}") from error
    return found


def restore_run(trainer: Trainer, contents: ModelFile, name: str) -> None:
    """Set a prepared run to the state in the checkpoint `name`, whose model it already has.

    Raises ResourceError where spec or data differ from those of the checkpoint, ModelFileError for a file that
    is no checkpoint.
    """
    header = contents.header
    run = _run_section(header, name)
    found = list(_obstacles(header, trainer.model.header()))
    if found:
        raise ResourceError(
            f"{name}: cannot resume, because the result would differ from that of a run that was never stopped:\n  "
            + "\n  ".join(found),
            Hint("start_from", path=name),
        )
    _warn_of_versions(trainer, header, name)
    state = unpacked_run(run, contents.arrays, name)
    try:
        set_state(trainer, state)
    except (LookupError, TypeError, ValueError, OverflowError, AttributeError, StopIteration) as error:
        raise ModelFileError(f"{name}: its state is not that of a run of its spec: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return str(error) if isinstance(error, ValueError) else "a value has another type"


def _warn_of_versions(trainer: Trainer, header: Mapping[str, Any], name: str) -> None:
    """Warn of other versions of NumPy, BLAS and the zoo: a run may go on, but its last digits may differ.

    Loading the model has already warned of other versions of plugins.
    """
    own = trainer.model.header()
    environment = {k: v for k, v in header["environment"].items() if k != "threads"}  # that older versions kept
    for line in difference_lines(environment, own["environment"]):
        trainer.warn(
            f"{name}: the last digits of the result may differ from those of a run that was never stopped: {line}"
        )
    for line in difference_lines(_zoo_version(header), _zoo_version(own)):
        trainer.warn(f"{name}: was made with another version of the zoo: {line}")


def _run_section(header: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    run = header.get("run")
    if not isinstance(run, dict) or not isinstance(run.get("run.position"), dict):
        raise ModelFileError(f"{name}: is no checkpoint of a run")
    return run


def _obstacles(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Yield each difference between two headers for which the second run cannot continue the first."""
    yield from difference_lines(then["spec"], now["spec"], "spec: ")
    key = "data_sha256"
    yield from difference_lines({key: then["about"].get(key)}, {key: now["about"].get(key)})


def _zoo_version(header: Mapping[str, Any]) -> dict[str, str]:
    return {p["distribution"]: p["version"] for p in header["plugins"] if p["distribution"] == DISTRIBUTION}
