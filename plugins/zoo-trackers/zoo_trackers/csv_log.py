"""A table of the epochs beside the model."""

from __future__ import annotations

import csv
import io
import os
from dataclasses import dataclass
from pathlib import Path

from zoo_core.parts import Record, Run
from zoo_trackers.tracker import Tracker


@dataclass
class CsvLog(Tracker):
    """Writes one row for each epoch to a CSV file beside the model: `m.npz` has `m.epochs.csv`.

    Epochs count from 1. The file is written anew after each epoch and appears whole, so a resumed run goes on in it.
    """

    name = "csv_log"

    def write(self, records: list[Record], run: Run) -> None:
        """Write the table of the whole history, for earlier records may have been marked as kept."""
        if run.output is not None:
            _replace(run.output.with_suffix(".epochs.csv"), _table(run.history))

    def finish(self, run: Run) -> None:
        """Write the table once more: the callbacks before this one may have marked the epoch that is kept."""
        self.write([], run)
        if run.output is None:
            raise OSError("the model is not saved in a file, so there is no table beside it")


def _table(history: list[Record]) -> str:
    columns = list(dict.fromkeys(key for record in history for key in record))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({**record, "epoch": record["epoch"] + 1} for record in history)
    return text.getvalue()


def _replace(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old or the new one, never a part.

    Raises OSError for a file of another content, which nobody has allowed to replace.
    """
    if path.exists() and not path.read_bytes().startswith(b"epoch,"):
        raise OSError(f"{path}: is no table of epochs; move it away")
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        new.write_text(text, encoding="utf-8")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
