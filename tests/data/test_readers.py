"""Readers of CSV, npy, npz and PNG accept only plain numbers; each error names file, row and column."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import re
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zoo_core.data.readers.csv import read_csv
from zoo_core.data.readers.features import read_features
from zoo_core.data.readers.idx import read_idx
from zoo_core.data.readers.inputs import read_inputs
from zoo_core.data.readers.npy import check_finite, read_array, read_arrays
from zoo_core.data.readers.npy_rows import DiskRows
from zoo_core.data.readers.png import read_png
from zoo_core.data.readers.table_format import TableFormat
from zoo_core.errors import DataError, ResourceError

# ------------------------------------------------------------------ CSV


def test_numbers_names_and_labels(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('\ufeffage, size,kind\r\n1,-2.5e1,tom\r\n\r\n+.5, 3. ,"a, b"\r\n'.encode())
    table = read_csv(path, text="kind")
    assert table.names == ("age", "size")
    assert table.numbers.tolist() == [[1, -25], [0.5, 3]]
    assert (table.text, table.text_name) == (("tom", "a, b"), "kind")


def test_without_header_and_with_another_delimiter() -> None:
    table = read_csv(io.StringIO("1;2;3\n4;5;6\n"), TableFormat(delimiter=";", header=False), text=-1)
    assert table.numbers.tolist() == [[1, 2], [4, 5]]
    assert table.text == ("3", "6")


def test_numbers_are_read_to_the_last_bit() -> None:
    values = np.random.default_rng(0).normal(size=(50, 3)) * 10.0 ** np.arange(-150, 150, 100)
    text = "a,b,c\n" + "\n".join(",".join(map(repr, row)) for row in values.tolist())
    np.testing.assert_array_equal(read_csv(io.StringIO(text)).numbers, values)


@pytest.mark.parametrize(
    "cell",
    [
        "1_000",
        "infinity",
        "-inf",
        "nan",
        "NaN",
        "٣",
        "\uff11",
        "1,5",
        "0x10",
        "1e999",
        "1e",
        "--1",
        "None",
        "1 2",
    ],
)
def test_cells_that_are_no_numbers(cell: str) -> None:
    with pytest.raises(DataError) as caught:
        read_csv(io.StringIO(f'a,b\n1,2\n3,"{cell}"\n'))
    for word in ["line 3", "column 'b'", repr(cell)]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["empty"]),
        ("\n\n", ["empty"]),
        ("a,b\n", ["no rows"]),
        ("a,b\n1,2\n3\n", ["line 3", "1 cells, not 2"]),
        ("a,b\n1,2\n\n3,4,5\n", ["line 4", "3 cells"]),
        ("a,b\n1,\n", ["line 2", "column 'b'", "blank"]),
        ("a,b\n1,  \n", ["column 'b'", "blank"]),
        ("a,b,a\n1,2,3\n", ["two columns", "'a'"]),
        ("a,,c\n1,2,3\n", ["column 2 has no name"]),
        ("1,2\n3,4\n", ["header = false"]),
        ("a;b\n1;2\n", ["',' does not divide", "delimiter = ';'"]),
        ("a,b\n1,red\n", ["column 'b'", "'red' is text", "data.columns: {'b': 'category'}"]),
        ('a,b\n1,"2\n', ["line 2"]),
    ],
)
def test_tables_that_are_refused(tmp_path: Path, text: str, words: list[str]) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_csv(path)
    for word in [str(path), *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [("kindd", ["'kindd'", "did you mean 'kind'"]), (5, ["no column 5"]), (-3, ["no column -3"])],
)
def test_a_label_column_that_is_not_there(text: str | int, words: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        read_csv(io.StringIO("a,kind\n1,x\n"), text=text)
    for word in words:
        assert word in str(caught.value)


def test_a_first_row_of_numbers_with_a_label_is_no_header(tmp_path: Path) -> None:
    """A first row of numbers with a label is data; a header may have names that are numbers."""
    with pytest.raises(DataError, match="header = false"):
        read_csv(io.StringIO("1,2,x\n3,4,y\n5,6,x\n"), text=-1)
    table = read_csv(io.StringIO("0,1,label\n3,4,y\n5,6,x\n"), text=-1)
    assert (table.names, table.text) == (("0", "1"), ("y", "x"))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    for read in (read_csv, lambda path: read_features(path, [])):
        with pytest.raises(DataError, match="is not a file"):
            read(tmp_path / "pipe.csv")


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_features_to_predict_from_may_be_divided_in_any_usual_way(delimiter: str) -> None:
    text = "b,a\n1,2\n3,4\n".replace(",", delimiter)
    assert read_features(io.StringIO(text), ["a", "b"]).tolist() == [[2, 1], [4, 3]]


@pytest.mark.parametrize(
    "text", ['b\t"a, c"\n1\t2\n', '"b"\t"a, c"\n1\t2\n', '"b";"a, c"\n1;2\n', "b|a, c|d, e\n1|2|3\n"]
)
def test_features_are_found_beside_the_delimiter_of_the_model_in_names_and_quotes(text: str) -> None:
    np.testing.assert_array_equal(read_features(io.StringIO(text), ["a, c", "b"]), [[2, 1]])


def test_a_row_with_a_label_is_no_header_of_a_model_without_names() -> None:
    with pytest.raises(DataError, match=r"line 1, column 3 \(index 2\): 'x' is text"):
        read_features(io.StringIO("1,2,x\n3,4,y\n"), [])


def test_a_blank_label_and_bad_utf8(tmp_path: Path) -> None:
    table = read_csv(io.StringIO("a,kind\n1,x\n2, \n3,y\n"), text="kind")
    assert (table.text, table.numbers.tolist(), table.incomplete) == (("x", "y"), [[1], [3]], ("line 3",))
    with pytest.raises(DataError, match="no rows to learn from; 1 have no target"):
        read_csv(io.StringIO("a,kind\n1, \n"), text="kind")
    (tmp_path / "latin.csv").write_bytes(b"a,b\n1,2\n\xe9,3\n")
    with pytest.raises(DataError, match="line 3 is not UTF-8"):
        read_csv(tmp_path / "latin.csv")
    with pytest.raises(DataError, match="there is no such file"):
        read_csv(tmp_path / "absent.csv")


@pytest.mark.parametrize(
    ("text", "names", "expected"),
    [
        ("b,kind,a\n1,tom,2\n", ["a", "b"], [[2, 1]]),
        ("2,1\n4,3\n", ["a", "b"], [[2, 1], [4, 3]]),
        ("a,b\n2,1\n", [], [[2, 1]]),
        ("2,1\n", [], [[2, 1]]),
        ("1,0\n7,8\n", ["0", "1"], [[8, 7]]),
    ],
)
def test_features_are_matched_by_name(text: str, names: list[str], expected: list[list[float]]) -> None:
    found = read_features(io.BytesIO(text.encode()), names)
    assert found.dtype == np.float64
    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("aa,b\n1,2\n", ["lacks 1 of the model's 2", "a"]),
        ("1,2,3\n", ["3 columns", "2 features"]),
        ("a,b\nx,2\n", ["line 2", "column 'a'", "'x'"]),
        ("a,b\n", ["no rows"]),
    ],
)
def test_features_that_do_not_fit(text: str, words: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        read_features(io.StringIO(text), ["a", "b"])
    for word in words:
        assert word in str(caught.value)


# ------------------------------------------------------------------ npy, npz


def saved(**arrays: Any) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def npy(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(6, dtype=">i4"),
        np.float32(2.5),
        np.empty((0, 3), np.uint8),
        np.ones((2, 2), bool),
    ],
    ids=str,
)
def test_arrays_come_back(tmp_path: Path, array: Any) -> None:
    path = tmp_path / "a.npy"
    np.save(path, array)
    for source in (path, str(path), io.BytesIO(npy(array)), io.BytesIO(saved(only=array))):
        found = read_array(source)
        np.testing.assert_array_equal(found, array)
        assert found.dtype == array.dtype.newbyteorder("=")


def test_an_npz_gives_x_or_all() -> None:
    content = saved(x=[1.0], y=[2])
    assert read_array(io.BytesIO(content)).tolist() == [1.0]
    assert sorted(read_arrays(io.BytesIO(content))) == ["x", "y"]


def forged(shape: str) -> bytes:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + bytes(16)


def zipped(content: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        archive.writestr("x.npy", content)
    return stream.getvalue()


def with_false_size(content: bytes) -> bytes:
    """An archive whose directory claims that its member has 100 MB."""
    raw = bytearray(zipped(content))
    for mark, offset in ((b"PK\1\2", 24), (b"PK\3\4", 22)):
        at = raw.rindex(mark) + offset
        raw[at : at + 4] = struct.pack("<I", 100_000_000)
    return bytes(raw)


class Trap:
    def __reduce__(self) -> Any:
        return (pytest.fail, ("a pickle was run",))


BAD_ARRAYS = {
    "empty": (b"", "neither"),
    "text": (b"1,2\n", "neither"),
    "pickle": (__import__("pickle").dumps(Trap()), "neither"),
    "objects": (npy(np.array([Trap()], object)), "type object"),
    "objects in npz": (saved(x=np.array([Trap()], object)), "type object"),
    "complex": (npy(np.ones(2, complex)), "type complex"),
    "dates": (npy(np.array(["2020-01-01"], "M8[D]")), "type datetime"),
    "structured": (npy(np.zeros(1, [("a", "f8")])), "type"),
    "cut": (npy(np.ones(5))[:-1], "39 bytes follow"),
    "padded": (npy(np.ones(5)) + b"\0", "41 bytes follow"),
    "one petabyte": (forged("(2**47,)".replace("2**47", str(2**47))), "16 bytes follow"),
    "negative": (forged("(-2, -1)"), "header|negative|follow"),
    "damaged header": (forged("(2,)").replace(b"descr", b"dascr"), "header is damaged"),
    "deep header": (forged("(" * 50 + "2" + ")" * 50), "header is damaged|follow"),
    "version 9": (b"\x93NUMPY\x09\x00" + bytes(20), "header is damaged"),
    "not finite": (npy(np.array([[1, 2], [3, np.nan]])), r"row 1, column 1 \(both from 0\) is nan"),
    "cut npz": (saved(x=np.ones(500))[:-30], "damaged"),
    "empty npz": (saved(), "holds 0 arrays"),
    "two without x": (saved(a=[1], b=[2]), "none is named 'x'"),
    "bzip2": (zipped(npy(np.ones(3)), zipfile.ZIP_BZIP2), "compressed in a way"),
    "lying directory": (with_false_size(npy(np.ones(3))), "more bytes than"),
    "bomb": (zipped(forged("(2,)") + bytes(5_000_000)), "bytes follow"),
    "flipped bit": ((lambda c: c[:60] + bytes([c[60] ^ 16]) + c[61:])(saved(x=np.arange(500.0))), "damaged"),
}


@pytest.mark.parametrize("name", BAD_ARRAYS)
def test_arrays_that_are_refused(tmp_path: Path, name: str) -> None:
    content, words = BAD_ARRAYS[name]
    path = tmp_path / "bad.npy"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        read_array(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(("name", "words"), [("absent", "there is no such file"), (".", "is not a file")])
@pytest.mark.parametrize(
    "read", [read_array, read_arrays, read_csv, read_idx, DiskRows, lambda path: read_png(path, (28, 28))]
)
def test_what_is_no_file(tmp_path: Path, read: Callable[[Path], object], name: str, words: str) -> None:
    with pytest.raises(DataError, match=rf"^{re.escape(str(tmp_path / name))}: {words}$"):
        read(tmp_path / name)


def test_a_file_that_the_system_refuses_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "x").touch()
    monkeypatch.setattr(Path, "open", refused)
    for read in (read_array, read_csv, read_idx, lambda path: read_png(path, (28, 28))):
        with pytest.raises(ResourceError, match=rf"^cannot read {re.escape(str(tmp_path / 'x'))}: Permission denied$"):
            read(tmp_path / "x")


def test_whatever_a_parser_raises_is_damage_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of exceptions grow old: the next release of a library raises another one."""

    def broken(*args: object, **options: object) -> None:
        raise raised[0]

    for name in ("numpy.lib.format.read_magic", "zipfile.ZipFile", "csv.reader", "gzip.open", "PIL.Image.open"):
        monkeypatch.setattr(name, broken)
    files = {"a.npy": b"\x93NUMPY", "a.npz": b"PK", "a.csv": b"1", "a.idx": b"\x1f\x8b", "a.png": b"x"}
    reads = read_arrays, read_arrays, read_csv, read_idx, lambda path: read_png(path, (1, 1))
    for error in (KeyError("x"), AssertionError(), OSError("no errno"), struct.error("s"), RecursionError("r")):
        raised = [error]
        for (name, content), read in zip(files.items(), reads, strict=True):
            (tmp_path / name).write_bytes(content)
            with pytest.raises(DataError, match=re.escape(name)):
                read(tmp_path / name)


