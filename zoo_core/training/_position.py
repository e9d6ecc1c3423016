"""How far a run has come."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class TrainingPosition:
    """How far a run has come; a checkpoint holds it."""

    epoch: int = 0  # epochs that are over
    step: int = 0  # steps of the present epoch that are over
