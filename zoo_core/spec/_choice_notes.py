"""Notes on what is done with the columns of a table: one line for all to which the same applies."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from zoo_core.data.columns import column_line
from zoo_core.data.readers.survey import ColumnSurvey
from zoo_core.data.readers.table_reader import TableReader
from zoo_core.spec._finding import Finding

MOST_LINES = 3  # about columns that are left out for the same kind of reason; more of them share a line
SHOWN = 8  # names in a line


def choice_notes(found: Sequence[Finding], surveys: Sequence[ColumnSurvey], table: TableReader) -> list[str]:
    """Say which columns are left out, and what is special about others."""
    notes = list(_left_out(found, table))
    for finding, survey in zip(found, surveys, strict=True):
        notes += [f"{table.column_name(finding.place)} {finding.note}"] if finding.note else []
        notes += survey.notes(table) if finding.is_taken and survey.has_only_numbers else []
    if groups := [f for f in found if f.may_group and not f.gaps]:
        way = _option("data.group", groups[0].name)
        notes.append(
            f"{_names(groups, table)} may say whose a row is: then no two splits should share one, as with {way}"
        )
    if times := [f for f in found if f.kind.startswith("date") and not (f.note or f.gaps)]:
        what = f"{_names(times, table)} {'is a time' if len(times) == 1 else 'are times'}"
        way = _option("data.time", times[0].name)
        notes.append(f"{what}: if later rows are to be foretold, split in {_its(times)} order: {way}")
    return notes


def _left_out(found: Sequence[Finding], table: TableReader) -> Iterator[str]:
    """Yield a line for each column that is left out; those left out for one reason, and many of a kind, share one."""
    lines: dict[str, list[Finding]] = {}
    for finding in found:
        if finding.why:
            alike = sum(1 for other in found if other.reason == finding.reason != "")
            lines.setdefault(finding.reason if alike > MOST_LINES else finding.why, []).append(finding)
    for why, some in lines.items():
        verb = "is" if len(some) == 1 else "are"
        yield f"{_names(some, table)} {verb} left out: {_reason(why, some)}"


def _reason(why: str, some: Sequence[Finding]) -> str:
    if why == "constant":
        return "all rows of each have one value"
    if why == "texts":
        line = column_line(some[0].name, "category")
        return f"they have many different texts; to take one, write {line} in [data.columns]"
    return why


def _its(some: Sequence[Finding]) -> str:
    return "its" if len(some) == 1 else "the"


def _names(some: Sequence[Finding], table: TableReader) -> str:
    """Return the names of columns in a sentence."""
    if len(some) == 1:
        return table.column_name(some[0].place)
    more = f" and {len(some) - SHOWN:,} more" if len(some) > SHOWN else ""
    return f"columns {', '.join(repr(finding.name) for finding in some[:SHOWN])}{more}"


def _option(key: str, name: str) -> str:
    return f"--set {shlex.quote(f'{key}={name}')}"
