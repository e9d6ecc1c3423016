"""`zoo predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zoo_core.cli._options import MAX_SIZE_MIB, Force, Json, MaxSize, Sha256
from zoo_core.cli._predict import predict

EXAMPLES = (
    "Examples: zoo predict glyphs.npz x.npy -o y.npy | zoo predict mnist-mlp seven.png --proba | "
    "zoo predict m.npz - < rows.csv | zoo predict m.npz new.csv --keep id --proba --errors mark -o y.csv"
)


def command(
    model: Annotated[str, typer.Argument(help="A model file (.npz), or the name of a shipped model.")],
    input_: Annotated[
        str,
        typer.Argument(metavar="INPUT", help="Rows: .npy, .npz (array x), .csv, .tsv, .png, or - for standard input."),
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="A .npy, .csv or .tsv file, also .csv.gz; default: standard output."),
    ] = None,
    proba: Annotated[bool, typer.Option("--proba", help="Class probabilities in place of labels.")] = False,
    label: Annotated[
        bool, typer.Option("--label", help="With --proba: a column 'prediction' before those of the probabilities.")
    ] = False,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--keep",
            metavar="COLUMNS",
            help="Columns of the input to write before the predictions: names with commas between them, "
            "id for those of kind id, or all; may be repeated. Implies --label.",
        ),
    ] = None,
    errors: Annotated[
        str,
        typer.Option(
            "--errors",
            metavar="refuse|mark",
            help="What to do about a row with a fault: refuse the file, or leave its prediction empty and say why in a "
            "column 'error'. mark implies --label.",
        ),
    ] = "refuse",
    force: Force = False,
    sha256: Sha256 = None,
    max_size: MaxSize = MAX_SIZE_MIB,
    json: Json = False,
) -> None:
    """Predict labels, values or probabilities for rows of inputs.

    Inputs are in the units of the data, such as pixels from 0 to 255; the model's preprocessor is applied.
    Values of a regression are in the units of its data too. A table of text may be of any size: some rows at a time are
    in memory.
    """
    predict(
        model, input_, output, proba=proba, label=label, keep=keep, errors=errors, force=force, sha256=sha256,
        max_size=max_size, json=json,
    )  # fmt: skip
