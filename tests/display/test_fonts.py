"""Characters that no font has are said, with what to install; characters that any installed font has are drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.font_manager import FontEntry, findfont, fontManager
from matplotlib.ft2font import FT2Font

from zoo_core.display.plots import confusion_matrix, save_figure
from zoo_core.display.plots._fonts import fonts_for, suggested_font

NOBODY = "\U00012000"  # a cuneiform sign
COUNTS = np.eye(3, dtype=int)


def characters(path: str) -> set[str]:
    return {chr(code) for code in FT2Font(path).get_charmap()}


def confusion_labels(names: list[str]) -> list[str]:
    return [label.get_text() for label in confusion_matrix(COUNTS, names).axes[0].get_yticklabels()]


pytestmark = pytest.mark.usefixtures("own_fonts")


def only_in_stix() -> tuple[str, str]:
    """Return a character that STIXGeneral has and DejaVu Sans lacks, and the path of STIXGeneral."""
    only = next(f for f in fontManager.ttflist if f.name == "STIXGeneral" and f.style == "normal")
    known = characters(findfont("DejaVu Sans"))
    return min(c for c in characters(only.fname) - known if c.isprintable() and ord(c) > 255), only.fname


@pytest.mark.slow
def test_names_without_a_font_are_numbered_and_said(tmp_path: Path) -> None:
    names = [NOBODY, f"a{NOBODY}", "b"]
    assert confusion_labels(names) == [f"0: {NOBODY}", f"1: a{NOBODY}", "2: b"]
    for ending in (".png", ".svg", ".pdf"):
        (warning,) = save_figure(confusion_matrix(COUNTS, names), tmp_path / f"p{ending}")
        assert warning == (
            f"no installed font has the characters {NOBODY}, so the picture shows boxes in '0: {NOBODY}', "
            f"'1: a{NOBODY}'; install Noto Sans Cuneiform, then draw it again"
        )


def test_names_that_can_be_drawn_are_not_numbered(tmp_path: Path) -> None:
    names = ["Straße", "жук", "Ω_$x$"]
    assert confusion_labels(names) == names
    assert save_figure(confusion_matrix(COUNTS, names), tmp_path / "p.png") == []


def test_any_installed_font_is_used(tmp_path: Path) -> None:
    character, _ = only_in_stix()
    fonts, missing = fonts_for({character, "a"})
    assert (fonts[0], missing) == ("DejaVu Sans", set())
    assert len(fonts) == 2
    assert save_figure(confusion_matrix(COUNTS, [character, "b", "c"]), tmp_path / "p.png") == []


@pytest.mark.parametrize(
    ("family", "is_used"),
    [
        ("Ours", True),
        ("Last Resort High-Efficiency", False),
        ("Adobe Blank 2", False),
        ("cmex10", False),
        ("STIXSizeOneSym", False),
        ("Noto Color Emoji", False),
        ("Apple Color Emoji", False),
    ],
)
def test_a_font_that_draws_other_signs_than_its_letters_is_not_used(
    monkeypatch: pytest.MonkeyPatch, family: str, is_used: bool
) -> None:
    character, path = only_in_stix()
    fonts = [font for font in fontManager.ttflist if font.name == "DejaVu Sans"]
    monkeypatch.setattr(fontManager, "ttflist", [*fonts, FontEntry(fname=path, name=family)])
    assert fonts_for({character}) == ((["DejaVu Sans", family], set()) if is_used else (["DejaVu Sans"], {character}))


def test_long_names_that_look_alike_after_cutting_are_numbered() -> None:
    long = ["x" * 20 + middle + "y" * 20 for middle in "abc"]
    found = confusion_labels(long)
    assert len(set(found)) == 3
    assert max(map(len, found)) < 35


@pytest.mark.parametrize(
    ("character", "font"),
    [
        ("三", "Noto Sans CJK SC"),
        ("は", "Noto Sans CJK JP"),
        ("ハ", "Noto Sans CJK JP"),
        ("한", "Noto Sans CJK KR"),
        ("ह", "Noto Sans Devanagari"),
        ("ไ", "Noto Sans Thai"),
        ("አ", "Noto Sans Ethiopic"),
        ("\U0001f98a", "Noto Emoji or Noto Sans Symbols"),
        ("\ue000", "Noto Emoji or Noto Sans Symbols"),
    ],
)
def test_what_to_install_depends_on_the_script(character: str, font: str) -> None:
    assert suggested_font(character) == font
