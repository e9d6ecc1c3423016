"""Event files that TensorBoard shows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from zoo_core.errors import PluginError
from zoo_core.parts import Record, Run
from zoo_trackers.tracker import Tracker, values_by_split


@dataclass
class TensorboardLog(Tracker):
    """Writes the metrics of each epoch for TensorBoard, in a folder beside the model: `m.npz` has `m.tensorboard/`.

    Each split is a run of its own, as in Keras, so that one chart shows training and validation. The step is the
    epoch, from 1. histograms: whether the values of every parameter are written too.
    """

    name = "tensorboard"

    histograms: bool = False

    def on_train_begin(self, run: Run) -> None:
        """Find the library before the first step."""
        super().on_train_begin(run)
        self._writers: dict[str, Any] = {}
        self._library = _library()

    def write(self, records: list[Record], run: Run) -> None:
        """Write the records as scalars, and the parameters of the present epoch as histograms."""
        if run.output is None:
            return
        for record in records:
            for split, values in values_by_split({"learning_rate": run.learning_rate, **record}).items():
                for metric, value in values.items():
                    self._writer(split, run).add_scalar(metric, value, record["epoch"] + 1)
        if self.histograms:
            for path, array in run.snapshot().items():
                self._writer("", run).add_histogram(path, array, run.history[-1]["epoch"] + 1)
        for writer in self._writers.values():
            writer.flush()

    def finish(self, run: Run) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()
        if run.output is None:
            raise OSError("the model is not saved in a file, so there is no folder beside it")

    def _writer(self, split: str, run: Run) -> Any:
        """Return the writer of a split. A new one tells TensorBoard to forget these epochs of an earlier run."""
        if split not in self._writers:
            assert run.output is not None
            folder, first = run.output.with_suffix(".tensorboard"), run.history[self.written]["epoch"] + 1
            # The suffix keeps a file that was begun in the same second: names have the time in seconds.
            name, suffix = str(folder / (split or "run")), f".{first:06d}"
            writer = self._library.SummaryWriter(name, purge_step=first, filename_suffix=suffix)
            self._writers[split] = writer
            if not split:
                text = json.dumps(run.spec.to_dict(), indent=2, ensure_ascii=False)
                writer.add_text("spec", f"```json\n{text}\n```", first)
        return self._writers[split]


def _library() -> Any:
    try:
        import tensorboardX
    except ImportError as error:
        raise PluginError(
            "callback 'tensorboard' needs tensorboardX: pip install 'zoo-trackers[tensorboard]'"
        ) from error
    return tensorboardX
