"""Callbacks: what they may answer, what they must leave alone, and how they go on."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.errors import PluginError
from zoo_core.parts import Array, Callback, Record
from zoo_core.testing.checks.schedules import record
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.saved_state import transfer_state

EPOCHS = 30


class Rehearsal:
    """A run without a network: its only weight is the number of the epoch."""

    epochs = EPOCHS

    def __init__(self) -> None:
        self.history: list[Record] = []
        self.log: Path | None = None
        self.said: list[str] = []
        self.weight = np.zeros(1)

    def better(self, monitor: str, value: float, best: float | None) -> bool:
        """Tell whether a figure beats another: accuracies are to rise, others to fall."""
        return best is None or (value > best if "accuracy" in monitor else value < best)

    def snapshot(self) -> dict[str, Array]:
        """Return a copy of the weight."""
        return {"weight": self.weight.copy()}

    def restore(self, snapshot: Mapping[str, Array], epoch: int | None = None) -> None:
        """Put the weight back."""
        self.weight[...] = snapshot["weight"]

    def say(self, text: str) -> None:
        """Keep a line."""
        self.said.append(text)

    def follow(self, part: Callback, first: int = 0, last: int = EPOCHS) -> list[Any]:
        """Run some epochs; returns the answers, up to the first reason to stop."""
        answers: list[Any] = []
        for epoch in range(first, last):
            self.weight[...] = epoch
            self.history.append(record(epoch))
            answers.append(part.on_epoch_end(self.history[-1], self))
            if answers[-1]:
                break
        return answers


def _run(part: Callback) -> tuple[list[Any], float]:
    run = Rehearsal()
    part.on_train_begin(run)
    answers = run.follow(part)
    part.on_train_end(run)
    return answers, float(run.weight[0])


def _answers(subject: PartUnderTest) -> Iterator[Finding]:
    for epoch, answer in enumerate(_run(subject.make())[0]):
        if answer is not None and not isinstance(answer, str):
            yield Finding(
                f"on_epoch_end returns a {type(answer).__name__}", f"epoch {epoch}",
                "None to go on, or the reason to stop as a string", repr(answer),
            )  # fmt: skip
            return


def _records(subject: PartUnderTest) -> Iterator[Finding]:
    part, run = subject.make(), Rehearsal()
    part.on_train_begin(run)
    run.follow(part)
    part.on_train_end(run)
    for epoch, found in enumerate(run.history):
        if found != record(epoch):
            yield Finding(
                "it changes a record of the history", f"epoch {epoch}", str(record(epoch)), str(found),
                "the history is kept in the model; say things with run.say",
            )  # fmt: skip
            return


def _restart(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    first = _run(part)
    if _run(part) != first:
        yield Finding(
            "a second run goes otherwise than the first",
            likely="`on_train_begin` does not forget what earlier epochs left",
        )


def _state(subject: PartUnderTest) -> Iterator[Finding]:
    for epochs in range(1, 13):
        part, run = subject.make(), Rehearsal()
        part.on_train_begin(run)
        if any(run.follow(part, 0, epochs)):
            return
        found = list(_goes_on(subject, part, run, epochs))
        yield from found
        if found:
            return


def _goes_on(subject: PartUnderTest, part: Callback, run: Rehearsal, epochs: int) -> Iterator[Finding]:
    again, other = copy.deepcopy(run), subject.make()
    other.on_train_begin(again)
    try:
        transfer_state(part, other)
    except (PluginError, ValueError) as error:
        yield Finding(f"its state cannot be saved: {error}")
        return
    if run.follow(part, epochs) != again.follow(other, epochs):
        yield Finding(
            f"saved and loaded after {epochs} epoch{'s' * (epochs > 1)}, it answers otherwise",
            likely=f"`state` leaves out an attribute that `on_epoch_end` changes; it names {part.state}",
        )


CHECKS = {
    Callback: (
        Check("answers", "on_epoch_end returns None, or a reason to stop", _answers),
        Check("records", "the records of the history are left as they are", _records),
        Check("restart", "on_train_begin forgets an earlier run", _restart),
        Check("state", "saved and loaded, it gives the same answers", _state, varied=True),
    ),
}
