"""A save killed at every system call that it makes, when a file is replaced and when it is new."""

from __future__ import annotations

import os
import signal

from tests.robustness import Result, traced

PROMISE = "every system call of a save killed: the old file or the new one, whole, and no litter after the next save"
COUNT = 100_000  # at most; all there are


def main(count: int) -> Result:
    """Kill at most `count` saves, evenly spread over the calls of both kinds of save."""
    tried, failures = 0, []
    for overwrite in (True, False):
        with traced.trial(overwrite) as trial:
            places = [(name, k) for name, times in sorted(trial.calls().items()) for k in range(1, times + 1)]
            chosen = traced.pick(len(places), (count + overwrite) // 2)
            for name, k in (places[i] for i in sorted(chosen)):
                trial.reset()
                status, _ = trial.save(f"inject={name}:signal=SIGKILL:when={k}")
                killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
                tried += killed  # a call that this save did not make is none that could kill it
                if problem := trial.problem(saved=None if killed else True, may_leave=killed):
                    failures.append(f"{'replacing' if overwrite else 'new'}, {name} number {k}: {problem}")
    return tried, failures
