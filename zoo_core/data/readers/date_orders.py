"""What comes first in the dates of a column: the year, the day or the month."""

from __future__ import annotations

import re
from collections.abc import Collection

from zoo_core.data.readers.dates import read_date

ORDERS = ("", "dmy", "mdy")  # what comes first: the year, the day, the month


def fitting_orders(texts: Collection[str]) -> list[str]:
    """Return the orders in which all texts are dates; none if there are no texts."""
    return [order for order in ORDERS if texts and all(read_date(text, order) is not None for text in texts)]


def mixed_dates(texts: Collection[str]) -> str:
    """Return two examples of texts that all are dates, but in no common order; '' where they are something else."""
    forms = [tuple(order for order in ORDERS if read_date(text, order) is not None) for text in texts]
    if not forms or not all(forms) or set(forms[0]).intersection(*forms):
        return ""
    found = dict(zip(forms, texts, strict=True))  # one text of each form
    return " and ".join(repr(text) for text in list(found.values())[:2])


def likely_order(texts: Collection[str], orders: list[str]) -> str:
    """Return the likeliest of several orders: where one part is always 1, that is the day."""
    if len(orders) == 1:
        return orders[0]
    parts = [re.split(r"[-/.\sT,]", text.strip())[:2] for text in texts]
    first, second = ({int(part[i]) for part in parts} for i in (0, 1))
    if (first == {1}) != (second == {1}):
        return "dmy" if first == {1} else "mdy"
    return "mdy" if all("/" in text for text in texts) else "dmy"
