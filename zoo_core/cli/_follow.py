"""What `zoo train` and `zoo resume` share: showing a run, stopping it at a signal, printing its result."""

from __future__ import annotations

import shlex
import sys
import textwrap
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from zoo_core.cli._output import counted_from_one, messages, redirect_prints, report, warning_list
from zoo_core.cli._signals import stop_at_signal
from zoo_core.cli._streams import failures_later
from zoo_core.errors import ResourceError

if TYPE_CHECKING:
    from zoo_core.runs import Output
    from zoo_core.training import Interval, Trainer


WIDTH = 80  # characters of a line of the result
GLUE = "\N{NO-BREAK SPACE}"  # between the name of a figure and its value
EARLY = ("rows_trained_on", "unseen_classes", "unusable_outputs")  # warnings that were shown before training


def show_run(trainer: Trainer, output: Output, interval: Interval | None, *, quiet: bool, json: bool) -> None:
    """Train, show and save; after a signal exit with its code, the run being saved."""
    from zoo_core.display.progress import show
    from zoo_core.runs import follow

    results = sys.stderr if json else sys.stdout
    with stop_at_signal(trainer) as seen, failures_later(sys.stdout), redirect_prints() if json else nullcontext():
        show(follow(trainer, output, interval), console=messages(), results=results, quiet=quiet)
    if trainer.interrupted:
        print(f"saved {output.last}; go on with: zoo resume {shlex.quote(str(output.path))}", file=sys.stderr)
        raise typer.Exit(128 + seen[0])


def run_to_end(trainer: Trainer, output: Output, interval: Interval | None, *, quiet: bool, json: bool) -> None:
    """Train, show and save a run, and print its result."""
    from zoo_core.model import kept_record

    show_run(trainer, output, interval, quiet=quiet, json=json)
    last = kept_record(trainer.history)
    result = {"model": str(output.path), "sha256": trainer.model.sha256, **counted_from_one(last)}
    result["baseline"] = baseline = _baseline(trainer)
    result["warnings"] = warning_list(trainer.model.warnings)
    try:
        report(result, json, None if quiet else _summary(output.path, last, baseline, trainer.model.warnings))
        sys.stdout.flush()
    except ResourceError as error:
        raise ResourceError(f"{error}; the model is saved: {output.path}") from error


def _baseline(trainer: Trainer) -> dict[str, float]:
    """Return the baseline of each metric of the test and the validation split."""
    from zoo_core.model import baseline_figures

    own = {name: baseline_figures(trainer.model, t) for name, t in trainer.splits.items() if name != "train"}
    return {f"{name}_{key}": value for name, figures in own.items() for key, value in figures.items()}


def _summary(path: Path, last: dict[str, float], baseline: dict[str, float], warnings: Mapping[str, str]) -> str:
    from zoo_core.display.text import format_number

    splits = ("test_", "validation_")
    known = {key: f"{GLUE}(baseline{GLUE}{format_number(value)})" for key, value in baseline.items()}
    shown = [
        f"{key}{GLUE}{format_number(value)}{known.get(key, '')}"
        for key, value in last.items()
        if key.startswith(splits)
    ]
    figures = [line.replace(GLUE, " ") for line in textwrap.wrap(", ".join(shown), WIDTH, break_long_words=False)]
    early = [f"warning: {warnings[key]}" for key in EARLY if key in warnings]
    saved = f"saved {path}; see its learning curve: zoo plot {shlex.quote(str(path))}"
    return "\n".join([*early, *figures, saved])
