"""Data sets from files: MNIST as published, and users' own tables; errors name what does not fit."""

from __future__ import annotations

import gzip
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zoo_core.data import DataFolder
from zoo_core.errors import DataError, SpecError
from zoo_core.parts import Dataset
from zoo_core.registry import Registry
from zoo_core.spec import Spec
from zoo_plugins.datasets.idx_files import FashionMnist, Idx, Mnist
from zoo_plugins.datasets.npz_files import Npz
from zoo_plugins.datasets.tables import Csv

IMAGES, LABELS, TEST_IMAGES, TEST_LABELS = (file.name for file in Mnist.files)


def idx(array: np.ndarray) -> bytes:
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DataFolder:
    """Return only a data folder: no cache, no network."""
    monkeypatch.delenv("ZOO_DATA_DIR", raising=False)
    monkeypatch.setenv("ZOO_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("ZOO_OFFLINE", "1")
    return DataFolder.open(tmp_path)


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., Path]:
    def put(name: str, content: bytes | str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return put


# ------------------------------------------------------------------ MNIST and its like


@pytest.mark.mnist
def test_mnist_is_the_published_one(mnist_dir: Path) -> None:
    data = Mnist().load(DataFolder.open(mnist_dir))
    assert data.test is not None
    assert (data.train.x.shape, data.test.x.shape) == ((60_000, 784), (10_000, 784))
    assert data.train.x.dtype == np.uint8
    # The first labels and the counts of the digits, as published with the data set.
    assert data.train.y[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert data.test.y[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(data.train.y).tolist() == counts
    assert (data.image_shape, data.preprocessor, data.class_names[9]) == ((28, 28), "pixels", "9")
    # Mean and standard deviation of the training pixels, 0.1307 and 0.3081, are well known.
    assert data.train.x.mean() / 255 == pytest.approx(0.1307, abs=1e-4)
    assert data.train.x.std() / 255 == pytest.approx(0.3081, abs=1e-4)


@pytest.fixture
def small(put: Callable[..., Path]) -> Callable[..., None]:
    """Write a data set in MNIST's format with three rows in each part; `changes` replaces files by name."""

    def write(dataset: str, **changes: bytes) -> None:
        images, labels = idx(np.arange(3 * 784).reshape(3, 28, 28)), idx(np.array([9, 0, 4]))
        files = {"images": images, "labels": labels, "test_images": images, "test_labels": labels} | changes
        for name, content in zip((IMAGES, LABELS, TEST_IMAGES, TEST_LABELS), files.values(), strict=True):
            put(f"{dataset}/{name}", gzip.compress(content))

    return write


@pytest.mark.parametrize("dataset", [Mnist, FashionMnist])
def test_four_files_make_a_data_set(
    folder: DataFolder, small: Callable[..., None], dataset: type[Mnist] | type[FashionMnist]
) -> None:
    small(dataset.name)
    data = dataset().load(folder)
    np.testing.assert_array_equal(data.train.x, np.arange(3 * 784).reshape(3, 784).astype(np.uint8))
    assert data.train.y.tolist() == [9, 0, 4]
    assert data.train.y.dtype == np.int64
    assert len(data.class_names) == 10


@pytest.mark.parametrize(
    ("changes", "file", "words"),
    [
        ({"images": b"\0\0\7\3"}, IMAGES, "no IDX file"),
        ({"images": idx(np.zeros((3, 28, 27)))}, IMAGES, "28 x 28"),
        ({"images": idx(np.zeros((3, 784)))}, IMAGES, "28 x 28"),
        ({"test_images": idx(np.zeros((4, 28, 28)))}, TEST_IMAGES, "4 rows"),
        ({"labels": idx(np.array([1, 2, 10]))}, LABELS, "row 2 (from 0) has the label 10; labels are 0 to 9"),
        ({"test_labels": idx(np.zeros((3, 1)))}, TEST_LABELS, "one whole number"),
        ({"test_labels": idx(np.zeros(2))}, TEST_LABELS, "2 labels"),
    ],
)
def test_files_that_do_not_fit_are_named(
    folder: DataFolder, small: Callable[..., None], changes: dict[str, bytes], file: str, words: str
) -> None:
    small("mnist", **changes)
    with pytest.raises(DataError, match=re.escape(words)) as caught:
        Mnist().load(folder)
    assert file in str(caught.value)


@pytest.mark.parametrize("dataset", [Mnist, FashionMnist])
def test_public_files_are_pinned(dataset: type[Mnist] | type[FashionMnist]) -> None:
    assert len({file.sha256 for file in dataset.files}) == 4
    for file in dataset.files:
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert len(file.mirrors) == 2
        assert file.mirrors[0].startswith("https://")


def test_own_idx_files(folder: DataFolder, put: Callable[..., Path]) -> None:
    images = np.arange(4 * 6).reshape(4, 2, 3)
    put("i", idx(images)), put("l", gzip.compress(idx(np.array([0, 1, 2, 1]))))
    put("ti", idx(images[:1])), put("tl", idx(np.array([2])))
    data = Idx("i", "l", "ti", "tl").load(folder)
    assert data.test is not None
    np.testing.assert_array_equal(data.train.x, images.reshape(4, 6))
    assert (data.image_shape, data.preprocessor, data.test.y.tolist()) == ((2, 3), "pixels", [2])
    put("tl", idx(np.array([3])))
    with pytest.raises(DataError, match="label 3; labels are 0 to 2"):
        Idx("i", "l", "ti", "tl").load(folder)
    put("ti", idx(np.zeros((1, 3, 2)))), put("tl", idx(np.array([0])))
    with pytest.raises(DataError, match=r"\(3, 2\)"):
        Idx("i", "l", "ti", "tl").load(folder)
    with pytest.raises(ValueError, match="come together"):
        Idx("i", "l", "ti")


# ------------------------------------------------------------------ CSV


@pytest.mark.parametrize(
    ("labels", "classes", "codes"),
    [
        (["tom", "ann", "tom"], ("ann", "tom"), [1, 0, 1]),
        (["0", "2", "1"], ("0", "1", "2"), [0, 2, 1]),
        (["0", "255", "255"], ("0", "255"), [0, 1, 1]),
        (["03", "01", "02"], ("01", "02", "03"), [2, 0, 1]),
        (["3", "1", "3.0"], ("1", "3"), [1, 0, 1]),
        (["10", "9", "10"], ("9", "10"), [1, 0, 1]),
        (["-1", "1", "+1"], ("-1", "1"), [0, 1, 1]),
    ],
)
def test_labels_become_classes(
    folder: DataFolder,
    put: Callable[..., Path],
    labels: list[str],
    classes: tuple[str, ...],
    codes: list[int],
) -> None:
    put("a.csv", "size,kind,age\n" + "".join(f"{i},{label},{i * 2}\n" for i, label in enumerate(labels)))
    data = Csv("a.csv", target="kind").load(folder)
    assert data.train.x.tolist() == [[0, 0], [1, 2], [2, 4]]
    assert (data.class_names, data.train.y.tolist()) == (classes, codes)
    assert (data.feature_names, data.preprocessor, data.test) == (("size", "age"), "standard", None)


def test_a_test_file_has_the_classes_of_the_first(folder: DataFolder, put: Callable[..., Path]) -> None:
    put("a.csv", "a,kind\n1,x\n2,y\n"), put("b.csv", "a,kind\n3,y\n")
    data = Csv("a.csv", "kind", test_path="b.csv").load(folder)
    assert data.test is not None
    assert (data.test.x.tolist(), data.test.y.tolist()) == ([[3]], [1])
    put("b.csv", "a,kind\n3,z\n")
    with pytest.raises(DataError, match=r"b\.csv: line 2 has the label 'z'; the classes are x, y"):
        Csv("a.csv", "kind", test_path="b.csv").load(folder)
    put("b.csv", "b,kind\n3,x\n")
    with pytest.raises(DataError, match=r"b\.csv: there is no column 'a'"):
        Csv("a.csv", "kind", test_path="b.csv").load(folder)


def test_rows_without_a_target_are_left_out_and_that_is_said(folder: DataFolder, put: Any) -> None:
    put("a.csv", "a,kind\n1,x\n2,NA\n3,y\n4,\n")
    with pytest.warns(UserWarning, match=r"a\.csv: 2 row\(s\) without a target are left out; the first is line 3"):
        data = Csv("a.csv", "kind").load(folder)
    assert (data.train.x.tolist(), data.class_names) == ([[1], [3]], ("x", "y"))
    with pytest.warns(UserWarning, match="1 row"):
        assert Csv("a.csv", "kind", missing=[""]).load(folder).class_names == ("NA", "x", "y")


def test_a_test_file_may_have_its_columns_in_another_order(folder: DataFolder, put: Any) -> None:
    put("a.csv", "a,b,y\n1,2,3\n4,5,6\n"), put("b.csv", "y,extra,b,a\n9,red,8,7\n")
    data = Csv("a.csv", "y", "regression", test_path="b.csv").load(folder)
    assert data.test is not None
    assert (data.test.x.tolist(), data.test.y.tolist()) == ([[7, 8]], [[9]])


def test_csv_columns_to_learn_from_and_weights(folder: DataFolder, put: Any) -> None:
    put("a.csv", "id,a,b,w,kind\nr1,1,2,0.5,x\nr2,3,4,2,y\n")
    data = Csv("a.csv", "kind", features=["b", "a"], weights="w").load(folder)
    assert data.train.x.tolist() == [[2, 1], [4, 3]]
    assert data.feature_names == ("b", "a")
    assert data.train.weights is not None
    assert data.train.weights.tolist() == [0.5, 2]
    put("b.csv", "1,2,3,4\n5,6,7,8\n")
    data = Csv("b.csv", 3, "regression", features=[0, 2], weights=1, header=False).load(folder)
    assert (data.train.x.tolist(), data.train.y.tolist()) == ([[1, 3], [5, 7]], [[4], [8]])
    assert np.asarray(data.train.weights).tolist() == [2, 6]
    assert Csv("b.csv", 3, "regression", weights=1, header=False).load(folder).train.x.tolist() == [[1, 3], [5, 7]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"features": ["a", "a"]}, "column 'a' is named twice"),
        ({"features": ["a", "kind"]}, "column 'kind' is named twice"),
        ({"features": ["a", "nope"]}, "there is no column 'nope'"),
        ({"weights": "minus"}, r"line 3 has the weight -1"),
        ({"weights": "none"}, "all weights are 0"),
        ({"weights": "nope"}, "there is no column 'nope'.*; data.weights names it as the weights of the rows"),
        ({"weights": "nope", "columns": {"a": "number"}}, "data.weights names it as the weights of the rows"),
    ],
)
def test_csv_columns_that_do_not_fit(folder: DataFolder, put: Any, options: dict[str, Any], words: str) -> None:
    put("a.csv", "a,minus,none,kind\n1,1,0,x\n2,-1,0,y\n")
    with pytest.raises(DataError, match=words):
        Csv("a.csv", "kind", **options).load(folder)


