# spec: metrics = ["accuracy"]
# with: metrics = ["accuracy", "part_name"]
"""A metric for the zoo."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le

from zoo_core import hookimpl
from zoo_core.parts import Metric


@dataclass
class PartName(Metric):
    """Share of rows whose true class gets a probability of at least `least`, 0 to 1."""

    name = "part_name"
    task = "classification"
    state = ("sure", "rows")  # saved in a checkpoint within an epoch

    least: Annotated[float, Ge(0), Le(1)] = 0.8

    def start(self, rows, outputs):
        """Reset the counts before a pass over rows."""
        self.sure = self.rows = 0.0

    def update(self, outputs, targets, weights):
        """Count some rows: outputs (rows, outputs), labels and weights (rows,). Scores are no probabilities."""
        p = self.class_probabilities(outputs)
        if p is None:
            self.sure = float("nan")
            return
        sure = p[np.arange(len(targets)), targets] >= self.least
        weights = np.ones(len(targets)) if weights is None else weights
        self.sure += float(sure @ weights)
        self.rows += float(weights.sum())

    def result(self):
        """Return the share of all rows since `start`."""
        return self.sure / self.rows if self.rows else float("nan")


@hookimpl
def zoo_parts():
    """Return the parts of this plugin."""
    return [PartName]
