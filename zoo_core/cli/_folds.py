"""`zoo train --folds`: trains a model for each fold and prints what they reached."""

from __future__ import annotations

import sys
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_core.cli._follow import show_run
from zoo_core.cli._output import report, warn_of

if TYPE_CHECKING:
    from zoo_core.data import DataFolder
    from zoo_core.registry import Registry
    from zoo_core.runs import CrossValidation, Output
    from zoo_core.spec import Spec
    from zoo_core.training import Interval, Trainer


@dataclass(frozen=True)
class FoldRuns:
    """The runs of a cross-validation: where they are saved, and what their command says."""

    path: Path
    files: DataFolder
    registry: Registry
    interval: Interval | None
    _: KW_ONLY
    force: bool
    threads: int | None
    quiet: bool
    json: bool

    def train(self, spec: Spec, folds: int) -> None:
        """Train the folds of a spec one after another, save each model, and print their figures."""
        from zoo_core.runs import CrossValidation, fold_outputs, fold_specs, train_folds

        specs = fold_specs(spec, folds)
        outputs = fold_outputs(self.path, specs, self.force)
        result = CrossValidation(list(train_folds(specs, outputs, self._begin, self._run)))
        models = [str(output.path) for output in outputs]
        report(_as_data(result, models), self.json, None if self.quiet else _table(result))
        if not self.json and not self.quiet:
            print(f"saved {models[0]} to {models[-1]}")

    def _begin(self, spec: Spec) -> Trainer:
        from zoo_core.runs import prepare

        if not self.quiet:
            print(f"fold {spec.data.fold} of {spec.data.folds}", file=sys.stderr)
        return prepare(spec, self.files, self.registry, threads=self.threads)

    def _run(self, trainer: Trainer, output: Output | None) -> None:
        if output is not None:
            show_run(trainer, output, self.interval, quiet=self.quiet, json=self.json)
        warn_of({} if self.quiet else trainer.model.warnings)


def _as_data(result: CrossValidation, models: list[str]) -> dict[str, Any]:
    folds = [
        {"fold": fold.number, "model": path, "sha256": fold.model.sha256, "rows": fold.rows, **fold.figures}
        for fold, path in zip(result.folds, models, strict=True)
    ]
    return {"folds": folds, "mean": result.mean, "spread": result.spread, "baseline": result.baseline}


def _table(result: CrossValidation) -> Any:
    """Return a line for each fold and for what they say together; many metrics stand in several tables."""
    from zoo_core.display.text import WideTable, text_table

    lines: list[tuple[str, int | str, dict[str, float]]] = [(str(f.number), f.rows, f.figures) for f in result.folds]
    lines += [("mean", "", result.mean), ("standard deviation", "", result.spread), ("baseline", "", result.baseline)]
    keys = list(result.mean)
    cells = [(name, count, *(figures.get(key, "") for key in keys)) for name, count, figures in lines]
    return WideTable(text_table(["fold", "rows", *keys], cells))
