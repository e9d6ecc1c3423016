"""A label with a line end of its own comes back from the CSV file that `zoo predict -o` writes."""

from __future__ import annotations

import csv
import io
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from zoo_core.cli import _prediction_files


@pytest.mark.parametrize("label", ["a\rb", "\r", "a\nb", "a\r\nb"])
def test_a_line_end_in_a_label_is_quoted(monkeypatch: pytest.MonkeyPatch, label: str) -> None:
    monkeypatch.setattr(_prediction_files, "_rows", lambda *given: iter([(label,), ("plain",)]))
    predictions: Any = SimpleNamespace(header=["label"], model=SimpleNamespace(about=SimpleNamespace(task="any")))
    file = io.StringIO(newline="")
    _prediction_files._write_csv(predictions, [np.zeros(1)], file, ",")
    assert file.getvalue() == f'label\n"{label}"\nplain\n'
    assert list(csv.reader(io.StringIO(file.getvalue(), newline="")))[1] == [label]
