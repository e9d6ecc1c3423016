"""The two words in which a table says whether a row has a label, such as Ja and Nein."""

from __future__ import annotations

from collections.abc import Sequence

from zoo_core.errors import DataError

TRUE = frozenset(
    ("true", "yes", "t", "y", "on", "1", "1.0", "ja", "oui", "si", "sí", "sì", "sim", "tak", "da", "igen", "да", "wahr",
     "vrai", "vero", "positive", "pos")
)  # fmt: skip
FALSE = frozenset(
    ("false", "no", "f", "n", "off", "0", "0.0", "nein", "non", "não", "nao", "nie", "ne", "nem", "нет", "falsch",
     "faux", "falso", "nei", "nej", "nee", "negative", "neg")
)  # fmt: skip


def find_words(texts: Sequence[str], what: str) -> tuple[str, str]:
    """Return how a column writes that a row lacks a label and that it has it: (false, true).

    Words that differ in case alone are one. Known words, such as no and yes, say which is which; of two others the
    second one in the alphabet is true. A column of one known word gets "" for the other one.

    Args:
        texts: the different texts of the column.
        what: what messages call the column.

    Raises:
        DataError: there are more than two words, or a single one that is not known.
    """
    words = {text.casefold(): text for text in reversed(texts)}
    true, false = ([word for word in words if word in known] for known in (TRUE, FALSE))
    if len(words) == 2:
        first, second = sorted(words)
        is_turned = true == [first] or (not true and false == [second])
        return (words[second], words[first]) if is_turned else (words[first], words[second])
    if len(words) == 1 and (true or false):
        return ("", words[true[0]]) if true else (words[false[0]], "")
    shown = ", ".join(repr(text[:20]) for text in list(words.values())[:4])
    raise DataError(f"{what} holds {len(words)} different texts, {shown}; a label has two, such as yes and no")


def word_values(texts: Sequence[str], words: tuple[str, str]) -> list[float]:
    """Return 0 or 1 for each different text of a column."""
    true = words[1].casefold()
    return [float(text.casefold() == true) if true else 0.0 for text in texts]
