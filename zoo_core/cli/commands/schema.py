"""`zoo schema`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from zoo_core.cli._options import Force
from zoo_core.cli._output import warn

EXAMPLES = "Example: zoo schema -o zoo.schema.json, and '#:schema zoo.schema.json' as a spec's first line"


def command(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write; default: standard output.")
    ] = None,
    force: Force = False,
    as_json: Annotated[bool, typer.Option("--json", help="Changes nothing: the schema is JSON anyway.")] = False,
) -> None:
    """Print the JSON schema of a spec, for editors to complete with.

    A TOML spec names it in its first line, a JSON spec by the key "$schema". It includes the parts of all installed
    plugins, so print it again after you install one.
    """
    import json

    from zoo_core.cli._inputs import check_output_path
    from zoo_core.registry import Registry
    from zoo_core.spec.schema import spec_schema
    from zoo_core.storage import write_file

    registry = Registry()
    text = json.dumps(spec_schema(registry), indent=2) + "\n"
    warn(registry)
    if output is None:
        sys.stdout.write(text)
    else:
        write_file(check_output_path(output, force), text.encode(), overwrite=force)
        print(f"saved {output}")
