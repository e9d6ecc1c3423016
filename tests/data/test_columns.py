"""Typed columns: numbers stay numbers, texts become codes, and what would lose something is a text."""

from __future__ import annotations

import io

import numpy as np
import pytest

from zoo_core.data.readers.columns import Columns, read_columns
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.errors import DataError


def read(text: str, **options: object) -> Columns:
    return read_columns(io.StringIO(text), TableFormat(**options))  # type: ignore[arg-type]


PEOPLE = """age,city,code,flag,price
1,Rome,01,True,$1.5
NA,Bonn,02,False,$2
3,?,03,True,
4, Rome,11,True,$4.25
"""


def test_each_column_has_its_type() -> None:
    table = read(PEOPLE)
    age, city, code, flag, price = table.columns
    np.testing.assert_array_equal(age.numbers, [1, np.nan, 3, 4])
    assert (age.missing, age.example, age.first_missing) == (1, "1", "line 3")
    assert city.codes is not None
    assert (city.codes.tolist(), city.categories, city.missing) == ([0, 1, -1, 0], ("Rome", "Bonn"), 1)
    assert city.texts() == ["Rome", "Bonn", None, "Rome"]
    assert code.texts() == ["01", "02", "03", "11"]
    assert flag.sign == "true or false"
    np.testing.assert_array_equal(price.numbers, [1.5, 2, np.nan, 4.25])
    assert (price.sign, price.example, table.rows) == ("$", "$1.5", 4)


@pytest.mark.parametrize("late", ["n0", "007", "5%", "1,5"])
def test_a_text_after_many_numbers_keeps_every_number_as_it_was_written(late: str) -> None:
    column = read("a;b\n" + "1.50;2\n" * 5000 + f"{late};2\n", delimiter=";")["a"]
    assert column.texts()[-2:] == ["1.50", late]
    assert column.first_text == "line 5002"


def test_a_cell_of_told_numbers_is_refused_with_its_place() -> None:
    with pytest.raises(DataError, match=r"line 3, column 'city': 'Bonn' is text"):
        read_columns(io.StringIO("city\n1\nBonn\n"), TableFormat(), types={"city": "number"})


def test_types_and_columns_may_be_told() -> None:
    form = TableFormat()
    table = read_columns(io.StringIO(PEOPLE), form, take=["code", "age"], types={"code": "number", "age": "text"})
    np.testing.assert_array_equal(table["code"].numbers, [1, 2, 3, 11])
    assert table["age"].categories == ("1", "3", "4")
    with pytest.raises(DataError, match="there is no column 'city'"):
        table["city"]


@pytest.mark.parametrize("form", ["%.3E", "%.6e", "%.18e", "%r"])
def test_numbers_with_exponents_are_those_of_float(form: str) -> None:
    rng = np.random.default_rng(4)
    numbers = (rng.normal(size=3000) * 10.0 ** rng.integers(-24, 24, 3000)).tolist()
    cells = [form % number for number in numbers]
    found = read("x,y\n" + "".join(f"{cell},{cell[:-1]}0\n" for cell in cells))
    assert found["x"].numbers is not None
    assert found["x"].numbers.tobytes() == np.array(list(map(float, cells))).tobytes()
    assert found["y"].numbers is not None
    assert found["y"].numbers.tobytes() == np.array([float(f"{cell[:-1]}0") for cell in cells]).tobytes()


@pytest.mark.parametrize(
    "late", ["1e", "e5", "1e5e3", "1e5.2", "1e+-5", "1-e5", "1ee5", "1.2.3e4", "-e5", "1A5", "+ e5"]
)
def test_what_is_no_exponent_is_a_text_among_many(late: str) -> None:
    cells = ["1e5", "01e5", "-2.5E-07", "0e0", "1.e+2", ".5e3", "3e9"] * 10
    found = read("x\n" + "\n".join([*cells, late]))["x"]
    assert found.texts()[-2:] == ["3e9", late]
    assert read("x\n" + "\n".join(cells))["x"].is_numeric
