"""A model file gives back what was put in, to the bit; NumPy reads it; equal contents make equal bytes."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from zoo_core import storage
from zoo_core.errors import ModelFileError, UsageError

HEADER = {"spec": {"name": "xor", "seed": 1}, "history": [{"epoch": 1, "train_loss": 0.1}], "x_note": None}
ARRAYS = {
    "layers.0.weights": np.arange(6, dtype=np.float32).reshape(2, 3) / 7,
    "layers.0.bias": np.array([np.pi, -0.0, 1e-310]),
    "opt.steps": np.array(2**40),
}
DTYPES = [np.float32, np.float64, np.int32, np.int64, np.uint8]
SHAPES = [(), (1,), (0,), (3, 0, 2), (2, 3), (2, 3, 4), (2, 1, 3, 2)]


def again(header: dict, arrays: dict) -> storage.ModelFile:
    return storage.contents_from_bytes(storage.to_bytes(header, arrays), "test.npz")


def reference(header: dict, arrays: dict) -> bytes:
    """Return the file as the format's description says, made by zipfile, json and NumPy's own writer."""
    described = {
        name: {
            "dtype": a.dtype.str,
            "shape": list(a.shape),
            "sha256": hashlib.sha256(a.tobytes()).hexdigest(),
        }
        for name, a in arrays.items()
    }
    full = {"format": "zoo-model", "version": 2, "requires": [], "arrays": described, **header}
    text = json.dumps(full, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    full["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    text = json.dumps(full, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in [("header", np.frombuffer(text.encode(), np.uint8)), *sorted(arrays.items())]:
            member = io.BytesIO()
            np.lib.format.write_array(member, array, version=(1, 0))
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), member.getvalue())
    return file.getvalue()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype_and_shape_comes_back_to_the_bit(dtype: type, shape: tuple[int, ...]) -> None:
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    array = np.frombuffer(np.random.default_rng(1).bytes(size), dtype).reshape(shape)
    back = again({}, {"a": array}).arrays["a"]
    assert (back.dtype, back.shape) == (np.dtype(dtype), shape)
    assert back.tobytes() == array.tobytes()  # bit patterns of NaN included
    assert back.flags.writeable
    assert back.flags.aligned
    assert back.flags.c_contiguous
    assert back.dtype.isnative
    assert back.flags.owndata


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.arange(12.0)[::-2],
        np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        np.arange(5, dtype=">i8"),
        np.float32(2.5),
        np.ma.array([1.0, 2.0]),
        np.array([np.nan, np.inf, -np.inf], np.float32),
    ],
    ids=["transposed", "strided", "fortran", "big-endian", "scalar", "masked", "not finite"],
)
def test_arrays_of_any_layout_are_stored_plainly(array: np.ndarray) -> None:
    np.testing.assert_array_equal(again({}, {"a": array}).arrays["a"], np.asarray(array), strict=False)


def test_header_comes_back_with_the_keys_of_the_form(tmp_path: Path) -> None:
    header = {
        "class_names": ["Stiefel", "été", "靴", "\U0001f45f", "\u2028\x7f\0"],
        "n": [1, -1.5e300, 2**63],
    }
    digest = storage.write_model_file(tmp_path / "a.npz", header, ARRAYS)
    contents = storage.read_model_file(tmp_path / "a.npz")
    own = {"format": "zoo-model", "version": 2, "requires": []}
    assert {k: v for k, v in contents.header.items() if k not in ("arrays", "sha256")} == header | own
    assert contents.header["arrays"]["opt.steps"]["shape"] == []
    assert list(contents.arrays) == sorted(ARRAYS)
    assert contents.sha256 == digest == hashlib.sha256((tmp_path / "a.npz").read_bytes()).hexdigest()


def test_contents_written_again_are_the_same_file() -> None:
    data = storage.to_bytes(HEADER, ARRAYS)
    contents = storage.contents_from_bytes(data, "test.npz")
    assert storage.to_bytes(contents.header, contents.arrays) == data


def test_file_is_byte_for_byte_what_zipfile_json_and_numpy_make() -> None:
    assert storage.to_bytes(HEADER, ARRAYS) == reference(HEADER, ARRAYS)


def test_plain_numpy_and_zipfile_read_it(tmp_path: Path) -> None:
    storage.write_model_file(tmp_path / "a.npz", HEADER, ARRAYS)
    with np.load(tmp_path / "a.npz") as file:
        assert file.files == ["header", *sorted(ARRAYS)]
        for name, array in ARRAYS.items():
            np.testing.assert_array_equal(file[name], array, strict=True)
        assert json.loads(file["header"].tobytes())["spec"] == HEADER["spec"]
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        assert archive.testzip() is None


def test_order_of_keys_and_place_do_not_change_the_bytes(tmp_path: Path) -> None:
    first = storage.write_model_file(tmp_path / "a.npz", HEADER, ARRAYS)
    backwards = dict(reversed(HEADER.items())), dict(reversed(ARRAYS.items()))
    (tmp_path / "deeper").mkdir()
    old = os.umask(0o077)
    try:
        assert storage.write_model_file(tmp_path / "deeper" / "b.npz", *backwards) == first
    finally:
        os.umask(old)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "deeper" / "b.npz").read_bytes()


def test_a_file_without_arrays_and_one_with_255() -> None:
    assert again({}, {}).arrays == {}
    many = {f"a{i:03}": np.array([i]) for i in range(255)}
    assert {name: int(a[0]) for name, a in again({}, many).arrays.items()} == {f"a{i:03}": i for i in range(255)}


def test_demanded_sha256(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    digest = storage.write_model_file(path, HEADER, ARRAYS)
    assert storage.read_model_file(path, sha256=digest.upper()).sha256 == digest
    with pytest.raises(ModelFileError, match=rf"a\.npz has the sha256 {digest}, and {'0' * 64} was demanded"):
        storage.read_model_file(path, sha256="0" * 64)
    with pytest.raises(UsageError, match="64 hexadecimal digits"):
        storage.read_model_file(path, sha256="abc")


def test_limit_is_the_callers(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    storage.write_model_file(path, HEADER, ARRAYS)
    size = path.stat().st_size
    assert storage.read_model_file(path, limit=size).header["spec"] == HEADER["spec"]
    with pytest.raises(ModelFileError, match=f"has {size} bytes, more than the limit of {size - 1}"):
        storage.read_model_file(path, limit=size - 1)
    with pytest.raises(ModelFileError, match="if you trust it, pass limit="):
        storage.contents_from_bytes(path.read_bytes(), "a.npz", limit=1)


def test_addresses_in_a_header_are_text_and_nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    data = storage.to_bytes({"spec": {"data": "/etc/passwd", "more": "http://127.0.0.1/x"}}, ARRAYS)
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("a file was opened"))
    monkeypatch.setattr("builtins.open", lambda *_: pytest.fail("a file was opened"))
    contents = storage.contents_from_bytes(data, "test.npz")
    assert contents.header["spec"] == {"data": "/etc/passwd", "more": "http://127.0.0.1/x"}


@pytest.mark.parametrize(
    ("header", "arrays", "message"),
    [
        ({}, {"a": np.zeros(1, np.float16)}, "array 'a' of the dtype '<f2'; only <f4"),
        ({}, {"a": np.array([True])}, r"of the dtype '\|b1'"),
        ({}, {"a": np.array([None])}, r"of the dtype '\|O'"),
        ({}, {"a": np.array(["x"])}, "of the dtype '<U1'"),
        ({}, {"a": np.zeros((1,) * 5)}, "of 5 dimensions; at most 4"),
        ({}, {"a": np.zeros((0, 2**20, 2**20, 1))}, "more than a model file can hold"),
        ({}, {"A": np.zeros(1)}, "names an array 'A': only a-z"),
        ({}, {"../a": np.zeros(1)}, "names an array '../a'"),
        ({}, {"": np.zeros(1)}, "more|only a-z"),
        ({}, {"a.npy": np.zeros(1)}, "not ending in '.npy'"),
        ({}, {"a" * 197: np.zeros(1)}, "at most 196 characters"),
        ({}, {"header": np.zeros(1)}, "taken by the file's own header"),
        ({}, {f"a{i}": np.zeros(1) for i in range(256)}, "256 arrays, and 255 are allowed"),
        ({"loss": float("nan")}, {}, "does not fit into JSON"),
        ({"loss": np.float32(1)}, {}, "does not fit into JSON"),
        ({"name": "\ud800"}, {}, "does not fit into JSON"),
        ({"seed": 2**64}, {}, "64 bits are allowed"),
        ({"note": "x" * 2**20}, {}, "at most 1048576 are allowed"),
        ({"requires": ["telepathy"]}, {}, "requires 'telepathy'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_not_written(tmp_path: Path, header: dict, arrays: dict, message: str) -> None:
    with pytest.raises(ModelFileError, match=message) as caught:
        storage.write_model_file(tmp_path / "a.npz", header, arrays)
    assert str(caught.value).startswith(str(tmp_path / "a.npz"))
    assert list(tmp_path.iterdir()) == []