def test_an_error_of_the_call_is_no_damage(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        read_csv(tmp_path / "a.csv", nonsense=1)


def test_files_of_the_kernel_claim_nothing_and_are_read_as_empty() -> None:
    with pytest.raises(DataError, match="is empty"):
        read_csv(Path("/proc/self/environ"))


def test_a_picture_with_an_empty_colour_profile(tmp_path: Path) -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head, pixels = struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0), zlib.compress(b"\0\1\2" * 2)
    for profile in (b"", b"x", b"x\0", b"x\0\1", b"\0\0", b"x\0\0"):
        parts = chunk(b"IHDR", head), chunk(b"iCCP", profile), chunk(b"IDAT", pixels), chunk(b"IEND", b"")
        (tmp_path / "p.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
        with contextlib.suppress(DataError):
            read_png(tmp_path / "p.png", (2, 2))


def peak_of(call: Callable[[], object]) -> int:
    """Return how many bytes a call takes at most; Pillow's own memory is not counted."""
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "I;16", "1", "LA", "RGBA"])
def test_a_large_empty_picture_costs_little(tmp_path: Path, mode: str) -> None:
    from PIL import Image

    Image.new(mode, (4000, 4000)).save(tmp_path / "p.png")
    assert (tmp_path / "p.png").stat().st_size < 100_000
    rows: list[Any] = []
    assert peak_of(lambda: rows.append(read_png(tmp_path / "p.png", (4, 4))[0])) < 80_000_000
    assert rows[0].shape == (1, 16)


