"""Data sets in IDX files: MNIST and Fashion-MNIST as published, and your own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import MinLen

from zoo_core.data.labels import MAX_CLASSES
from zoo_core.data.readers.idx import read_idx
from zoo_core.data.readers.npy import check_finite
from zoo_core.errors import DataError
from zoo_core.parts import Array, Data, DataFiles, Dataset, PublicFile, Table

MNIST_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
FASHION_MIRRORS = (
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",  # the server has no TLS: the sha256 makes it safe
)
NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
GARMENTS = (
    "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip


def _files(mirrors: tuple[str, ...], *pins: tuple[str, int]) -> tuple[PublicFile, ...]:
    """Return the four files in the order of NAMES, given their sha256 and sizes in bytes."""
    return tuple(PublicFile(name, *pin, mirrors) for name, pin in zip(NAMES, pins, strict=True))


class _Digits(Dataset):
    """Base of MNIST and its successors: four IDX files of 28 x 28 images in ten classes."""

    # `files` are training images, training labels, test images, test labels
    class_names: ClassVar[tuple[str, ...]] = ()

    def load(self, folder: DataFiles) -> Data:
        """Return both tables: images as uint8, shape (rows, 784), and labels 0 to 9."""
        images, labels, test_images, test_labels = (folder.file(self.name, file) for file in self.files)
        return Data(
            train=flat_table(*read_pair(images, labels, classes=10, shape=(28, 28))),
            test=flat_table(*read_pair(test_images, test_labels, classes=10, shape=(28, 28))),
            class_names=self.class_names,
            image_shape=(28, 28),
            preprocessor="pixels",
        )


@dataclass
class Mnist(_Digits):
    """Handwritten digits: 60,000 training and 10,000 test images.

    Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document
    recognition", Proceedings of the IEEE 86 (1998).
    """

    name = "mnist"
    class_names = tuple("0123456789")
    files = _files(
        MNIST_MIRRORS,
        ("440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", 9_912_422),
        ("3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", 28_881),
        ("8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", 1_648_877),
        ("f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", 4_542),
    )


@dataclass
class FashionMnist(_Digits):
    """Pictures of garments in MNIST's form: 60,000 training and 10,000 test images.

    Source: H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine
    learning algorithms", arXiv:1708.07747 (2017).
    """

    name = "fashion_mnist"
    class_names = GARMENTS
    files = _files(
        FASHION_MIRRORS,
        ("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26_421_880),
        ("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515),
        ("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4_422_102),
        ("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148),
    )


def read_pair(
    images: Path, labels: Path, classes: int | None = None, shape: tuple[int, int] | None = None
) -> tuple[Array, Array]:
    """Read a pair of IDX files: samples of shape (rows, ...), and labels of shape (rows,).

    Raises DataError unless the numbers of rows agree, labels are 0 to `classes` - 1, and images have `shape`.
    """
    x, y = read_idx(images), read_idx(labels)
    if x.ndim < 2 or (shape is not None and (x.shape[1:] != shape or x.dtype != np.uint8)):
        wanted = f"bytes of {shape[0]} x {shape[1]} pixels" if shape else "a row of features for each sample"
        raise DataError(f"{images}: holds {x.dtype} of shape {x.shape}, not {wanted}")
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise DataError(f"{labels}: holds {y.dtype} of shape {y.shape}, not one whole number for each sample")
    if len(x) != len(y):
        raise DataError(f"{images} has {len(x)} rows and {labels} has {len(y)} labels; they do not belong together")
    _check_range(y, classes, str(labels))
    check_finite(x, str(images))
    return x, y


def flat_table(x: Array, y: Array) -> Table:
    """Return a table with one row of features for each sample, without copying them, and int64 labels."""
    return Table(x.reshape(len(x), math.prod(x.shape[1:])), y.astype(np.int64))


def _check_range(labels: Array, classes: int | None, where: str) -> None:
    limit = classes or MAX_CLASSES
    bad = np.flatnonzero((labels < 0) | (labels >= limit))
    if len(bad):
        raise DataError(f"{where}: row {bad[0]} (from 0) has the label {labels[bad[0]]}; labels are 0 to {limit - 1}")


@dataclass
class Idx(Dataset):
    """Your own IDX files, gzipped or not: samples of two or more dimensions, and labels 0, 1, ...

    images, labels: paths of the training files; test_images, test_labels: paths of the test files.
    """

    name = "idx"

    images: Annotated[str, MinLen(1)]
    labels: Annotated[str, MinLen(1)]
    test_images: Annotated[str, MinLen(1)] | None = None
    test_labels: Annotated[str, MinLen(1)] | None = None

    def __post_init__(self) -> None:
        if (self.test_images is None) != (self.test_labels is None):
            raise ValueError("test_images and test_labels come together, or not at all")

    def load(self, folder: DataFiles) -> Data:
        """Return the tables. Samples of two dimensions are images."""
        x, y = read_pair(folder.locate(self.images), folder.locate(self.labels))
        test = None
        if self.test_images is not None and self.test_labels is not None:
            path = folder.locate(self.test_images)
            pair = read_pair(path, folder.locate(self.test_labels), classes=int(y.max(initial=0)) + 1)
            if pair[0].shape[1:] != x.shape[1:]:
                raise DataError(f"{path}: samples of shape {pair[0].shape[1:]}, but {self.images} has {x.shape[1:]}")
            test = flat_table(*pair)
        image_shape = (x.shape[1], x.shape[2]) if x.ndim == 3 else None
        preprocessor = "pixels" if x.dtype == np.uint8 else "standard"
        return Data(flat_table(x, y), test, image_shape=image_shape, preprocessor=preprocessor)


PARTS = (Mnist, FashionMnist, Idx)
