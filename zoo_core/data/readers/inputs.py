"""The rows of a file in any format, as inputs for a model.

Only the reader of the file's format is imported, so that `zoo predict` starts at once.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from zoo_core.data.readers._contents import spooled
from zoo_core.data.readers._open import reads_foreign_bytes
from zoo_core.data.readers.npy import read_array
from zoo_core.errors import DataError
from zoo_core.parts import Array, Column

if TYPE_CHECKING:
    from zoo_core.data.readers.feature_table import FeatureTable
    from zoo_core.data.readers.npy_rows import DiskRows

Inputs = tuple["Array | DiskRows", list[str]]  # rows, and a note for each change of a picture
PICTURE = b"\x89PNG\r\n\x1a\n"


@reads_foreign_bytes
def read_inputs(
    source: Path | str | IO[bytes],
    features: int,
    feature_names: Sequence[str] = (),
    image_shape: Sequence[int] | None = None,
    name: str = "",
    options: Mapping[str, Any] | None = None,
    columns: Sequence[Column] = (),
    gaps: bool = False,
) -> Inputs:
    """Read rows to predict from. A path says the format by its ending, an open file by its first bytes.

    Args:
        source: a .npy, .npz or .png file, a text table with any other ending, or an open binary file.
        features: the number of features of the model; a .npy file with them may be larger than memory.
        feature_names: the names of the features, for a CSV file with a header; empty if there are none.
        image_shape: height and width of the training images; None if the model was not trained on images.
        name: what messages call the source; by default its path.
        options: those of the model's data set, `model.data_options`; a text table is read by them.
        columns: what the features are, `model.about.described_columns`; a text table is read by them, too.
        gaps: whether values may be missing, `model.preprocessor.wants_columns`.

    Returns:
        The rows, shape (rows, features) or (rows, height, width), and a note for each change of a picture.

    Raises:
        DataError: the file holds something else, or is damaged.
        ResourceError: the file cannot be opened.

    Example:
        about = model.about
        x, notes = read_inputs("new.csv", about.inputs, about.feature_names, options=model.data_options)
        model.predict(x)
    """
    found, notes = open_inputs(source, features, feature_names, image_shape, name, options, columns, gaps)
    return (found.read() if hasattr(found, "read") else found), notes


@reads_foreign_bytes
def open_inputs(
    source: Path | str | IO[bytes], features: int, feature_names: Sequence[str] = (),
    image_shape: Sequence[int] | None = None, name: str = "", options: Mapping[str, Any] | None = None,
    columns: Sequence[Column] = (), gaps: bool = False,
) -> tuple[Array | DiskRows | FeatureTable, list[str]]:  # fmt: skip
    """Open rows to predict from; as `read_inputs`, but the rows of a text table are not read yet."""
    table = (feature_names, features, options, columns, gaps)
    if not isinstance(source, (Path, str)):
        start, shown = source.read(len(PICTURE)), name or "the input"
        if _is_binary(start):
            return _read_binary(start + source.read(), image_shape, shown, gaps)
        return _open_table(spooled(start, source, shown), *table), []
    ending, name = Path(source).suffix.lower(), name or str(source)
    if ending == ".png":
        return _read_picture(source, image_shape, name)
    if ending == ".npy":
        return _read_npy(Path(source), features, gaps), []
    if ending == ".npz":
        return read_array(source, gaps=gaps), []
    return _open_table(source, *table), []


def _is_binary(start: bytes) -> bool:
    return start == PICTURE or start[:6] == b"\x93NUMPY" or start[:4] == b"PK\x03\x04"


def _read_binary(raw: bytes, image_shape: Sequence[int] | None, name: str, gaps: bool) -> Inputs:
    """Return what an open file of arrays or a picture holds."""
    if raw[:8] == PICTURE:
        return _read_picture(io.BytesIO(raw), image_shape, name)
    return read_array(io.BytesIO(raw), gaps=gaps), []


def _read_npy(path: Path, features: int, gaps: bool) -> Array | DiskRows:
    """Return the rows of a .npy file, which are read when they are needed if the file has the model's form."""
    from zoo_core.data.readers.npy_rows import DiskRows

    try:
        rows = DiskRows(path)
    except DataError:  # in Fortran order, or with a fault that the other reader explains better
        return read_array(path, gaps=gaps)
    if rows.shape[1] != features or len(rows.sample_shape) > 2:
        return read_array(path, gaps=gaps)
    rows.check_finite(gaps=gaps)
    return rows


def _open_table(source: Any, *form: Any) -> FeatureTable:
    from zoo_core.data.readers.features import open_features

    return open_features(source, *form)


def _read_picture(source: Path | str | IO[bytes], image_shape: Sequence[int] | None, name: str) -> Inputs:
    from zoo_core.data.readers.png import read_png

    if image_shape is None:
        raise DataError(f"{name}: is a picture, but the model was not trained on images; give rows of numbers")
    return read_png(source, (image_shape[0], image_shape[1]), name)
