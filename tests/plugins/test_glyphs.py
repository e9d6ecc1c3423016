"""The generated digits: the same bits from a seed everywhere, balanced classes, and learnable."""

import hashlib

import numpy as np
import pytest

from zoo_plugins.datasets.glyphs import Glyphs

FIRST_100 = "40f31ca87933a1bb5cc7b6d37a84bf91210219bf681b903f054627e9a050bc7b"


@pytest.fixture(scope="module")
def data():
    return Glyphs().load(None)


def test_a_seed_gives_the_same_bits_everywhere(data):
    assert hashlib.sha256(data.train.x[:100].tobytes()).hexdigest() == FIRST_100


def test_another_seed_and_the_test_split_give_other_images(data):
    other = Glyphs(rows=100, test_rows=10, seed=1).load(None)
    assert (other.train.x != data.train.x[:100]).any(axis=1).all()
    assert not {row.tobytes() for row in data.test.x} & {row.tobytes() for row in data.train.x}


def test_the_form_is_that_of_mnist(data):
    assert data.train.x.shape == (6000, 784)
    assert data.test.x.shape == (1000, 784)
    assert data.train.x.dtype == np.uint8
    assert (data.train.x.min(), data.train.x.max()) == (0, 255)
    assert data.image_shape == (28, 28)
    assert data.class_names == tuple("0123456789")


def test_classes_are_balanced_and_shuffled(data):
    for table in (data.train, data.test):
        assert (np.bincount(table.y) == len(table.y) // 10).all()
        assert len(set(table.y[:30])) > 5
    assert (data.train.y[:20] != np.arange(20) % 10).any()


def test_nearest_centroid_is_right_more_often_than_not(data):
    x, y = data.train.x.astype(float), data.train.y
    centroids = np.array([x[y == digit].mean(axis=0) for digit in range(10)])
    scores = data.test.x @ centroids.T - (centroids**2).sum(axis=1) / 2
    assert (scores.argmax(axis=1) == data.test.y).mean() > 0.5


def test_without_noise_the_background_is_black():
    corners = Glyphs(rows=50, test_rows=10, noise=0).load(None).train.x[:, [0, 27, 756, 783]]
    assert (corners == 0).mean() > 0.9