def test_npz_weights(folder: DataFolder, tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", x=np.eye(3), y=[0, 1, 0], w=[1, 2, 3], short=[1.0])
    table = Npz("w.npz", weights="w").load(folder).train
    assert np.asarray(table.weights).tolist() == [1, 2, 3]
    with pytest.raises(DataError, match=r"short: float64 of shape \(1,\), not numbers \(3,\)"):
        Npz("w.npz", weights="short").load(folder)


def test_a_regression_with_several_targets(folder: DataFolder, put: Callable[..., Path]) -> None:
    put("a.csv", "a,b,c,d\n1,2,3,4\n5,6,7,8\n")
    data = Csv("a.csv", ["d", 1], "regression").load(folder)
    assert (data.train.x.tolist(), data.train.y.tolist()) == ([[1, 3], [5, 7]], [[4, 2], [8, 6]])
    assert (data.task, data.feature_names, data.target_names) == ("regression", ("a", "c"), ("d", "b"))
    assert Csv("a.csv", -1, "regression").load(folder).train.y.tolist() == [[4], [8]]


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("a,kind\n1,0.5\n2,1.5\n", {}, "task = 'regression'"),
        ("kind\nx\ny\n", {}, "nothing to learn from"),
        ("a,b\n1,2\n", {"target": "c"}, "no column 'c'"),
        ("a,b\n1,2\n", {"target": ["b", 1], "task": "regression"}, "twice"),
        ("a,b\nx,2\n", {"task": "regression"}, "column 'a'"),
    ],
)
def test_tables_that_do_not_fit(
    folder: DataFolder, put: Callable[..., Path], text: str, options: dict[str, Any], words: str
) -> None:
    put("a.csv", text)
    with pytest.raises(DataError, match=re.escape(words)) as caught:
        Csv("a.csv", **options).load(folder)
    assert "a.csv" in str(caught.value)


