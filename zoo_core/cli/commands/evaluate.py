"""`zoo evaluate`."""

from __future__ import annotations

from typing import Annotated

import typer

from zoo_core.cli._options import MAX_SIZE_MIB, DataDir, Json, MaxSize, Sha256
from zoo_core.cli._output import report, warn

EXAMPLES = "Examples: zoo evaluate glyphs.npz | zoo evaluate mnist-mlp --split test --json"


def command(
    model: Annotated[str, typer.Argument(help="A model file (.npz), or the name of a shipped model.")],
    data: Annotated[
        str | None,
        typer.Option(
            "--data",
            help="Another data set, or a file like the model's own, or a .npz of arrays x and y: all its rows.",
        ),
    ] = None,
    split: Annotated[
        str, typer.Option("--split", help="The split to evaluate on: train, validation or test.")
    ] = "test",
    data_dir: DataDir = None,
    sha256: Sha256 = None,
    max_size: MaxSize = MAX_SIZE_MIB,
    json: Json = False,
) -> None:
    """Evaluate a model: the loss and every metric of its spec.

    Beside them stands the baseline: what always answering with the most frequent class, or the mean, would reach.
    """
    from zoo_core.cli._inputs import data_folder, load_model
    from zoo_core.cli._output import redirect_prints, rows, warn_of, warning_list
    from zoo_core.display.text import format_number
    from zoo_core.model import baseline_figures, evaluate_table
    from zoo_core.registry import Registry
    from zoo_core.runs import evaluation_rows

    registry = Registry()
    warn(registry)
    found = load_model(model, registry, sha256, max_size)
    with redirect_prints():
        measured = evaluation_rows(found, split, data_folder(data_dir), registry, data)
        metrics = evaluate_table(found, measured.table, check=True)
        baseline = baseline_figures(found, measured.table)
    shown = {key: format_number(value) for key, value in baseline.items()}
    figures = [
        {"metric": key, measured.name: format_number(value), "baseline": shown.get(key, "")}
        for key, value in metrics.items()
    ]
    human = rows(figures, ["metric", measured.name, *(["baseline"] if shown else [])])
    warnings = {"warnings": warning_list(measured.warnings)} if measured.warnings else {}
    report(metrics | warnings, json, human)
    warn_of(measured.warnings)
