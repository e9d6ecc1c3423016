"""The data set of models that are trained on arrays or frames of the running process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Le, MinLen

from zoo_core.errors import DataError, Hint
from zoo_core.parts import Data, DataFiles, Dataset, Task
from zoo_plugins.datasets._tables import Kind

Column = str | Annotated[int, Ge(-100_000), Le(100_000)]


@dataclass
class Arrays(Dataset):
    """Arrays or a frame that a Python process gives with `zoo_core.train(spec, data=...)`; no file holds them.

    It stands in the spec of a model that was trained so, also where a spec names no data.
    target: of a frame, the column to predict, by name or by index from 0 (-1 is the last), or a list of them;
    weights: of a frame, the column with the weight of each row; task: "classification", "regression" or "multilabel",
    several labels a row (default: that of the loss; several columns are labels for a loss that takes such);
    columns: the kinds of columns of a frame, by name, as for `csv` (default: what the frame
    declares to be of categories is so, the others are what their values are);
    group: of a frame, the column that says what a row belongs to, such as a person: no two splits share a group;
    time: of a frame, the column that says when a row was made: later rows test what earlier ones taught. Neither is
    learnt from.
    """

    name = "arrays"
    expected_failures: ClassVar[Mapping[str, str]] = {
        "tables": "only the process that trains has its rows",
        "randomness": "only the process that trains has its rows",
    }

    target: Column | Annotated[list[Column], MinLen(1)] | None = None
    weights: Column | None = None
    task: Task | None = None
    columns: dict[str, Kind] | None = None
    group: Column | None = None
    time: Column | None = None

    def load(self, folder: DataFiles) -> Data:
        """Raise DataError: the arrays belong to the process that gives them."""
        raise DataError(
            "dataset 'arrays' has no files: its arrays belong to the Python process that trains on them", Hint("arrays")
        )


PARTS = (Arrays,)
