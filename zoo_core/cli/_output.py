"""What commands print: results on standard output, messages and warnings on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, redirect_stdout
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from zoo_core.registry import Registry


def report(data: Any, as_json: bool, human: RenderableType | None) -> None:
    """Print a result on standard output: as JSON, or as a text or table for people."""
    if as_json:
        from zoo_core.display.text import print_json

        print_json(data, sys.stdout)
    elif human is not None:
        print_result(human)


def print_result(renderable: RenderableType) -> None:
    """Print a text or table on standard output; a text is printed as it is, never as markup."""
    from zoo_core.display.text import replace_unencodable

    replace_unencodable(sys.stdout)
    if isinstance(renderable, str):
        print(renderable)
        return
    from rich.console import Console

    console = Console(markup=False, highlight=False, soft_wrap=not sys.stdout.isatty())
    console.print(renderable)


def rows(table: Sequence[dict[str, Any]], columns: Sequence[str]) -> RenderableType:
    """Return a table for people from records."""
    from zoo_core.display.text import text_table

    return text_table(columns, [[record.get(column, "") for column in columns] for record in table])


def messages() -> Console:
    """Return the console on standard error. If its reader is gone, it prints nothing and the work goes on."""
    from rich.console import Console

    class Messages(Console):
        def on_broken_pipe(self) -> None:
            self.quiet = True
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())

    return Messages(stderr=True)


def warn(registry: Registry, quiet: bool = False, *, all_parts: bool = False) -> None:
    """Print on standard error what is wrong with installed plugins.

    A plugin imports some parts only when they are used; `all_parts` imports them first, to see their problems too.
    """
    if all_parts:
        registry.entries()
    for line in [] if quiet else registry.warnings():
        print(f"warning: {line}", file=sys.stderr)


def redirect_prints() -> AbstractContextManager[Any]:
    """Send what parts print to standard error, because standard output belongs to results."""
    return redirect_stdout(sys.stderr)


def download_bar() -> Callable[[str, int, int | None], None] | None:
    """Return a callback that shows the progress of a download, or None if standard error is no terminal."""
    if not sys.stderr.isatty():
        return None

    def step(name: str, done: int, total: int | None) -> None:
        share = f"{100 * done / total:5.1f}%" if total else f"{done / 1e6:7.1f} MB"
        end = "\n" if total and done >= total else ""
        print(f"\rdownloading {name} {share}", end=end, file=sys.stderr, flush=True)

    return step
