"""`zoo new`."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from zoo_core.cli._options import Json
from zoo_core.errors import UsageError

if TYPE_CHECKING:
    from zoo_core.parts import Task
    from zoo_core.spec.from_csv import Guess

WIDTHS = {"column": 16, "kind": 8, "found": 24, "done": 26}  # the least, with two blanks between: 80 columns
CUT_FIRST = "done", "found", "column"  # names are needed whole to be written into the spec
HEAD = {key: key for key in WIDTHS}
MOST_ROWS = 60
EXAMPLES = (
    "Examples: zoo new my-model | zoo new digits --from mnist-mlp | zoo new mine --data my.csv | "
    "zoo new prices --data houses.csv --target price --task regression | "
    "zoo new tags --data mails.csv --target urgent,spam"
)


def command(
    name: Annotated[str, typer.Argument(help="Name of the new spec, which is written to NAME.toml here.")],
    source: Annotated[
        str | None, typer.Option("--from", help="Shipped model to start from; default: glyphs-quickstart.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="FILE.csv", help="A table of your own to write a spec for.")
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            metavar="COLUMN",
            help="With --data: the column to predict, or several, as A,B or repeated; default: the last one.",
        ),
    ] = None,
    task: Annotated[
        Literal["classification", "regression", "multilabel"] | None,
        typer.Option(
            "--task",
            help="With --data: the task; default: guessed from the targets. Several columns of true and false are "
            "multilabel, others a regression.",
        ),
    ] = None,
    weights: Annotated[
        str | None, typer.Option("--weights", metavar="COLUMN", help="With --data: the column that weighs the rows.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="With --data: how the table is read, such as data.decimal=','."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace NAME.toml if it exists.")] = False,
    json: Json = False,
) -> None:
    """Write a spec that is ready to train.

    It is that of a shipped model, or, with --data, one for a table of your own. For a table it guesses target, columns
    and task, and prints a table of its columns: what each holds, and what is done with it.
    """
    from zoo_core.cli._inputs import check_not_an_input, check_output_path
    from zoo_core.cli._output import report
    from zoo_core.registry import check_no_table
    from zoo_core.spec import SPEC_NAME, SPEC_NAME_RULE
    from zoo_core.storage import write_file

    name = name.removesuffix(".toml")
    if data is None:
        check_no_table(name)
    if not re.fullmatch(SPEC_NAME, name):
        raise UsageError(f"{name!r}: a name {SPEC_NAME_RULE}")
    if data is None and (target or task or set_ or weights):
        raise UsageError("--target, --task, --weights and --set belong to a table: name it with --data FILE.csv")
    if data is not None and source:
        raise UsageError("--from starts from a shipped model, --data from a file; give one of them")
    path = Path(f"{name}.toml")
    if path.exists() and not force:
        raise UsageError(f"{path}: exists; choose another name, or replace it with --force")
    check_output_path(path, force)
    check_not_an_input(path, *([] if data is None else [data]))
    found, notes = None, list[str]()
    if data is None:
        text = _shipped_text(name, source or "glyphs-quickstart")
    else:
        found = _look_at(data, target, task, set_ or [], weights)
        text, notes = _table_text(name, found)
    write_file(path, text.encode(), overwrite=force)
    saved = {"saved": str(path), "now": [f"zoo train {path}"]}
    about = {} if found is None else {"columns": found.rows_of_columns, "notes": [*found.notes, *notes]}
    report(saved | about, json, f"saved {path}; train it: zoo train {path}")


def _shipped_text(name: str, source: str) -> str:
    from zoo_core.registry import Registry, find_spec
    from zoo_core.spec import read_text, rename_text, summarize_text

    file = find_spec(source, Registry())
    if not file.name.endswith(".toml"):
        raise UsageError(f"--from {source}: is no spec in TOML; name a shipped model, or train the model further")
    text = read_text(file)
    summarize_text(text, source)  # refuses what is no TOML
    return rename_text(text, name)


def _look_at(
    data: Path, target: Sequence[str] | None, task: Task | None, changes: Sequence[str], weights: str | None
) -> Guess:
    """Return what was found in a table, and print it."""
    from zoo_core.spec.from_csv import guess, told_options

    found = guess(data, target, task, told_options(changes), weights)
    print(f"{data}: {found.summary}\n{columns_text(found.rows_of_columns)}", file=sys.stderr)
    for note in found.notes:
        print(f"note: {note}", file=sys.stderr)
    return found


def _table_text(name: str, found: Guess) -> tuple[str, list[str]]:
    """Return a spec for a table, and what its training would warn of, which is printed. Raises what training would."""
    from zoo_core.spec.from_csv import csv_spec

    text = csv_spec(name, found)
    notes = _try_training(text)
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    return text, notes


def columns_text(rows: Sequence[Mapping[str, str]]) -> str:
    """Return a table of columns as a text that fits the terminal, or 80 columns; cells that are too long are cut."""
    from zoo_core.errors import printable

    shown = [{key: printable(row[key].replace("\n", "\\n")) for key in WIDTHS} for row in rows[:MOST_ROWS]]
    widths = _widths([*shown, HEAD])
    lines = [[_cut(row[key], key, width).ljust(width) for key, width in widths.items()] for row in [HEAD, *shown]]
    more = [f"... and {len(rows) - MOST_ROWS:,} more"] if len(rows) > MOST_ROWS else []
    return "\n".join([*("  ".join(line).rstrip() for line in lines), *more])


def _widths(rows: Sequence[Mapping[str, str]]) -> dict[str, int]:
    """Return the width of each column of a table: what its cells need, or less where the terminal is narrow."""
    import shutil

    widths = {key: max(len(row[key]) for row in rows) for key in WIDTHS}
    room = shutil.get_terminal_size().columns - 2 * (len(WIDTHS) - 1)
    for key in CUT_FIRST:
        widths[key] -= max(0, min(sum(widths.values()) - room, widths[key] - WIDTHS[key]))
    return widths


def _cut(text: str, key: str, width: int) -> str:
    """Return a text that is cut if it is too long, but keep where names mostly differ, and how many gaps there are."""
    if len(text) <= width:
        return text
    end = text[-(width // 3) :] if key == "column" else ""
    if text.endswith(" missing"):
        end = text[text.rindex(", ") :]
    return f"{text[: width - 3 - len(end)]}...{end}"


def _try_training(text: str) -> list[str]:
    """Do with a spec all that `zoo train` does before the first step, so that what is written can be trained.

    Returns what the run would warn of.
    """
    import tomllib
    import warnings

    from zoo_core.data import DataFolder
    from zoo_core.runs import prepare
    from zoo_core.spec import Spec

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they say was said, or comes again in training
        trainer = prepare(Spec.parse(tomllib.loads(text)), DataFolder.open(), threads=1)
    return list(trainer.model.warnings.values())