@pytest.mark.slow
def test_a_large_picture_shows_what_it_showed(tmp_path: Path) -> None:
    from PIL import Image

    for mode in ("L", "RGB", "RGBA", "P", "I;16", "1"):
        small = Image.new("L", (4, 4))
        small.putpixel((1, 2), 255)
        large = small.resize((6000, 4000), Image.Resampling.NEAREST)
        image = Image.fromarray(np.asarray(large).astype(np.uint16) * 257) if mode == "I;16" else large.convert(mode)
        image.save(tmp_path / "p.png")
        row, _ = read_png(tmp_path / "p.png", (4, 4))
        assert row[0, 9] > 120, mode
        assert np.delete(row[0], 9).max() < 60 < row[0, 9], mode


def test_compressed_arrays_may_not_expand_without_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, many = tmp_path / "bomb.npz", tmp_path / "many.npz"
    np.savez_compressed(path, x=np.zeros((1, 80_000_000), np.uint8))
    np.savez_compressed(many, **{f"x{i}": np.zeros(8_000_000, np.uint8) for i in range(10)})
    for bomb in (path, many):
        with pytest.raises(DataError, match=r"expand to 80,00\d,\d{3}, more than 100 times .* set ZOO_MAX_SIZE to 77"):
            read_arrays(bomb)
    monkeypatch.setenv("ZOO_MAX_SIZE", "77")
    assert read_arrays(path)["x"].shape == (1, 80_000_000)
    assert len(read_arrays(many)) == 10
    for nonsense in ("", "x", "-1", "9" * 5000):
        monkeypatch.setenv("ZOO_MAX_SIZE", nonsense)
        with pytest.raises(DataError, match="expand"):
            read_arrays(path)


