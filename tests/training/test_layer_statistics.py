"""Progress and statistics of layers: shown where an epoch is short too, and kept in the history if a spec says so."""

from __future__ import annotations

import numpy as np
import pytest

import zoo_core
from tests.helpers.specs import small_spec
from zoo_core.training.events import EpochEnded, Progress

PLAIN = {"data": {"preprocessor": "standard"}, "optimizer": {"name": "sgd", "learning_rate": 0.1}}


def test_short_epochs_show_their_progress_too() -> None:
    events = list(zoo_core.follow(zoo_core.prepare(small_spec(training={"epochs": 1500, "batch_size": 50}))))
    shown = [event for event in events if isinstance(event, Progress)]
    assert sum(isinstance(event, EpochEnded) for event in events) == 1500
    assert len(shown) > 1
    assert any(event.layers for event in shown)


@pytest.mark.parametrize("keep", [False, True])
def test_statistics_are_kept_only_if_the_spec_says_so(keep: bool) -> None:
    spec = small_spec(training={"epochs": 3, "batch_size": 50, "layer_statistics": keep})
    model = zoo_core.train(spec)
    keys = {key for record in model.history for key in record if key.startswith("layers.")}
    values = "gradient_norm", "update_ratio"
    assert keys == (
        {f"layers.{i}.{value}" for i in (0, 1) for value in values} | {"layers.0.dead_units"} if keep else set()
    )
    assert len(model.history) == 3


def test_keeping_statistics_changes_no_bit() -> None:
    models = [zoo_core.train(small_spec(training={"layer_statistics": keep})) for keep in (False, True)]
    np.testing.assert_array_equal(*(model.network.parameters for model in models))


def test_statistics_are_those_of_the_last_step() -> None:
    training = {"epochs": 1, "batch_size": "all", "layer_statistics": True}
    trainer = zoo_core.prepare(small_spec({"activation": "relu"}, training=training, **PLAIN))
    segments, parameters = trainer.network.layout.segments, trainer.network.parameters
    before = {segment.path: segment.view(parameters).copy() for segment in segments}
    x = trainer.splits["train"].x.astype(np.float32)
    x = (x - x.mean(0)) / np.where(x.std(0) > 0, x.std(0), 1)
    hidden = np.maximum(x @ before["layers.0.weights"] + before["layers.0.bias"], 0)
    record = next(event for event in zoo_core.follow(trainer) if isinstance(event, EpochEnded)).record
    own = [segment for segment in segments if segment.path.startswith("layers.0.")]
    change = np.sqrt(sum(((s.view(parameters) - before[s.path]) ** 2).sum() for s in own))
    size = np.sqrt(sum((before[s.path] ** 2).sum() for s in own))
    assert record["layers.0.dead_units"] == pytest.approx(np.mean(~(hidden > 0).any(axis=0)))
    assert record["layers.0.update_ratio"] == pytest.approx(change / size, rel=1e-4)
    assert record["layers.0.gradient_norm"] == pytest.approx(change / 0.1, rel=1e-4)
