"""Checks of schedules: rates are finite and not negative, and depend on time and records alone."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from zoo_core.parts import Array, Schedule
from zoo_core.testing.harness.check import Check
from zoo_core.testing.harness.findings import Finding
from zoo_core.testing.harness.part_under_test import PartUnderTest
from zoo_core.testing.harness.randomness import no_randomness
from zoo_core.testing.harness.saved_state import missing_state, transfer_state

LONG = 1000  # epochs of a run in which every schedule must give a rate above 0
RUNS = (20, 10), (1, 1), (3, 7), (LONG, 2)  # epochs, and steps in each


def _started(subject: PartUnderTest, epochs: int, steps: int) -> Any:
    part = subject.make()
    part.start(epochs, steps)
    return part


def sample_record(epoch: int) -> dict[str, Any]:
    """Return the record of an epoch, with values that improve for a few epochs only."""
    loss = 1.0 / (1 + min(epoch, 4)) + 0.01 * (epoch % 3)
    losses = {f"{split}_loss": loss for split in ("train", "validation", "test")}
    accuracies = {f"{split}_accuracy": 1 - loss / 2 for split in ("train", "validation", "test")}
    return {"epoch": epoch, **losses, **accuracies, "learning_rate": 0.1}


def _check_rates(subject: PartUnderTest) -> Iterator[Finding]:
    for epochs, steps in RUNS:
        part, largest = _started(subject, epochs, steps), 0.0
        for epoch in range(epochs):
            for step in range(steps):
                rate: Any = part.rate(epoch + step / steps)
                if not isinstance(rate, (float, int, np.floating, np.integer)) or not math.isfinite(rate) or rate < 0:
                    yield _wrong_rate(rate, f"epoch {epoch + step / steps:g} of {epochs}, {steps} steps in each")
                    return
                largest = max(largest, float(rate))
            part.observe(sample_record(epoch))
        if largest == 0 and epochs == LONG:
            yield Finding("every rate of a run is 0: the network learns nothing", f"{epochs} epochs of {steps} steps")
            return


def _wrong_rate(rate: Any, where: str) -> Finding:
    if not isinstance(rate, (float, int, np.floating, np.integer)):
        return Finding("rate does not return a number", where, "float", type(rate).__name__)
    if rate < 0:
        return Finding(
            "the rate is negative: training would raise the loss", where, "0 or more", f"{rate:.6g}",
            "it falls below its final value; bound it with max(..., final)",
        )  # fmt: skip
    return Finding(
        "the rate is not finite", where, "a finite number", str(rate),
        "a division by zero at the start or the end of a run, or a power that overflows",
    )  # fmt: skip


def _check_calls(subject: PartUnderTest) -> Iterator[Finding]:
    times = [step / 4 for step in range(40)]
    forwards, other = _started(subject, 10, 4), _started(subject, 10, 4)
    expected = [forwards.rate(t) for t in times]
    order = np.random.default_rng(0).permutation(len(times))
    got = {int(i): other.rate(times[i]) for i in order}
    for i, right in enumerate(expected):
        if got[i] != right or forwards.rate(times[i]) != right:
            yield Finding(
                "the rate depends on earlier calls of rate",
                f"epoch {times[i]:g}", f"{right:.10g}", f"{got[i]:.10g}",
                "rate counts its calls or stores the last rate; compute it from `epoch`, and change state in `observe`",
            )  # fmt: skip
            return


def _check_restart(subject: PartUnderTest) -> Iterator[Finding]:
    part = _started(subject, 10, 4)
    expected = _run_epochs(part, 0, 10)
    part.start(10, 4)
    if _run_epochs(part, 0, 10) != expected:
        yield Finding("a second run gives other rates", likely="`start` does not reset what `observe` changed")


def _run_epochs(part: Schedule, first: int, last: int) -> list[float]:
    rates = []
    for epoch in range(first, last):
        rates.append(part.rate(float(epoch)))
        part.observe(sample_record(epoch))
    return rates


def _check_state(subject: PartUnderTest) -> Iterator[Finding]:
    for epochs in (1, 2, 5, 12):
        old, new = _started(subject, 30, 4), _started(subject, 30, 4)
        _run_epochs(old, 0, epochs)
        transfer_state(old, new)
        if _run_epochs(new, epochs, 30) != _run_epochs(old, epochs, 30):
            yield Finding(
                f"saved and loaded after {epochs} epoch{'s' * (epochs > 1)}, it gives other rates",
                likely=missing_state(old, "`observe` changes"),
            )
            return


def _draw(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    return [np.array(_run_epochs(_started(subject, 10, 4), 0, 10))]


CHECKS = {
    Schedule: (
        Check("rates", "rates are finite floats of 0 or more, in long and short runs", _check_rates, varied=True),
        Check("calls", "a rate depends on time, not on earlier calls", _check_calls),
        Check("restart", "start resets what an earlier run changed", _check_restart),
        Check("state", "saved and loaded, it gives the same rates", _check_state, varied=True),
        no_randomness(_draw),
    ),
}
