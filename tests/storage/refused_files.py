"""Model files that are refused, each with one flaw, and the words of the refusal."""

from __future__ import annotations

import hashlib
import io
import json
import pickle
import struct
import warnings
import zipfile
from typing import Any

import numpy as np

W = np.arange(6, dtype=np.float32).reshape(2, 3)
CENTRAL, END = b"PK\1\2", b"PK\5\6"


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), version=(1, 0), allow_pickle=True)
    return file.getvalue()


def forged(descr: str, shape: str, items: bytes = b"", fortran: str = "False", version: bytes = b"\1\0") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': {fortran}, 'shape': {shape}, }}".ljust(117).encode() + b"\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text + items


def zipped(members: list[tuple[str, bytes]], **options: Any) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **options) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of a name that comes twice
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = options.get("compression", zipfile.ZIP_STORED)
            archive.writestr(info, content)
    return file.getvalue()


def text_of(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")


def described(array: np.ndarray, **changes: Any) -> dict[str, Any]:
    digest = hashlib.sha256(array.tobytes()).hexdigest()
    return {"dtype": array.dtype.str, "shape": list(array.shape), "sha256": digest} | changes


def header(**changes: Any) -> bytes:
    full = {"format": "zoo-model", "version": 2, "requires": [], "arrays": {"w": described(W)}} | changes
    full = {key: value for key, value in full.items() if value is not ...}
    return text_of(full | {"sha256": hashlib.sha256(text_of(full)).hexdigest()})


def file(text: bytes | None = None, content: bytes | None = None, more: tuple[tuple[str, bytes], ...] = ()) -> bytes:
    """Return a file with this header, this content of the array `w`, and more members."""
    first = npy(np.frombuffer(header() if text is None else text, np.uint8))
    return zipped([("header.npy", first), ("w.npy", npy(W) if content is None else content), *more])


def patched(offset: int, form: str, *values: int, magic: bytes = CENTRAL, last: bool = True) -> bytes:
    """Return the sound file with a field changed in its first or last record that begins with `magic`."""
    data = bytearray(SOUND)
    struct.pack_into(form, data, (data.rfind if last else data.find)(magic) + offset, *values)
    return bytes(data)


def hollow() -> bytes:
    """Return the sound file with eight bytes between the last member and the directory."""
    start = SOUND.find(CENTRAL)
    data = bytearray(SOUND[:start] + bytes(8) + SOUND[start:])
    struct.pack_into("<I", data, len(data) - 6, start + 8)
    return bytes(data)


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def nested(levels: int) -> bytes:
    return b'{"x_deep":' + b"[" * levels + b"]" * levels + b"}"


SOUND = file()
FOREIGN = io.BytesIO()
np.savez(FOREIGN, w=W)

ARCHIVES = [
    ("empty", b"", "is empty"),
    ("not a zip", b"name = 'xor'\n", "does not begin as a ZIP archive; name a file"),
    ("an npz of someone else", FOREIGN.getvalue(), "its first member is 'w.npy'"),
    ("a pickle", pickle.dumps({"weights": W}), "pickle, which can run code and is never opened"),
    ("a bare npy", npy(W), "it is a bare array"),
    ("three bytes", SOUND[:3], "is truncated"),
    ("half", SOUND[: len(SOUND) // 2], "is truncated"),
    ("a byte short", SOUND[:-1], "is truncated"),
    ("a bit of a weight", flipped(SOUND, SOUND.find(W.tobytes()) * 8 + 77), "'w.npy' has another checksum"),
    ("bytes before", b"#!/bin/sh\n" + SOUND, "something stands before the archive"),
    ("bytes after", SOUND + b"\0", "something follows the archive's end"),
    ("a comment", patched(20, "<H", 5, magic=END) + b"hello", "something follows the archive's end"),
    ("a comment of no length", patched(20, "<H", 5, magic=END), "end record contradicts"),
    ("deflate", zipped([("header.npy", bytes(9999))], compression=zipfile.ZIP_DEFLATED), "by deflate"),
    ("bz2", zipped([("header.npy", bytes(9999))], compression=zipfile.ZIP_BZIP2), "by bzip2"),
    ("lzma", zipped([("header.npy", bytes(9999))], compression=zipfile.ZIP_LZMA), "by lzma"),
    ("encrypted", patched(8, "<H", 1), "encrypted member 'w.npy'"),
    ("unknown method", patched(10, "<H", 99), "unknown method 99"),
    ("unknown flag", patched(8, "<H", 8), "plain form .* 'w.npy'"),
    ("packed size", patched(20, "<I", 7), "size of member 'w.npy' is wrong"),
    ("both sizes huge", patched(20, "<II", 2**32 - 1, 2**32 - 1), "size of member 'w.npy' is wrong"),
    ("both sizes small", patched(20, "<II", 5, 5), "local header of member 'w.npy'"),
    ("count in the end record", patched(8, "<HH", 1, 1, magic=END), "directory contradicts"),
    ("one count of two", patched(8, "<H", 1, magic=END), "end record contradicts"),
    (
        "more members than there are",
        patched(8, "<HH", 3, 3, magic=END),
        "entry of its directory is broken",
    ),
    ("no members", patched(8, "<HH", 0, 0, magic=END), "end record contradicts"),
    ("place of the directory", patched(16, "<I", 0, magic=END), "end record contradicts"),
    ("overlap", patched(42, "<I", 0), "'w.npy' overlaps another or leaves a hole"),
    ("hole in the directory's mind", patched(42, "<I", 9999), "is wrong|leaves a hole"),
    ("hole before the directory", hollow(), "directory contradicts"),
    ("local checksum", patched(14, "<I", 1, magic=b"PK\3\4"), "local header of member 'w.npy'"),
    ("local date", patched(12, "<H", 1, magic=b"PK\3\4"), "local header of member 'w.npy'"),
    ("local extra", patched(28, "<H", 4, magic=b"PK\3\4", last=False), "member 'header.npy', at byte 0,"),
    ("central extra", patched(30, "<H", 4), "plain form"),
    ("central comment", patched(32, "<H", 4), "plain form"),
    ("mode of a symbolic link", patched(38, "<I", 0o120777 << 16), "plain form"),
    ("a member twice", file(more=(("w.npy", npy(W)),)), "'w.npy' twice"),
    ("the header twice", file(more=(("header.npy", npy(W)),)), "'header.npy' twice"),
    ("out of order", file(more=(("b.npy", npy(W)),)), "'b.npy' out of order"),
    ("a beside a.npy", file(more=(("x", npy(W)),)), "unsafe name 'x'"),
    ("a.npy beside a.npy.npy", file(more=(("w.npy.npy", npy(W)),)), "names an array 'w.npy'"),
    ("a folder up", file(more=(("../x.npy", npy(W)),)), "unsafe name '../x.npy'"),
    ("absolute", file(more=(("/x.npy", npy(W)),)), "unsafe name '/x.npy'"),
    ("backslash", file(more=(("x\\y.npy", npy(W)),)), "unsafe name"),
    ("NUL", SOUND.replace(b"w.npy", b"\0.npy"), r"unsafe name '\\x00.npy'"),
    ("capitals", SOUND.replace(b"w.npy", b"W.npy"), "unsafe name 'W.npy'"),
    ("not ASCII", file(more=(("\xe9.npy", npy(W)),)), "unsafe name"),
    ("an ending with a line", SOUND.replace(b"w.npy", b"npy.\n"), r"unsafe name 'npy.\\n'"),
    ("a long name", file(more=(("x" * 197 + ".npy", npy(W)),)), "unsafe name|at most 196"),
    ("300 members", file(more=tuple((f"x{i:03}.npy", b"") for i in range(298))), "it has 300 members"),
    ("60,000 members", patched(8, "<HH", 60_000, 60_000, magic=END), "it has 60000 members"),
    ("a member missing", file(header(arrays={"w": described(W), "x": described(W)})), "'x' is missing"),
    ("a member too many", file(more=(("x.npy", npy(W)),)), "'x' is not in its header"),
    ("no header", zipped([("w.npy", npy(W))]), "first member is 'w.npy' and not 'header.npy'"),
]

ITEMS = W.tobytes()
MEMBERS = [
    ("text", b"hello, world", "'w.npy' that is not an array"),
    ("nothing", b"", "'w.npy' that is not an array"),
    ("version 2 of npy", forged("'<f4'", "(2, 3)", ITEMS, version=b"\2\0"), "not an array"),
    ("object", npy(np.array([{}], object)), r"of the dtype '\|O'"),
    ("structured", npy(np.zeros(3, [("a", "<f4"), ("b", "<i4")])), r"of the dtype \"\[\('a', '<f4'\)"),
    ("string", npy(np.array(["ab"])), "of the dtype '<U2'"),
    ("bytes", npy(np.array([b"ab"])), r"of the dtype '\|S2'"),
    ("datetime", npy(np.array(["2020-01-01"], "M8[s]")), r"of the dtype '<M8\[s\]'"),
    ("float128", forged("'<f16'", "(2, 3)", bytes(96)), "of the dtype '<f16'"),
    ("float16", npy(W.astype(np.float16)), "of the dtype '<f2'"),
    ("complex", npy(W.astype(np.complex64)), "of the dtype '<c8'"),
    ("boolean", npy(W > 0), r"of the dtype '\|b1'"),
    ("no quotes", forged("<f4", "(2, 3)", ITEMS), "not of the form that NumPy writes"),
    ("V0", forged("'|V0'", "(1000000,)"), r"of the dtype '\|V0'"),
    ("a huge U", forged("'<U999999999'", "(1,)"), "of the dtype '<U999999999'"),
    ("10 GB", forged("'<f4'", "(2500000000,)", ITEMS), "more than a model file can hold"),
    ("2 GB", forged("'<f4'", "(500000000,)", ITEMS), "needs 2000000000 bytes, and it has 24"),
    ("1 PB", forged("'<f8'", "(5000000, 5000000, 5)", ITEMS), "more than a model file can hold"),
    ("nothing, in a huge way", forged("'<f4'", "(0, 9999999999, 9999999999, 9999999999)"), "can hold"),
    ("negative", forged("'<f4'", "(-2, -3)", ITEMS), r"shape '\(-2, -3\)' is none"),
    ("boolean", forged("'<f4'", "(True,)", ITEMS[:4]), r"shape '\(True,\)' is none"),
    ("overflowing", forged("'<f4'", "(4294967296, 4294967296)"), "more than a model file can hold"),
    ("a long number", forged("'<f4'", f"({'9' * 40},)"), "is none"),
    ("a leading zero", forged("'<f4'", "(02, 3)", ITEMS), "is none"),
    ("hexadecimal", forged("'<f4'", "(0x2, 3)", ITEMS), "is none"),
    ("no comma", forged("'<f4'", "(6)", ITEMS), "is none"),
    ("underscores", forged("'<f4'", "(2, 3_0)", ITEMS), "is none"),
    ("a call", forged("'<f4'", "(exit(),)", ITEMS), "not of the form that NumPy writes"),
    ("five dimensions", forged("'<f4'", "(2, 3, 1, 1, 1)", ITEMS), "of 5 dimensions"),
    ("trailing bytes", npy(W) + b"\0", r"\(2, 3\) needs 24 bytes, and it has 25"),
    ("too few bytes", npy(W)[:-1], r"\(2, 3\) needs 24 bytes, and it has 23"),
    ("big-endian", npy(W.astype(">f4")), "of the dtype '>f4'"),
    ("native order", forged("'=f4'", "(2, 3)", ITEMS), "of the dtype '=f4'"),
    ("Fortran order", npy(np.asfortranarray(W)), "in Fortran order"),
    ("nested", forged("'<f4'", f"({'(' * 40}{')' * 40})"), "not of the form that NumPy writes"),
    ("npy in npy", npy(W)[:10] + npy(W), "not of the form that NumPy writes"),
    ("a key too many", npy(W).replace(b", }   ", b", 1:1}"), "not of the form that NumPy writes"),
    ("a long header", b"\x93NUMPY\1\0" + struct.pack("<H", 60_000) + bytes(60_000), "claims 60000 bytes"),
    ("a header beyond the end", npy(W)[:100], "claims 118 bytes"),
    ("another shape", npy(W.T.copy()), "'w' is not as its header says"),
    ("another dtype", npy(W.astype(np.int32)), "'w' is not as its header says"),
    ("other weights, signed anew", npy(W + 1), "'w' has another sha256"),
]

HEADERS = [
    ("not JSON", b"weights", "not JSON"),
    ("nothing", b"", "not JSON"),
    ("not an object", b"[]", "not an object"),
    ("not UTF-8", b'{"x_a":"\xff"}', "not JSON"),
    ("a BOM", b"\xef\xbb\xbf{}", "not JSON"),
    ("a key twice", b'{"version":1,"version":1}', "key 'version' twice"),
    ("a key twice, inside", b'{"x_a":{"b":1,"c":1,"b":2}}', "key 'b' twice"),
    ("NaN", b'{"x_a":NaN}', "NaN, which is no JSON number"),
    ("minus infinity", b'{"x_a":-Infinity}', "-Infinity, which is no JSON number"),
    ("1e999", b'{"x_a":1e999}', "'1e999', which is not finite"),
    ("33 levels", nested(33), "deeper than 32 levels"),
    ("50,000 levels", nested(50_000), "deeper than 32 levels"),
    ("500,000 levels", nested(500_000), "more than 100000 values"),
    ("levels behind a string", b'{"x_a":"\\"]]]]","x_b":' + b"[" * 40 + b"]" * 40 + b"}", "deeper"),
    ("an open string of quotes", b'{"x_a":"' + b'\\"' * 500_000, "not JSON"),
    ("5,000 digits", b'{"x_a":' + b"9" * 5_000 + b"}", "an integer of 5000 characters"),
    ("a million digits", b'{"x_a":' + b"9" * 1_000_000 + b"}", "an integer of 1000000 characters"),
    ("65 bits", b'{"x_a":18446744073709551616}', "64 bits are allowed"),
    ("half a pair, escaped", b'{"x_a":"\\ud800"}', "half of a surrogate pair"),
    ("half a pair, raw", b'{"x_a":"\xed\xa0\x80"}', "not JSON"),
    ("over 1 MiB", b'{"x_a":"' + b"a" * 2**20 + b'"}', "at most 1048576 are allowed"),
    ("20 MB", b" " * 20_000_000, "at most 1048576 are allowed"),
    ("values without end", b'{"x_a":[' + b"{}," * 300_000 + b"{}]}", "more than 100000 values"),
    ("blanks", header().replace(b",", b", ", 1), "canonical"),
    ("unsorted", b'{"version":1,"format":"zoo-model"}', "canonical"),
    ("escapes", b'{"x_a":"\\u0061"}', "canonical"),
    ("text after the end", header() + b"{}", "not JSON"),
    ("another format", header(format="onnx"), "names the format 'onnx'"),
    ("no format", header(format=...), "names the format None"),
    (
        "version 3",
        header(version=3),
        "needs version 3 of the format, and this mlp-zoo reads up to 2; install",
    ),
    ("version 3 with arrays unheard of", header(version=3, arrays=7), "needs version 3 of the format"),
    ("version 1", header(version=1), "version 1 of the format, from before mlp-zoo 0.1.0; train the model again"),
    ("version 0", header(version=0), "version 0, which is none"),
    ("version true", header(version=True), "version True, which is none"),
    ("version as text", header(version="1"), "version '1', which is none"),
    ("no version", header(version=...), "version None, which is none"),
    ("a feature", header(requires=["sparse"]), "requires 'sparse'.* needs a later mlp-zoo: install"),
    ("with a version", header(requires=["sparse@0.4"]), "requires 'sparse'.* needs mlp-zoo 0.4 or later"),
    ("no list", header(requires="sparse"), "not a list of features"),
    ("no text", header(requires=[1]), "not a list of features"),
    ("none", header(requires=...), "not a list of features"),
    ("no arrays", header(arrays=...), "does not describe its arrays"),
    ("arrays as a list", header(arrays=["w"]), "does not describe its arrays"),
    ("an array as text", header(arrays={"w": "<f4"}), "not as its header says"),
    ("shape", header(arrays={"w": described(W, shape=[3, 2])}), "not as its header says"),
    ("shape in reals", header(arrays={"w": described(W, shape=[2.0, 3])}), "not as its header says"),
    ("dtype", header(arrays={"w": described(W, dtype="<i4")}), "not as its header says"),
    ("a key more", header(arrays={"w": described(W, more=1)}), "not as its header says"),
    ("no digest", header(arrays={"w": described(W, sha256=None)}), "not as its header says"),
    ("digest", header(arrays={"w": described(W + 1)}), "'w' has another sha256"),
    ("the header's own digest", header(x_a=1).replace(b'"x_a":1', b'"x_a":2'), "sha256 that it claims"),
    (
        "no digest of its own",
        text_of({"format": "zoo-model", "version": 2, "requires": []}),
        "sha256 that it",
    ),
]

CASES = [
    *ARCHIVES,
    *((name, file(content=content), message) for name, content, message in MEMBERS),
    *((name, file(text), message) for name, text, message in HEADERS),
    ("header of floats", zipped([("header.npy", npy(np.zeros(4)))]), "not a row of bytes"),
    (
        "header of two rows",
        zipped([("header.npy", npy(np.zeros((2, 2), np.uint8)))]),
        "not a row of bytes",
    ),
]
