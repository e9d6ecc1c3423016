"""What comes first in the dates of a column: the year, the day or the month."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from zoo_core.data.readers._odd_texts import MOSTLY as MOSTLY
from zoo_core.data.readers.dates import read_date

ORDERS = ("", "dmy", "mdy")  # what comes first: the year, the day, the month
FIRST = 20  # texts of which half must be dates, before all are looked at
FORMS = {"": "2026-01-31 or 2026-01-31 12:30", "dmy": "31/1/2026", "mdy": "1/31/2026"}


def fitting_orders(texts: Collection[str]) -> list[str]:
    """Return the orders in which all texts are dates; none if there are no texts."""
    return [order for order in ORDERS if texts and all(read_date(text, order) is not None for text in texts)]


def mixed_dates(texts: Collection[str]) -> str:
    """Return two examples of texts that all are dates, but in no common order; '' where they are something else."""
    forms = []
    for text in texts:
        forms.append(tuple(order for order in ORDERS if read_date(text, order) is not None))
        if not forms[-1]:  # most columns of texts end here
            return ""
    if not forms or set(forms[0]).intersection(*forms):
        return ""
    found = dict(zip(forms, texts, strict=True))  # one text of each form
    return " and ".join(repr(text) for text in list(found.values())[:2])


def odd_dates(counts: Mapping[str, int]) -> tuple[str, list[str]]:
    """Return the order in which nearly all cells of a column are dates, and its texts that are none; "" and [] else.

    `counts` are the cells of each text, in the order in which the column has them first.
    """
    first, total = list(counts)[:FIRST], sum(counts.values())
    for order in ORDERS:
        if 2 * sum(read_date(text, order) is not None for text in first) < max(1, len(first)):
            continue
        odd = [text for text in counts if read_date(text, order) is None]
        if odd and sum(counts[text] for text in odd) <= (1 - MOSTLY) * total:
            return order, odd
    return "", []


def likely_order(texts: Collection[str], orders: list[str]) -> str:
    """Return the likeliest of several orders: where one part is always 1, that is the day."""
    if len(orders) == 1:
        return orders[0]
    parts = [re.split(r"[-/.\sT,]", text.strip())[:2] for text in texts]
    first, second = ({int(part[i]) for part in parts} for i in (0, 1))
    if (first == {1}) != (second == {1}):
        return "dmy" if first == {1} else "mdy"
    return "mdy" if all("/" in text for text in texts) else "dmy"
