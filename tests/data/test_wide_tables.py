"""A table of Parquet with many columns is read in groups of columns, and gives the same text as read at once."""

from __future__ import annotations

import io
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from tests.data.test_binary_tables import TYPES
from zoo_core.data.readers import _arrow_process

pytest.importorskip("arro3.io")
polars = pytest.importorskip("polars")  # writes what arro3 reads
wide_parquet = pytest.importorskip("zoo_core.data.readers._wide_parquet")
ROWS = 700


def text_of(path: Path) -> bytes:
    found = io.BytesIO()
    _arrow_process.write_table(str(path), found)
    return found.getvalue()


def in_groups(monkeypatch: pytest.MonkeyPatch, group: int) -> list[list[int]]:
    """Let any table be read in groups of columns; return the groups that are read."""
    groups, whole = list[list[int]](), wide_parquet._groups
    monkeypatch.setattr(_arrow_process, "SMALL", 0)
    monkeypatch.setattr(wide_parquet, "PAGES", 0)
    monkeypatch.setattr(wide_parquet, "GROUP", group)
    monkeypatch.setattr(wide_parquet, "_groups", lambda pages: groups.extend(whole(pages)) or groups)
    return groups


def frame() -> Any:
    columns = {name: polars.concat([values] * ROWS)[: 3 * ROWS] for name, values in TYPES.items()}
    columns["text"] = polars.Series([f"{i} \n" * (i % 7) for i in range(3 * ROWS)])
    columns.update({f"x{i}": polars.Series([j / (i + 1) for j in range(3 * ROWS)]) for i in range(20)})
    return polars.DataFrame(columns)


OPTIONS: tuple[dict[str, Any], ...] = (
    {"compression": "uncompressed"},
    {"compression": "snappy", "row_group_size": 500},
    {"compression": "zstd", "row_group_size": 999, "data_page_size": 1000, "statistics": False},
)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize(("group", "count"), [(0, 32), (20_000, None)])
def test_groups_of_columns_give_the_same_text(
    options: dict[str, Any], group: int, count: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame().write_parquet(tmp_path / "t.parquet", **options)
    whole = text_of(tmp_path / "t.parquet")
    groups = in_groups(monkeypatch, group)
    assert text_of(tmp_path / "t.parquet") == whole
    assert list(chain(*groups)) == list(range(32))
    assert len(groups) == count if count else 1 < len(groups) < 32


def test_a_table_whose_pages_are_few_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    groups = in_groups(monkeypatch, 0)
    monkeypatch.setattr(wide_parquet, "PAGES", 2**24)
    frame().write_parquet(tmp_path / "t.parquet")
    assert text_of(tmp_path / "t.parquet").count(b"\n") > ROWS
    assert groups == []
