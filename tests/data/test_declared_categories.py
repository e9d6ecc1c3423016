"""What a file of Parquet or Arrow declares to be of categories is that for `zoo new`, as it is in a frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import zoo_core
from tests.runs.test_frame_columns import spec
from zoo_core.errors import UsageError
from zoo_core.spec.from_csv import guess

core, library = pytest.importorskip("arro3.core"), pytest.importorskip("arro3.io")

N = 60
CODES = [at * 7 % 5 for at in range(N)]
LABELS = ["yes" if code in (1, 4) else "no" for code in CODES]  # no linear function of the number
TYPE = core.DataType
WRITERS = {"t.parquet": library.write_parquet, "t.feather": library.write_ipc}


def dictionary(values: Any, kind: Any) -> Any:
    return core.Array(values, kind).cast(TYPE.dictionary(TYPE.int8(), kind))


@pytest.fixture(params=WRITERS)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a file of columns that are declared, and of such that are not; Parquet encodes both as dictionaries."""
    texts = [f"n{at}" for at in range(N)]
    columns = {
        "whole": dictionary(CODES, TYPE.int64()),
        "gaps": dictionary([code or None for code in CODES], TYPE.int16()),
        "fractions": dictionary([code / 2 for code in CODES], TYPE.float64()),
        "texts": dictionary(texts, TYPE.large_utf8()),
        "plain": core.Array(CODES, TYPE.int64()),
        "other": core.Array(texts, TYPE.large_utf8()),
        "y": dictionary(LABELS, TYPE.utf8()),
    }
    path = tmp_path / str(request.param)
    WRITERS[path.name](core.Table.from_pydict(columns), path)
    return path


def test_declared_columns_are_categories_and_others_are_what_they_hold(path: Path) -> None:
    kinds = {finding.name: finding.kind for finding in guess(path).kinds}
    declared = dict.fromkeys(("whole", "gaps", "fractions", "texts"), "category")
    assert kinds == {**declared, "plain": "number", "other": "id"}


def test_the_user_wins(path: Path) -> None:
    kinds = {f.name: f.kind for f in guess(path, told={"columns": {"whole": "number"}, "group": "gaps"}).kinds}
    assert (kinds["whole"], kinds["gaps"], kinds["texts"]) == ("number", "ignore", "category")
    with pytest.raises(UsageError, match="no such kind"):
        guess(path, told={"columns": {"whole": "sort"}})


def test_a_frame_with_the_same_columns_gives_the_same_model(path: Path) -> None:
    codes = {"whole": CODES, "fractions": [code / 2 for code in CODES]}
    frame = pd.DataFrame({**{name: pd.Categorical(values) for name, values in codes.items()}, "y": LABELS})
    columns = {finding.name: finding.kind for finding in guess(path, told={"features": list(codes)}).kinds}
    of_file = zoo_core.train(spec(name="csv", path=str(path), target="y", features=list(codes), columns=columns))
    of_frame = zoo_core.train(spec(), data=frame, target="y")
    assert of_file.about.columns == of_frame.about.columns
    assert of_file.predict(frame).tolist() == of_frame.predict(frame).tolist() == LABELS
