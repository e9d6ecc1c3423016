"""The generated data set: digits in MNIST's shape, drawn from a few fonts with random distortions."""

from __future__ import annotations

import io
from dataclasses import dataclass
from importlib.resources import files
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Le

from zoo_core.parts import Array, Data, DataFiles, Dataset, Table

SIDE = 28  # pixels
ONE = 1 << 12  # the number 1 in fixed point
CHUNK = 512  # images drawn in one call
# Cosine and sine of 0 to 15 degrees in fixed point. They are constants, since C libraries differ in the last bit.
COSINES = (4096, 4095, 4094, 4090, 4086, 4080, 4074, 4065, 4056, 4046, 4034, 4021, 4006, 3991, 3974, 3956)
SINES = (0, 71, 143, 214, 286, 357, 428, 499, 570, 641, 711, 782, 852, 921, 991, 1060)
ROTATIONS = [(COSINES[abs(d)], SINES[d] if d >= 0 else -SINES[-d]) for d in range(-15, 16)]


@dataclass
class Glyphs(Dataset):
    """Digits 0 to 9 in fourteen fonts, shifted, rotated, slanted, scaled, thinned or thickened, with noise.

    White on black, 28 x 28, uint8 as in MNIST; nothing is downloaded. All arithmetic is in integers, so a seed gives
    the same bits on every machine. rows, test_rows: numbers of images, 10 to 1,000,000; seed: 0 to 2^32 - 1;
    noise: largest noise in grey levels, 0 to 255.
    """

    name = "glyphs"
    examples = ({"rows": 300, "test_rows": 100},)
    state: ClassVar[tuple[str, ...]] = ()

    rows: Annotated[int, Ge(10), Le(1_000_000)] = 6000
    test_rows: Annotated[int, Ge(10), Le(1_000_000)] = 1000
    seed: Annotated[int, Ge(0), Le(2**32 - 1)] = 0
    noise: Annotated[int, Ge(0), Le(255)] = 60

    def load(self, folder: DataFiles) -> Data:
        """Draw all images; `folder` is not used."""
        shapes = _load_shapes()
        tables = []
        for part, rows in enumerate((self.rows, self.test_rows)):
            rng = np.random.Generator(np.random.PCG64([self.seed, part]))
            labels = rng.permutation(np.arange(rows, dtype=np.int64) % 10)
            images = np.empty((rows, SIDE * SIDE), np.uint8)
            for start in range(0, rows, CHUNK):
                which = slice(start, min(start + CHUNK, rows))
                images[which] = _draw_images(shapes, labels[which], rng, self.noise)
            tables.append(Table(images, labels))
        return Data(
            tables[0],
            tables[1],
            class_names=tuple("0123456789"),
            image_shape=(SIDE, SIDE),
            preprocessor="pixels",
        )


def _load_shapes() -> Array:
    """Return the base shapes, shape (fonts, 10, side, side), int32."""
    raw = files(__package__).joinpath("glyphs.npz").read_bytes()
    shapes: Array = np.load(io.BytesIO(raw), allow_pickle=False)["shapes"].astype(np.int32)
    return shapes


def _draw_images(shapes: Array, labels: Array, rng: np.random.Generator, noise: int) -> Array:
    """Return images of the given labels, shape (rows, 784), uint8."""
    rows = len(labels)
    fonts = rng.integers(0, len(shapes), rows)
    x, y = _source_positions(rows, shapes.shape[-1], rng)
    grey = _interpolate(shapes, fonts, labels, x, y)
    weight = rng.integers(-90, 91, (rows, 1), dtype=np.int32)  # thin or thicken the strokes
    contrast = rng.integers(2, 5, (rows, 1), dtype=np.int32)
    grey = np.clip((grey - 128 + weight) * contrast // 2 + 128, 0, 255) * (grey > 0)
    specks = rng.integers(-noise, noise + 1, grey.shape, dtype=np.int32)
    images: Array = np.clip(grey + specks, 0, 255).astype(np.uint8)
    return images


def _source_positions(rows: int, side: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Return the position in the base shape of each pixel of each image, shape (rows, 784), in fixed point."""
    turns = np.array(ROTATIONS, np.int32)[rng.integers(0, len(ROTATIONS), rows)]
    scale_x, scale_y = (rng.integers(ONE * 12 // 10, ONE * 21 // 10, (rows, 1), dtype=np.int32) for _ in range(2))
    slant = rng.integers(-ONE // 4, ONE // 4 + 1, (rows, 1), dtype=np.int32)
    shift_x, shift_y = (rng.integers(-2 * ONE, 2 * ONE + 1, (rows, 1), dtype=np.int32) for _ in range(2))
    middle = (2 * np.arange(SIDE, dtype=np.int32) - SIDE + 1) * ONE // 2
    u, v = np.tile(middle, SIDE) + shift_x, np.repeat(middle, SIDE) + shift_y
    cosine, sine = turns[:, :1], turns[:, 1:]
    x, y = (
        (u // 64 * cosine - v // 64 * sine) // (ONE // 64),
        (u // 64 * sine + v // 64 * cosine) // (ONE // 64),
    )
    x += y // 64 * slant // (ONE // 64)
    centre = (side - 1) * ONE // 2
    return x // 64 * scale_x // (ONE // 64) + centre, y // 64 * scale_y // (ONE // 64) + centre


def _interpolate(shapes: Array, fonts: Array, labels: Array, x: Array, y: Array) -> Array:
    """Return grey values at the positions by bilinear interpolation; outside a shape it is black."""
    side = shapes.shape[-1]
    base = ((fonts * 10 + labels) * side * side).astype(np.int32)[:, None]
    left, top = np.clip(x // ONE, 0, side - 2), np.clip(y // ONE, 0, side - 2)
    fx, fy = np.clip(x - left * ONE, 0, ONE) // 64, np.clip(y - top * ONE, 0, ONE) // 64
    flat, at, unit = shapes.ravel(), base + top * side + left, ONE // 64
    upper = flat.take(at) * (unit - fx) + flat.take(at + 1) * fx
    lower = flat.take(at + side) * (unit - fx) + flat.take(at + side + 1) * fx
    grey: Array = (upper * (unit - fy) + lower * fy) // (unit * unit)
    return grey


PARTS = (Glyphs,)
