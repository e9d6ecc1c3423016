"""Schedules: rates that are finite, not negative, and a matter of time and records alone."""

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
from zoo_core.testing.harness.saved_state import transfer_state

LONG = 1000  # epochs of a run in which every schedule is to have moved something
RUNS = (20, 10), (1, 1), (3, 7), (LONG, 2)  # epochs, steps in each


def _started(subject: PartUnderTest, epochs: int, steps: int) -> Any:
    part = subject.make()
    part.start(epochs, steps)
    return part


def record(epoch: int) -> dict[str, Any]:
    """Return the record of an epoch with figures that improve for a while and then do not."""
    loss = 1.0 / (1 + min(epoch, 4)) + 0.01 * (epoch % 3)
    figures = {f"{split}_loss": loss for split in ("train", "validation", "test")}
    accuracies = {f"{split}_accuracy": 1 - loss / 2 for split in ("train", "validation", "test")}
    return {"epoch": epoch, **figures, **accuracies, "learning_rate": 0.1}


def _rates(subject: PartUnderTest) -> Iterator[Finding]:
    for epochs, steps in RUNS:
        part, largest = _started(subject, epochs, steps), 0.0
        for epoch in range(epochs):
            for step in range(steps):
                rate = part.rate(epoch + step / steps)
                if not isinstance(rate, float) or not math.isfinite(rate) or rate < 0:
                    yield _bad(rate, f"epoch {epoch + step / steps:g} of {epochs}, {steps} steps in each")
                    return
                largest = max(largest, rate)
            part.observe(record(epoch))
        if largest == 0 and epochs == LONG:
            yield Finding("every rate of a run is 0: nothing is learnt", f"{epochs} epochs, {steps} steps in each")
            return


def _bad(rate: Any, where: str) -> Finding:
    if not isinstance(rate, float):
        return Finding("rate does not return a float", where, "float", type(rate).__name__)
    if rate < 0:
        return Finding(
            "the rate is negative: training would climb", where, "0 or more", f"{rate:.6g}",
            "it runs on below its end; bound it with max(..., final)",
        )  # fmt: skip
    return Finding(
        "the rate is not a finite number", where, "a finite number", str(rate),
        "a division by zero at the start or the end of a run, or a power that overflows",
    )  # fmt: skip


def _calls(subject: PartUnderTest) -> Iterator[Finding]:
    times = [step / 4 for step in range(40)]
    forwards, other = _started(subject, 10, 4), _started(subject, 10, 4)
    expected = [forwards.rate(t) for t in times]
    order = np.random.default_rng(0).permutation(len(times))
    got = {int(i): other.rate(times[i]) for i in order}
    for i, right in enumerate(expected):
        if got[i] != right or forwards.rate(times[i]) != right:
            yield Finding(
                "the rate depends on which rates were asked for before",
                f"epoch {times[i]:g}", f"{right:.10g}", f"{got[i]:.10g}",
                "rate counts its calls or keeps the last rate; compute it from `epoch`, and change state in `observe`",
            )  # fmt: skip
            return


def _restart(subject: PartUnderTest) -> Iterator[Finding]:
    part = _started(subject, 10, 4)
    expected = _run(part, 0, 10)
    part.start(10, 4)
    if _run(part, 0, 10) != expected:
        yield Finding("a second run does not begin anew", likely="`start` does not reset what `observe` changed")


def _run(part: Schedule, first: int, last: int) -> list[float]:
    rates = []
    for epoch in range(first, last):
        rates.append(part.rate(float(epoch)))
        part.observe(record(epoch))
    return rates


def _state(subject: PartUnderTest) -> Iterator[Finding]:
    old, new = _started(subject, 30, 4), _started(subject, 30, 4)
    _run(old, 0, 12)
    transfer_state(old, new)
    if _run(new, 12, 30) != _run(old, 12, 30):
        yield Finding(
            "saved and loaded after 12 epochs, it gives other rates",
            likely=f"`state` leaves out an attribute that `observe` changes; it names {old.state}",
        )


def _draw(subject: PartUnderTest, rng: np.random.Generator) -> list[Array]:
    return [np.array(_run(_started(subject, 10, 4), 0, 10))]


CHECKS = {
    Schedule: (
        Check("rates", "rates are finite floats, 0 or more, for long and short runs", _rates, varied=True),
        Check("calls", "a rate depends on the time, not on earlier calls", _calls),
        Check("restart", "start begins a new run", _restart),
        Check("state", "saved and loaded, it gives the same rates", _state, varied=True),
        no_randomness(_draw),
    ),
}
