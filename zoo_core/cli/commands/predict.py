"""`zoo predict`."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from zoo_core.cli._options import MAX_SIZE_MIB, Force, Json, MaxSize, Sha256
from zoo_core.cli._output import warn
from zoo_core.errors import DataError, UsageError

if TYPE_CHECKING:
    from zoo_core.model import Model

EXAMPLES = (
    "Examples: zoo predict glyphs.npz x.npy -o y.npy | zoo predict mnist-mlp seven.png --proba | "
    "zoo predict m.npz - < rows.csv"
)


def command(
    model: Annotated[str, typer.Argument(help="A model file (.npz), or the name of a shipped model.")],
    input_: Annotated[
        str,
        typer.Argument(metavar="INPUT", help="Rows: .npy, .npz (array x), .csv, .png, or - for standard input."),
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A .npy or .csv file; default: standard output.")
    ] = None,
    proba: Annotated[bool, typer.Option("--proba", help="Rows of class probabilities instead of labels.")] = False,
    force: Force = False,
    sha256: Sha256 = None,
    max_size: MaxSize = MAX_SIZE_MIB,
    json: Json = False,
) -> None:
    """Predict labels, values or probabilities for rows of inputs.

    Inputs are in the units of the data, such as pixels from 0 to 255; the model's preprocessor is applied.
    """
    from zoo_core.cli._inputs import check_not_an_input, check_output_path, load_model
    from zoo_core.cli._output import redirect_prints
    from zoo_core.registry import Registry
    from zoo_core.training import blas_threads

    registry = Registry()
    warn(registry)
    if output is not None:
        check_not_an_input(output, input_, model)
        if output.suffix not in (".npy", ".csv"):
            raise UsageError(f"{output}: must end in .npy or .csv")
        check_output_path(output, force)
    found = load_model(model, registry, sha256, max_size)
    x = read_input(input_, found)
    if not len(x):
        raise DataError(f"{input_}: has no rows")
    with blas_threads(1), redirect_prints():
        try:
            result = found.predict_proba(x) if proba else found.predict(x)
        except DataError as error:
            raise DataError(f"{input_}: {error}") from error
    _write_result(result, output, json, _column_names(found, proba))


def read_input(name: str, model: Model) -> Any:
    """Return the rows of an input file, shape (rows, features)."""
    from zoo_core.data.readers.npy import read_array

    if name == "-":
        raw = sys.stdin.buffer.read()
        if raw[:8] == b"\x89PNG\r\n\x1a\n":
            return _read_image(io.BytesIO(raw), "standard input", model)
        if raw[:6] == b"\x93NUMPY" or raw[:4] == b"PK\x03\x04":
            return read_array(io.BytesIO(raw))
        return _read_csv(io.StringIO(_decode(raw)), model)
    ending = Path(name).suffix.lower()
    if ending == ".png":
        return _read_image(name, name, model)
    if ending == ".npy":
        return _read_npy(Path(name), model.about.inputs)
    if ending == ".npz":
        return read_array(Path(name))
    if ending == ".csv":
        return _read_csv(Path(name), model)
    raise UsageError(f"{name}: must end in .npy, .npz, .csv or .png, or be - for standard input")


def _read_npy(path: Path, features: int) -> Any:
    """Return the rows of a .npy file, which are read when they are needed if the file has the model's form."""
    from zoo_core.data.readers.npy import read_array
    from zoo_core.data.readers.npy_rows import DiskRows

    try:
        rows = DiskRows(path)
    except DataError:  # in Fortran order, or with a fault that the other reader explains better
        return read_array(path)
    if rows.shape[1] != features or len(rows.sample_shape) > 2:
        return read_array(path)
    rows.check_finite()
    return rows


def _read_csv(source: Path | IO[str], model: Model) -> Any:
    from zoo_core.data.readers.csv import read_features

    return read_features(source, model.about.feature_names)


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError("standard input is neither .npy, .npz, .png nor CSV in UTF-8") from error


def _read_image(source: str | IO[bytes], name: str, model: Model) -> Any:
    from zoo_core.data.readers.png import read_png

    shape = model.about.image_shape
    if shape is None:
        raise DataError(f"{name}: model {model.name!r} was not trained on images; give rows of numbers")
    x, notes = read_png(source, (shape[0], shape[1]), name)
    for note in notes:
        print(f"note: {name}: {note}", file=sys.stderr)
    return x


def _column_names(model: Model, proba: bool) -> list[str]:
    if proba:
        return [str(label) for label in model.labels().tolist()]
    return list(model.about.target_names) or ["label" if model.about.task == "classification" else "value"]


def _write_result(result: Any, output: Path | None, json: bool, header: list[str]) -> None:
    if output is None and json:
        from zoo_core.display.text import print_json

        print_json(result.tolist(), sys.stdout)
    elif output is None:
        _write_lines(result, sys.stdout)
    else:
        _save_result(result, output, header)


def _write_lines(result: Any, file: Any) -> None:
    """Write a line for each row, with the fewest digits that give the same number again."""
    for row in result:
        file.write((",".join(map(str, row)) if row.ndim else str(row)) + "\n")


def _csv_text(result: Any, header: list[str]) -> str:
    """Return a CSV text, with quotes around a label or a name that needs them."""
    import csv

    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(header)
    lines.writerows(map(str, row) if row.ndim else [str(row)] for row in result)
    return text.getvalue()


def _save_result(result: Any, output: Path, header: list[str]) -> None:
    import numpy as np

    from zoo_core.storage import write_file

    if output.suffix == ".npy":
        stream = io.BytesIO()
        np.save(stream, result, allow_pickle=False)
        write_file(output, stream.getvalue())
    else:
        write_file(output, _csv_text(result, header).encode())
