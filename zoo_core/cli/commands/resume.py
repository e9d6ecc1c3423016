"""`zoo resume`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zoo_core.cli._options import CheckpointEvery, DataDir, Json, Quiet, Sha256, Threads
from zoo_core.cli._output import warn
from zoo_core.training import DEFAULT_INTERVAL

EXAMPLES = "Examples: zoo resume my.npz | zoo resume my.checkpoint-0000000500.npz --data-dir data"


def command(
    file: Annotated[Path, typer.Argument(help="The output of a stopped run, or one of its checkpoints.")],
    data_dir: DataDir = None,
    threads: Threads = None,
    checkpoint_every: CheckpointEvery = DEFAULT_INTERVAL,
    sha256: Sha256 = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace the output if it exists, though the run was not told to."),
    ] = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Resume a training run that was stopped.

    The result is equal, to the bit, to that of a run that was never stopped. Other data or another spec is refused; the
    number of threads may be another one.
    """
    from zoo_core.cli._follow import run_to_end
    from zoo_core.cli._inputs import data_folder
    from zoo_core.registry import Registry
    from zoo_core.runs import Output, prepare_resumed
    from zoo_core.training import Interval

    registry, output, interval = Registry(), Output(file, overwrite=force), Interval.parse(checkpoint_every)
    warn(registry, quiet)
    with output.lock():
        trainer = prepare_resumed(output, data_folder(data_dir, quiet), registry, threads=threads, sha256=sha256)
        run_to_end(trainer, output, interval, quiet=quiet, json=json)