# ------------------------------------------------------------------ npz


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., None]:
    return lambda **arrays: np.savez(tmp_path / "a.npz", **arrays)


def test_arrays_of_images(folder: DataFolder, save: Callable[..., None]) -> None:
    x = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)
    save(x=x, y=np.array(["b", "a", "b", "b"]), x_test=x[:1], y_test=np.array(["a"]))
    data = Npz("a.npz").load(folder)
    assert data.test is not None
    np.testing.assert_array_equal(data.train.x, x.reshape(4, 6))
    assert (data.class_names, data.train.y.tolist(), data.test.y.tolist()) == (("a", "b"), [1, 0, 1, 1], [0])
    assert (data.image_shape, data.preprocessor, data.train.x.dtype) == ((2, 3), "pixels", np.uint8)


def test_arrays_of_values_under_other_names(folder: DataFolder, save: Callable[..., None]) -> None:
    save(inputs=np.ones((3, 2)), out=np.array([1, 2, 3]))
    data = Npz("a.npz", x="inputs", y="out", task="regression").load(folder)
    assert (data.train.y.tolist(), data.train.y.dtype) == ([[1], [2], [3]], np.float64)
    assert data.preprocessor == "standard"


X, Y = np.ones((3, 2)), np.array([0, 1, 0])


