"""The targets of a text table for a first spec: which columns they are, their task, and what may surprise."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from zoo_core.data.label_words import find_words, word_values
from zoo_core.data.labels import find_classes, whole_value
from zoo_core.data.readers.date_orders import fitting_orders
from zoo_core.data.readers.survey import MOSTLY, ColumnSurvey, looks_like_number
from zoo_core.data.readers.table_reader import TableReader
from zoo_core.errors import DataError, Hint
from zoo_core.parts import Task
from zoo_core.spec._table_notes import class_notes, target_notes

MAX_CLASSES = 20  # of a target of whole numbers; with more distinct ones it is a regression
ROWS_PER_CLASS = 5  # at least, on average, in a target of whole numbers
MANY_CLASSES = 8  # different whole numbers, beyond which those in hardly a row are amounts, as numbers of visits are
YEARS = range(1800, 2101)
SHOWN_LABELS = 8


def target_columns(table: TableReader, target: str | Sequence[str] | None) -> list[int]:
    """Return the columns of targets, from names or numbers; a text may hold several, with commas between.

    Raises DataError for a column that is not there, or is named twice.
    """
    if target is None:
        return [table.columns[-1]]
    texts = [target] if isinstance(target, str) else target
    names = [name for text in texts for name in ([text] if text in table.names else text.split(","))]
    found = [named_column(table, name if name in table.names else name.strip()) for name in names]
    twice = next((place for place, count in Counter(found).items() if count > 1), None)
    if twice is not None:
        raise DataError(f"{table.where}: {table.column_name(twice)} is a target twice")
    return found


def named_column(table: TableReader, name: str) -> int:
    """Return the index of a column, from its name or its number."""
    number = name not in table.names and re.fullmatch(r"-?[0-9]{1,6}", name)
    return table.index(int(name) if number else name)


def guess_task(labels: Sequence[Sequence[str]], surveys: Sequence[ColumnSurvey], table: TableReader) -> Task:
    """Return the task that the targets suggest: several columns of 0 and 1 are labels, others are numbers.

    Args:
        labels: the cells of each target.
        surveys: of each target.
        table: the open table.

    Raises DataError where a target is neither clearly one nor the other.
    """
    if len(surveys) == 1:
        return _task_of_one(labels[0], surveys[0], table)
    if all(is_label(survey) or label_words(own) for survey, own in zip(surveys, labels, strict=True)):
        return "multilabel"
    for survey in surveys:
        if not survey.is_numeric:
            why = "several targets are numbers, or labels that are written true and false, or 1 and 0"
            raise DataError(
                f"{table.where}: the target, {table.column_name(survey.place)}, is no numbers: "
                f"{survey.first_fault()}; {why}"
            )
    return "regression"


def label_words(cells: Sequence[str]) -> tuple[str, str] | None:
    """Return the two words in which a column says whether a row has a label, or None if it has other texts."""
    try:
        return find_words(list(dict.fromkeys(cells)), "")
    except DataError:
        return None


def is_label(survey: ColumnSurvey) -> bool:
    """Return whether a column holds nothing but true and false, or 1 and 0."""
    return survey.is_numeric and bool(np.isin(survey.values, (0, 1)).all())


def check_task(
    task: Task, surveys: Sequence[ColumnSurvey], table: TableReader, labels: Sequence[Sequence[str]]
) -> None:
    """Raise DataError for targets that do not suit a task."""
    names = [table.column_name(survey.place) for survey in surveys]
    if task == "classification" and len(surveys) > 1:
        raise DataError(
            f"{table.where}: a classification has one target, and there are {len(surveys)}: {', '.join(names[:8])}; "
            "for several columns of true and false the task is 'multilabel'"
        )
    if task != "multilabel":
        return
    for survey, name, own in zip(surveys, names, labels, strict=True):
        if not survey.is_numeric:
            find_words(list(dict.fromkeys(own)), f"{table.where}: {name}")  # refuses other texts
            continue
        if not is_label(survey):
            wrong = survey.values[~np.isin(survey.values, (0, 1))][0]
            raise DataError(f"{table.where}: {name} holds {wrong:g}; a label is true or false, or 1 or 0")


def notes_of_targets(
    task: Task,
    surveys: Sequence[ColumnSurvey],
    counts: dict[str, int],
    table: TableReader,
    labels: Sequence[Sequence[str]],
) -> list[str]:
    """Say which classes or labels there are, and what is special about the targets."""
    if task == "classification":
        return class_notes(counts)
    if task == "regression":
        return [note for survey in surveys for note in target_notes(survey, table)]
    words = [None if survey.is_numeric else label_words(own) for survey, own in zip(surveys, labels, strict=True)]
    counted = zip(surveys, labels, words, strict=True)
    rows = {table.names[s.place] or str(s.place): int(s.values.sum() if w is None else sum(word_values(own, w)))
            for s, own, w in counted}  # fmt: skip
    told = [f"{name!r}: a row has the label where it says {w[1]!r}, and lacks it where it says {w[0]!r}"
            for name, w in zip(rows, words, strict=True) if w is not None]  # fmt: skip
    total = len(surveys[0].values)
    shown = ", ".join(f"{name} ({count})" for name, count in list(rows.items())[:SHOWN_LABELS])
    more = ", ..." if len(rows) > SHOWN_LABELS else ""
    equal = [f"{name!r} is {'true' if n else 'false'} in all rows; nothing is learnt of it" for name, n in rows.items()
             if n in (0, total)]  # fmt: skip
    return [f"labels, with the rows that have them: {shown}{more}", *told, *equal]


def check_weights(survey: ColumnSurvey, table: TableReader) -> None:
    """Raise DataError unless a column holds weights: numbers of 0 and more, not all of them 0."""
    name = f"{table.where}: the weights, {table.column_name(survey.place)}"
    if not survey.is_numeric:
        raise DataError(f"{name}: {survey.first_fault()}")
    if survey.values.min() < 0:
        raise DataError(f"{name}, hold {survey.values.min():g}; weights are 0 or more")
    if not survey.values.any():
        raise DataError(f"{name}, are all 0; there is nothing to learn from")


def _task_of_one(labels: Sequence[str], survey: ColumnSurvey, table: TableReader) -> Task:
    """Take texts and codes for labels, and whole numbers with few distinct values; other numbers are values.

    Raises DataError for a target that is mostly numbers, and for one of numbers that are written as texts.
    """
    distinct = set(labels)
    few = len(distinct) <= min(MAX_CLASSES, len(labels) // ROWS_PER_CLASS)
    if survey.is_numeric:
        if survey.is_code and not few:
            raise _unclear(table, survey, f"has codes such as {survey.code!r}")
        whole = all(whole_value(label) is not None for label in distinct) or survey.sign == "true or false"
        return "classification" if few and whole and (survey.is_code or not _are_amounts(survey)) else "regression"
    if survey.is_code and not few:
        raise _unclear(table, survey, f"has codes such as {survey.letter_code or survey.code!r}")
    if survey.is_nearly_numeric:
        raise _unclear(table, survey, f"is not all numbers: {survey.first_fault()}")
    near = [label for label in distinct if looks_like_number(label)]
    if not few and len(near) >= MOSTLY * len(distinct):
        raise _unclear(table, survey, f"has numbers that are not written plainly, such as {min(near)!r}")
    if len(distinct) > max(MAX_CLASSES, len(labels) // 2):
        raise _unclear(table, survey, f"has {len(distinct)} different texts in {len(labels)} rows")
    return "classification"


def _are_amounts(survey: ColumnSurvey) -> bool:
    """Return whether whole numbers with few distinct values are amounts or years: many, and some in hardly a row."""
    values, counts = np.unique(survey.values, return_counts=True)
    are_years = values[0] >= YEARS[0] and values[-1] <= YEARS[-1]
    return len(values) > MANY_CLASSES and bool(are_years or counts.min() < ROWS_PER_CLASS)


def guess_notes(
    task: Task, surveys: Sequence[ColumnSurvey], counts: Mapping[str, int], table: TableReader
) -> list[str]:  # fmt: skip
    """Say where the task of one target was guessed and may be another: few whole numbers, or many dates."""
    survey, name = surveys[0], table.column_name(surveys[0].place)
    if len(counts) > MAX_CLASSES and fitting_orders(counts):
        return [
            f"each of the {len(counts):,} dates of the target, {name}, is a class; to predict numbers, name another"
        ]
    if task != "regression" or len(surveys) > 1 or np.any(survey.values % 1):
        return []
    amounts = f"the whole numbers of the target, {name}, are taken for amounts"
    few = len(np.unique(survey.values)) <= MAX_CLASSES
    return [f"{amounts}; if they are labels, say task = classification"] if few else []


def _unclear(table: TableReader, survey: ColumnSurvey, why: str) -> DataError:
    return DataError(f"{table.where}: the target, {table.column_name(survey.place)}, {why}", Hint("labels"))


def class_counts(labels: Sequence[str], where: str) -> dict[str, int]:
    """Return the rows of each class. Raises DataError for one class only, or labels that are measurements."""
    classes = find_classes(labels, where)
    if len(classes) < 2:
        raise DataError(f"{where}: all rows of the target have the label {labels[0]!r}; two classes are needed")
    counts = Counter(labels)
    spelled = {name: counts.get(name, 0) for name in classes}
    if sum(spelled.values()) < len(labels):  # 1 and 1.0 are one class
        values = Counter(whole_value(label) for label in labels)
        spelled = {name: values[whole_value(name)] for name in classes}
    return spelled