def test_large_arrays_that_are_not_compressed_have_no_limit(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", x=np.zeros((1, 80_000_000), np.uint8))
    assert read_array(tmp_path / "x.npz").shape == (1, 80_000_000)


def test_a_gzipped_idx_file_may_not_expand_without_limit(tmp_path: Path) -> None:
    head = bytes([0, 0, 8, 2]) + struct.pack(">II", 1, 80_000_000)
    (tmp_path / "x").write_bytes(gzip.compress(head + bytes(80_000_000), 6))
    with pytest.raises(DataError, match="expand to 80,000,000"):
        read_idx(tmp_path / "x")


def test_the_first_bad_value_is_named_far_down_and_by_column_name() -> None:
    x = np.zeros((10_000, 2), np.float32)
    x[9_000, 1] = np.inf
    with pytest.raises(DataError, match=r"here: row 9000 .from 0., column width is inf"):
        check_finite(x, "here", ("age", "width"))
    check_finite(x[:9000], "here")
    check_finite(np.ones((2, 2), np.uint8), "here")


# ------------------------------------------------------------------ PNG


def picture(tmp_path: Path, pixels: Any, mode: str | None = None) -> Path:
    from PIL import Image

    path = tmp_path / "a.png"
    image = Image.fromarray(np.asarray(pixels))
    (image.convert(mode) if mode else image).save(path)
    return path


def test_a_picture_of_one_endless_line_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is 1000001 x 1 pixels; a side has at most 1,000,000"):
        read_png(picture(tmp_path, np.zeros((1, 1_000_001), np.uint8)), (4, 5))


def test_a_picture_of_the_right_form_is_not_changed(tmp_path: Path) -> None:
    pixels = np.zeros((4, 5), np.uint8)
    pixels[1:3, 2] = (200, 77)
    row, notes = read_png(picture(tmp_path, pixels), (4, 5))
    assert row.dtype == np.uint8
    np.testing.assert_array_equal(row, pixels.reshape(1, -1))
    assert notes == []


def test_dark_on_light_is_inverted_with_a_note(tmp_path: Path) -> None:
    pixels = np.full((4, 4), 255, np.uint8)
    pixels[1:3, 1:3] = 10
    row, notes = read_png(picture(tmp_path, pixels, "RGB"), (4, 4))
    np.testing.assert_array_equal(row.reshape(4, 4), 255 - pixels)
    assert len(notes) == 1
    assert notes[0].startswith("inverted")


def test_changes_of_colour_size_depth_and_transparency_are_noted(tmp_path: Path) -> None:
    colour = np.zeros((8, 6, 3), np.uint8)
    colour[2:4, 2:4] = (255, 0, 0)
    row, notes = read_png(picture(tmp_path, colour), (4, 3))
    assert row.shape == (1, 12)
    assert [note.split()[0] for note in notes] == ["colours", "resized"]
    assert "6 x 8 to 3 x 4" in notes[1]

    glass = np.zeros((4, 4, 4), np.uint8)
    glass[1:3, 1:3, 3] = 255  # black on a transparent background
    row, notes = read_png(picture(tmp_path, glass), (4, 4))
    assert row.reshape(4, 4)[1, 1] == 255
    assert row.reshape(4, 4)[0, 0] == 0
    assert [note.split()[0] for note in notes] == ["laid", "inverted:"]

    deep = np.zeros((4, 4), np.uint16)
    deep[1, 1] = 65535
    row, notes = read_png(picture(tmp_path, deep), (4, 4))
    assert row.max() == 255
    assert notes == ["reduced from 16 to 8 bits"]


def test_an_opaque_picture_with_an_alpha_channel_is_not_changed(tmp_path: Path) -> None:
    opaque = np.zeros((4, 4, 4), np.uint8)
    opaque[..., 3] = 255
    assert read_png(picture(tmp_path, opaque), (4, 4))[1] == []


def bomb() -> bytes:
    """A few bytes that claim to be 60,000 x 60,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def test_pictures_that_are_refused(tmp_path: Path) -> None:
    good = picture(tmp_path, np.random.default_rng(0).integers(0, 255, (40, 40), np.uint8)).read_bytes()
    path = tmp_path / "bad.png"
    bad = [(b"GIF89a", "not a PNG"), (bomb(), "pixels"), (good[:-400], "damaged"), (b"", "not a PNG")]
    for content, words in bad:
        path.write_bytes(content)
        with pytest.raises(DataError, match=words) as caught:
            read_png(path, (28, 28))
        assert str(path) in str(caught.value)


# ------------------------------------------------------------------ inputs in any format


def _input_files(folder: Path) -> dict[str, bytes]:
    """Return the same two rows of three numbers in each format for them."""
    x = np.array([[1.0, 2, 3], [4, 5, 6]])
    np.save(folder / "x.npy", x)
    np.save(folder / "turned.npy", np.asfortranarray(x))
    np.savez(folder / "x.npz", x=x, other=x)
    (folder / "x.csv").write_text("c,a,b,answer\n3,1,2,yes\n6,4,5,no\n")
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_inputs_are_the_same_in_each_format_and_from_an_open_file(tmp_path: Path) -> None:
    for name, raw in _input_files(tmp_path).items():
        for source in (tmp_path / name, str(tmp_path / name), io.BytesIO(raw)):
            x, notes = read_inputs(source, 3, ["a", "b", "c"])
            assert x.take(np.arange(2), axis=0).tolist() == [[1, 2, 3], [4, 5, 6]], name
            assert notes == []


def test_only_a_npy_file_with_the_features_of_the_model_stays_on_disk(tmp_path: Path) -> None:
    _input_files(tmp_path)
    assert isinstance(read_inputs(tmp_path / "x.npy", 3)[0], DiskRows)
    assert isinstance(read_inputs(tmp_path / "x.npy", 4)[0], np.ndarray)
    assert isinstance(read_inputs(tmp_path / "turned.npy", 3)[0], np.ndarray)


@pytest.mark.parametrize("is_open", [False, True])
def test_a_picture_needs_a_model_of_images(tmp_path: Path, is_open: bool) -> None:
    path = tmp_path / "x.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(DataError, match="seven: is a picture, but the model was not trained on images"):
        read_inputs(io.BytesIO(path.read_bytes()) if is_open else path, 4, name="seven")
    with pytest.raises(DataError, match="seven"):
        read_inputs(io.BytesIO(path.read_bytes()) if is_open else path, 4, image_shape=(2, 2), name="seven")


def test_inputs_of_no_known_format_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.ods"
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(DataError, match=r"rows\.ods: is an Excel workbook.*save or export it as CSV"):
        read_inputs(path, 3)
    with pytest.raises(DataError, match="the input: line 1 is not UTF-16"):
        read_inputs(io.BytesIO(b"\xff\xfe\x00"), 3)
    with pytest.raises(DataError, match="the input: line 2 is not UTF-8"):
        read_inputs(io.BytesIO(b"1,2,3\n\xe9,2,3\n"), 3)
