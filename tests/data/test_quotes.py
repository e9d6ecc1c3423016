"""A quote that opens and does not close is told with its line, and costs no row but its own where rows are marked."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest

from zoo_core.data.readers.csv import read_csv
from zoo_core.data.readers.feature_table import FeatureTable
from zoo_core.data.readers.features import open_features
from zoo_core.errors import DataError

NUMBERS = [f'{i},"a{i}",{i}.5' for i in range(40)]


def opened(rows: Sequence[str]) -> FeatureTable:
    return open_features(io.BytesIO(("x,name,z\n" + "\n".join(rows) + "\n").encode()), ["x", "z"])


def put(*changes: tuple[int, str]) -> list[str]:
    rows = list(NUMBERS)
    for at, row in changes:
        rows[at] = row
    return rows


CASES = {
    "the first row": (put((0, '0,"a,1')), {0: "line 2"}),
    "the last row": (put((39, '39,"a,1')), {39: "line 41"}),
    "a quote that closes too soon": (put((7, '7,"a"b,1')), {7: "line 9"}),
    "two rows": (put((3, '3,"a,1'), (20, '20,"b,1')), {3: "line 5", 20: "line 22"}),
    "rows side by side": (put((3, '3,"a,1'), (4, '4,"b,1'), (5, '5,"c,1')), {3: "line 5", 4: "line 6", 5: "line 7"}),
    "far from the end": ([*put((5, '5,"a,1')), *["1,a,2"] * 20_000], {5: "line 7"}),
    "behind a long cell": (put((2, '2,"a\nb",1'), (9, '9,"c,1')), {9: "line 12"}),
}


@pytest.mark.parametrize("name", CASES)
def test_a_row_with_an_open_quote_is_marked_alone(name: str) -> None:
    rows, expected = CASES[name]
    found: dict[int, str] = {}
    seen = 0
    for some in opened(rows).blocks(keep=[0], mark=True):
        found |= {some.first - 1 + at: some.place(at) + fault for at, fault in (some.faults or {}).items()}
        assert [*some.kept[0]] == [row.partition(",")[0] for row in rows[seen : seen + len(some)]]
        seen += len(some)
    assert seen == len(rows)
    assert {at: text.partition(" has")[0] for at, text in found.items()} == expected
    assert all("has a quote that" in text for text in found.values())


@pytest.mark.parametrize("name", CASES)
def test_without_marks_the_line_where_the_quote_opens_is_named(name: str) -> None:
    rows, expected = CASES[name]
    with pytest.raises(DataError, match=rf": {next(iter(expected.values()))} has a quote that .*close it, or write"):
        opened(rows).read()


def test_the_reader_for_training_names_the_line_too() -> None:
    with pytest.raises(DataError, match=r"line 3 has a quote that opens and does not close; close it"):
        read_csv(io.BytesIO(b'a,y\n1,p\n2,"q\n3,p\n'), text="y")


def test_a_cell_that_is_too_long_without_quotes_is_another_fault() -> None:
    with pytest.raises(DataError, match=r"line 2: field larger than field limit"):
        read_csv(io.BytesIO(b"a,y\n1," + b"p" * 200_000 + b"\n"), text="y")
