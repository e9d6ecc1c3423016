"""Damaged, hostile and foreign files are refused with a ModelFileError that says why, at next to no cost.

The files are made by zipfile, json and NumPy. They are signed anew after each change, so that the reader finds the
named flaw and not a wrong checksum.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import socket
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tests.helpers.properties import UNTIMED
from tests.storage.refused_files import CASES, ITEMS, SOUND, W, file, flipped, forged, header, nested, npy, zipped
from zoo_core import storage
from zoo_core.errors import ModelFileError
from zoo_core.storage import _header_json as document


def test_whatever_a_parser_raises_is_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object) -> None:
        raise raised

    monkeypatch.setattr("zoo_core.storage._reader.read_members", broken)
    for raised in (IndexError("x"), RecursionError(), KeyError(3), AssertionError()):
        with pytest.raises(ModelFileError, match=f"^m.npz is damaged: {type(raised).__name__}"):
            storage.contents_from_bytes(SOUND, "m.npz")
    raised = MemoryError()
    with pytest.raises(MemoryError):
        storage.contents_from_bytes(SOUND, "m.npz")


def cost(data: bytes) -> tuple[float, int, ModelFileError]:
    """Return seconds of the processor, peak bytes and the error of a refusal."""
    tracemalloc.start()
    began = time.process_time()
    try:
        with pytest.raises(ModelFileError) as caught:
            storage.contents_from_bytes(data, "m.npz")
        return time.process_time() - began, tracemalloc.get_traced_memory()[1], caught.value
    finally:
        tracemalloc.stop()


def test_the_files_of_these_tables_are_sound_but_for_their_flaw() -> None:
    contents = storage.contents_from_bytes(SOUND, "m.npz")
    np.testing.assert_array_equal(contents.arrays["w"], W, strict=True)
    storage.contents_from_bytes(file(header(x_new={"deep": [[1]]}, other=2**64 - 1)), "m.npz")
    deepest = file(header(x_deep=json.loads(nested(31))["x_deep"]))
    assert storage.contents_from_bytes(deepest, "m.npz").header["x_deep"] != []


@pytest.mark.parametrize(("data", "message"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_refused_with_its_reason_at_little_cost(data: bytes, message: str) -> None:
    seconds, peak, error = cost(data)
    assert str(error).startswith("m.npz ")
    assert error.exit_code == 3
    with pytest.raises(ModelFileError, match=message):
        raise error
    assert len(str(error)) < 400
    assert str(error).isprintable()
    assert seconds < 1
    assert peak < 8 * 2**20


def test_every_flipped_bit_is_refused() -> None:
    data = storage.to_bytes({}, {"w": np.float32([1.5])})
    for bit in range(8 * len(data)):
        with pytest.raises(ModelFileError):
            storage.contents_from_bytes(flipped(data, bit), "m.npz")


def test_every_truncation_and_every_lost_beginning_is_refused() -> None:
    for length in range(len(SOUND)):
        with pytest.raises(ModelFileError):
            storage.contents_from_bytes(SOUND[:length], "m.npz")
        with pytest.raises(ModelFileError):
            storage.contents_from_bytes(SOUND[length + 1 :], "m.npz")


EDITS = st.lists(
    st.tuples(
        st.integers(0, len(SOUND) - 1),
        st.integers(0, 40),
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from([b"PK\1\2", b"PK\3\4", b"PK\5\6", b"\xff" * 4, b"\0" * 8, b"\x93NUMPY\1\0"]),
            st.integers(0, len(SOUND) - 64).map(lambda i: SOUND[i : i + 64]),
        ),
    ),
    min_size=1,
    max_size=4,
)


@settings(UNTIMED, max_examples=400)
@given(EDITS)
def test_blind_mutations_never_load_and_never_raise_anything_else(
    edits: list[tuple[int, int, bytes]],
) -> None:
    data = SOUND
    for start, lost, new in edits:
        data = data[:start] + new + data[start + lost :]
    if data == SOUND:
        return
    with pytest.raises(ModelFileError):
        storage.contents_from_bytes(data, "m.npz")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
DESCR = st.sampled_from(["'<f4'", "'<f8'", "'<i4'", "'|u1'", "'|O'", "'>f4'", "'|V0'", "<f4", "''", "'", "[]"])
SHAPE = st.one_of(
    st.lists(st.integers(-1, 7) | st.integers(2**31, 2**65), max_size=6).map(lambda s: str(tuple(s))),
    st.text("0123456789, ()-xTrue", max_size=12),
)


@settings(UNTIMED, max_examples=200)
@given(
    descr=DESCR,
    shape=SHAPE,
    items=st.just(ITEMS) | st.binary(max_size=64),
    changes=st.dictionaries(st.sampled_from(["x_a", "version", "requires", "arrays", "spec"]), JSON, max_size=2),
    entry=st.fixed_dictionaries({}, optional={"dtype": st.just("<f8"), "shape": st.lists(st.integers(0, 6))}),
    name=st.sampled_from(["w.npy", "w", "x.npy", "header.npy", "..npy", "w.npy.npy"]),
)
def test_structural_mutants_signed_anew_are_refused_or_read_as_numpy_reads_them(
    descr: str, shape: str, items: bytes, changes: dict, entry: dict, name: str
) -> None:
    digest = hashlib.sha256(items).hexdigest()
    arrays = {"w": {"dtype": "<f4", "shape": [2, 3], "sha256": digest} | entry}
    first = npy(np.frombuffer(header(**({"arrays": arrays} | changes)), np.uint8))
    data = zipped([("header.npy", first), (name, forged(descr, shape, items))])
    try:
        contents = storage.contents_from_bytes(data, "m.npz")
    except ModelFileError:
        return
    with np.load(io.BytesIO(data)) as file:
        assert contents.arrays["w"].tobytes() == file["w"].tobytes() == items
        assert contents.arrays["w"].dtype == file["w"].dtype


def test_a_bomb_costs_nothing() -> None:
    bomb = zipped([("header.npy", bytes(50_000_000))], compression=zipfile.ZIP_DEFLATED)
    seconds, peak, error = cost(bomb)
    assert "compressed by deflate" in str(error)
    assert peak < 2**20
    assert seconds < 1


def test_the_largest_header_allowed_takes_little_memory() -> None:
    data = file(header(x_a=[{}] * 49_900))
    tracemalloc.start()
    try:
        storage.contents_from_bytes(data, "m.npz")
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    finally:
        tracemalloc.stop()


def test_a_feature_that_this_version_knows_may_be_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "FEATURES", frozenset({"sparse"}))
    data = file(header(requires=["sparse@0.4"]))
    assert storage.contents_from_bytes(data, "m.npz").header["requires"] == ["sparse@0.4"]


def test_a_file_over_the_limit_is_not_even_read(tmp_path: Path) -> None:
    path = tmp_path / "sparse.npz"
    with path.open("wb") as sparse:
        sparse.truncate(2**40)
    with pytest.raises(ModelFileError, match="1099511627776 bytes, more than the limit of 268435456"):
        storage.read_model_file(path)


def make_folder(path: Path) -> None:
    path.mkdir()


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))


def make_loop(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (make_folder, "is a folder and not a file"),
        (os.mkfifo, "is a named pipe and not a file"),
        (make_socket, "is a socket or a device"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device and not a file"),
        (make_loop, "cannot be found"),
        (lambda path: None, ": there is no such file; check the name"),
    ],
    ids=["folder", "pipe", "socket", "device", "loop", "missing"],
)
def test_what_is_no_file_is_refused_without_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None], message: str
) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    make(Path("m.npz"))
    with pytest.raises(ModelFileError, match=rf"^m\.npz ?{message}"):
        storage.read_model_file("m.npz")


@pytest.mark.parametrize("name", ["a\0b.npz", "x" * 300, "file/below.npz", ""], ids=["NUL", "long", "below", "empty"])
def test_names_that_no_file_can_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    with pytest.raises(ModelFileError, match=r"cannot be found|no such file|no file name|is a folder"):
        storage.read_model_file(name)
