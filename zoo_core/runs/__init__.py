"""Runs: from a spec to a saved model, with checkpoints on the way.

Read `_run.py` first: it has `train`, `prepare` and `follow`. `_resuming.py` goes on with a stopped run. `_prepare.py`
makes a trainer with its splits and first weights. `_defaults.py` fills in what a spec leaves to its data. `_splits.py`
divides the rows, and keeps a sketch of those that are learnt from. `_output.py` knows the files of a run,
`_checkpoint_writer.py` writes them. `_checkpoint.py` and `_run_state.py` say what is in a checkpoint.
`_folds.py` trains a model for each fold. `_evaluation.py` finds rows to measure a model on, `_compare.py`
compares models and runs. `_export.py` writes a model in another format, `_export_folder.py` a folder of files.
"""

from __future__ import annotations

from zoo_core.runs._compare import ModelComparison, RunComparison, compare_models, compare_runs
from zoo_core.runs._evaluation import EvaluationRows, evaluation_rows
from zoo_core.runs._export import export, find_exporter, names_folder
from zoo_core.runs._folds import CrossValidation, cross_validate, fold_outputs, fold_specs, train_folds
from zoo_core.runs._output import Output
from zoo_core.runs._prepare import steps_per_epoch
from zoo_core.runs._resuming import prepare_resumed, resume
from zoo_core.runs._run import follow, model_in_errors, prepare, train

__all__ = [
    "CrossValidation",
    "EvaluationRows",
    "ModelComparison",
    "Output",
    "RunComparison",
    "compare_models",
    "compare_runs",
    "cross_validate",
    "evaluation_rows",
    "export",
    "find_exporter",
    "fold_outputs",
    "fold_specs",
    "follow",
    "model_in_errors",
    "names_folder",
    "prepare",
    "prepare_resumed",
    "resume",
    "steps_per_epoch",
    "train",
    "train_folds",
]
