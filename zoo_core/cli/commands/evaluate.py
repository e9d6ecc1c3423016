"""`zoo evaluate`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from zoo_core.cli._options import MAX_SIZE_MIB, DataDir, ForcePicture, Json, MaxSize, Sha256
from zoo_core.cli._output import report, warn
from zoo_core.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from zoo_core.model import Model
    from zoo_core.runs import EvaluationRows

EXAMPLES = (
    "Examples: zoo evaluate glyphs.npz | zoo evaluate mnist-mlp --split test --json | "
    "zoo evaluate my.npz --report -o report.png"
)


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
    report_: Annotated[
        bool,
        typer.Option(
            "--report", help="Also print figures by class or target, calibration, and the importance of each feature."
        ),
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="With --report: draw it to a .png, .svg or .pdf file.")
    ] = None,
    force: ForcePicture = False,
    data_dir: DataDir = None,
    sha256: Sha256 = None,
    max_size: MaxSize = MAX_SIZE_MIB,
    json: Json = False,
) -> None:
    """Evaluate a model: the loss and every metric of its spec.

    Beside them stands the baseline: what always answering with the most frequent class, or the mean, would reach.
    Metrics are in the units of the data. The loss is of the targets as the network learnt them: of a regression mostly
    standardized (data.target_preprocessor), so that losses of models with other scales do not compare.
    """
    from zoo_core.cli._inputs import data_folder, load_model
    from zoo_core.cli._output import redirect_prints, warn_of
    from zoo_core.registry import Registry
    from zoo_core.runs import evaluation_rows

    if output is not None and not report_:
        raise UsageError(
            f"-o {output}: is for the picture of --report: add --report; for the figures in a file: > FILE"
        )
    registry = Registry()
    warn(registry)
    found = load_model(model, registry, sha256, max_size)
    write = None if output is None else _picture_writer(output, model, data or split, force)
    with redirect_prints():
        measured = evaluation_rows(found, split, data_folder(data_dir), registry, data)
    if report_:
        _report(found, measured, write, output, json)
    else:
        _figures(found, measured, json)
    warn_of(measured.warnings)


def _figures(model: Model, measured: EvaluationRows, json: bool) -> None:
    from zoo_core.cli._output import redirect_prints, rows, warning_list
    from zoo_core.display.text import format_number
    from zoo_core.model import baseline_figures
    from zoo_core.model.evaluation import evaluate_table

    with redirect_prints():
        metrics = evaluate_table(model, measured.table, check=True)
        baseline = baseline_figures(model, measured.table)
    shown = {key: format_number(value) for key, value in baseline.items()}
    named = {"loss": "loss (of scaled targets)"} if model.units.name else {}
    figures = [
        {"metric": named.get(key, key), measured.name: format_number(value), "baseline": shown.get(key, "")}
        for key, value in metrics.items()
    ]
    human = rows(figures, ["metric", measured.name, *(["baseline"] if shown else [])])
    warnings = {"warnings": warning_list(measured.warnings)} if measured.warnings else {}
    report(metrics | warnings, json, human)


def _picture_writer(output: Path, model: str, rows: str, force: bool) -> Callable[[Figure], None]:
    from zoo_core.cli._inputs import picture_writer

    return picture_writer(output, f"evaluate --report {model} {rows}", force)


def _report(
    model: Model, measured: EvaluationRows, write: Callable[[Figure], None] | None, output: Path | None, json: bool
) -> None:
    from zoo_core.cli._output import print_result, redirect_prints, warning_list
    from zoo_core.display.text import report_tables
    from zoo_core.reports import make_report

    with redirect_prints():
        made = make_report(model, measured.table)
    if write is not None:
        from zoo_core.display.plots import report_figure

        write(report_figure(made))
    saved = {} if output is None else {"saved": str(output)}
    if json:
        report(made.to_dict() | saved | {"warnings": warning_list(measured.warnings)}, json, None)
        return
    for table in report_tables(made):
        print_result(table)
        print()
    for line in [*made.notes, *(f"saved {path}" for path in saved.values())]:
        print(line)
