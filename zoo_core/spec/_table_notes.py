"""What may surprise somebody about a table: its target, its classes, rows left out, columns that tell too much."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from zoo_core.data.columns import column_line
from zoo_core.data.labels import is_whole_number
from zoo_core.data.readers.survey import ColumnSurvey
from zoo_core.data.readers.table_reader import TableReader
from zoo_core.errors import DataError
from zoo_core.parts import Array

SHOWN_CLASSES = 8
LARGE, SMALL = 10.0, 0.01  # mean or deviation of a target beyond which a note says that it is scaled
FIRST_ROWS = 1000  # that show at once that a column does not rise with the target
LEAST_ROWS = 20  # from which a pattern of a column is no accident
MOST_LINES = 3  # of a spec in a note
MOST_COLUMNS = 30  # of which pairs are looked at
FEW_VALUES = 10  # a target with fewer different values may rise with a column by chance
NEARLY = 0.999  # correlation
LEFT_OPEN = 1e-4  # share of the target's variance that a sum of columns may leave open
LEAST_WEIGHT = 0.01  # of a summand, where all columns have the standard deviation 1
FEW_WRONG = 0.02  # of the rows that are not of the largest class, where a column nearly tells the class
_TOTAL = re.compile(r"(grand |sub)?(total|sum|mean|average|summe|gesamt|mittelwert)\b", re.IGNORECASE)


def class_notes(counts: Mapping[str, int]) -> list[str]:
    """Say which classes there are, and what may be wrong with them."""
    shown = ", ".join(
        f"{name if name.isprintable() else repr(name)} ({count})"
        for name, count in list(counts.items())[:SHOWN_CLASSES]
    )
    amounts = len(counts) > 2 and all(map(is_whole_number, counts))
    notes = [
        f"classes, with their rows: {shown}{', ...' if len(counts) > SHOWN_CLASSES else ''}"
        f"{'; if they are amounts, say task = regression' if amounts else ''}"
    ]
    single = [name for name, count in counts.items() if count == 1]
    if single:
        shown = ", ".join(map(repr, single[:SHOWN_CLASSES])) + (", ..." if len(single) > SHOWN_CLASSES else "")
        notes.append(f"{len(single)} class(es) have one row, so that it is learnt or tested, never both: {shown}")
    seen: dict[str, str] = {}
    for name in counts:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            notes.append(f"the classes {other!r} and {name!r} differ only in upper and lower case; are they one class?")
    return notes


def target_notes(survey: ColumnSurvey, table: TableReader) -> list[str]:
    """Say what is special about a target of numbers. Raises DataError for a cell that is none, or for equal numbers."""
    name = table.column_name(survey.place)
    if not survey.is_numeric:
        raise DataError(f"{table.where}: {name}: {survey.first_fault()}; a regression predicts numbers")
    if np.ptp(survey.values) == 0:
        raise DataError(f"{table.where}: all rows of the target, {name}, have the value {survey.values[0]:g}")
    mean, deviation = float(survey.values.mean()), float(survey.values.std())
    notes = survey.notes(table)
    if max(abs(mean), deviation) > LARGE or deviation < SMALL:
        far = f"{name} has mean {mean:.4g} and standard deviation {deviation:.4g}"
        notes.append(f"the target, {far}; it is scaled while it is learnt, and predicted in its own units")
    return notes


def column_notes(
    surveys: Sequence[ColumnSurvey], target: ColumnSurvey, labels: Sequence[str], table: TableReader
) -> list[str]:  # fmt: skip
    """Say which columns number the rows, and which tell the target, so that nothing is left to learn."""
    if len(labels) < LEAST_ROWS:
        return []
    notes, others = [], list[ColumnSurvey]()
    for survey in surveys:
        name = table.column_name(survey.place)
        if survey.counts_up:
            first = ", ".join(f"{value:g}" for value in survey.values[:3])
            way = f"if it only numbers the rows, {_leave(table, survey.place)}"
            notes.append(f"{name} counts up from row to row ({first}, ...); {way}")
        elif _tells(survey, target, labels):
            notes.append(f"{name} tells the target exactly; {_beforehand(table, survey.place)}")
        elif len(set(labels)) < FEW_VALUES > len(np.unique(survey.values)) and (
            way := _way_to_tell(survey.values.tolist(), labels)
        ):
            notes.append(f"{name} {way}; {_beforehand(table, survey.place)}")
        elif target.is_numeric and (r := _correlation(survey.values, target.values)) > NEARLY:
            nearly = f"{name} is nearly the target, correlation {r:.5f}"
            notes.append(f"{nearly}; {_beforehand(table, survey.place)}")
        else:
            others.append(survey)
    return [*notes, *(_sum_notes(others, target, table) if target.is_numeric else ())]


def _sum_notes(surveys: Sequence[ColumnSurvey], target: ColumnSurvey, table: TableReader) -> list[str]:
    """Say which columns add up to the target, each perhaps multiplied by a number."""
    told: list[Sequence[ColumnSurvey]] = list(_summands(surveys, target))
    how = "add up to the target"
    if not told and (some := _weighted_summands(surveys, target)):
        told, how = [some], "tell the target together, which is a weighted sum of them"
    names = ((some, [table.names[survey.place] or str(survey.place) for survey in some]) for some in told)
    return [
        f"columns {', '.join(map(repr, own))} {how}; {_beforehand(table, *(survey.place for survey in some))}"
        for some, own in names
    ]


def _leave(table: TableReader, *places: int) -> str:
    """Return how columns are left out."""
    lines = [column_line(table.names[place] or str(place), "ignore") for place in places[:MOST_LINES]]
    more = " and so on" if len(places) > MOST_LINES else ""
    return f"write {' and '.join(lines)}{more} in [data.columns]"


def _beforehand(table: TableReader, *places: int) -> str:
    return f"if {'it is' if len(places) == 1 else 'they are'} not known beforehand, {_leave(table, *places)}"


def _tells(survey: ColumnSurvey, target: ColumnSurvey, labels: Sequence[str]) -> bool:
    """Return whether the target follows from one column: each value has a class of its own, or both rise together."""
    values = survey.values
    distinct = len(np.unique(values))
    if distinct == len(set(labels)) < FEW_VALUES:
        return 1 < distinct == len(set(zip(values.tolist(), labels, strict=True)))
    if not target.is_numeric or distinct < FEW_VALUES or len(set(labels)) < FEW_VALUES:
        return False
    return _rises(values, target.values) or _rises(values, -target.values)


def _correlation(x: Array, y: Array) -> float:
    """Return the absolute correlation of two columns; 0 where one does not vary, or the target has few values."""
    dx, dy = x - x.mean(), y - y.mean()
    size = float(np.sqrt((dx @ dx) * (dy @ dy)))
    if not size or not abs(float(dx @ dy)) > NEARLY * size or len(np.unique(y)) < FEW_VALUES:
        return 0.0
    return abs(float(dx @ dy)) / size


def text_notes(columns: Mapping[int, Array], labels: Sequence[str], table: TableReader) -> list[str]:
    """Say which columns of texts, given by their codes, tell the class of each row."""
    notes = []
    for place, codes in columns.items():
        distinct = len(np.unique(codes))
        few = 1 < distinct <= len(labels) / FEW_VALUES and len(codes) == len(labels) >= LEAST_ROWS
        if few and (way := _way_to_tell(codes.tolist(), labels)):
            notes.append(f"{table.column_name(place)} {way}; {_beforehand(table, place)}")
    return notes


def _way_to_tell(values: Sequence[object], labels: Sequence[str]) -> str:
    """Return how well each value of a column tells a class, or '' where it hardly does."""
    most: dict[object, int] = {}
    for (value, _), count in Counter(zip(values, labels, strict=True)).items():
        most[value] = max(count, most.get(value, 0))
    rows, told = len(labels), sum(most.values())
    others = rows - max(Counter(labels).values())
    if not others or rows - told > FEW_WRONG * others:
        return ""
    return "tells the target exactly" if told == rows else f"tells the target in {told:,} of {rows:,} rows"


def _rises(x: Array, y: Array) -> bool:
    """Return whether y rises wherever x does, and nowhere else."""
    if len(x) > FIRST_ROWS and not _rises(x[:FIRST_ROWS], y[:FIRST_ROWS]):
        return False  # what does not hold among some rows does not hold among all
    order = np.argsort(x, kind="stable")
    dx, dy = np.diff(x[order]), np.diff(y[order])
    return bool(np.all((dx > 0) == (dy > 0)) and np.all(dy >= 0))


def _summands(surveys: Sequence[ColumnSurvey], target: ColumnSurvey) -> Iterator[tuple[ColumnSurvey, ColumnSurvey]]:
    """Yield pairs of columns whose sum is the target in each row."""
    y = target.values
    for pair in combinations(surveys, 2) if len(surveys) <= MOST_COLUMNS else ():
        a, b = (survey.values for survey in pair)
        is_sum = np.allclose(a[:LEAST_ROWS] + b[:LEAST_ROWS], y[:LEAST_ROWS]) and np.allclose(a + b, y)
        if is_sum and a.any() and b.any():
            yield pair


def _weighted_summands(surveys: Sequence[ColumnSurvey], target: ColumnSurvey) -> Sequence[ColumnSurvey]:
    """Return two columns or more of which a weighted sum is the target in all rows, but for rounding; else none."""
    columns = [survey for survey in surveys if survey.is_numeric and np.ptp(survey.values) > 0]
    rows = len(target.values)
    if not 2 <= len(columns) <= MOST_COLUMNS or rows < FEW_VALUES * len(columns):
        return []
    x, y = (_standardized(values) for values in (np.column_stack([c.values for c in columns]), target.values))
    if np.linalg.matrix_rank(x[:FIRST_ROWS]) < len(columns):
        return []  # which of them make up the sum is not decided
    weights = np.linalg.lstsq(x[:FIRST_ROWS], y[:FIRST_ROWS])[0]
    if np.square(y - x @ weights).mean() > LEFT_OPEN:
        return []
    taken = [c for c, weight in zip(columns, weights, strict=True) if abs(weight) > LEAST_WEIGHT]
    return taken if len(taken) > 1 else []


def _standardized(values: Array) -> Array:
    return np.asarray((values - values.mean(0)) / values.std(0))


def unnamed_notes(table: TableReader) -> list[str]:
    """Say that columns without a name are not read."""
    if not any(table.names):
        return []
    first = ["the first column has no name; it is read as the names of the rows"] if not table.names[0] else []
    empty = [f"column {i + 1} is empty, and left out" for i, n in enumerate(table.names) if i and not n]
    return first + empty


def total_notes(last: Sequence[str]) -> list[str]:
    """Say that the last row may sum up the others."""
    word = next((cell.strip() for cell in last if _TOTAL.match(cell.strip())), "")
    if not word:
        return []
    text = f"the last row has {word!r}, and is read as a row like the others"
    if last[0].strip() != word:
        return [f"{text}; leave it out if it is a sum"]
    return [f"{text}; if it is a sum, leave out lines that begin so: data.comment = {json.dumps(word)}"]


def incomplete_notes(places: Sequence[str], table: TableReader, columns: Sequence[int], task: str) -> list[str]:
    """Say how many rows are left out because they have no target; what is empty may be a class."""
    if not places:
        return []
    names = " or ".join(map(table.column_name, columns))
    way = ". If that is a label: data.missing = []" if task == "classification" else ""
    return [
        f"{len(places)} row(s) have no value in the target, {names}, and are left out; the first is {places[0]}{way}"
    ]
