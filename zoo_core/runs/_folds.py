"""Cross-validation: one run for each fold, which is the test split of its run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.contract import naming_parts
from zoo_core.data import DataFolder
from zoo_core.errors import UsageError
from zoo_core.model import Model, baseline_figures
from zoo_core.model.evaluation import evaluate_table
from zoo_core.registry import Registry
from zoo_core.registry.default import chosen_registry
from zoo_core.runs._given_data import TEST_AND_FOLDS, are_splits
from zoo_core.runs._output import Output
from zoo_core.runs._run import prepare, run_to_end
from zoo_core.runs._spec_forms import read_spec_and_data
from zoo_core.spec import Spec
from zoo_core.training import DEFAULT_INTERVAL, Interval, Trainer

MAX_FOLDS = 1000


@dataclass(frozen=True)
class Fold:
    """What the model of one fold reached on the rows of that fold, which it has not learnt.

    Args:
        number: of the fold, from 1.
        rows: how many rows the fold has.
        model: the trained model.
        figures: its loss and metrics on these rows.
        baseline: the metrics of a model that always answers with the most frequent class, or the mean.
    """

    number: int
    rows: int
    model: Model
    figures: dict[str, float]
    baseline: dict[str, float]


@dataclass(frozen=True)
class CrossValidation:
    """The folds of a cross-validation, and what they say together.

    Example:
        result = zoo_core.cross_validate("my.toml", folds=5)
        result.mean["accuracy"], result.spread["accuracy"]
    """

    folds: list[Fold]

    @property
    def mean(self) -> dict[str, float]:
        """The mean of each figure over the folds."""
        return {key: float(np.mean(values)) for key, values in self._values("figures").items()}

    @property
    def baseline(self) -> dict[str, float]:
        """The mean of each metric of the baselines over the folds."""
        return {key: float(np.mean(values)) for key, values in self._values("baseline").items()}

    @property
    def spread(self) -> dict[str, float]:
        """The standard deviation of each figure over the folds (ddof = 1)."""
        return {key: float(np.std(values, ddof=1)) for key, values in self._values("figures").items()}

    def _values(self, name: str) -> dict[str, list[float]]:
        return {key: [getattr(fold, name)[key] for fold in self.folds] for key in getattr(self.folds[0], name)}


@naming_parts
def cross_validate(
    spec: Spec | str | Path | Mapping[str, Any],
    folds: int = 5,
    data_dir: str | Path | DataFolder | None = None,
    registry: Registry | None = None,
    *,
    data: Any = None,
    target: str | int | Sequence[str | int] | None = None,
    output: str | Path | None = None,
    checkpoint_every: str = DEFAULT_INTERVAL,
    force: bool = False,
) -> CrossValidation:
    """Train a model for each fold, and measure it on the rows of that fold.

    The rows are divided as `data.stratify`, `data.in_order` and the groups or times of the data say. A fraction for
    `data.train` or `data.test` is left out, one for `data.validation` is taken from the other folds. The test part of
    a data set, such as that of `glyphs`, is neither learnt nor tested.

    Args:
        spec: as for `train`.
        folds: how many, 2 to 1000.
        data_dir: as for `train`.
        registry: as for `train`.
        data, target: as for `train`.
        output: saves the model of fold 3 as NAME-fold-3.npz, if this is NAME.npz; by default no model is saved.
        checkpoint_every: how often to save a checkpoint, as for `train`.
        force: replace existing files.

    Returns:
        The models of the folds with their figures, and the mean and the spread of these.

    Raises:
        UsageError: `folds` is no such number, the spec has a slice as its test split, `data` has test rows, or a file
            exists.
        SpecError, DataError, PluginError, NumericError, ResourceError: as `train`.

    Example:
        result = zoo_core.cross_validate("my.toml", folds=5)
        print(result.mean, result.spread)
    """
    registry, interval = chosen_registry(registry), Interval.parse(checkpoint_every)
    if are_splits(data) and "test" in data:
        raise UsageError(TEST_AND_FOLDS)
    given = read_spec_and_data(spec, data, target, registry)
    specs = fold_specs(given.spec, folds)
    outputs = [None] * len(specs) if output is None else fold_outputs(output, specs, force)

    def begin(one: Spec) -> Trainer:
        return prepare(one, data_dir, registry, data=given.data)

    def run(trainer: Trainer, path: Output | None) -> None:
        run_to_end(trainer, path, interval if path else None)

    return CrossValidation(list(train_folds(specs, outputs, begin, run)))


def train_folds(
    specs: Iterable[Spec],
    outputs: Iterable[Output | None],
    begin: Callable[[Spec], Trainer],
    run: Callable[[Trainer, Output | None], object],
) -> Iterator[Fold]:
    """Yield the fold of each spec once it is trained.

    `begin` returns the trainer for a spec. `run` trains it to its end, and saves it where there is an output, which is
    locked and prepared until then.
    """
    for spec, output in zip(specs, outputs, strict=True):
        with nullcontext() if output is None else output.lock():
            if output is not None:
                output.prepare(spec.to_dict())
            trainer = begin(spec)
            run(trainer, output)
        yield _measured(trainer)


def fold_specs(spec: Spec, folds: int) -> list[Spec]:
    """Return the spec of each fold; its fold is the test split. Raises UsageError, as `cross_validate`."""
    if isinstance(folds, bool) or folds != int(folds) or not 2 <= folds <= MAX_FOLDS:
        raise UsageError(f"folds is {folds!r}; it is a whole number from 2 to {MAX_FOLDS}")
    if isinstance(spec.data.test, str) or spec.data.folds is not None:
        key, value = ("folds", spec.data.folds) if spec.data.folds is not None else ("test", spec.data.test)
        raise UsageError(f"spec {spec.name!r}: data.{key} is {value!r}, and each fold is a test split; leave it out")
    return list(_fold_specs(spec, int(folds)))


def _fold_specs(spec: Spec, folds: int) -> Iterator[Spec]:
    train = spec.data.train if isinstance(spec.data.train, str) else None
    for fold in range(1, folds + 1):
        own = {"train": train, "test": None, "folds": folds, "fold": fold}
        data = spec.data.model_copy(update=own)
        yield spec.model_copy(update={"name": f"{spec.name[:80]}-fold-{fold}", "data": data})


def fold_outputs(output: str | Path, specs: Sequence[Spec], force: bool) -> Sequence[Output]:
    """Return the output of each fold. Raises UsageError where a file is there and `force` is False."""
    path = Path(output)
    outputs = [
        Output(path.with_name(f"{path.stem}-fold-{fold}{path.suffix}"), overwrite=force)
        for fold in range(1, len(specs) + 1)
    ]
    for one, spec in zip(outputs, specs, strict=True):
        one.prepare(spec.to_dict())
    return outputs


def _measured(trainer: Trainer) -> Fold:
    """Return what a trained run of a fold reached on its test split."""
    model, table = trainer.model, trainer.splits["test"]
    figures, baseline = evaluate_table(model, table, check=True), baseline_figures(model, table)
    return Fold(model.spec.data.fold or 1, len(table.y), model, figures, baseline)
