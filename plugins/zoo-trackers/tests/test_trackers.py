"""What the trackers leave behind, read by Python's csv, by TensorBoard and by the client of MLflow."""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import mlflow
import numpy as np
import pytest
import zoo_trackers
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from zoo_trackers import csv_log

import zoo_core
from zoo_core import Registry, hookimpl
from zoo_core.parts import Callback
from zoo_core.testing import pytest_checks

test_conformance = pytest_checks(zoo_trackers)


@dataclass
class Crash(Callback):
    """Stops the process, as Ctrl-C does, at the end of an epoch."""

    name = "crash"
    at = -1

    def on_epoch_end(self, record: Any, run: Any) -> None:
        if record["epoch"] == Crash.at:
            raise KeyboardInterrupt


@pytest.fixture
def registry() -> Registry:
    found = Registry()
    if "csv_log" not in found.names("callback"):
        found.add(zoo_trackers, "zoo-trackers", "0.1.0")
    found.add(SimpleNamespace(zoo_parts=hookimpl(lambda: [Crash])), "tests", "0")
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def store(folder: Path, monkeypatch: pytest.MonkeyPatch) -> mlflow.MlflowClient:
    """A store of MLflow in a folder."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (folder / "store").as_uri())
    return mlflow.MlflowClient()


def spec(*callbacks: Any, **training: Any) -> dict[str, Any]:
    return {
        "name": "tracked",
        "data": {"name": "glyphs", "rows": 100, "test_rows": 50, "validation": 0.2},
        "model": {"loss": "cross_entropy", "layers": [{"units": 8}, {"units": 10, "activation": "softmax"}]},
        "optimizer": "sgd",
        "training": {"epochs": 4, "batch_size": 20, "metrics": ["accuracy"], "callbacks": list(callbacks), **training},
    }


def crashed_and_resumed(registry: Registry, monkeypatch: pytest.MonkeyPatch, callback: Any) -> zoo_core.Model:
    """Train into m.npz, stop after the third epoch is logged and before its checkpoint, and resume."""
    monkeypatch.setattr(Crash, "at", 2)
    with pytest.raises(KeyboardInterrupt):
        zoo_core.train(spec(callback, "crash"), registry=registry, output="m.npz", checkpoint_every="4steps")
    monkeypatch.setattr(Crash, "at", -1)
    return zoo_core.resume("m.npz", registry=registry)


def scalars(folder: Path, tag: str) -> list[tuple[int, float]]:
    """Return steps and values as TensorBoard shows them."""
    events = EventAccumulator(str(folder))
    events.Reload()
    return [(event.step, event.value) for event in events.Scalars(tag)]


def expected(model: zoo_core.Model, key: str) -> list[tuple[int, float]]:
    return [(record["epoch"] + 1, pytest.approx(record[key], rel=1e-6)) for record in model.history]


# ------------------------------------------------------------------ CSV


def test_the_table_has_every_number_of_the_history(registry: Registry, folder: Path) -> None:
    model = zoo_core.train(spec("csv_log"), registry=registry, output="m.npz")
    with (folder / "m.epochs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row.pop("epoch")) for row in rows] == [1, 2, 3, 4]
    assert [{key: float(value) for key, value in row.items()} for row in rows] == [
        {key: value for key, value in record.items() if key != "epoch"} for record in model.history
    ]
    assert sorted(path.name for path in folder.iterdir()) == ["m.epochs.csv", "m.npz"]


def test_the_table_of_a_resumed_run_is_that_of_a_run_left_alone(
    registry: Registry, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crashed_and_resumed(registry, monkeypatch, "csv_log")
    zoo_core.train(spec("csv_log", "crash"), registry=registry, output="alone.npz")
    assert (folder / "m.epochs.csv").read_bytes() == (folder / "alone.epochs.csv").read_bytes()


def test_the_table_marks_the_epoch_that_early_stopping_keeps(registry: Registry, folder: Path) -> None:
    stopping = {"name": "early_stopping", "monitor": "validation_accuracy", "patience": 1}
    model = zoo_core.train(spec("csv_log", early_stopping=stopping, epochs=60), registry=registry, output="m.npz")
    with (folder / "m.epochs.csv").open(newline="") as file:
        kept = [row.get("kept", "") for row in csv.DictReader(file)]
    assert kept == [str(record.get("kept", "")) for record in model.history]
    assert "1" in kept


def test_a_file_of_the_user_is_not_replaced(registry: Registry, folder: Path) -> None:
    own = folder / "m.epochs.csv"
    own.write_text("my notes\n")
    trainer = zoo_core.prepare(spec("csv_log"), registry=registry)
    trainer.output = folder / "m.npz"
    texts = [event.text for event in trainer.events() if hasattr(event, "text")]
    assert any("is no table of epochs" in text for text in texts)
    assert own.read_text() == "my notes\n"
    assert [path.name for path in folder.iterdir()] == ["m.epochs.csv"]


def test_a_full_disk_does_not_end_the_run(registry: Registry, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, calls = csv_log._replace, []

    def full_at_first(path: Path, text: str) -> None:
        calls.append(path)
        if len(calls) < 3:
            raise OSError(28, "No space left on device")
        write(path, text)

    monkeypatch.setattr(csv_log, "_replace", full_at_first)
    trainer = zoo_core.prepare(spec("csv_log"), registry=registry)
    trainer.output = folder / "m.npz"
    texts = [event.text for event in trainer.events() if hasattr(event, "text")]
    assert [text for text in texts if "No space left" in text] == [
        "csv_log: the log is incomplete: [Errno 28] No space left on device"
    ]
    assert trainer.model.warnings == {}  # what was missing was written later
    with (folder / "m.epochs.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 4


@pytest.mark.parametrize("name", ["csv_log", "tensorboard"])
def test_a_model_without_a_file_has_no_log(registry: Registry, folder: Path, name: str) -> None:
    trainer = zoo_core.prepare(spec(name), registry=registry)
    texts = [event.text for event in trainer.events() if hasattr(event, "text")]
    assert any("the model is not saved in a file" in text for text in texts)
    assert "the model is not saved in a file" in trainer.model.warnings[name]
    assert list(folder.iterdir()) == []


def test_a_log_that_stays_incomplete_is_told_in_the_model(registry: Registry, folder: Path) -> None:
    (folder / "m.epochs.csv").mkdir()  # nothing can be written there
    model = zoo_core.train(spec("csv_log"), registry=registry, output="m.npz")
    assert model.warnings["csv_log"].startswith("csv_log: the log is incomplete: ")
    assert zoo_core.load("m.npz", registry).warnings == model.warnings


# ------------------------------------------------------------------ TensorBoard


def test_tensorboard_shows_each_split_as_a_run(registry: Registry, folder: Path) -> None:
    model = zoo_core.train(spec("tensorboard"), registry=registry, output="m.npz")
    for split in ("train", "validation", "test"):
        for metric in ("loss", "accuracy"):
            assert scalars(folder / "m.tensorboard" / split, metric) == expected(model, f"{split}_{metric}")
    assert scalars(folder / "m.tensorboard" / "run", "learning_rate") == [
        (n, pytest.approx(0.01)) for n in (1, 2, 3, 4)
    ]


def test_tensorboard_shows_the_spec(registry: Registry, folder: Path) -> None:
    zoo_core.train(spec("tensorboard"), registry=registry, output="m.npz")
    events = EventAccumulator(str(folder / "m.tensorboard" / "run"))
    events.Reload()
    (shown,) = events.Tensors("spec/text_summary")
    assert '"name": "cross_entropy"' in shown.tensor_proto.string_val[0].decode()


def test_tensorboard_shows_the_values_of_the_parameters(registry: Registry, folder: Path) -> None:
    callback = {"name": "tensorboard", "histograms": True}
    model = zoo_core.train(spec(callback), registry=registry, output="m.npz")
    events = EventAccumulator(str(folder / "m.tensorboard" / "run"))
    events.Reload()
    last = events.Histograms("layers.0.weights")[-1]
    weights = np.asarray(model.network.state()["layers.0.weights"], np.float64)
    assert (last.step, last.histogram_value.num) == (4, weights.size)
    assert last.histogram_value.sum == pytest.approx(weights.sum(), abs=1e-9)
    assert math.isclose(last.histogram_value.max, weights.max())


def test_tensorboard_shows_a_resumed_run_once(
    registry: Registry, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = crashed_and_resumed(registry, monkeypatch, "tensorboard")
    assert scalars(folder / "m.tensorboard" / "train", "loss") == expected(model, "train_loss")


def test_tensorboard_forgets_an_earlier_run_of_the_same_name(registry: Registry, folder: Path) -> None:
    zoo_core.train(spec("tensorboard", epochs=6), registry=registry, output="m.npz")
    model = zoo_core.train(spec("tensorboard"), registry=registry, output="m.npz", force=True)
    assert scalars(folder / "m.tensorboard" / "train", "loss") == expected(model, "train_loss")


# ------------------------------------------------------------------ MLflow


def test_a_folder_that_mlflow_refuses_is_told_with_the_ways_out(
    registry: Registry, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (folder / "store").as_uri())
    model = zoo_core.train(spec("mlflow", epochs=1), registry=registry, output="m.npz")
    if model.warnings:  # MLflow 2 takes folders
        assert "MLFLOW_ALLOW_FILE_STORE=true" in model.warnings["mlflow"]
        assert "mlflow server" in model.warnings["mlflow"]


def test_mlflow_has_spec_metrics_and_model(registry: Registry, store: mlflow.MlflowClient) -> None:
    model = zoo_core.train(spec({"name": "mlflow", "experiment": "digits"}), registry=registry, output="m.npz")
    (run,) = store.search_runs([store.get_experiment_by_name("digits").experiment_id])
    assert (run.info.run_name, run.info.status) == ("tracked", "FINISHED")
    assert run.data.params["model.layers.0.units"] == "8"
    assert run.data.params["model.loss.name"] == "cross_entropy"
    found = store.get_metric_history(run.info.run_id, "validation_loss")
    assert [(metric.step, metric.value) for metric in found] == expected(model, "validation_loss")
    logged = zoo_core.load(store.download_artifacts(run.info.run_id, "m.npz"), registry)
    x = np.random.default_rng(0).random((5, model.about.inputs))
    assert np.array_equal(logged.predict_proba(x), model.predict_proba(x))


def test_mlflow_goes_on_in_the_run_of_a_resumed_run(
    registry: Registry, store: mlflow.MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = crashed_and_resumed(registry, monkeypatch, "mlflow")
    (run,) = store.search_runs(["0"])
    found = store.get_metric_history(run.info.run_id, "train_loss")
    assert sorted((metric.step, metric.value) for metric in found) == expected(model, "train_loss")
    assert run.info.status == "FINISHED"


def test_mlflow_logs_nothing_where_no_server_is_set(
    registry: Registry, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    trainer = zoo_core.prepare(spec("mlflow"), registry=registry)
    texts = [event.text for event in trainer.events() if hasattr(event, "text")]
    assert any("MLFLOW_TRACKING_URI" in text for text in texts)
    assert "MLFLOW_TRACKING_URI" in trainer.model.warnings["mlflow"]
    assert list(folder.iterdir()) == []


def test_a_server_that_does_not_answer_does_not_end_the_run(
    registry: Registry, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    trainer = zoo_core.prepare(spec("mlflow", epochs=2), registry=registry)
    texts = [event.text for event in trainer.events() if hasattr(event, "text")]
    assert any(text.startswith("mlflow: the log is incomplete:") for text in texts)
    assert len(trainer.history) == 2
