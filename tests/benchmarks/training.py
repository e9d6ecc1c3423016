"""Training and prediction of a workload by every competitor that is installed."""

from __future__ import annotations

from collections.abc import Iterable

from tests.benchmarks.contract import COMPETITORS, competitor, why_absent
from tests.benchmarks.pool import Pool, Times, Turn, pool, prepare, take_turns
from tests.benchmarks.results import Measured, Result
from tests.benchmarks.workloads import Workload

PREDICTION_SECONDS = 0.2  # that one measurement of a prediction lasts


def who(work: Workload, *, training: bool, keys: Iterable[str] = ()) -> tuple[list[str], dict[str, str]]:
    """Return who takes part, and of the others why not."""
    reasons = {key: why_absent(key, work, training=training) for key in keys or COMPETITORS}
    if not keys:
        reasons |= {key: why for key in reasons if (why := competitor(key).on_request)}
    return [k for k, why in reasons.items() if not why], {k: why for k, why in reasons.items() if why}


def train(work: Workload, *, rounds: int, seconds: float, keys: Iterable[str] = ()) -> Result:
    """Measure epochs: one measurement first that does not count, then rounds; all make the same number of updates."""
    here, absent = who(work, training=True, keys=keys)
    with pool(here) as found:
        prepare(found, work)
        found.ask_all("epochs", count=work.epochs)
        times = take_turns(lambda: _epochs(found, work), rounds, seconds)
        peaks, losses = found.ask_all("peak"), found.ask_all("loss")
        measured = _gather(times)
    for one in measured:
        one.peak_mb = peaks.get((one.key, one.threads))
        one.loss = None if one.key == "floor" else losses.get((one.key, one.threads))
    return Result(f"{work.title}: an epoch", measured, absent | found.failed)


def _epochs(found: Pool, work: Workload) -> Turn:
    times = found.ask_all("epochs", count=work.epochs)
    found.retire(times)
    return times


def predict(work: Workload, rows: int, *, rounds: int, seconds: float, keys: Iterable[str] = ()) -> Result:
    """Measure the prediction of some rows with the network of a workload."""
    here, absent = who(work, training=False, keys=keys)
    with pool(here) as found:
        prepare(found, work)
        times = take_turns(lambda: _predict(found, rows), rounds, seconds)
    shape = "-".join(map(str, work.widths))
    return Result(f"Prediction of {rows:,} row{'s' * (rows > 1)}, {shape}", _gather(times), absent | found.failed)


def _predict(found: Pool, rows: int) -> Turn:
    times = found.ask_all("predict", rows=rows, seconds=PREDICTION_SECONDS)
    found.retire(times)
    return times


def _gather(times: Times) -> list[Measured]:
    return [Measured(key, competitor(key).title, n, seconds) for (key, n), seconds in times.items()]
