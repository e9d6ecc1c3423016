"""Checks of callbacks: what they return, what they must not change, and how they continue."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zoo_core.parts import Array, Callback, Record
from zoo_core.testing.checks.schedules import sample_record
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.saved_state import missing_state, transfer_findings

EPOCHS = 30


class FakeRun:
    """A run without a network: its only weight is the number of the epoch."""

    epochs = EPOCHS

    def __init__(self) -> None:
        self.history: list[Record] = []
        self.log: Path | None = None
        self.said: list[str] = []
        self.weight = np.zeros(1)

    def better(self, monitor: str, value: float, best: float | None) -> bool:
        """Return whether a value is better than another: higher for an accuracy, lower for all others."""
        return best is None or (value > best if "accuracy" in monitor else value < best)

    def snapshot(self) -> dict[str, Array]:
        """Return a copy of the weight."""
        return {"weight": self.weight.copy()}

    def restore(self, snapshot: Mapping[str, Array], epoch: int | None = None) -> None:
        """Restore the weight."""
        self.weight[...] = snapshot["weight"]

    def say(self, text: str) -> None:
        """Store a line."""
        self.said.append(text)

    def run_epochs(self, part: Callback, first: int = 0, last: int = EPOCHS) -> list[Any]:
        """Run some epochs; return the answers, up to the first reason to stop."""
        answers: list[Any] = []
        for epoch in range(first, last):
            self.weight[...] = epoch
            self.history.append(sample_record(epoch))
            answers.append(part.on_epoch_end(self.history[-1], self))
            if answers[-1]:
                break
        return answers


def _run_training(part: Callback) -> tuple[list[Any], float]:
    run = FakeRun()
    part.on_train_begin(run)
    answers = run.run_epochs(part)
    part.on_train_end(run)
    return answers, float(run.weight[0])


def _check_answers(subject: PartUnderTest) -> Iterator[Finding]:
    for epoch, answer in enumerate(_run_training(subject.make())[0]):
        if answer is not None and not isinstance(answer, str):
            yield Finding(
                f"on_epoch_end returns a {type(answer).__name__}", f"epoch {epoch}",
                "None to continue, or the reason to stop as a string", repr(answer),
            )  # fmt: skip
            return


def _check_records(subject: PartUnderTest) -> Iterator[Finding]:
    part, run = subject.make(), FakeRun()
    part.on_train_begin(run)
    run.run_epochs(part)
    part.on_train_end(run)
    for epoch, found in enumerate(run.history):
        if found != sample_record(epoch):
            yield Finding(
                "it changes a record of the history", f"epoch {epoch}", str(sample_record(epoch)), str(found),
                "the history is saved in the model; print lines with run.say",
            )  # fmt: skip
            return


def _check_restart(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    first = _run_training(part)
    if _run_training(part) != first:
        yield Finding(
            "a second run gives other answers than the first",
            likely="`on_train_begin` does not reset what earlier epochs changed",
        )


def _check_state(subject: PartUnderTest) -> Iterator[Finding]:
    for epochs in range(1, 13):
        part, run = subject.make(), FakeRun()
        part.on_train_begin(run)
        if any(run.run_epochs(part, 0, epochs)):
            return
        if found := list(_compare_resumed(subject, part, run, epochs)):
            yield from found
            return


def _compare_resumed(subject: PartUnderTest, part: Callback, run: FakeRun, epochs: int) -> Iterator[Finding]:
    again, other = copy.deepcopy(run), subject.make()
    other.on_train_begin(again)
    unsaved = list(transfer_findings(part, other))
    yield from unsaved
    if not unsaved and run.run_epochs(part, epochs) != again.run_epochs(other, epochs):
        yield Finding(
            f"saved and loaded after {epochs} epoch{'s' * (epochs > 1)}, it gives other answers",
            likely=missing_state(part, "`on_epoch_end` changes"),
        )


CHECKS = {
    Callback: (
        Check("answers", "on_epoch_end returns None or a reason to stop", _check_answers),
        Check("records", "it does not change the records of the history", _check_records),
        Check("restart", "on_train_begin resets what an earlier run changed", _check_restart),
        Check("state", "saved and loaded, it gives the same answers", _check_state, varied=True),
    ),
}
