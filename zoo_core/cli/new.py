"""`zoo new`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from zoo_core.errors import UsageError

NAME = "new"
EXAMPLES = "Examples: zoo new my-model | zoo new digits --from mnist-mlp"


def command(
    name: Annotated[str, typer.Argument(help="Name of the new spec; NAME.toml is written here.")],
    source: Annotated[str, typer.Option("--from", help="Shipped model to start from.")] = "glyphs-quickstart",
    force: Annotated[bool, typer.Option("--force", help="Replace NAME.toml if it exists.")] = False,
) -> None:
    """Write a spec to start from, ready to train."""
    from zoo_core import spec
    from zoo_core.catalogue import find_spec
    from zoo_core.cli.common import writable
    from zoo_core.files import write_whole
    from zoo_core.registry import Registry

    if not re.fullmatch(spec.NAME, name):
        raise UsageError(f"{name!r}: a name {spec.NAME_RULE}")
    target = writable(Path(f"{name}.toml"), force)
    text = find_spec(source, Registry()).read_text("utf-8")
    text = re.sub(r'^name = ".*"$', f'name = "{name}"', text, count=1, flags=re.MULTILINE)
    write_whole(target, text.encode())
    print(f"saved {target}; train it: zoo train {target}")
