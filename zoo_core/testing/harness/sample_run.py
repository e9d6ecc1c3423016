"""A run for the checks of callbacks: a small model whose weights count the steps, instead of learning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, cast

from zoo_core.basics import is_better
from zoo_core.model import DataDescription, Model
from zoo_core.parts import Array, Callback, Record, Run
from zoo_core.registry import Registry
from zoo_core.spec import Spec
from zoo_core.testing.checks.schedules import sample_record

EPOCHS, STEPS = 30, 3
SPEC: dict[str, Any] = {
    "name": "sample_run",
    "data": {"name": "glyphs", "preprocessor": "none"},
    "model": {
        "loss": "cross_entropy",
        "layers": [{"units": 3, "activation": "tanh"}, {"units": 2, "activation": "softmax"}],
    },
    "optimizer": "sgd",
    "training": {"epochs": EPOCHS, "batch_size": 10, "metrics": ["accuracy"]},
}


class Answer(NamedTuple):
    """What a method of a callback returned."""

    method: str
    epoch: int
    value: Any


class SampleRun:
    """A run whose weights are all the number of steps so far, divided by the steps of an epoch.

    Args:
        registry: has the parts of its spec.
        output: where its model would be saved.
    """

    epochs, log, learning_rate = EPOCHS, None, 0.1

    def __init__(self, registry: Registry, output: Path | None = None) -> None:
        self._registry, self.spec, self.output = registry, Spec.parse(SPEC, registry), output
        self.model = Model(self.spec, DataDescription(inputs=4, class_names=["a", "b"]))
        self.history: list[Record] = self.model.history
        self.epoch = self.step = 0
        self.batch_loss: float | None = None
        self.said: list[str] = []

    def copy(self) -> SampleRun:
        """Return a run at the same place, with a model of its own."""
        other = SampleRun(self._registry, self.output)
        other.history[:] = [dict(record) for record in self.history]
        other.epoch, other.step = self.epoch, self.step
        other.model.network.restore(self.snapshot())
        return other

    @property
    def weight(self) -> float:
        """The value of every weight."""
        return float(self.model.network.parameters[0])

    def better(self, monitor: str, value: float, best: float | None) -> bool:
        """Return whether a value is better than another: higher for an accuracy, lower for all others."""
        return is_better(value, best, "accuracy" in monitor)

    def snapshot(self) -> dict[str, Array]:
        """Return a copy of the weights."""
        return {path: array.copy() for path, array in self.model.network.state().items()}

    def restore(self, snapshot: Mapping[str, Array], epoch: int | None = None) -> None:
        """Restore the weights."""
        self.model.network.restore(snapshot)

    def say(self, text: str) -> None:
        """Store a line."""
        self.said.append(text)

    def warn(self, key: str, text: str) -> None:
        """Keep a warning with the model, or take it back."""
        self.model.warnings = {k: v for k, v in self.model.warnings.items() if k != key} | ({key: text} if text else {})

    def run_epochs(self, part: Callback, first: int = 0, last: int = EPOCHS) -> list[Answer]:
        """Run some epochs; return the answers, up to the first reason to stop."""
        answers = []
        for answer in self._calls(part, range(first, last)):
            answers.append(answer)
            if answer.value:
                break
        return answers

    def _calls(self, part: Callback, epochs: range) -> Iterator[Answer]:
        """Call the methods of a callback in the order of a run."""
        view = cast(Run, ReadOnly(self))
        for self.epoch in epochs:
            for self.step in range(1, STEPS + 1):
                self.model.network.parameters[...] = self.epoch + self.step / STEPS
                if watches_batches(part):
                    self.batch_loss = 1 / (1 + self.weight)
                    yield Answer("on_batch_end", self.epoch, part.on_batch_end(view))
                    self.batch_loss = None
            self.history.append(sample_record(self.epoch))
            yield Answer("on_epoch_end", self.epoch, part.on_epoch_end(self.history[-1], view))


def watches_batches(part: Callback) -> bool:
    """Return whether a callback is called after each step."""
    return type(part).on_batch_end is not Callback.on_batch_end


class ReadOnly:
    """A run as a callback sees it: none of its attributes can be set."""

    def __init__(self, run: SampleRun) -> None:
        vars(self)["_run"] = run

    def __getattr__(self, name: str) -> Any:
        return getattr(vars(self)["_run"], name)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(
            f"a callback may not set {name!r} of its run; it keeps what it needs in its own attributes"
        )
