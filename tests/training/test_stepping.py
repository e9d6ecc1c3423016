"""A run that is taken step by step has the bits of `follow`, and each step says what it did."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import zoo_core
from zoo_core.errors import NumericError
from zoo_core.training.events import EpochEnded, Finished, Message, Started

LAYERS = [
    {"units": 12, "activation": "relu", "regularizers": [{"name": "dropout", "rate": 0.3}], "normalizer": "batch_norm"},
    {"units": 10, "activation": "softmax"},
]
SPEC: dict[str, Any] = {
    "data": {"name": "glyphs", "rows": 330, "test_rows": 50, "validation": 0.1},
    "model": {"loss": "cross_entropy", "layers": LAYERS, "regularizers": ["mixup"]},
    "optimizer": {"name": "adam", "learning_rate": {"name": "cosine", "initial": 0.02, "warmup": 0.5}},
    "training": {"epochs": 3, "batch_size": 20, "keep_optimizer": True},
}
CHANGES = [
    {},
    {"optimizer": {"name": "sgd", "learning_rate": 0.1, "momentum": 0.9}},
    {"optimizer": "sam"},
    {"training": {"epochs": 8, "batch_size": 7, "early_stopping": {"name": "early_stopping", "patience": 1}}},
    {"training": {"epochs": 2, "batch_size": "all"}, "optimizer": "lbfgs"},
    {"training": {"epochs": 2, "batch_size": 1, "shuffle": False, "layer_statistics": True, "evaluate_every": 2}},
]


def by_hand(trainer: Any) -> list[Any]:
    found = []
    while taken := trainer.step():
        found.append(taken)
    return found


def equal_bytes(one: zoo_core.Model, other: zoo_core.Model) -> bool:
    return one.to_bytes() == other.to_bytes()


@pytest.mark.parametrize("change", CHANGES)
def test_steps_by_hand_end_with_the_bytes_of_follow(change: dict[str, Any]) -> None:
    followed, trainer = zoo_core.prepare(SPEC | change), zoo_core.prepare(SPEC | change)
    events = list(zoo_core.follow(followed))
    taken = by_hand(trainer)
    assert equal_bytes(trainer.model, followed.model)
    assert len(taken) == trainer.optimizer.steps
    kinds = (Started, EpochEnded, Message, Finished)
    happened = [event for one in taken for event in one.events if isinstance(event, kinds)]
    assert [type(e) for e in happened] == [type(e) for e in events if isinstance(e, kinds)]
    assert [one.record for one in taken if one.record] == trainer.history
    assert trainer.step() is None


@pytest.mark.parametrize("steps", [1, 7, 15, 16])
def test_follow_and_watch_take_the_rest(steps: int) -> None:
    trainer = zoo_core.prepare(SPEC)
    for _ in range(steps):
        trainer.step()
    list(zoo_core.follow(trainer))
    assert equal_bytes(trainer.model, zoo_core.train(SPEC))


def test_follow_takes_the_rest_of_a_block_of_batches() -> None:
    spec = SPEC | {"training": {"epochs": 2, "batch_size": 2}}  # 64 batches are a block, and 149 an epoch
    trainer = zoo_core.prepare(spec)
    for _ in range(70):
        trainer.step()
    list(zoo_core.follow(trainer))
    assert equal_bytes(trainer.model, zoo_core.train(spec))


def test_steps_by_hand_take_the_rest_of_a_run_that_was_followed() -> None:
    trainer = zoo_core.prepare(SPEC)
    events = zoo_core.follow(trainer)
    next(event for event in events if isinstance(event, EpochEnded))
    events.close()  # type: ignore[attr-defined]
    by_hand(trainer)
    assert equal_bytes(trainer.model, zoo_core.train(SPEC))


def test_a_step_says_loss_rate_and_gradient() -> None:
    """The step of plain gradient descent is done again, in float64 and without what is random."""
    layers = [{"units": 4, "activation": "tanh"}, {"units": 10, "activation": "softmax"}]
    spec = SPEC | {"model": {"loss": "cross_entropy", "layers": layers}, "dtype": "float64"}
    spec |= {"optimizer": {"name": "sgd", "learning_rate": 0.5}, "training": {"epochs": 1, "shuffle": False}}
    trainer = zoo_core.prepare(spec)
    assert trainer.gradients() == {}
    table, network = trainer.splits["train"], trainer.network
    for step in range(3):
        before = {path: array.copy() for path, array in network.state().items()}
        rows = slice(32 * step, 32 * (step + 1))
        outputs = trainer.model.outputs(np.asarray(table.x)[rows])
        taken = trainer.step()
        assert (taken.epoch, taken.step, taken.learning_rate) == (0, step + 1, 0.5)
        assert taken.loss == pytest.approx(-np.log(outputs[np.arange(32), table.y[rows]]).mean(), rel=1e-9)
        gradients = trainer.gradients()
        assert gradients.keys() == before.keys()
        for path, array in network.state().items():
            np.testing.assert_allclose(array, before[path] - 0.5 * gradients[path], rtol=1e-9, atol=1e-12)


def test_a_diverging_step_raises_as_follow_does() -> None:
    trainer = zoo_core.prepare(SPEC | {"optimizer": {"name": "sgd", "learning_rate": 1e30}})
    with pytest.raises(NumericError):
        by_hand(trainer)
