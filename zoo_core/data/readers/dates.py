"""Dates in texts: which instant they are. Exports in Python hold a copy of this module, so it needs no other one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import cache

_MARK = r"[-/.]"
_TIME = (
    r"(?:[T,]?\s*(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:[.,](?P<part>[0-9]{1,9}))?)?"
    r"\s?(?P<half>[AaPp]\.?[Mm]\.?)?\s?(?P<zone>Z|UTC|[+-][0-9]{2}:?(?:[0-9]{2})?)?)?"
)
_YEAR_FIRST = (
    rf"(?P<year>[0-9]{{4}})(?P<mark>{_MARK})(?P<month>[0-9]{{1,2}})(?:(?P=mark)(?P<day>[0-9]{{1,2}})(?![0-9]){_TIME})?"
)
_DAY = "(?P<day>[0-9]{1,2})"
_MONTH = "(?P<month>[0-9]{1,2})"
_YEAR = "(?P<year>[0-9]{4}|[0-9]{2})(?![0-9])"
_PATTERNS = {
    "": _YEAR_FIRST,
    "dmy": rf"{_DAY}(?P<mark>{_MARK}){_MONTH}(?P=mark){_YEAR}{_TIME}",
    "mdy": rf"{_MONTH}(?P<mark>{_MARK}){_DAY}(?P=mark){_YEAR}{_TIME}",
}
_NAME = r"(?P<month>[A-Za-z]{3,9})\.?"
_LATE_YEAR = "(?P<year>[0-9]{2})(?![0-9])"
_NAMED = (  # such as Jan 31, 2026, January 2026, 31-Jan-2026, 31-Jan-26, Jan-26, 2026 Jan and 2026-Q1: without an order
    rf"{_NAME}[ -](?:(?P<day>[0-9]{{1,2}}),?[ -])?(?P<year>[0-9]{{4}}){_TIME}",
    rf"{_DAY}[. -]{{1,2}}{_NAME}[ ,-]{{1,2}}(?P<year>[0-9]{{4}}){_TIME}",
    rf"(?:(?P<day>[0-9]{{1,2}})-)?{_NAME}-{_LATE_YEAR}{_TIME}",
    rf"(?P<year>[0-9]{{4}})[ -]?{_NAME}(?:[ -](?P<day>[0-9]{{1,2}})(?![0-9]))?{_TIME}",
    rf"(?P<year>[0-9]{{4}})[ -]?(?P<month>[Qq][1-4])(?P<day>){_TIME}",
    rf"(?P<month>[Qq][1-4])[ -](?P<year>[0-9]{{4}})(?P<day>){_TIME}",
)
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_compiled = cache(re.compile)  # when the first date is read: most tables have none
_PIVOT = 69  # as in POSIX: 69 is 1969, 68 is 2068


def read_date(text: str, order: str = "") -> float | None:
    """Return the seconds from 1970-01-01 to a date, UTC, or None for what is no date in this order.

    A time without a zone counts as UTC. With the order "" the month may also be an English name, as in 31 Jan 2026.
    """
    text = text.strip()
    found = _compiled(_PATTERNS[order]).fullmatch(text)
    if found is None and not order:
        found = next(filter(None, (_compiled(pattern).fullmatch(text) for pattern in _NAMED)), None)
    if found is None:
        return None
    try:
        return (_instant(found) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    except (ValueError, OverflowError):  # no such day
        return None


def _instant(found: re.Match[str]) -> datetime:
    year, hour = int(found["year"]), int(found["hour"] or 0)
    if len(found["year"]) == 2:
        year += 1900 if year >= _PIVOT else 2000
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of half a day")
        hour = hour % 12 + 12 * (found["half"][0] in "Pp")
    part = timedelta(seconds=float(f"0.{found['part'] or 0}"))
    day, minute, second = int(found["day"] or 1), int(found["minute"] or 0), int(found["second"] or 0)
    return datetime(year, _month(found["month"]), day, hour, minute, second, tzinfo=_zone(found["zone"])) + part


def _month(text: str) -> int:
    """Return the number of a month: a number, a name, its first three letters, or a quarter, which begins with one."""
    if text.isdigit():
        return int(text)
    if text[0] in "Qq":
        return 3 * int(text[1]) - 2
    own = text.lower()
    own = "sep" if own == "sept" else own
    return [own in (name, name[:3]) for name in _MONTHS].index(True) + 1


def _zone(text: str | None) -> timezone:
    if not text or text in ("Z", "UTC"):
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    return timezone((1 if text[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
