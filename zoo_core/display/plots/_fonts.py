"""Fonts for any script: which installed ones have the characters of a text, and what to install for the others."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIRST = "DejaVu Sans"  # comes with Matplotlib
# These say that they have letters, and draw other signs, boxes, or pictures in colour that Matplotlib cannot draw.
UNFIT = (
    *("Last Resort", "Adobe Blank", "cm", "STIXNonUnicode", "STIXSize"),
    *("Noto Color", "Apple Color", "Segoe UI Emoji"),
)
PREFERRED = (
    *("Noto Sans CJK SC", "Noto Sans CJK JP", "Microsoft YaHei", "PingFang SC", "Hiragino Sans", "SimHei"),
    *("STIXGeneral", "Noto Sans"),
)
NOTO = {
    "CJK": "Noto Sans CJK SC",
    "HIRAGANA": "Noto Sans CJK JP",
    "KATAKANA": "Noto Sans CJK JP",
    "HANGUL": "Noto Sans CJK KR",
}
MAX_QUOTED = 5


def fonts_for(characters: Collection[str]) -> tuple[list[str], set[str]]:
    """Return installed fonts that together show characters, in the order of their use, and what none of them shows."""
    missing, chosen = {c for c in characters if c.isprintable() and not c.isspace()}, [FIRST]
    for family, path in _installed():
        if not missing:
            break
        found = missing & _characters(path)
        if found:
            chosen.append(family)
            missing -= found
    return list(dict.fromkeys(chosen)), missing


def unshown(texts: Iterable[str]) -> set[str]:
    """Return the characters of texts that no installed font shows."""
    return fonts_for({c for text in texts for c in text})[1]


def _installed() -> Iterator[tuple[str, str]]:
    """Yield the family and the path of each font: first the common ones, then also those that are new."""
    from matplotlib.font_manager import findSystemFonts, fontManager

    def known() -> dict[str, str]:
        listed = sorted(fontManager.ttflist, key=lambda font: (_rank(font.name), font.name, font.style != "normal"))
        return {font.fname: font.name for font in listed if not font.name.startswith(UNFIT)}

    before = known()
    yield from ((family, path) for path, family in before.items())
    for path in set(findSystemFonts()) - {font.fname for font in fontManager.ttflist}:
        with suppress(Exception):  # whatever a damaged font makes FreeType raise
            fontManager.addfont(path)  # the list is kept in a file, and a font may be newer than that
    yield from ((family, path) for path, family in known().items() if path not in before)


def _rank(family: str) -> int:
    places = [at for at, name in enumerate((FIRST, *PREFERRED)) if family.startswith(name)]
    return places[0] if places else len(PREFERRED) + 1


def _characters(path: str) -> set[str]:
    from matplotlib.ft2font import FT2Font

    try:
        return {chr(code) for code in FT2Font(path).get_charmap()}
    except Exception:  # whatever a damaged font makes FreeType raise
        return set()


def font_warning(figure: Figure, missing: Collection[str]) -> str:
    """Return a warning that names the characters without a font, the texts that have them, and what to install."""
    from matplotlib.text import Text

    shown = {artist.get_text().strip(): None for artist in figure.findobj(Text)}
    texts = [text for text in shown if any(c in missing for c in text)]
    fonts = list(dict.fromkeys(suggested_font(c) for c in sorted(missing)))
    return (
        f"no installed font has the characters {_some(sorted(missing))}, so the picture shows boxes in "
        f"{_some([repr(text) for text in texts])}; install {' and '.join(fonts[:MAX_QUOTED])}, then draw it again"
    )


def _some(items: Sequence[str]) -> str:
    more = len(items) - MAX_QUOTED
    return ", ".join(items[:MAX_QUOTED]) + (f" and {more} more" if more > 0 else "")


def suggested_font(character: str) -> str:
    """Return the name of a font that has a character; Google's Noto fonts have one for each script."""
    script = unicodedata.name(character, "").partition(" ")[0]
    if unicodedata.category(character) in ("So", "Sk", "Cn", "Co") or not script:
        return "Noto Emoji or Noto Sans Symbols"
    return NOTO.get(script, f"Noto Sans {script.title()}")
