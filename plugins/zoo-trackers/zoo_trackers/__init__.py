"""Callbacks that log a run: to a CSV file, to TensorBoard, to MLflow.

A tracker never stops a run. If it cannot write, it says so, and training goes on.
"""

from __future__ import annotations

from collections.abc import Iterable

from zoo_core.hookspecs import hookimpl
from zoo_core.parts import Part
from zoo_trackers.csv_log import CsvLog
from zoo_trackers.mlflow_log import MlflowLog
from zoo_trackers.tensorboard_log import TensorboardLog

__all__ = ["CsvLog", "MlflowLog", "TensorboardLog"]


@hookimpl
def zoo_parts() -> Iterable[type[Part]]:
    """Return the parts of this plugin."""
    return [CsvLog, TensorboardLog, MlflowLog]
