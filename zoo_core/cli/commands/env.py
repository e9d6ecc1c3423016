"""`zoo env`."""

from __future__ import annotations

from zoo_core.cli._options import Json
from zoo_core.cli._output import report, rows

EXAMPLES = "Example: zoo env --json"
PACKAGES = "numpy", "pluggy", "pydantic", "typer", "rich", "matplotlib", "threadpoolctl", "pooch"
VARIABLES = "ZOO_DATA_DIR", "ZOO_CACHE_DIR", "ZOO_OFFLINE", "ZOO_PLUGINS", "ZOO_THREADS"


def command(json: Json = False) -> None:
    """Show what results depend on: versions, BLAS, folders."""
    import os
    import platform
    from importlib.metadata import version

    from zoo_core.data import cache_folder
    from zoo_core.model import environment
    from zoo_core.registry import DISTRIBUTION

    facts = {name: version(name) for name in (DISTRIBUTION, *PACKAGES)} | environment()
    facts |= {"python": platform.python_version(), "cpus": os.cpu_count(), "cache": str(cache_folder() or "")}
    facts |= {name: os.environ.get(name, "") for name in VARIABLES}
    report(facts, json, rows([{"": key, "value": value} for key, value in facts.items()], ["", "value"]))
