"""Makes the trainer of a run from a spec: loads data, fills in defaults, sets first weights, chooses threads."""

from __future__ import annotations

from pathlib import Path

from zoo_core.data import DataFolder
from zoo_core.model import Model, check_file_limits, provenance, set_arrays
from zoo_core.registry import Registry
from zoo_core.runs._defaults import describe_data, fill_defaults, load_data
from zoo_core.runs._splits import describe_rows, learnt_rows, split, with_earlier_split
from zoo_core.spec import Spec, parts_of, walk_parts
from zoo_core.training import Trainer, check_monitors, choose_threads


def prepare_trainer(
    spec: Spec,
    files: str | Path | DataFolder | None,
    registry: Registry,
    threads: int | None,
    earlier: Model | None,
    started_from: str,
    recorded: int | None = None,
    *,
    resumed: bool = False,
) -> Trainer:
    """Prepare a run that begins with the weights of an earlier model, or with initial ones.

    `threads` is the user's choice, `recorded` the number of threads in a checkpoint. With `resumed` the earlier model
    is that checkpoint.
    """
    if not resumed:
        check_monitors(spec)
    folder = files if isinstance(files, DataFolder) else DataFolder.open(files)
    data = load_data(spec, folder)
    spec = with_earlier_split(fill_defaults(spec, data, registry, earlier), earlier)
    plugins = provenance(registry, parts_of(spec))
    model = Model(spec, describe_data(spec, data), plugins=plugins, started_from=started_from)
    check_file_limits(model.header(), len(model.network.state()) + _fitted_arrays(model), model.name)
    splits, train_rows = split(spec, data, model.source)
    describe_rows(model, data, train_rows, earlier)
    if earlier is not None:
        model.warnings = dict(earlier.warnings) if resumed else learnt_rows(model, splits, earlier)
    if earlier is not None:
        set_arrays(model, earlier.arrays(), f"spec {spec.name!r}, started from model {earlier.spec.name!r}")
    else:
        model.preprocessor.fit(splits["train"].x)
        model.network.initialize(model.source.stream("initializer"))
    number = choose_threads(model, int(splits["train"].x.shape[0]), requested=threads, recorded=recorded)
    fixed = threads or spec.training.threads
    trainer = Trainer(model, splits, threads=number, allow_extra_threads=fixed is None and number == 1)
    trainer.inputs += folder.found
    return trainer


def _fitted_arrays(model: Model) -> int:
    """Return how many arrays the preprocessor and the parts inside it will have."""
    return sum(len(part.state) for _, part in walk_parts(model.preprocessor, ""))
