"""Texts of specs: a summary without validation, and a copy under another name."""

from __future__ import annotations

import tomllib

import pytest

from zoo_core.errors import SpecError
from zoo_core.registry import Registry, shipped_models
from zoo_core.spec import rename_text, summarize_text

SHIPPED = sorted(shipped_models(Registry()).items())


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ('name = "a"\ndescription = "A model"\n[data]\nname = "csv"\n', ("a", "csv", "A model")),
        ('data = "glyphs"', ("", "glyphs", "")),
        ("[data]\nrows = 3", ("", "", "")),
        ('[model]\nloss = "no_such_loss"', ("", "", "")),
        ("data = 7", ("", "7", "")),
        ("", ("", "", "")),
    ],
)
def test_a_summary_has_name_data_set_and_description(text: str, summary: tuple[str, str, str]) -> None:
    assert tuple(summarize_text(text, "s.toml").values()) == summary


def test_a_text_that_is_no_toml_has_no_summary() -> None:
    with pytest.raises(SpecError, match=r"^s\.toml:1:8: "):
        summarize_text("name = =", "s.toml")


@pytest.mark.parametrize(("name", "model"), SHIPPED, ids=[name for name, _ in SHIPPED])
def test_a_renamed_spec_differs_in_its_name_alone(name: str, model: object) -> None:
    text = model.spec.read_text("utf-8")  # type: ignore[attr-defined]
    renamed = rename_text(text, "mine-2.0")
    assert tomllib.loads(renamed) == tomllib.loads(text) | {"name": "mine-2.0"}
    assert len(renamed.split("\n")) == len(text.split("\n"))
    assert summarize_text(text, name)["name"] == name


@pytest.mark.parametrize(
    ("text", "renamed"),
    [
        ('seed = 1\nname="a"  # mine\n[data]\nname = "csv"\n', 'seed = 1\nname = "b"\n[data]\nname = "csv"\n'),
        ("'name' = 'a'\nseed = 1", 'name = "b"\nseed = 1'),
        ('# no name\n[data]\nname = "csv"\n', 'name = "b"\n# no name\n[data]\nname = "csv"\n'),
        ('# a\u2028b\nname = "a"\n', '# a\u2028b\nname = "b"\n'),
    ],
)
def test_only_the_line_of_the_name_changes(text: str, renamed: str) -> None:
    assert rename_text(text, "b") == renamed
