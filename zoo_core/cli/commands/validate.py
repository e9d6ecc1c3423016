"""`zoo validate`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from zoo_core.cli._hints import error_text
from zoo_core.cli._options import MAX_SIZE_MIB, Json, MaxSize, SetOption, Sha256
from zoo_core.cli._output import report, warn
from zoo_core.errors import PluginError, SpecError

EXAMPLES = "Examples: zoo validate my.toml | zoo validate my.toml --set training.epochs=5 --json"


def command(
    spec: Annotated[str, typer.Argument(help="A spec file, a model file, or the name of a shipped model.")],
    set_: SetOption = None,
    sha256: Sha256 = None,
    max_size: MaxSize = MAX_SIZE_MIB,
    json: Json = False,
) -> None:
    """Check a spec and show all its errors, each with line and column."""
    from zoo_core.registry import Registry
    from zoo_core.spec import read_spec
    from zoo_core.training import check_monitors, lint_spec

    registry = Registry()
    warn(registry)
    try:
        checked = read_spec(spec, set_ or [], registry, sha256=sha256, limit=max_size * 2**20)
        check_monitors(checked)
    except (SpecError, PluginError) as error:
        report({"valid": False, "errors": error_text(error).splitlines()}, json, None)
        raise
    found = lint_spec(checked)
    for line in found:
        print(f"warning: {spec}: {line}", file=sys.stderr)
    report({"valid": True, "warnings": found, "spec": checked.to_dict()}, json, f"{spec}: valid")
