"""A run of MLflow."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from zoo_core.errors import PluginError
from zoo_core.parts import Record, Run
from zoo_trackers.tracker import Tracker, flat

T = TypeVar("T")

MOST = 100  # parameters or metrics in a request; MLflow refuses more parameters
LONGEST = 500  # characters of a parameter; older servers refuse longer ones
SERVER = (
    "start one with `mlflow server`, and set the environment variable MLFLOW_TRACKING_URI to its address, "
    "such as http://127.0.0.1:5000"
)


class NoServerError(Exception):
    """The user has set no server."""


@dataclass
class MlflowLog(Tracker):
    """Logs the spec, the metrics of each epoch and the model to MLflow. The step is the epoch, from 1.

    The server is the one that the user has chosen: the environment variable MLFLOW_TRACKING_URI, or
    `mlflow.set_tracking_uri`. A spec cannot choose it. A resumed run goes on in its run of MLflow.
    experiment: the name of an experiment, made if there is none; save_model: whether the model is logged at the end.
    """

    name = "mlflow"
    state = ("written", "run_id")

    experiment: str = "Default"
    save_model: bool = True

    def on_train_begin(self, run: Run) -> None:
        """Find the client before the first step."""
        super().on_train_begin(run)
        self.run_id = ""
        self._mlflow, self._client = _library(), None
        self._known: set[int] = set()  # the steps that MLflow has from before a crash

    def write(self, records: list[Record], run: Run) -> None:
        """Log records as metrics; the first time, make the run of MLflow."""
        if not self._mlflow.is_tracking_uri_set():
            raise NoServerError
        client = self._connect(run)
        now = int(1000 * time.time())
        metrics = [
            self._mlflow.entities.Metric(key, float(value), now, record["epoch"] + 1)
            for record in records
            for key, value in record.items()
            if record["epoch"] + 1 not in self._known
            and key not in ("epoch", "kept")
            and isinstance(value, int | float)
        ]
        for some in _batches(metrics):
            client.log_batch(self.run_id, metrics=some)

    def finish(self, run: Run) -> None:
        """Log the model, and end the run of MLflow."""
        if not self.run_id:
            return
        client = self._connect(run)
        if self.save_model:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / (run.output.name if run.output else f"{run.spec.name}.npz")
                path.write_bytes(run.model.to_bytes())
                client.log_artifact(self.run_id, str(path))
        client.set_terminated(self.run_id)

    def reason(self, error: Exception) -> str:
        """Return what an error says. MLflow 3 refuses folders, and so does its client alone databases."""
        if isinstance(error, NoServerError):
            return f"no server is set: {SERVER}"
        uri, text = self._mlflow.get_tracking_uri(), super().reason(error)
        if uri.startswith(("http:", "https:")):
            return text
        return f"{text} ({uri} is no server: {SERVER}; for a folder, set MLFLOW_ALLOW_FILE_STORE=true)"

    def _connect(self, run: Run) -> Any:
        """Return the client of MLflow, with a run there."""
        if self._client is None:
            self._client = self._mlflow.MlflowClient()
            if self.run_id:
                self._known = {metric.step for metric in self._client.get_metric_history(self.run_id, "train_loss")}
        client = self._client
        if not self.run_id:
            self.run_id = self._make_run(client, run)
        return client

    def _make_run(self, client: Any, run: Run) -> str:
        """Make a run of MLflow with the spec as its parameters; return its id."""
        experiment = client.get_experiment_by_name(self.experiment)
        found = experiment.experiment_id if experiment else client.create_experiment(self.experiment)
        made: str = client.create_run(
            found, run_name=run.spec.name, tags={"zoo.version": version("mlp-zoo")}
        ).info.run_id
        leaves = {path: value for path, value in flat(run.spec.to_dict()).items() if value is not None}
        for some in _batches(
            [self._mlflow.entities.Param(path, str(value)[:LONGEST]) for path, value in leaves.items()]
        ):
            client.log_batch(made, params=some)
        return made


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + MOST] for start in range(0, len(items), MOST))


def _library() -> Any:
    try:
        import mlflow
    except ImportError as error:
        raise PluginError("callback 'mlflow' needs MLflow: pip install 'zoo-trackers[mlflow]'") from error
    return mlflow
