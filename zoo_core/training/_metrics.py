"""What an epoch measures: the loss and metrics of training, and those of the splits that are evaluated."""

from __future__ import annotations

from collections.abc import Mapping

from zoo_core.model import Model
from zoo_core.model.evaluation import TableEvaluation, prepare_all
from zoo_core.nn import Objective, RunningMetrics
from zoo_core.parts import Record, Table
from zoo_core.spec import metric_directions
from zoo_core.training._batch_loader import BatchLoader


def record_key(split: str, name: str) -> str:
    """Return the key of a loss or metric in the record of an epoch."""
    return f"{split}_{name}"


class EpochMetrics:
    """Measures each epoch of a run. `training` counts outputs as they were before each update.

    `directions` tells for each metric whether higher is better.
    """

    def __init__(self, model: Model, splits: Mapping[str, Table], objective: Objective, loader: BatchLoader) -> None:
        self._model, self._splits, self._objective, self._loader = model, splits, objective, loader
        self._settings = model.spec.training
        self._evaluations: dict[str, TableEvaluation] = {}  # by split
        metrics = model.metrics()
        on_training = [] if "train" in self._settings.evaluate else metrics
        self.training = RunningMetrics(objective.part, objective.fused, on_training, model.units)
        self.directions = {record_key(split, "loss"): False for split in splits}
        higher = metric_directions(metrics)
        self.directions |= {record_key(split, name): higher[name] for name in higher for split in splits}

    def start(self) -> None:
        """Begin an epoch."""
        self.training.start(self._loader.batches.rows_used, self._objective.network.outputs)

    def record(self, epoch: int, steps: int, *, is_last: bool = False) -> Record:
        """Return the record of an epoch that is over after `steps` steps.

        If it was ended before its last step, the metrics of the training rows lack rows, and are left out.
        """
        record: Record = {"epoch": epoch, record_key("train", "loss"): self.training.mean_loss}
        batches = self._loader.batches
        if steps == batches.steps:
            record |= {record_key("train", name): value for name, value in self.training.figures().items()}
        if left_out := batches.rows - batches.rows_of(steps):
            record["train_rows"] = batches.rows_of(steps)
            record["train_rows_left_out"] = left_out
        if self._objective.has_penalties:
            record["penalty"] = self._objective.penalty()
        is_last = is_last or epoch == self._settings.epochs - 1
        return record | (self._evaluate() if is_last or epoch % self._settings.evaluate_every == 0 else {})

    def _evaluate(self) -> Record:
        """Return the metric values of the splits that the spec wants evaluated."""
        found: Record = {}
        for split in self._settings.evaluate:
            if split in self._splits:
                figures = self._evaluation(split).figures()
                found |= {record_key(split, name): value for name, value in figures.items()}
        return found

    def _evaluation(self, split: str) -> TableEvaluation:
        """Return what measures a split, made at first use; small splits are prepared once."""
        if split not in self._evaluations:
            model, table = self._model, self._splits[split]
            prepared = prepare_all(table.x, model.preprocessor, model.network)
            self._evaluations[split] = TableEvaluation(model, table, prepared)
        return self._evaluations[split]
