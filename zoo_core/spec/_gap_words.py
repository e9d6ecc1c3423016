"""Texts in columns of numbers that stand for a missing value: a first spec lists them in `data.missing`."""

from __future__ import annotations

from collections.abc import Container, Sequence

from zoo_core.data.readers.survey import ColumnSurvey
from zoo_core.data.readers.table_reader import TableReader


def words_for_gaps(
    targets: Sequence[ColumnSurvey], features: Sequence[ColumnSurvey], table: TableReader, told: Container[str]
) -> tuple[list[str], list[str]]:
    """Return the texts that stand for a missing value, beside those that `TableFormat.missing` has, and notes on them.

    A mark such as "-" is known in columns to learn from, but not in a target, whose rows without a value are left out.
    A word that nobody knows, in several rows of a column to learn from, says that they have no number, too.

    Args:
        targets: what the targets hold.
        features: what the other columns hold.
        table: the table.
        told: columns whose kind the user says.
    """
    words: dict[str, None] = {}
    notes = []
    surveys = (*targets, *features)
    names = [table.names[survey.place] or str(survey.place) for survey in surveys]
    found = [
        () if name in told else _own_words(survey, is_target=survey in targets)
        for name, survey in zip(names, surveys, strict=True)
    ]
    values = [set() if own else survey.texts for own, survey in zip(found, surveys, strict=True)]
    labels, all_values = set[str]().union(*values[: len(targets)]), set[str]().union(*values)
    for survey, own in zip(surveys, found, strict=True):
        known = labels if survey.words_for_gaps else all_values
        if own and known.isdisjoint(own):  # data.missing holds for all columns: no class of another one may be lost
            shown, several = ", ".join(map(repr, own[:8])), len(own) > 1
            what = f"{shown}{', ...' * (len(own) > 8)} {'are missing values' if several else 'is a missing value'}"
            notes.append(f"{what} for data.missing, because {table.column_name(survey.place)} holds numbers")
            words |= dict.fromkeys(own)
    return list(words), notes


def _own_words(survey: ColumnSurvey, *, is_target: bool) -> tuple[str, ...]:
    if not is_target:
        return survey.words_for_gaps or survey.repeated_words
    is_numbers = survey.has_only_numbers and len(survey.known_values) > 0
    return survey.words_for_gaps or (tuple(survey.marks) if is_numbers else ())
