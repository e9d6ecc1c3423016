"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zoo_core.cli._inputs import MAX_SIZE_MIB as MAX_SIZE_MIB

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Folder with <dataset>/<public file names>; default: $ZOO_DATA_DIR, then the cache.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Show no progress and no messages; errors still show.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one value of the spec; may be repeated."),
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Seed to use instead of the spec's.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the output if it exists.")]
ForcePicture = Annotated[
    bool, typer.Option("--force", help="Replace a file that is not the picture which the same command made before.")
]
Sha256 = Annotated[str | None, typer.Option("--sha256", help="Refuse the file unless it has this digest.")]
Sha256s = Annotated[
    list[str] | None,
    typer.Option("--sha256", help="Refuse a file unless it has this digest; one for each model, in their order."),
]
MaxSize = Annotated[
    int,
    typer.Option("--max-size", metavar="MIB", min=1, envvar="ZOO_MAX_SIZE", help="Refuse model files above this size."),
]
CheckpointEvery = Annotated[
    str,
    typer.Option(
        "--checkpoint-every",
        metavar="INTERVAL",
        help="How often to save a checkpoint: 30s, 5min, 500steps or never; auto: every 30s, at most 1% of the time.",
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        min=1,
        envvar="ZOO_THREADS",
        help="How many threads share large products; default: one for each processor, at most 4.",
    ),
]


def format_examples(examples: str) -> str:
    r"""Return "Examples: one | other" with one example a line; `\b` keeps the help from filling it up."""
    head, _, rest = examples.partition(": ")
    return "\n  ".join([f"\b\n{head}:", *rest.split(" | ")])
