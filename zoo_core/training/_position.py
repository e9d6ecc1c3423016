"""How far a run has come."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass
class TrainingPosition:
    """How far a run has come; a checkpoint holds it."""

    epoch: int = 0  # epochs that are over
    step: int = 0  # steps of the present epoch that are over
    epochs_before: int = 0  # of the runs that this one continues
    steps_before: int = 0

    @property
    def all_epochs(self) -> int:
        """The epochs that are over, with those of earlier runs."""
        return self.epochs_before + self.epoch

    def next_epoch(self) -> TrainingPosition:
        """Return the place at the beginning of the next epoch."""
        return replace(self, epoch=self.epoch + 1, step=0)

    def describe(self, epochs: int, steps: int) -> str:
        """Return where this is in a run of `epochs` epochs of `steps` steps, in words."""
        if self.epoch == epochs:
            return "after the last epoch"
        place = f"step {self.step + 1}" if self.step < steps else "after its last step"
        return f"in epoch {self.epoch + 1}, {place}"
