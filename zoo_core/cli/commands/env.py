"""`zoo env`."""

from __future__ import annotations

from zoo_core.cli._options import Json
from zoo_core.cli._output import report, rows

EXAMPLES = "Example: zoo env --json"


def command(json: Json = False) -> None:
    """Show what results depend on: versions, BLAS, folders."""
    import os
    import platform
    from importlib.metadata import version

    from zoo_core.data import cache_folder
    from zoo_core.model import environment
    from zoo_core.registry import DISTRIBUTION

    packages = (
        DISTRIBUTION,
        "numpy",
        "pluggy",
        "pydantic",
        "typer",
        "rich",
        "matplotlib",
        "threadpoolctl",
        "pooch",
    )
    facts = {
        **{name: version(name) for name in packages},
        **environment(),
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "cache": str(cache_folder() or ""),
        **{
            k: os.environ.get(k, "")
            for k in ("ZOO_DATA_DIR", "ZOO_CACHE_DIR", "ZOO_OFFLINE", "ZOO_PLUGINS", "ZOO_THREADS")
        },
    }
    report(facts, json, rows([{"": key, "value": value} for key, value in facts.items()], ["", "value"]))
