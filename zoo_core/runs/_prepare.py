"""Makes the trainer of a run from a spec: loads data, fills in defaults, sets first weights."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.basics.workers import Pool, default_threads
from zoo_core.data import DataFolder, SplitRows
from zoo_core.errors import SpecError
from zoo_core.model import DataDescription, Model, check_file_limits, provenance, set_arrays
from zoo_core.nn import RandomStreams
from zoo_core.parts import Array, Data, Table
from zoo_core.registry import Registry
from zoo_core.runs._continuation import check_continuation, continue_run, keep_state
from zoo_core.runs._defaults import describe_data, fill_defaults, load_data
from zoo_core.runs._model_columns import check_splits_known, in_columns_of
from zoo_core.runs._splits import describe_rows, learnt_rows, repeated_rows, split, with_earlier_split
from zoo_core.spec import Spec, copy_part, parts_of
from zoo_core.training import Trainer, batches_of, check_monitors

INITIAL_ROWS = 512  # training rows that initializers may see


def prepare_trainer(
    spec: Spec,
    files: str | Path | DataFolder | None,
    registry: Registry,
    threads: int | None,
    earlier: Model | None,
    *,
    data: Data | None = None,
    resumed: bool = False,
) -> Trainer:
    """Prepare a run that begins with the weights of an earlier model, or with initial ones.

    `data` take the place of the data set.
    `threads` is the user's choice. With `resumed` the earlier model is a checkpoint.
    """
    if not resumed:
        check_monitors(spec)
        check_continuation(spec, earlier)
    data, found = _loaded(spec, files) if data is None else (data, [])
    data = in_columns_of(earlier, data)
    spec = with_earlier_split(fill_defaults(spec, data, registry, earlier), earlier)
    about, source = describe_data(spec, data), RandomStreams(copy_part(spec.generator), spec.seed)
    splits, chosen = split(spec, data, source)
    model = _new_model(spec, about, registry, source, splits["train"], earlier, resumed)
    if earlier is None:
        check_splits_known(model, splits, {name: rows for name, (_, rows) in chosen.items()})
    describe_rows(model, data, chosen["train"][1], earlier)
    _set_first_weights(model, splits, earlier, resumed)
    trainer = Trainer(model, splits, pool=Pool(threads or spec.training.threads or default_threads()))
    trainer.inputs += found
    trainer.split_rows = {name: SplitRows.of(part, rows) for name, (part, rows) in chosen.items()}
    trainer.at_end.append(partial(keep_state, trainer))
    if earlier is not None and spec.training.resume_optimizer and not resumed:
        continue_run(trainer, earlier)
    return trainer


def _loaded(spec: Spec, files: str | Path | DataFolder | None) -> tuple[Data, list[Path]]:
    """Return the data of a spec, and the files that were found for them."""
    folder = files if isinstance(files, DataFolder) else DataFolder.open(files)
    return load_data(spec, folder), folder.found


def _new_model(
    spec: Spec,
    about: DataDescription,
    registry: Registry,
    source: RandomStreams,
    train: Table,
    earlier: Model | None,
    resumed: bool,
) -> Model:
    """Return the model of a run without its weights. Raises SpecError if no file or no metric can take it."""
    preprocessors, started_from = None, ""
    if earlier is not None:
        preprocessors, started_from = earlier.preprocessors, earlier.started_from if resumed else earlier.sha256
    model = Model(
        spec, about, plugins=provenance(registry, parts_of(spec)), started_from=started_from,
        source=source, train=train, preprocessors=preprocessors,
    )  # fmt: skip
    _check_metrics(model)
    check_file_limits(model.header(), len(model.network.state()) + _fitted_arrays(model), model.name)
    return model


def _set_first_weights(model: Model, splits: Mapping[str, Table], earlier: Model | None, resumed: bool) -> None:
    """Copy the weights of an earlier model, with what it warned of, or let initializers write them."""
    if earlier is not None:
        model.warnings = dict(earlier.warnings) if resumed else learnt_rows(model, splits, earlier)
        set_arrays(model, earlier.arrays(), f"spec {model.name!r}, started from model {earlier.spec.name!r}")
        return
    model.warnings = repeated_rows(model, splits)
    rows = _prepared_rows(model, splits["train"].x) if model.network.wants_inputs else None
    model.network.initialize(model.source.stream("initializer"), rows)


def steps_per_epoch(spec: Spec, files: str | Path | DataFolder | None = None) -> int:
    """Return how many steps an epoch of a spec has. Its data are read. Raises DataError or ResourceError."""
    splits, _ = split(spec, load_data(spec, files))
    return batches_of(spec.training, int(splits["train"].x.shape[0]), np.random.default_rng(0)).steps


def _check_metrics(model: Model) -> None:
    """Let each metric refuse the outputs or the classes, with its place in the spec, before anything is trained."""
    for i, metric in enumerate(model.metrics()):
        try:
            metric.start(1, model.network.outputs)
        except SpecError as error:
            raise SpecError(f"spec {model.name!r}: training.metrics.{i}: {error}") from None


def _fitted_arrays(model: Model) -> int:
    """Return how many arrays the preprocessors and the parts inside them will have."""
    return sum(len(part.state) for _, part in model.preprocessors.parts)


@np.errstate(all="ignore")
def _prepared_rows(model: Model, x: Any) -> Array:
    """Return up to INITIAL_ROWS prepared rows, at equal distances, since rows are often sorted by class."""
    count = min(INITIAL_ROWS, x.shape[0])
    out = np.empty((count, model.network.inputs), model.network.dtype)
    return model.preprocessor.prepare(x.take(np.arange(count) * x.shape[0] // count, axis=0), out)
