# spec: metrics = ["accuracy"]
# with: metrics = ["accuracy"]
# with: callbacks = ["part_name"]
"""A callback for the zoo."""

from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from zoo_core import hookimpl
from zoo_core.parts import Callback


@dataclass
class PartName(Callback):
    """Prints how the training loss has changed, and the largest loss of a batch, every `every` epochs."""

    name = "part_name"
    state = ("before", "largest")  # saved in a checkpoint, so that a run can be resumed

    every: Annotated[int, Ge(1)] = 1

    def on_train_begin(self, run):
        """Reset the state; called once before the first epoch."""
        self.before = None
        self.largest = 0.0

    def on_batch_end(self, run):
        """Read the loss of a batch; called after each step. Leave the method out if you do not need it."""
        self.largest = max(self.largest, run.batch_loss)

    def on_epoch_end(self, record, run):
        """Read the metrics of an epoch; return a reason to stop, or None to go on."""
        loss = record["train_loss"]
        if self.before is not None and record["epoch"] % self.every == 0:
            run.say(f"train_loss changed by {loss - self.before:+.4g}; the largest of a batch was {self.largest:.4g}")
        self.before, self.largest = loss, 0.0
        return


@hookimpl
def zoo_parts():
    """Return the parts of this plugin."""
    return [PartName]
