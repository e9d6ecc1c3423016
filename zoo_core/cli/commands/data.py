"""`zoo data`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from zoo_core.cli._options import DataDir, Json, format_examples
from zoo_core.cli._output import report, rows, warn
from zoo_core.errors import DataError

if TYPE_CHECKING:
    from zoo_core.data import DataFolder

app = typer.Typer(
    help="List, fetch and verify the files of public data sets.",
    invoke_without_command=True,
    rich_markup_mode=None,
    epilog=format_examples("Examples: zoo data | zoo data fetch mnist | zoo data verify mnist"),
)
Name = Annotated[str | None, typer.Argument(help="A data set; default: all.")]


@app.callback()
def data(context: typer.Context, json: Json = False) -> None:
    """Show the files of all data sets, if no other command is given."""
    if context.invoked_subcommand is None:
        list_(json=json)


@app.command("list")
def list_(name: Name = None, data_dir: DataDir = None, json: Json = False) -> None:
    """Show which files exist, and where."""
    _print_rows([row for dataset in _public_datasets(name) for row in _file_rows(dataset, data_dir)], json)


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="A data set.")], data_dir: DataDir = None, json: Json = False
) -> None:
    """Download missing files into the cache, and check them."""
    from zoo_core.cli._inputs import data_folder

    where = data_folder(data_dir)
    for dataset in _public_datasets(name):
        for file in dataset.files:
            where.file(dataset.name, file)
        _print_rows(_file_rows(dataset, data_dir), json)


@app.command()
def verify(name: Name = None, data_dir: DataDir = None, json: Json = False) -> None:
    """Compare each existing file with the public file's sha256."""
    found = [row for dataset in _public_datasets(name) for row in _file_rows(dataset, data_dir)]
    _print_rows(found, json)
    bad = [row["file"] for row in found if row["state"] == "damaged"]
    if bad:
        raise DataError(f"damaged: {', '.join(bad)}; remove them, then zoo data fetch")


def _public_datasets(name: str | None) -> list[Any]:
    from zoo_core.registry import Registry, checked_entry

    registry = Registry()
    entries = registry.entries("dataset") if name is None else [checked_entry("dataset", name, registry)]
    chosen = [entry.part for entry in entries if cast(Any, entry.part).files]
    warn(registry)
    if name is not None and not chosen:
        raise DataError(f"dataset {name!r} has no public files: it needs no download")
    return chosen


def _file_rows(dataset: Any, data_dir: Any) -> list[dict[str, Any]]:
    from zoo_core.cli._inputs import data_folder

    where: DataFolder = data_folder(data_dir)
    return [
        {
            "dataset": dataset.name,
            "file": s.name,
            "state": s.state,
            "sha256": {True: "as published", False: "another", None: ""}[s.verified],
            "where": str(s.where or ""),
        }
        for s in where.status(dataset.name, dataset.files)
    ]


def _print_rows(found: list[dict[str, Any]], json: bool) -> None:
    report(found, json, rows(found, ["dataset", "file", "state", "sha256", "where"]))
