"""The reference pages are those that the registry and the command line give today, pictures included.

After a change of parts or commands: python -m zoo_core.cli.reference plugins/reference
"""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.helpers.builtin import ENTRIES
from zoo_core.cli import run
from zoo_core.cli._app import application
from zoo_core.cli.reference.commands import commands, commands_page
from zoo_core.cli.reference.parts import escaped, parts_page
from zoo_core.cli.reference.sheets import SHEETS, marks, save_sheet, sheet
from zoo_core.parts import KINDS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "plugins/reference"
AGAIN = "make the pages again: python -m zoo_core.cli.reference plugins/reference"
COMMANDS = [command.name.removeprefix("zoo ") for command in commands("zoo", application())]


def kept(picture: Path) -> dict[str, dict[str, list[float | None]]]:
    """Return the numbers that a picture says it shows."""
    with Image.open(picture) as opened:
        return json.loads(opened.text["Description"])


@pytest.mark.parametrize(("name", "page"), [("README.md", lambda: parts_page(ENTRIES)), ("commands.md", commands_page)])
def test_the_pages_are_current(name, page):
    assert (FOLDER / name).read_text() == page(), AGAIN


@pytest.mark.parametrize("kind", SHEETS)
def test_the_pictures_show_what_the_parts_compute(kind):
    shown, now = kept(FOLDER / f"{kind}s.png"), marks(sheet(kind, ENTRIES))
    assert shown.keys() == now.keys() == {entry.name for entry in ENTRIES if entry.kind == kind}, AGAIN
    for name, lines in now.items():
        for line, values in lines.items():
            old, new = np.array(shown[name][line], float), np.array(values, float)  # None, a gap, becomes NaN
            np.testing.assert_allclose(old, new, rtol=2e-3, atol=1e-6, err_msg=f"{name}: {AGAIN}")


def test_the_numbers_kept_are_those_of_the_functions():
    drawn = kept(FOLDER / "activations.png")
    z = -4 + (np.arange(17) + 0.37) * 8 / 17
    for name, f, slope in [("tanh", np.tanh(z), 1 - np.tanh(z) ** 2), ("relu", np.maximum(z, 0), z > 0)]:
        np.testing.assert_allclose(drawn[name]["f"], f, atol=0.006)  # points are 0.01 apart
        np.testing.assert_allclose(drawn[name]["f'"], slope, atol=0.006)
    epochs = (np.arange(17) + 0.37) * 20 / 17
    cosine = kept(FOLDER / "schedules.png")["cosine"]["rate"]
    np.testing.assert_allclose(cosine, (1 + np.cos(np.pi * epochs / 20)) / 2, atol=0.002)


@pytest.mark.slow
def test_a_sheet_is_the_same_bytes_each_time_and_keeps_its_numbers(tmp_path):
    panels = sheet("schedule", ENTRIES)
    for name in "ab":
        save_sheet("schedule", panels, tmp_path / f"{name}.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    assert kept(tmp_path / "a.png") == marks(panels)


def test_every_part_and_every_option_stands_on_the_page():
    page = (FOLDER / "README.md").read_text()
    assert re.findall(r"^## (\w+) \(\d+\)$", page, re.MULTILINE) == list(KINDS)
    for kind in KINDS:
        section = page.split(f"## {kind} (")[1].split("\n## ")[0]
        names = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
        assert names == sorted(e.name for e in ENTRIES if e.kind == kind)
    assert "`slope` float >= 0, <= 1, `0.01`" in page


@pytest.mark.parametrize("name", COMMANDS)
def test_what_help_names_stands_on_the_page(name, capsys):
    assert run([*name.split(), "--help"]) == 0
    options = set(re.findall(r"^  (?:-\w, )?(--[a-z][a-z0-9-]*)", capsys.readouterr().out, re.MULTILINE)) - {"--help"}
    section = (FOLDER / "commands.md").read_text().split(f"\n## zoo {name}\n")[1].split("\n## ")[0]
    documented = set(re.findall(r"^\| `(?:-\w, )?(--[a-z][a-z0-9-]*)", section, re.MULTILINE))
    assert documented == options


def test_no_command_is_missing(capsys):
    run(["--help"])
    listed = re.findall(r"^  ([a-z]+)  ", capsys.readouterr().out.split("Commands:")[1], re.MULTILINE)
    assert listed
    assert set(listed) == {name.split()[0] for name in COMMANDS}


def test_no_first_line_is_cut_short(capsys):
    run(["--help"])
    assert "..." not in capsys.readouterr().out.split("Commands:")[1]


def test_examples_use_commands_and_options_that_exist():
    page = (FOLDER / "commands.md").read_text()
    examples = re.findall(r"^zoo .+$", "\n".join(re.findall(r"```text\n(.*?)```", page, re.DOTALL)), re.MULTILINE)
    assert len(examples) > 30
    for example in examples:
        words = shlex.split(example.partition(", and ")[0])[1:]
        name = next(n for n in sorted(COMMANDS, key=len, reverse=True) if " ".join(words).startswith(n))
        section = page.split(f"\n## zoo {name}\n")[1].split("\n## ")[0]
        for option in [word for word in words if re.match(r"--?[a-z]", word)]:
            assert option == "--help" or re.search(rf"`[^`]*{option}[ `,]", section), example


def test_text_is_not_taken_for_markup():
    assert escaped("|z| where `a|b` and *x*, _y_, <tag>, f_i * 2 < 3") == (
        r"\|z\| where `a\|b` and \*x\*, \_y\_, \<tag>, f_i * 2 < 3"
    )


def test_the_readme_leads_here():
    readme = (ROOT / "README.md").read_text()
    for page in ("README.md", "commands.md"):
        assert f"plugins/reference/{page}" in readme
