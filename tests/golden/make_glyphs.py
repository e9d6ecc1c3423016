"""Makes `glyphs.npz` of the data set: the ten digits in the fonts of matplotlib, 48 x 48 pixels each.

Run it only to change the base shapes. The file is stored, so that the data set does not depend on a renderer.
"""

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

SIDE, HEIGHT = 48, 34
FONTS = [
    ("DejaVu Sans", "normal", "normal"),
    ("DejaVu Sans", "italic", "normal"),
    ("DejaVu Sans", "normal", "bold"),
    ("DejaVu Serif", "normal", "normal"),
    ("DejaVu Serif", "italic", "normal"),
    ("DejaVu Serif", "normal", "bold"),
    ("DejaVu Sans Mono", "normal", "normal"),
    ("DejaVu Sans Mono", "italic", "bold"),
    ("STIXGeneral", "normal", "normal"),
    ("STIXGeneral", "italic", "normal"),
    ("STIXGeneral", "normal", "bold"),
    ("cmr10", "normal", "normal"),
    ("cmss10", "normal", "normal"),
    ("cmtt10", "normal", "normal"),
]


def draw(digit: int, font: tuple[str, str, str]) -> np.ndarray:
    """Return one digit, white on black, cropped, scaled to a fixed height and centred."""
    figure = Figure(figsize=(2, 2), dpi=200, facecolor="black")
    canvas = FigureCanvasAgg(figure)
    family, style, weight = font
    figure.text(0.5, 0.5, str(digit), size=100, color="white", family=family, style=style, weight=weight,
                ha="center", va="center")  # fmt: skip
    canvas.draw()
    grey = np.asarray(canvas.buffer_rgba())[:, :, 0]
    rows, columns = np.flatnonzero(grey.any(axis=1)), np.flatnonzero(grey.any(axis=0))
    cut = Image.fromarray(grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    width = max(4, round(cut.width * HEIGHT / cut.height))
    small = np.asarray(cut.resize((width, HEIGHT), Image.Resampling.BOX))
    shape = np.zeros((SIDE, SIDE), np.uint8)
    top, left = (SIDE - HEIGHT) // 2, (SIDE - width) // 2
    shape[top : top + HEIGHT, left : left + width] = small
    return shape


if __name__ == "__main__":
    shapes = np.array([[draw(digit, font) for digit in range(10)] for font in FONTS])
    target = Path(__file__).parents[2] / "plugins/zoo_plugins/datasets/glyphs.npz"
    np.savez_compressed(target, shapes=shapes)
    print(shapes.shape, target.stat().st_size)
