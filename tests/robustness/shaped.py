"""Files that were made wrong on purpose, where `readers.mutant` damages sound ones at random.

Each function returns the bytes of one file: headers that claim other shapes, types and orders, archives with twin and
misnamed members, streams that end early, and tables with strange characters in likely places.
"""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

import numpy as np

SHAPES = (
    "()", "(0,)", "(3,)", "(12,)", "(1, 12)", "(12, 1)", "(3, 4)", "(4, 3)", "(3, 4, 1)", "(1, 1, 3, 4)", "(0, 4)",
    "(3, 0)", "(-1, 4)", "(-3, -4)", "(True, 12)", "(12.0,)", "(3, None)", "[3, 4]", "12", "'34'", "(3, (4,))", "{}",
    "(2**64,)", "(18446744073709551616, 1)", "(9223372036854775807, 0)", "(0, 9223372036854775807)", "(3, 4,,)",
    f"({'1, ' * 40}12)", f"({'1, ' * 70}12)", f"({'1, ' * 5000}12)", "(4611686018427387904, 4)", "(3, 4L)", "(1e1,)",
)  # fmt: skip
TYPES = (
    "'<f8'", "'>f8'", "'=f8'", "'|f8'", "'<f4'", "'<f2'", "'<f16'", "'<g'", "'<c16'", "'<i8'", "'|i1'", "'|u1'",
    "'|b1'", "'<i3'", "'|S8'", "'|S0'", "'<U2'", "'<U0'", "'>U2'", "'|V8'", "'|V0'", "'<M8[s]'", "'<m8'", "'<M8[77Y]'",
    "'|O'", "'O8'", "'f8,f8'", "'3f8'", "'(2,2)f8'", "[('a', '<f8')]", "[('a', '<f8'), ('a', '<f8')]", "[]", "None",
    "[('a', '|O')]", "[('x', '<f8', (2, 0))]", "'a8'", "'<f8\\x00'", "''", "'float'", "'datetime64'", "8", "'<i8' 'x'",
    "('<f8', {})", "'StringDType'", "'T'", "[('', '<f8')]", "'<U1073741823'", "'|S2147483648'",
)  # fmt: skip
ORDERS = ("False", "True", "0", "None", "'C'", "[]", "False, 'more': 1", "1e999", "not x", "Fals")
VERSIONS = (1, 0), (2, 0), (3, 0), (0, 0), (1, 1), (4, 0), (255, 255)
CLAIMS = "shape", "kind", "order", "version", "length", "values", "nothing"
NAMES = ("x", "y", "x.npy", "X", "", ".npy", "..npy", "../x", "a/b", "C:x", "x\0y", "x\u202ey", "x" * 300, "x.npy.npy")
MEMBERS = ("x.npy", "y.npy", "x", "X.npy", "x/", "x.npy/", "../x.npy", "y\u202e.npy", "header.npy", "y.txt", "é.npy")
CELLS = (
    "", "\0", "\r", "\ufeff", "\r\r", "\x1a", "\x85", "\u2028", '"', '""', '"\n"', "'", "a" * 140_000, "½", "1" * 5000,
    "1" * 120_000 + "x", "1," * 50_000 + "x", "1 " * 50_000 + "x",
    "\x1b[2J", "\u202e1", "\u0661", "1_0", "1e400", "-", "+", "nan", "-nan", "inf", "0x10", "1,5", "1 000", "TRUE",
    "\ud800", "1e-400", "1\xa0000", "NULL", "#", "=1+1", '"1', '1"', '"a"b', "\t", ";", "  ",
)  # fmt: skip


def npy(rng: random.Random) -> bytes:
    """Return a .npy file whose header claims one to three things that are not so, in any version and length."""
    wrong = set(rng.choices(CLAIMS, k=rng.choice((1, 1, 2, 3))))
    shape = rng.choice(SHAPES) if "shape" in wrong else "(3, 4)"
    kind = rng.choice(TYPES) if "kind" in wrong else "'<f8'"
    order = rng.choice(ORDERS) if "order" in wrong else rng.choice(("False", "True"))
    header = f"{{'descr': {kind}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode("utf-8", "replace")
    version = rng.choice(VERSIONS if "version" in wrong else VERSIONS[:3])
    claimed = len(header) + (rng.choice((1, -1, 60_000, -20, 8, -99)) if "length" in wrong else 0)
    length = struct.pack("<H", claimed % 65536) if version[0] == 1 else struct.pack("<I", claimed % 2**32)
    values = np.arange(12.0).tobytes()
    if "values" in wrong:
        values = values[: rng.choice((96, 0, 95, 48, 12, 24))] * rng.choice((1, 1, 2))
    return b"\x93NUMPY" + bytes(version) + length + header + values


