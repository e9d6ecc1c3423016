"""How often something is done in a run: every so many seconds, or every so many steps."""

from __future__ import annotations

import re
import time

from zoo_core.errors import UsageError

FORM = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?) ?(s|seconds?|min|minutes?|h|hours?|steps?)")
SECONDS = {"s": 1, "m": 60, "h": 3600}


class Interval:
    """Says when it is time again. By steps where `steps` is not 0, else by `seconds` on a clock that never jumps."""

    def __init__(self, seconds: float = 0.0, steps: int = 0) -> None:
        self.seconds, self.steps = seconds, steps
        self._next = time.perf_counter() + seconds
        self._next_step = steps

    @classmethod
    def parse(cls, text: str) -> Interval:
        """Return the interval that a text such as "30s", "5min" or "500steps" means. Raises UsageError."""
        match = FORM.fullmatch(text.strip().lower())
        number, unit = (float(match[1]), match[2]) if match else (0.0, "s")
        if not number or (unit.startswith("step") and not number.is_integer()):
            raise UsageError(f"{text!r} is no interval; write it as 30s, 5min, 1h or 500steps")
        return cls(steps=int(number)) if unit.startswith("step") else cls(number * SECONDS[unit[0]])

    def due(self, steps: int, now: float) -> bool:
        """Tell whether it is time, after so many steps of the run, at `now` on `time.perf_counter`."""
        if self.steps:
            return self._steps_due(steps)
        if now < self._next:
            return False
        self._next = now + self.seconds
        return True

    def _steps_due(self, steps: int) -> bool:
        if steps < self._next_step:
            return False
        self._next_step = steps - steps % self.steps + self.steps
        return True
