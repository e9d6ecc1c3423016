"""The texts in a column of numbers that are no numbers: whether they are codes, classes or missing values."""

from __future__ import annotations

import re
from collections import Counter
from string import ascii_lowercase

MOST = 1000  # different texts that are remembered
MOSTLY = 0.9  # of the cells are numbers, or dates: then the others are mistakes
FEW_LEVELS, MOST_LEVELS = 20, 200  # different values of a column that may be classes; the latter with open classes
ROWS_PER_LEVEL = 5  # at least, in the mean
_MARK = re.compile(r"[^\w\s]{1,3}|#[A-Z/0]+[!?]|#N/A .*")  # such as * or .., and what spreadsheets write: #DIV/0!
_WORDS = frozenset(
    (
        "n.a.", "n.a", "n a", "nan", "none", "nil", "null", "missing", "unknown", "unk", "not available", "no data",
        "not applicable", "not reported", "not known", "undefined", "na",
        "inf", "-inf", "+inf", "infinity", "-infinity",
    )
)  # fmt: skip
_CODE = re.compile(r"[0-9]+([A-Za-z])")  # a whole number and a letter, such as 12a
_CURRENCIES = "eur|usd|gbp|chf|jpy|cny|inr|rs|kr"
_LETTER_FIRST = re.compile(rf"(?!(?i:{_CURRENCIES})-?[0-9])[A-Za-z]{{1,3}}-?[0-9]{{2,}}")  # such as c168
MANY_LETTERS = 4  # different ones: more than the units or typing errors of a column
_LONG_CODE = re.compile(  # such as 140003065X and 98115-4820, but no number with a unit, and no range
    r"(?![0-9]+(?:[a-z]|[A-Za-z]{2,4})$)(?=.*[0-9])[0-9A-Za-z]{8,}|[0-9]{4}-[0-9]{3}|[0-9]{5,}-[0-9]{3,4}"
)
_OPEN = re.compile(r"[<>≤≥]=?\s?[0-9.]+|[0-9.]+\s?\+")  # a class without an end, such as 90+
_PLAIN_CODE = re.compile(r"[0-9A-Za-z]+")


class OddTexts:
    """Counts the cells of a column that are no numbers, by their text."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._are_too_many = False

    def add(self, cell: str) -> None:
        """Take a cell."""
        text = cell.strip()
        if text in self._counts or len(self._counts) < MOST:
            self._counts[text] += 1
        else:
            self._are_too_many = True

    def __len__(self) -> int:
        return len(self._counts)

    @property
    def texts(self) -> set[str]:
        """Those that are remembered."""
        return set(self._counts)

    @property
    def words_for_gaps(self) -> tuple[str, ...]:
        """The texts, if all of them say that a value is missing."""
        are_gaps = all(_MARK.fullmatch(text) or text.casefold() in _WORDS for text in self._counts)
        return tuple(self._counts) if are_gaps and not self._are_too_many else ()

    @property
    def repeated_words(self) -> tuple[str, ...]:
        """The texts, if all are words without a digit, and none is in one row only, as a typing error would be."""
        are_words = all(count > 1 and text.replace(" ", "").isalpha() for text, count in self._counts.items())
        return tuple(self._counts) if are_words and not self._are_too_many else ()

    @property
    def are_open_classes(self) -> bool:
        """Whether all are classes without an end, such as 90+, and none is in one row only."""
        return all(count > 1 and _OPEN.fullmatch(text) for text, count in self._counts.items())

    def first_code(self, *, zeros: bool) -> str:
        """Return the first text if the column has codes, which are whole numbers with and without a letter; or ''.

        One letter may be a typing error or a unit. They are codes if the numbers have leading zeros, `zeros`, or if all
        texts are long or begin with a letter. They are codes, too, if the letters go on from a, such as 12a and 12b, or
        are many; one letter is enough if each text stands in more than one row.
        """
        if self._are_too_many or not self._counts:
            return ""
        forms = (_LONG_CODE, _LETTER_FIRST, *((_PLAIN_CODE,) if zeros else ()))
        if any(all(map(form.fullmatch, self._counts)) for form in forms):
            return next(iter(self._counts))
        found = [_CODE.fullmatch(text) for text in self._counts]
        letters = {match[1].lower() for match in found if match}
        repeat = len(letters) > 1 or min(self._counts.values()) > 1
        goes_on = "".join(sorted(letters)) == ascii_lowercase[: len(letters)] or len(letters) >= MANY_LETTERS
        return next(iter(self._counts)) if all(found) and repeat and goes_on else ""
