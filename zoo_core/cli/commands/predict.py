"""`zoo predict`."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoo_core.cli._options import MAX_SIZE_MIB, Force, Json, MaxSize, Sha256
from zoo_core.cli._output import warn
from zoo_core.errors import DataError, ResourceError, UsageError

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
        typer.Argument(metavar="INPUT", help="Rows: .npy, .npz (array x), .csv, .tsv, .png, or - for standard input."),
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
    Values of a regression are in the units of its data too.
    """
    from zoo_core.basics import blas_threads
    from zoo_core.cli._inputs import check_not_an_input, check_output_path, load_model
    from zoo_core.cli._output import redirect_prints
    from zoo_core.registry import Registry

    registry = Registry()
    warn(registry)
    if output is not None:
        check_not_an_input(output, input_, model)
        if output.suffix not in (".npy", ".csv"):
            raise UsageError(f"{output}: must end in .npy or .csv")
        check_output_path(output, force)
    found = load_model(model, registry, sha256, max_size)
    x = _read_inputs(input_, found)
    if x.shape[:1] == (0,):
        raise DataError(f"{input_}: has no rows")
    with blas_threads(1), redirect_prints():
        try:
            result = found.predict_proba(x) if proba else found.predict(x)
        except DataError as error:
            raise DataError(f"{input_}: {error}") from error
    _write_result(result, output, json, _column_names(found, proba), force)


def _read_inputs(name: str, model: Model) -> Any:
    """Return the rows of an input file, and print notes on how a picture was changed."""
    from zoo_core.data.readers.inputs import read_inputs

    if name == "-" and sys.stdin is None:
        raise ResourceError("standard input is closed")
    source, shown = (sys.stdin.buffer, "standard input") if name == "-" else (name, name)
    about = model.about
    if re.fullmatch(r"[-+\d.eE,; ]+", name) and name != "-" and not Path(name).exists():
        raise DataError(f"{name}: there is no such file; to give the row itself: echo {name!r} | zoo predict MODEL -")
    x, notes = read_inputs(
        source, about.inputs, about.feature_names, about.image_shape, shown, model.data_options,
        about.described_columns, model.preprocessor.wants_columns,
    )  # fmt: skip
    for note in notes:
        print(f"note: {shown}: {note}", file=sys.stderr)
    return x


def _column_names(model: Model, proba: bool) -> list[str]:
    if proba:
        return [str(label) for label in model.labels().tolist()]
    return list(model.about.target_names) or ["label" if model.about.task == "classification" else "value"]


def _write_result(result: Any, output: Path | None, json: bool, header: list[str], force: bool) -> None:
    if output is None and json:
        from zoo_core.display.text import print_json

        print_json(result.tolist(), sys.stdout)
    elif output is None and result.ndim > 1:
        sys.stdout.write(_csv_text(result, header))  # several columns need their names
    elif output is None:
        _write_lines(result, sys.stdout)
    else:
        _save_result(result, output, header, force)


def _write_lines(result: Any, file: Any) -> None:
    """Write a line for each row, with the fewest digits that give the same number again."""
    for row in result:
        text = str(row)
        file.write((text if text.isprintable() else text.replace("\r", "\\r").replace("\n", "\\n")) + "\n")


def _csv_text(result: Any, header: list[str]) -> str:
    """Return a CSV text, with quotes around a label or a name that needs them."""
    import csv

    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(header)
    lines.writerows(map(str, row) if row.ndim else [str(row)] for row in _spelled(result))
    return text.getvalue()


def _spelled(result: Any) -> Any:
    """Return which labels rows have as true and false, as tables write them; other results as they are."""
    import numpy as np

    return np.where(result, "true", "false") if result.ndim > 1 and result.dtype == bool else result


def _save_result(result: Any, output: Path, header: list[str], force: bool) -> None:
    import numpy as np

    from zoo_core.storage import write_file

    if output.suffix == ".npy":
        stream = io.BytesIO()
        np.save(stream, result, allow_pickle=False)
        write_file(output, stream.getvalue(), overwrite=force)
    else:
        write_file(output, _csv_text(result, header).encode(), overwrite=force)
