"""Options and helpers that several commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from zoo_core.errors import ResourceError, UsageError

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from zoo_core.data import DataFolder
    from zoo_core.model import Model, Predictor
    from zoo_core.registry import Registry

T = TypeVar("T")

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        help="Folder with <dataset>/<public file names>; default: $ZOO_DATA_DIR, then the cache.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="No progress and no messages; errors still show.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change one value of the spec; may be repeated."),
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
MAX_SIZE = 256  # MiB
CheckpointEvery = Annotated[
    str,
    typer.Option(
        "--checkpoint-every",
        metavar="INTERVAL",
        help="How much work a crash may cost: 30s, 5min, 500steps, never; auto: 30s, and at most 1% of the time.",
    ),
]
Threads = Annotated[int | None, typer.Option(min=1, help="BLAS threads.", envvar="ZOO_THREADS")]


def lines(examples: str) -> str:
    """Return "Examples: one | other" with each on a line of its own, for the help, which would fill paragraphs."""
    head, _, rest = examples.partition(": ")
    return "\n  ".join([f"\b\n{head}:", *rest.split(" | ")])


def report(data: Any, as_json: bool, human: RenderableType | None) -> None:
    """Print a result on standard output: as JSON, or for people."""
    if as_json:
        from zoo_core.display.text.tables import print_json

        print_json(data, sys.stdout)
    elif human is not None:
        show(human)


def prints_apart() -> AbstractContextManager[Any]:
    """Have what parts print go to standard error: standard output belongs to results."""
    return redirect_stdout(sys.stderr)


def show(renderable: RenderableType) -> None:
    """Print a table or text on standard output; strings as they stand, never as markup."""
    from zoo_core.display.text.encoding import replace_unencodable

    replace_unencodable(sys.stdout)
    if isinstance(renderable, str):
        print(renderable)
        return
    from rich.console import Console

    console = Console(markup=False, highlight=False, soft_wrap=not sys.stdout.isatty())
    console.print(renderable)


def messages() -> Console:
    """Return the console on standard error; where nobody reads it any more, the work goes on in silence."""
    from rich.console import Console

    class Messages(Console):
        def on_broken_pipe(self) -> None:
            self.quiet = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())

    return Messages(stderr=True)


def warn(registry: Registry, quiet: bool = False, *, all_parts: bool = False) -> None:
    """Print what is wrong with installed plugins, once, on standard error; first import `all_parts` to know that."""
    if all_parts:
        registry.entries()
    for line in [] if quiet else registry.warnings():
        print(f"warning: {line}", file=sys.stderr)


def writable(path: Path, force: bool) -> Path:
    """Return an output path that may be written. Raises UsageError before any work is done."""
    try:
        if path.is_dir():
            raise UsageError(f"{path}: is a folder; name a file with -o")
        if (path.exists() or path.is_symlink()) and not force:  # also a link to nothing would be replaced
            raise UsageError(f"{path}: exists; choose another name with -o, or replace it with --force")
        if not path.absolute().parent.is_dir():
            raise UsageError(f"{path}: its folder does not exist; make it first")
    except OSError as error:
        raise UsageError(f"{path}: cannot be a file: {error.strerror}; choose another name with -o") from error
    if not os.access(path.absolute().parent, os.W_OK):
        raise ResourceError(f"{path}: its folder may not be written to; choose another with -o")
    return path


def apart(output: Path, *inputs: Path | str) -> None:
    """Raise UsageError where an output is one of the files that a command reads, under whatever name."""
    for path in map(Path, inputs):
        if output.exists() and path.exists() and output.samefile(path):
            raise UsageError(f"{output}: is the same file as the input {path}; choose another output")


def folder(data_dir: Path | None, quiet: bool = False) -> DataFolder:
    """Return the data folder, with a progress bar for downloads on a terminal."""
    from zoo_core.data import DataFolder

    if data_dir is not None and not data_dir.is_dir():
        raise UsageError(f"--data-dir {data_dir}: is not a folder")
    return DataFolder.open(data_dir, progress=None if quiet else download_bar())


def download_bar() -> Callable[[str, int, int | None], None] | None:
    """Return a callback that shows how far a download is, or None where nobody is looking."""
    if not sys.stderr.isatty():
        return None

    def step(name: str, done: int, total: int | None) -> None:
        share = f"{100 * done / total:5.1f}%" if total else f"{done / 1e6:7.1f} MB"
        end = "\n" if total and done >= total else ""
        print(f"\rdownloading {name} {share}", end=end, file=sys.stderr, flush=True)

    return step


def model(name: str, registry: Registry, sha256: str | None = None, max_size: int = MAX_SIZE) -> Model:
    """Load a model by file or shipped name; `max_size` is in MiB."""
    from zoo_core.model import load

    return _loaded(load, name, registry, sha256, max_size)


def predictor(name: str, registry: Registry, sha256: str | None = None, max_size: int = MAX_SIZE) -> Predictor:
    """Load what predicts, as `model` loads a model."""
    from zoo_core.model import load_predictor

    return _loaded(load_predictor, name, registry, sha256, max_size)


def _loaded(load: Callable[..., T], name: str, registry: Registry, sha256: str | None, max_size: int) -> T:
    from zoo_core.registry import find_model

    return load(find_model(name, registry), registry, sha256=sha256, limit=max_size * 2**20)


def models(names: Sequence[str], registry: Registry, digests: Sequence[str] | None, max_size: int) -> list[Model]:
    """Load several models. Raises UsageError unless there are no digests or one for each."""
    if digests and len(digests) != len(names):
        raise UsageError(f"{len(digests)} times --sha256 for {len(names)} models; give one for each, in their order")
    wanted: Sequence[str | None] = digests or [None] * len(names)
    return [model(name, registry, digest, max_size) for name, digest in zip(names, wanted, strict=True)]


def rows(table: Sequence[dict[str, Any]], columns: Sequence[str]) -> RenderableType:
    """Return a table for people from records."""
    from zoo_core.display.text.tables import table as draw

    return draw(columns, [[record.get(column, "") for column in columns] for record in table])
