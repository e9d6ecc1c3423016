"""`zoo train`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from zoo_core.cli.common import DataDir, Json, Quiet, SetOption, report, warn

NAME = "train"
EXAMPLES = "Examples: zoo train glyphs-quickstart | zoo train my.toml -o my.npz --set training.epochs=5 --seed 2"


def command(
    spec: Annotated[str, typer.Argument(help="A spec file (.toml or .json), or the name of a shipped model.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where the model goes; default: NAME.npz here.")
    ] = None,
    set_: SetOption = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed instead of the spec's.")] = None,
    data_dir: DataDir = None,
    threads: Annotated[int | None, typer.Option(min=1, help="BLAS threads.", envvar="ZOO_THREADS")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")] = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Train a network from a spec and save it to one file."""
    from zoo_core.cli.common import folder, messages, writable
    from zoo_core.display.figures import kept
    from zoo_core.display.progress import show
    from zoo_core.registry import Registry
    from zoo_core.run import follow, prepare
    from zoo_core.spec import read_spec

    registry = Registry()
    warn(registry, quiet)
    checked = read_spec(spec, set_ or [], registry, seed=seed)
    target = writable(output or Path(f"{checked.name}.npz"), force)
    trainer = prepare(checked, folder(data_dir, quiet).by(spec), registry, threads=threads)
    show(follow(trainer), console=messages(), results=sys.stderr if json else sys.stdout, quiet=quiet)
    sha256 = trainer.model.save(target, overwrite=force)
    last = kept(trainer.history)
    figures = {"model": str(target), "sha256": sha256, **last}
    report(figures, json, None if quiet else _summary(target, last))


def _summary(target: Path, last: dict[str, float]) -> str:
    from zoo_core.display.tables import number

    shown = [f"{key} {number(value)}" for key, value in last.items() if key.startswith(("test_", "validation_"))]
    return "\n".join(
        [*([", ".join(shown)] if shown else []), f"saved {target}; see its learning curve: zoo plot {target}"]
    )
