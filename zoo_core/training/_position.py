"""How far a run has come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class TrainingPosition:
    """How far a run has come; a checkpoint holds it."""

    epoch: int = 0  # epochs that are over
    step: int = 0  # steps of the present epoch that are over

    def describe(self, epochs: int, steps: int) -> str:
        """Return where this is in a run of `epochs` epochs of `steps` steps, in words."""
        if self.epoch == epochs:
            return "after the last epoch"
        place = f"step {self.step + 1}" if self.step < steps else "after its last step"
        return f"in epoch {self.epoch + 1}, {place}"
