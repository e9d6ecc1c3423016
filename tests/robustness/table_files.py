"""Sound and damaged tables of Excel, Parquet, Arrow and gzip, as far as the libraries that read them are installed."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

Damage = Callable[[bytes, random.Random], bytes]
SHEET = "xl/worksheets/sheet1.xml"
SPREADSHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
COLUMNS: dict[str, list[Any]] = {
    "a": [1.5, 2.5, None, 4.0] * 10, "b": [1, 2, 3, 4] * 10, "t": ["x", "y", "zz", None] * 10, "y": ["no", "yes"] * 20,
}  # fmt: skip
LINES = ["a,b,t,y", *(f"{i / 3:.3f},{i},x{i % 3},{['no', 'yes'][i % 2]}" for i in range(40))]


def sound_tables() -> dict[str, list[bytes]]:
    """Return sound files by their endings."""
    text = "\n".join(LINES).encode()
    found = {".csv.gz": [gzip.compress(text, mtime=0)], ".tsv.gz": [gzip.compress(text.replace(b",", b"\t"), mtime=0)]}
    if find_spec("openpyxl"):
        found[".xlsx"] = [sheet()]
    if find_spec("polars") and find_spec("arro3"):
        kinds = ("zstd", "uncompressed", "gzip")
        found[".parquet"] = [frame(COLUMNS, "write_parquet", compression=kind) for kind in kinds]
        found[".feather"] = [frame(COLUMNS, "write_ipc", compression=kind) for kind in ("uncompressed", "lz4")]
    return found


def frame(columns: dict[str, list[Any]], write: str, **options: Any) -> bytes:
    """Return what a method of a frame of polars writes."""
    file = io.BytesIO()
    getattr(import_module("polars").DataFrame(columns), write)(file, **options)
    return file.getvalue()


def batch(columns: dict[str, list[Any]]) -> bytes:
    """Return a compressed file of Arrow with all rows in one batch."""
    return frame(columns, "write_ipc", compression="zstd", record_batch_size=len(next(iter(columns.values()))))


def sheet(rows: str = "") -> bytes:
    """Return a workbook with the columns above, or with other XML as the rows of its sheet."""
    book, file = import_module("openpyxl").Workbook(), io.BytesIO()
    for row in [list(COLUMNS), *zip(*COLUMNS.values(), strict=True)]:
        book.active.append(row)
    book.save(file)
    data = f"<worksheet {SPREADSHEET}><sheetData>{rows}</sheetData></worksheet>".encode()
    return _with_member(file.getvalue(), SHEET, lambda old: data) if rows else file.getvalue()


def wide_sheet(rows: int) -> bytes:
    """Return a workbook whose first row is as wide as can be, and all others have one cell."""
    cells = "".join(f'<row r="{i}"><c r="A{i}"><v>1</v></c></row>' for i in range(2, rows))
    return sheet(f'<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c></row>{cells}')


def shared_text_sheet(rows: int, letters: int) -> bytes:
    """Return a workbook whose cells all hold one text, which the file has once."""
    text = f"<sst {SPREADSHEET}><si><t>{'x' * letters}</t></si></sst>".encode()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    part = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'.encode()
    data = sheet("".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(1, rows)))
    data = _with_member(data, "[Content_Types].xml", lambda old: old.replace(b"</Types>", part))
    file = io.BytesIO(data)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", text)
    return file.getvalue()


def damaged(data: bytes, ending: str, damage: Damage, rng: random.Random) -> bytes:
    """Return a file with changed bytes; mostly with those of a member or of its text changed, and packed anew."""
    if rng.random() < 0.3:
        return damage(data, rng)
    if ending.endswith(".gz"):
        return gzip.compress(damage(gzip.decompress(data), rng), mtime=0)
    if ending == ".xlsx":
        name = rng.choice((SHEET, SHEET, "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml"))
        return _with_member(data, name, lambda old: damage(old, rng))
    return damage(data, rng)


def _with_member(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return a ZIP file with one member changed."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            content = old.read(member)
            new.writestr(zipfile.ZipInfo(member), change(content) if member == name else content)
    return file.getvalue()
