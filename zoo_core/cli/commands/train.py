"""`zoo train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zoo_core.cli._options import MAX_SIZE_MIB, CheckpointEvery, DataDir, Json, MaxSize, Quiet, Seed, SetOption, Threads
from zoo_core.cli._output import warn
from zoo_core.errors import UsageError
from zoo_core.training import DEFAULT_INTERVAL

EXAMPLES = (
    "Examples: zoo train glyphs-quickstart | zoo train my.toml -o my.npz --set training.epochs=5 --seed 2 | "
    "zoo train my.toml --folds 5 | zoo train my.npz --from my.npz -o longer.npz"
)

RESUME = ("training.resume_optimizer=true",)


def command(
    spec: Annotated[
        str, typer.Argument(help="A spec file (.toml or .json), the name of a shipped model, or a model file (.npz).")
    ],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The .npz file to save the model in; default: NAME.npz here.")
    ] = None,
    set_: SetOption = None,
    seed: Seed = None,
    start_from: Annotated[
        str | None,
        typer.Option("--from", metavar="MODEL", help="Begin with the weights and the preprocessor of this model."),
    ] = None,
    resume_optimizer: Annotated[
        bool,
        typer.Option(
            "--resume-optimizer", help="Go on with the optimizer of --from too, which training.keep_optimizer keeps."
        ),
    ] = False,
    sha256: Annotated[
        str | None,
        typer.Option("--sha256", help="Refuse the model of --from, or else of SPEC, unless it has this digest."),
    ] = None,
    max_size: MaxSize = MAX_SIZE_MIB,
    data_dir: DataDir = None,
    threads: Threads = None,
    checkpoint_every: CheckpointEvery = DEFAULT_INTERVAL,
    folds: Annotated[
        int | None,
        typer.Option(
            "--folds", metavar="N", min=2, max=1000, help="Cross-validate: train N models, each tested on its own fold."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the output if it exists, and its unfinished run.")
    ] = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Train a network from a spec and save it to one file.

    Until the run is finished, its last two checkpoints lie beside the output. `zoo resume` goes on with a stopped run.
    """
    from zoo_core.cli._folds import FoldRuns
    from zoo_core.cli._follow import run_to_end
    from zoo_core.cli._inputs import check_output_path, data_folder, load_model
    from zoo_core.registry import Registry
    from zoo_core.runs import Output, prepare
    from zoo_core.spec import read_spec
    from zoo_core.training import Interval

    registry, interval = Registry(), Interval.parse(checkpoint_every)
    warn(registry, quiet)
    earlier = None if start_from is None else load_model(start_from, registry, sha256, max_size)
    of_spec = sha256 if earlier is None else None
    changes = [*(set_ or []), *RESUME * resume_optimizer]
    checked = read_spec(spec, changes, registry, seed=seed, sha256=of_spec, limit=max_size * 2**20)
    path = output or Path(f"{checked.name}.npz")
    if folds is not None:
        _check_ending(output)
        if earlier is not None:
            raise UsageError("--folds tests a model on rows that the model of --from may have learnt; leave one out")
        check_output_path(path, force=True)
        files = data_folder(data_dir, quiet)
        run = FoldRuns(path, files, registry, interval, force=force, threads=threads, quiet=quiet, json=json)
        run.train(checked, folds)
        return
    target = Output(check_output_path(path, force), overwrite=force)
    target.check_inputs(map(Path, filter(None, (spec, start_from))))
    _check_ending(output)
    files = data_folder(data_dir, quiet)
    with target.lock():
        target.prepare(checked.to_dict())
        trainer = prepare(checked, files, registry, threads=threads, start_from=earlier)
        run_to_end(trainer, target, interval, quiet=quiet, json=json)


def _check_ending(output: Path | None) -> None:
    if output is not None and output.suffix != ".npz":
        raise UsageError(f"{output}: a model file must end in .npz; try -o {output}.npz")
