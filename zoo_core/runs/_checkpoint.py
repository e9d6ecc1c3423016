"""A checkpoint: a model file that also holds all that the rest of its run depends on.

It has the model's header and arrays as they are between two steps, arrays of the run named `opt.*` and `run.*`, and a
section `run` in the header with everything that is no array. So it can be used as a model too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from zoo_core.errors import Hint, ModelFileError, ResourceError
from zoo_core.parts import Array
from zoo_core.registry import DISTRIBUTION
from zoo_core.runs import _run_state as run_state
from zoo_core.runs._compare import difference_lines
from zoo_core.storage import ModelFile, pack, unpack, write_model_file
from zoo_core.training import Trainer


def save(trainer: Trainer, path: str | Path) -> None:
    """Write a checkpoint of a run between two steps. Raises also PluginError for state that no file can keep."""
    arrays: dict[str, Array] = {}
    run = {name: pack(value, name, arrays) for name, value in run_state.get_state(trainer).items()}
    write_model_file(path, trainer.model.header() | {"run": run}, trainer.model.arrays() | arrays)


def resume(trainer: Trainer, contents: ModelFile, name: str) -> None:
    """Put a run that has been prepared with the model in the checkpoint `name` where that left it.

    Raises ResourceError where spec, data or threads are not those of the checkpoint, ModelFileError for a file
    that is no checkpoint.
    """
    header = contents.header
    run = _run(header, name)
    found = list(_obstacles(header, trainer.model.header()))
    if found:
        raise ResourceError(
            f"{name}: cannot go on, because the result would not be that of a run left alone:\n  " + "\n  ".join(found),
            Hint("start_from", path=name),
        )
    _warn(trainer, header, name)
    try:
        run_state.set_state(trainer, {key: unpack(value, contents.arrays) for key, value in run.items()})
    except (LookupError, TypeError, ValueError, OverflowError, AttributeError, StopIteration) as error:
        raise ModelFileError(f"{name}: its state is not that of a run of its spec: {error!r}") from error


def _warn(trainer: Trainer, header: Mapping[str, Any], name: str) -> None:
    """Say what else differs: a run may go on with another NumPy, and then its last digits may be others.

    Of other versions of plugins loading the model has warned, but not of the zoo's own.
    """
    own = trainer.model.header()
    for line in difference_lines(header["environment"], own["environment"]):
        trainer.warn(f"{name}: the last digits of the result may not be those of a run left alone: {line}")
    for line in difference_lines(_versions(header), _versions(own)):
        trainer.warn(f"{name}: was made with another version of the zoo: {line}")


def _run(header: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    run = header.get("run")
    if not isinstance(run, dict) or not isinstance(run.get("run.position"), dict):
        raise ModelFileError(f"{name}: is no checkpoint of a run")
    return run


def _obstacles(there: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[str]:
    """Yield what differs between the headers of two runs, so that one cannot be the other's continuation."""
    yield from difference_lines(there["spec"], here["spec"], "spec: ")
    for table, key in (("about", "data_sha256"), ("environment", "threads")):
        yield from difference_lines({key: there[table].get(key)}, {key: here[table].get(key)})


def _versions(header: Mapping[str, Any]) -> dict[str, str]:
    return {p["distribution"]: p["version"] for p in header["plugins"] if p["distribution"] == DISTRIBUTION}
