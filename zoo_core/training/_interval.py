"""How often something is done in a run: every so many seconds, or every so many steps."""

from __future__ import annotations

import re
import time

from zoo_core.errors import UsageError

DEFAULT_INTERVAL = "auto"  # of checkpoints, unless a run is told otherwise
AUTO_SECONDS = 30.0
AUTO_SHARE = 0.01  # of the time, at most, that what is done may take
FORM = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?(s|seconds?|min|minutes?|h|hours?|steps?)")
SECONDS = {"s": 1, "m": 60, "h": 3600}


class Interval:
    """Says when it is time again. By steps where `steps` is not 0, else by `seconds` on a clock that never jumps.

    That is so early that no more lies between two times: when the next chance, with what is done then, would come too
    late. With `share`, seconds that are longer where it takes more than this share of the time.
    """

    def __init__(self, seconds: float = 0.0, steps: int = 0, *, share: float = 1.0) -> None:
        self.seconds, self.steps, self.share = seconds, steps, share
        self._seen = time.perf_counter()
        self._next, self._next_step = self._seen + seconds, steps
        self._took = 0.0

    @classmethod
    def parse(cls, text: str) -> Interval | None:
        """Return what "30s", "5min", "1h" or "500steps" means, None for "never". Raises UsageError.

        "auto" is every 30 seconds, and less often where that would take more than 1% of the time.
        """
        known = {"never": None, "auto": cls(AUTO_SECONDS, share=AUTO_SHARE)}
        if text.strip().lower() in known:
            return known[text.strip().lower()]
        match = FORM.fullmatch(text.strip().lower())
        number, unit = (float(match[1]), match[2]) if match else (0.0, "s")
        if not number or (unit.startswith("step") and not number.is_integer()):
            raise UsageError(f"{text!r} is no interval; write it as 30s, 5min, 1h, 500steps, auto or never")
        return cls(steps=int(number)) if unit.startswith("step") else cls(number * SECONDS[unit[0]])

    def due(self, steps: int, now: float, ahead: int = 1) -> bool:
        """Tell whether it is time, after so many steps of the run, at `now` on `time.perf_counter`.

        The next chance comes after `ahead` more steps at the latest.
        """
        if self.steps:
            return self._steps_due(steps, ahead)
        chance, self._seen = now + (now - self._seen), now
        if chance + self._took < self._next:
            return False
        self._next = now + self.seconds
        return True

    def _steps_due(self, steps: int, ahead: int) -> bool:
        if steps + ahead <= self._next_step:
            return False
        self._next_step = steps + self.steps
        return True

    def took(self, seconds: float) -> None:
        """Learn how long it took what was done."""
        self._took = seconds
        self._next = max(self._next, time.perf_counter() + seconds / self.share)
