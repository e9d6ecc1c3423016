"""What `zoo predict` does, and how its plain calls are read without Typer, whose import takes longer than they do."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zoo_core.cli._inputs import MAX_SIZE_MIB
from zoo_core.cli._output import warn
from zoo_core.errors import DataError, ResourceError, UsageError

if TYPE_CHECKING:
    from zoo_core.cli._predictions import Predictions
    from zoo_core.model import Model

FLAGS = "--proba", "--label", "--force", "--json"
VALUES = {"-o": "output", "--output": "output", "--keep": "keep", "--errors": "errors", "--sha256": "sha256"}


def plain_call(arguments: Sequence[str]) -> dict[str, Any] | None:
    """Return what a plain call of `zoo predict` gives `predict`, or None where only Typer can tell.

    It knows whole names of options, with a blank before the value. Help and errors of usage are left to Typer.
    """
    if arguments[:1] != ["predict"] or "ZOO_MAX_SIZE" in os.environ:
        return None
    found: dict[str, Any] = {}
    places, waiting = [], iter(arguments[1:])
    for argument in waiting:
        if argument in FLAGS:
            found[argument[2:]] = True
        elif argument in VALUES:
            key, value = VALUES[argument], next(waiting, "")
            if not value or value.startswith("-"):
                return None
            found[key] = [*found.get(key, []), value] if key == "keep" else Path(value) if key == "output" else value
        elif argument == "-" or (argument and not argument.startswith("-")):
            places.append(argument)
        else:
            return None
    return {"model": places[0], "input_": places[1], **found} if len(places) == 2 else None


def predict(
    model: str,
    input_: str,
    output: Path | None = None,
    *,
    proba: bool = False,
    label: bool = False,
    keep: Sequence[str] | None = None,
    errors: str = "refuse",
    force: bool = False,
    sha256: str | None = None,
    max_size: int = MAX_SIZE_MIB,
    json: bool = False,
) -> None:
    """Print the predictions for the rows of a file, or write them to another; the command says what options mean."""
    from zoo_core.cli._inputs import load_model
    from zoo_core.registry import Registry

    registry = Registry()
    warn(registry)
    if errors not in ("refuse", "mark"):
        raise UsageError(f"--errors {errors}: give refuse or mark")
    mark, is_named = errors == "mark", bool(label or keep or errors == "mark")
    if output is not None:
        _check_output(output, input_, model, force, is_named)
    found = load_model(model, registry, sha256, max_size)
    source = _open_inputs(input_, found)
    predictions, places = _plan(found, source, input_, proba, is_named, keep or (), mark)
    _write(predictions, source, places, output, force, json)
    if note := getattr(source, "note", ""):
        print(f"note: {input_}: {note}", file=sys.stderr)
    if predictions.marked:
        counts = f"{predictions.marked:,} of {predictions.seen:,} rows have an error and no prediction"
        print(f"note: {input_}: {counts}; the first: {predictions.first_error}", file=sys.stderr)


def _check_output(output: Path, input_: str, model: str, force: bool, is_named: bool) -> None:
    """Raise UsageError for an output that cannot be written, before any work is done."""
    from zoo_core.cli._inputs import check_not_an_input, check_output_path
    from zoo_core.cli._prediction_files import ENDINGS

    check_not_an_input(output, input_, model)
    if not output.name.lower().endswith(ENDINGS):
        more = "; for standard output leave out -o" if output.name == "-" else ""
        raise UsageError(f"{output}: must end in .npy, .csv or .tsv, or in .csv.gz or .tsv.gz{more}")
    if is_named and output.suffix.lower() == ".npy":
        raise UsageError(f"{output}: a .npy file has no names; for --keep, --label and --errors mark give a .csv file")
    check_output_path(output, force)


def _open_inputs(name: str, model: Model) -> Any:
    """Return an open table, or the rows of another file; print notes on how a picture was changed."""
    from zoo_core.data.columns import input_columns
    from zoo_core.data.readers.inputs import open_inputs

    if name == "-" and sys.stdin is None:
        raise ResourceError("standard input is closed")
    source, shown = (sys.stdin.buffer, "standard input") if name == "-" else (name, name)
    about = model.about
    if re.fullmatch(r"[-+\d.eE,; ]+", name) and name != "-" and not Path(name).exists():
        raise DataError(f"{name}: there is no such file; to give the row itself: echo {name!r} | zoo predict MODEL -")
    found, notes = open_inputs(
        source, about.inputs, about.feature_names, about.image_shape, shown, model.data_options,
        input_columns(model.preprocessor, about.described_columns), model.preprocessor.wants_columns,
    )  # fmt: skip
    for note in notes:
        print(f"note: {shown}: {note}", file=sys.stderr)
    if getattr(found, "shape", (1,))[:1] == (0,):
        raise DataError(f"{name}: has no rows")
    return found


def _plan(
    model: Model, source: Any, name: str, proba: bool, is_named: bool, keep: Sequence[str], mark: bool
) -> tuple[Predictions, list[int]]:
    """Return what is written for each row, and the indices of the columns that are kept."""
    from zoo_core.cli._predictions import Predictions, kept_columns
    from zoo_core.data.readers.feature_table import FeatureTable

    kept: dict[str, int] = {}
    if isinstance(source, FeatureTable):
        kept = kept_columns(source, keep, model.data_options.get("columns") or {})
    elif keep or mark:
        raise UsageError(f"{name}: is no table of text, and --keep and --errors mark are for such")
    predictions = Predictions(model, name, proba, is_named, tuple(kept), mark)
    predictions.check()
    return predictions, list(kept.values())


def _write(
    predictions: Predictions, source: Any, places: list[int], output: Path | None, force: bool, json: bool
) -> None:
    from zoo_core.cli._output import redirect_prints
    from zoo_core.cli._prediction_files import print_predictions, save_predictions

    stream = sys.stdout
    with redirect_prints():
        chunks = predictions.chunks(source, places)
        if output is None:
            print_predictions(predictions, chunks, stream, json)
        else:
            save_predictions(predictions, chunks, output, force)
