"""How often to save a checkpoint: every N seconds or every N steps."""

from __future__ import annotations

import re
import time

from zoo_core.errors import UsageError

DEFAULT_INTERVAL = "auto"
AUTO_SECONDS = 30.0
AUTO_SHARE = 0.01  # of the run time, which saving may take
FORM = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?(s|seconds?|min|minutes?|h|hours?|steps?)")
SECONDS = {"s": 1, "m": 60, "h": 3600}


class Interval:
    """How often to save a checkpoint: every `steps` steps, or every `seconds` seconds if `steps` is 0.

    `share` bounds the fraction of run time that saving may take: after a save there is a pause that keeps to it.
    """

    def __init__(self, seconds: float = 0.0, steps: int = 0, *, share: float = 1.0) -> None:
        self.seconds, self.steps, self.share = seconds, steps, share
        self._next = float(steps) if steps else time.perf_counter() + seconds

    @classmethod
    def parse(cls, text: str) -> Interval | None:
        """Return the interval of a text such as "30s", "5min", "1h" or "500steps"; None for "never". Raises UsageError.

        "auto" is every 30 seconds, and less often if saving would take more than 1% of the run time.
        """
        known = {"never": None, "auto": cls(AUTO_SECONDS, share=AUTO_SHARE)}
        if text.strip().lower() in known:
            return known[text.strip().lower()]
        match = FORM.fullmatch(text.strip().lower())
        number, unit = (float(match[1]), match[2]) if match else (0.0, "s")
        if not number or (unit.startswith("step") and not number.is_integer()):
            raise UsageError(f"{text!r} is no interval; write it as 30s, 5min, 1h, 500steps, auto or never")
        return cls(steps=int(number)) if unit.startswith("step") else cls(number * SECONDS[unit[0]])

    def due(self, now: float, steps: int, block: int = 1) -> bool:
        """Return whether to save now, at `now` on `time.perf_counter` and after `steps` steps of the run.

        The next call comes after at most `block` more steps. An interval of steps is never exceeded; one of seconds
        may be, until that call.
        """
        early = steps + block <= self._next if self.steps else now < self._next
        if early:
            return False
        self._next = steps + self.steps if self.steps else now + self.seconds
        return True

    def record_duration(self, seconds: float) -> None:
        """Record how long it took to save a checkpoint."""
        if not self.steps:
            self._next = max(self._next, time.perf_counter() + seconds / self.share)
