"""What commands print: results on standard output, messages and warnings on standard error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, redirect_stdout
from typing import TYPE_CHECKING, Any

from zoo_core.cli._streams import unfiltered
from zoo_core.errors import printable

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from zoo_core.parts import Record
    from zoo_core.registry import Registry

DEFAULT_WIDTH = 80  # characters of a line


def report(data: Any, as_json: bool, human: RenderableType | None) -> None:
    """Print a result on standard output: as JSON, or as a text or table for people."""
    if as_json:
        from zoo_core.display.text import print_json

        print_json(data, sys.stdout)
    elif human is not None:
        print_result(human)


def print_result(renderable: RenderableType) -> None:
    """Print a text or table on standard output; a text is printed as it is, never as markup."""
    if isinstance(renderable, str):
        print(renderable)
        return
    safe_console(sys.stdout, markup=False, highlight=False, soft_wrap=not sys.stdout.isatty()).print(renderable)


def rows(table: Sequence[dict[str, Any]], columns: Sequence[str]) -> RenderableType:
    """Return a table for people from records."""
    from zoo_core.display.text import text_table

    return text_table(columns, [[record.get(column, "") for column in columns] for record in table])


def messages() -> Console:
    """Return the console on standard error."""
    return safe_console(sys.stderr)


def safe_console(stream: Any, **options: Any) -> Console:
    """Return a console that makes control characters in texts visible, and writes those of styles only."""
    from rich.console import Console
    from rich.segment import Segment

    class SafeConsole(Console):
        def render(self, *arguments: Any, **keywords: Any) -> Iterator[Segment]:
            for segment in super().render(*arguments, **keywords):
                text, style, control = segment
                yield segment if control or text.isprintable() else Segment(printable(text), style)

    console = SafeConsole(file=unfiltered(stream), **options)
    if console.width < 1:  # some terminals say COLUMNS=0, which would leave no room for any text
        console.width = DEFAULT_WIDTH
    return console


def warn(registry: Registry, quiet: bool = False, *, all_parts: bool = False) -> None:
    """Print on standard error what is wrong with installed plugins.

    A plugin imports some parts only when they are used; `all_parts` imports them first, to see their problems too.
    """
    if all_parts:
        registry.entries()
    for line in [] if quiet else registry.warnings():
        print(f"warning: {line}", file=sys.stderr)


def warn_of(warnings: Mapping[str, str]) -> None:
    """Print warnings about a model on standard error."""
    for text in warnings.values():
        print(f"warning: {text}", file=sys.stderr)


def counted_from_one(record: Record) -> Record:
    """Return a record as users see it: its epochs count from 1."""
    return record | {"epoch": record["epoch"] + 1} if "epoch" in record else record


def warning_list(warnings: Mapping[str, str]) -> list[dict[str, str]]:
    """Return warnings as JSON shows them; their keys never change."""
    return [{"key": key, "text": text} for key, text in warnings.items()]


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
        print(f"\rdownloading {printable(name)} {share}", end=end, file=unfiltered(sys.stderr), flush=True)

    return step