@pytest.mark.parametrize(
    ("arrays", "task", "words"),
    [
        ({"x": X}, "classification", "no array 'y'"),
        ({"x": X, "y": Y[:2]}, "classification", "(3, 2) and (2,)"),
        ({"x": X[:, 0], "y": Y}, "classification", "wanted (rows, ...)"),
        ({"x": X, "y": Y / 2}, "classification", "labels are float64"),
        ({"x": X, "y": Y[:, None]}, "classification", "labels are int64 of shape (3, 1)"),
        ({"x": X * [1, np.nan], "y": Y}, "classification", "row 0, column 1 (both from 0) is nan"),
        ({"x": X, "y": np.array([1, np.inf, 2])}, "regression", "row 1 (from 0) is inf"),
        ({"x": X, "y": Y, "x_test": X}, "classification", "only one of x_test and y_test"),
        ({"x": X, "y": Y, "x_test": X[:, :1], "y_test": Y}, "classification", "test rows have 1 features"),
        ({"x": X, "y": Y, "x_test": X, "y_test": Y + 5}, "classification", "row 0 (from 0) has the label '5'"),
        ({"x": X[:0], "y": Y[:0]}, "regression", "nothing to learn from"),
    ],
)
def test_arrays_that_do_not_fit(
    folder: DataFolder, save: Callable[..., None], arrays: dict[str, Any], task: Any, words: str
) -> None:
    save(**arrays)
    with pytest.raises(DataError, match=re.escape(words)) as caught:
        Npz("a.npz", task=task).load(folder)
    assert "a.npz" in str(caught.value)


# ------------------------------------------------------------------ in a spec


def parsed(**data: Any) -> Dataset:
    spec = {
        "data": data,
        "model": {"loss": "mse", "layers": [{"units": 1}]},
        "optimizer": {"name": "sgd", "learning_rate": 0.1},
    }
    return Spec.parse(spec, Registry()).data.source


def test_options_come_from_a_spec() -> None:
    assert parsed(name="csv", path="a.csv", target=["u", -1], task="regression", train=":5") == Csv(
        "a.csv", ["u", -1], "regression"
    )
    assert parsed(name="npz", path="a.npz") == Npz("a.npz")
    assert isinstance(parsed(name="fashion_mnist"), FashionMnist)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "csv"}, "path"),
        ({"name": "csv", "path": ""}, "path"),
        ({"name": "csv", "path": "a", "delimiter": ";;"}, "delimiter"),
        ({"name": "csv", "path": "a", "delimiter": "\n"}, "delimiter"),
        ({"name": "csv", "path": "a", "target": True}, "target"),
        ({"name": "csv", "path": "a", "target": ["a", "b"]}, "target must be one column"),
        ({"name": "idx", "images": "a"}, "labels"),
        ({"name": "mnist", "path": "a"}, "unknown key"),
    ],
)
def test_options_that_a_spec_may_not_have(options: dict[str, Any], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        parsed(**options)
