"""Text for the terminal: numbers, aligned tables, valid JSON, curves of braille characters."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from zoo_core.display.text import (
    Curve,
    WideTable,
    curve_legend,
    draw_curves,
    format_duration,
    format_number,
    print_json,
    printable,
    text_table,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (79510, "79,510"), (np.int64(5), "5"), (0.98664, "0.9866"), (0.0432, "0.0432"), (1.0, "1.0000"),
        (-0.5, "-0.5000"), (0.00123, "0.00123"), (1.234e-5, "1.23e-05"), (0.0, "0"), (12.345678, "12.35"),
        (1234.4, "1,234"), (2.5e7, "2.5e+07"), (math.nan, "nan"), (-math.inf, "-inf"), (None, "-"),
    ],
)  # fmt: skip
def test_numbers(value: float | None, text: str) -> None:
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.84, "0.8 s"), (41.2, "41 s"), (59.7, "1 min 00 s"), (83, "1 min 23 s"), (3599.9, "1 h 00 min"),
     (7500, "2 h 05 min"), (277200, "3 d 05 h"), (math.nan, "-"), (-1, "0.0 s")],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_printable_keeps_text_on_one_line_and_harmless() -> None:
    assert printable("réseau\n三\x1b[31m") == "réseau 三\\x1b[31m"


ROWS = [("mnist [red]x[/red]", 79510, 0.9866, True), ("三", 7, None, False)]


def test_table_away_from_a_terminal_is_plain_aligned_and_uncut() -> None:
    file = io.StringIO()
    long = [*ROWS, ("n" * 150, 1, 0.5, True)]
    Console(file=file, width=80).print(text_table(("name", "parameters", "accuracy", "mine"), long), soft_wrap=True)
    lines = file.getvalue().splitlines()
    assert len(lines) == 4
    assert lines[1] == f"{'mnist [red]x[/red]':150}      79,510    0.9866  yes"
    assert lines[2] == f"三{'':148}           7         -  no"
    assert lines[3].startswith("n" * 150)


def test_table_on_a_terminal_fits_and_takes_no_markup() -> None:
    file = io.StringIO()
    console = Console(file=file, width=60, force_terminal=True, color_system=None, _environ={"TERM": "xterm"})
    console.print(text_table(("name", "parameters", "accuracy", "mine"), ROWS, title="[b]Models[/b]"), soft_wrap=True)
    text = file.getvalue()
    assert "[b]Models[/b]" in text
    assert "mnist [red]x[/red]" in text
    assert max(map(len, text.splitlines())) <= 60


def test_an_empty_table_shows_its_columns() -> None:
    assert text_table(("name", "kind"), []).plain_lines() == ["name  kind"]


def test_json_keeps_order_and_stays_valid() -> None:
    file = io.StringIO()
    data = {
        "z": math.nan,
        "a": [np.float32(0.5), np.inf],
        "path": Path("a/b"),
        "n": np.arange(2),
        "name": "三",
    }
    print_json(data, file)
    text = file.getvalue()
    assert json.loads(text) == {
        "z": None,
        "a": [0.5, None],
        "path": str(Path("a/b")),
        "n": [0, 1],
        "name": "三",
    }
    assert text.startswith('{\n  "z": null,\n  "a"')
    assert "三" in text


def test_json_fits_a_stream_that_cannot_hold_all_characters() -> None:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    print_json({"name": "三"}, file)
    file.flush()
    assert json.loads(raw.getvalue()) == {"name": "三"}


# ------------------------------------------------------------------ wide tables


def test_columns_without_room_follow_in_further_tables() -> None:
    rows = [[f"model-{n}", *(10 * n + at for at in range(9))] for n in range(1, 4)]
    table = text_table(["model", *(f"validation_figure_{at}" for at in range(9))], rows)
    found = [[*heading, *lines] for heading, lines in WideTable(table).tables(50)]
    assert max(len(line) for lines in found for line in lines) <= 50
    assert all(lines[-1].startswith("model-3") for lines in found)
    assert [cell for lines in found for cell in lines[-1].split()[1:]] == [str(30 + at) for at in range(9)]
    assert [(h[0].split(), len(body)) for h, body in WideTable(table).tables(300)] == [(list(table.columns), 3)]


@pytest.mark.parametrize("name", ["a" * 100, "三" * 40, "a/long_name.with-breaks " * 5, "", "x"])
def test_long_cells_take_several_lines_and_lose_nothing(name: str) -> None:
    table = text_table(["model", "figure", "value"], [[name, 0.5, name], ["b", 0.25, "c"]])
    tables = list(WideTable(table).tables(60))
    assert max(cell_len(line) for heading, body in tables for line in [*heading, *body]) <= 60
    text = "".join("".join(line.split()) for heading, body in tables for line in [*heading, *body])
    assert sum(text.count(c) for c in set(name) - {" "}) >= 2 * sum(c != " " for c in name)


# ------------------------------------------------------------------ curves


def plot(xs: Sequence[float], series: Mapping[str, Sequence[float]], width: int, height: int) -> str:
    """Draw named curves: the first solid, the second dashed, the third dotted."""
    curves = [Curve(name, xs, ys, dash) for dash, (name, ys) in enumerate(series.items())]
    return "\n".join(draw_curves(curves, width, height).lines)


def dots(line: str) -> list[int]:
    """Return the columns of characters that hold a dot."""
    return [at for at, character in enumerate(line) if 0x2800 < ord(character) < 0x2900]


def test_a_rising_line_runs_from_the_lower_left_to_the_upper_right() -> None:
    lines = plot(range(11), {"y": range(11)}, 43, 11).splitlines()
    assert len(lines) == 11
    assert max(map(len, lines)) <= 43
    assert lines[0].startswith("10 ")
    assert lines[9].startswith(" 0 ")
    assert lines[10].split() == ["0", "10"]
    starts = [dots(line)[0] for line in lines[:10]]
    assert starts == sorted(starts, reverse=True)
    assert starts[-1] == 3
    assert dots(lines[0])[-1] == 42


def test_several_curves_are_named_and_differ_without_colour() -> None:
    flat = {name: [level] * 50 for level, name in enumerate(("test", "train", "validation"))}
    lines = plot(range(50), flat, 60, 7).splitlines()
    patterns = [lines[0][2:], lines[5][2:]]
    legend = curve_legend([Curve(name, (), (), dash) for dash, name in enumerate(flat)])
    assert [line.split()[-1] for line in legend] == list(flat)
    assert len({line[:3] for line in legend}) == 3
    assert sum(map(len, map(dots, patterns))) > 40
    assert len(set(patterns)) == 2
    assert "\N{BRAILLE PATTERN BLANK}" not in lines[5][2:]  # the first curve is solid


def test_curves_that_coincide_take_turns_in_owning_characters() -> None:
    curves = [Curve(name, range(50), [1.0] * 25 + [level] * 25) for name, level in (("a", 0.0), ("b", 2.0), ("c", 1.0))]
    owners = draw_curves(curves, 66, 10).owners
    together = next(row for row in owners if set(row) == {-1, 0, 1, 2})
    counts = [together[:30].count(number) for number in range(3)]
    assert max(counts) - min(counts) <= 2
    assert [set(owners[0][40:]) | {-1}, set(owners[8][40:]) | {-1}] == [{-1, 1}, {-1, 0}]


def test_a_title_stands_between_the_ends_of_the_axis() -> None:
    curve = [Curve("y", [1, 20], [0.5, 0.7])]
    assert draw_curves(curve, 40, 6, title="accuracy").lines[-1].split() == ["1", "accuracy", "20"]
    short = draw_curves(curve, 24, 6, title="expected calibration error").lines[-1].split()
    assert short[0] == "1"
    assert short[-2].endswith("…")
    assert short[-1] == "20"


def test_a_loss_that_reaches_zero_keeps_its_logarithmic_scale() -> None:
    lines = plot(range(4), {"y": [1.0, 1e-4, 1e-6, 0.0]}, 40, 6).splitlines()
    assert [lines[0].split()[0], lines[4].split()[0]] == ["1", "1e-06"]
    assert plot(range(3), {"y": [0.0, 0.0, 0.0]}, 40, 6)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([math.nan, 1.0, math.inf, 3.0], ["3", "1"]),
        ([1e-4, 1e-2, 1, 100], ["100", "0.0001"]),
        ([5.0] * 4, ["5.5", "4.5"]),
    ],
)
def test_the_scale_covers_the_finite_values(values: list[float], shown: list[str]) -> None:
    lines = plot(range(4), {"y": values}, 40, 6).splitlines()
    assert [lines[0].split()[0], lines[4].split()[0]] == shown


def test_nothing_to_draw_gives_empty_lines() -> None:
    assert plot([1, 2], {"y": [math.nan, math.nan]}, 40, 4) == "\n\n\n"