def npz(rng: random.Random) -> bytes:
    """Return an archive with twin, misnamed, mistyped and wrongly measured members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", rng.choice((0, 0, 8, 8, 12, 14))) as archive:
        for _ in range(rng.choice((0, 1, 2, 2, 3))):
            content = npy(rng) if rng.random() < 0.5 else _sound()
            archive.writestr(_member(rng), content)
    data = bytearray(file.getvalue())
    for mark, field, sizes in ((b"PK\3\4", 18, 2), (b"PK\1\2", 20, 2), (b"PK\5\6", 8, 4), (b"PK\1\2", 8, 1)):
        at = data.find(mark)
        if at >= 0 and rng.random() < 0.12:  # sizes, counts, offsets, flags
            place = at + field + 2 * rng.randrange(2 * sizes)
            data[place : place + 2] = rng.choice((b"\0\0", b"\xff\xff", b"\1\0", b"\0\x80", b"\x41\0"))
    return bytes(data[: rng.choice((len(data),) * 12 + (len(data) - 1, len(data) // 2))])


def _member(rng: random.Random) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(rng.choice(MEMBERS) if rng.random() < 0.7 else f"{rng.choice(NAMES)}.npy")
    info.compress_type = rng.choice((0, 8))
    info.external_attr = rng.choice((0, 0, 0o120777 << 16, 0o040755 << 16, 0o010644 << 16))  # link, folder, pipe
    info.extra = rng.choice((b"", b"", b"\1\0\x10\0" + b"\xff" * 16, b"\1\0\2\0ab", b"\xff" * 3))
    return info


def _sound() -> bytes:
    file = io.BytesIO()
    np.save(file, np.arange(12.0).reshape(3, 4))
    return file.getvalue()


def idx(rng: random.Random) -> bytes:
    """Return an IDX file with any type and dimensions, gzipped or not, whole or cut at any byte."""
    sizes = [rng.choice((0, 1, 2, 3, 4, 12, 255, 2**31, 2**32 - 1)) for _ in range(rng.choice((0, 1, 2, 2, 3, 255)))]
    if rng.random() < 0.4:
        sizes = rng.choice(([3, 4], [12], [3, 2, 2], [1, 1, 12], [0], [12, 0]))
    count = (len(sizes) + rng.choice((0, 0, 0, 1, -1))) % 256
    kind = rng.choice((8, 8, 8, 9, 11, 12, 13, 14, 0, 255))
    start = bytes((rng.choice((0, 0, 0, 1)), 0, kind, count)) + b"".join(struct.pack(">I", n) for n in sizes)
    data = start + bytes(range(12)) * rng.choice((1, 1, 1, 0, 4, 8))
    return _gzipped(data, rng) if rng.random() < 0.6 else data


def _gzipped(data: bytes, rng: random.Random) -> bytes:
    """Return a gzip stream that is cut, doubled, lengthened, or has a wrong checksum, size or header."""
    packed = gzip.compress(data, mtime=0)
    how = rng.randrange(8)
    if how == 0:
        return packed[: rng.randrange(len(packed))]
    if how == 1:
        return packed + rng.choice((packed, gzip.compress(b""), b"\0" * 9, b"\x1f", b"\x1f\x8b", b"rubbish"))
    if how == 2:
        return packed[:-8] + rng.randbytes(4) + packed[-4:]
    if how == 3:
        return packed[:-4] + struct.pack("<I", rng.choice((0, 2**32 - 1, len(data) + 1)))
    if how == 4:
        return packed[:3] + bytes([rng.randrange(256)]) + packed[4:]  # flags: a name, a comment, an extra field
    if how == 5:
        return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + zlib.compress(data)  # zlib instead of raw deflate
    return packed if how == 6 else gzip.compress(packed, mtime=0)


def csv(rng: random.Random) -> bytes:
    """Return a table with strange cells, rows of other lengths, other line ends and other encodings."""
    separator, end = rng.choice((",", ",", ";", "\t", "|")), rng.choice(("\n", "\n", "\r\n", "\r"))
    rows = [["a", "b", "c", "d", "kind"]] * rng.choice((1, 1, 1, 0, 2))
    rows = [list(row) for row in rows] + [[*map(str, rng.choices(range(9), k=4)), rng.choice("yn")] for _ in range(4)]
    for _ in range(rng.choice((0, 1, 1, 2, 4))):
        row = rng.choice(rows)
        at = rng.randrange(len(row) + 1)
        row[at : at + rng.choice((0, 1, 1, 1, 2))] = [rng.choice(CELLS)] * rng.choice((0, 1, 1, 1))
        row += [] if row else [""]
    text = end.join(separator.join(row) for row in rows) + rng.choice(("", end, end * 3, "\r", "\0", "\x1a"))
    encoding = rng.choice(("utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "utf-32", "cp1252"))
    return text.encode(encoding, "replace" if encoding in ("latin-1", "cp1252") else "surrogatepass")


SHAPED: dict[str, Callable[[random.Random], bytes]] = {".npy": npy, ".npz": npz, ".idx": idx, ".csv": csv}


# ------------------------------------------------------------------ independent readings


def numpy_reading(content: bytes) -> dict[str, np.ndarray]:
    """Return what NumPy reads from a .npy or .npz file: the arrays by name."""
    found = np.load(io.BytesIO(content), allow_pickle=False)
    return {"": found} if isinstance(found, np.ndarray) else {name: found[name] for name in found.files}


def idx_reading(content: bytes) -> np.ndarray:
    """Return the array of an IDX file, read in the simplest way."""
    data = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    zeros, kind, count = struct.unpack_from(">HBB", data)
    assert zeros == 0
    shape = struct.unpack_from(f">{count}I", data, 4)
    letter = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}[kind]
    return np.frombuffer(data[4 + 4 * count :], letter).reshape(shape)


def check_arrays(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    """Raise AssertionError unless the arrays are the same, with bytes as texts in UTF-8."""
    for name, array in found.items():
        other = expected[name]
        other = np.char.decode(other, "utf-8") if other.dtype.kind == "S" else other
        assert (array.shape, array.dtype) == (other.shape, other.dtype.newbyteorder("=")), f"{name!r} is {array.dtype}"
        assert np.array_equal(array, other, equal_nan=array.dtype.kind == "f"), f"{name!r} has other values"
