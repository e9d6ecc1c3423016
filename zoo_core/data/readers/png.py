"""A picture of one sample, such as a drawn digit, brought into the form of the training images."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from zoo_core.data.readers._open import opened, reads_foreign_bytes, refusing_damage, source_name
from zoo_core.errors import DataError
from zoo_core.parts import Array

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 25_000_000
MAX_SIDE = 1_000_000  # pixels in a line: the decoder holds several lines
MAX_BYTES = 100_000_000  # of the decoded picture
LARGE = 4_000_000  # pixels; a larger picture is reduced before anything copies it
PIXEL_BYTES = {"L": 1, "P": 1, "1": 1, "I;16": 2}  # in memory, by mode; other modes take 4
PICKED = ("1", "P", "I", "I;16")  # modes whose pixels have no mean, or none that Pillow computes


@reads_foreign_bytes
def read_png(source: Path | str | IO[bytes], image_shape: tuple[int, int], name: str = "") -> tuple[Array, list[str]]:
    """Read a PNG as one row of grey pixels, light on dark.

    Args:
        source: a path or an open binary file.
        image_shape: height and width of the training images; other pictures are resized.
        name: what messages call the source; by default its path or file name.

    Returns:
        The row, uint8, shape (1, height * width), and a note for each change that was needed: to grey, to the size
        of the training images, to light on dark.

    Raises:
        DataError: the file is no PNG, is damaged, has more than 25 million pixels or a side of a million.
        ResourceError: the file cannot be opened.

    Example:
        row, notes = read_png("seven.png", (28, 28))
        row.shape  # (1, 784)
    """
    with opened(source) as stream:
        image, notes = _to_grey(_decode(stream, name or source_name(source)))
    height, width = image_shape
    if image.size != (width, height):
        notes.append(f"resized from {image.size[0]} x {image.size[1]} to {width} x {height}")
        image = image.resize((width, height))
    pixels = np.asarray(image, np.uint8)
    if _is_dark_on_light(pixels):
        notes.append("inverted: it shows dark on light, and the model has learnt light on dark")
        pixels = 255 - pixels
    return pixels.reshape(1, -1), notes


def _decode(stream: IO[bytes], where: str) -> Image:
    from PIL import Image, UnidentifiedImageError

    try:
        with (
            refusing_damage(where, "the picture is damaged"),
            warnings.catch_warnings(),
            Image.open(stream, formats=["PNG"]) as image,
        ):
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            if image.width * image.height > MAX_PIXELS:
                raise DataError(f"{where}: is {image.width} x {image.height} pixels, more than {MAX_PIXELS:,}")
            if max(image.size) > MAX_SIDE:
                raise DataError(f"{where}: is {image.width} x {image.height} pixels; a side has at most {MAX_SIDE:,}")
            if image.width * image.height * PIXEL_BYTES.get(image.mode, 4) > MAX_BYTES:
                raise DataError(f"{where}: decodes to more than {MAX_BYTES // 10**6} MB; save it in grey")
            image.load()
            return _reduced(image)
    except DataError as error:
        if isinstance(error.__cause__, UnidentifiedImageError):
            raise DataError(f"{where}: is not a PNG picture") from error
        raise


def _reduced(image: Image) -> Image:
    """Return a copy of a picture; a large one has every n-th of its size, because it will be made small anyway."""
    from PIL.Image import Resampling

    factor = math.isqrt(image.width * image.height // LARGE)
    if factor < 2:
        return image.copy()
    if image.mode in PICKED:
        size = max(image.width // factor, 1), max(image.height // factor, 1)
        return image.resize(size, Resampling.NEAREST)
    return image.reduce(factor)


def _to_grey(image: Any) -> tuple[Any, list[str]]:
    from PIL import Image

    if image.mode.startswith("I"):  # 16 bits for each pixel
        return Image.fromarray((np.asarray(image) / 257).round().astype(np.uint8)), ["reduced from 16 to 8 bits"]
    notes = []
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), layer)
        if layer.getextrema()[3][0] < 255:
            notes.append("laid on white where it is transparent")
    if image.mode not in ("L", "1"):
        rgb = np.asarray(image.convert("RGB"))
        if (rgb != rgb[..., :1]).any():
            notes.append("colours turned to grey")
    return image.convert("L"), notes


def _is_dark_on_light(pixels: Array) -> bool:
    """Return whether the background, which is the border of the picture, is light."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]])
    return bool(np.median(border) > 127)
