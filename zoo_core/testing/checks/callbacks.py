"""Checks of callbacks: what they return, what they must not change, and how they continue."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from zoo_core.parts import Callback, Run
from zoo_core.testing.checks.schedules import sample_record
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.sample_run import Answer, ReadOnly, SampleRun, watches_batches
from zoo_core.testing.harness.saved_state import missing_state, transfer_findings


def _run_training(subject: PartUnderTest, part: Callback, output: Path | None = None) -> tuple[list[Answer], SampleRun]:
    """Run a whole training; return what the callback answered, and the run."""
    run = SampleRun(subject.registry, output)
    part.on_train_begin(view(run))
    answers = run.run_epochs(part)
    part.on_train_end(view(run))
    return answers, run


def view(run: SampleRun) -> Run:
    """Return a run as a callback sees it."""
    return cast(Run, ReadOnly(run))


def _check_answers(subject: PartUnderTest) -> Iterator[Finding]:
    for method, epoch, value in _run_training(subject, subject.make())[0]:
        if value is not None and not isinstance(value, str):
            yield Finding(
                f"{method} returns a {type(value).__name__}", f"epoch {epoch}",
                "None to continue, or the reason to stop as a string", repr(value),
            )  # fmt: skip
            return


def _check_output(subject: PartUnderTest) -> Iterator[Finding]:
    """An error of the part becomes a finding."""
    with tempfile.TemporaryDirectory() as folder:
        _run_training(subject, subject.make(), Path(folder) / "model.npz")
    yield from ()


def _check_records(subject: PartUnderTest) -> Iterator[Finding]:
    _, run = _run_training(subject, subject.make())
    for epoch, found in enumerate(run.history):
        if found != sample_record(epoch):
            yield Finding(
                "it changes a record of the history", f"epoch {epoch}", str(sample_record(epoch)), str(found),
                "the history is saved in the model; print lines with run.say",
            )  # fmt: skip
            return


def _check_restart(subject: PartUnderTest) -> Iterator[Finding]:
    part = subject.make()
    first, run = _run_training(subject, part)
    again, other = _run_training(subject, part)
    if (again, other.weight) != (first, run.weight):
        yield Finding(
            "a second run gives other answers than the first",
            likely="`on_train_begin` does not reset what earlier epochs changed",
        )


def _check_state(subject: PartUnderTest) -> Iterator[Finding]:
    for epochs in range(1, 13):
        part, run = subject.make(), SampleRun(subject.registry)
        part.on_train_begin(view(run))
        if run.run_epochs(part, 0, epochs)[-1].value:
            return
        if found := list(_compare_resumed(subject, part, run, epochs)):
            yield from found
            return


def _compare_resumed(subject: PartUnderTest, part: Callback, run: SampleRun, epochs: int) -> Iterator[Finding]:
    again, other = run.copy(), subject.make()
    other.on_train_begin(view(SampleRun(subject.registry)))  # as a resumed run does, before it goes to its place
    unsaved = list(transfer_findings(part, other))
    yield from unsaved
    if not unsaved and run.run_epochs(part, epochs) != again.run_epochs(other, epochs):
        yield Finding(
            f"saved and loaded after {epochs} epoch{'s' * (epochs > 1)}, it gives other answers",
            likely=missing_state(part, f"`{'` or `'.join(_methods(part))}` changes"),
        )


def _methods(part: Callback) -> list[str]:
    """Return the methods that are called in an epoch."""
    return [*(["on_batch_end"] if watches_batches(part) else []), "on_epoch_end"]


CHECKS = {
    Callback: (
        Check("answers", "on_epoch_end and on_batch_end return None or a reason to stop", _check_answers),
        Check("output", "it works in a run that saves its model to a file, and in one that does not", _check_output),
        Check("records", "it does not change the records of the history", _check_records),
        Check("restart", "on_train_begin resets what an earlier run changed", _check_restart),
        Check("state", "saved and loaded, it gives the same answers", _check_state, varied=True),
    ),
}
