"""`zoo serve`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from zoo_core.cli._options import MAX_SIZE_MIB, Json, MaxSize
from zoo_core.cli._output import report, warn
from zoo_core.errors import UsageError

EXAMPLES = "Examples: zoo serve mnist-mlp | zoo serve iris.npz wine.npz --port 9000 --workers 2"


def command(
    models: Annotated[list[str], typer.Argument(metavar="MODEL...", help="Model files or names of shipped models.")],
    host: Annotated[str, typer.Option(help="Address to listen at; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Processes that answer; default: as many as processors, at most 4."),
    ] = None,
    max_request: Annotated[
        int, typer.Option("--max-request", metavar="MIB", min=1, max=1024, help="Refuse requests above this size.")
    ] = 16,
    max_size: MaxSize = MAX_SIZE_MIB,
    json: Json = False,
) -> None:
    """Answer requests over HTTP, and show a page to try models.

    The answers follow the Open Inference Protocol v2; the page is for a browser. When a model file is replaced, the
    new model takes its place without a lost request; one that cannot be loaded does not. Ctrl-C, SIGTERM or a closed
    terminal stops the server after the requests that have begun. Addresses: / (the page), /v2/models/NAME/infer,
    /v2/health/ready, /metrics. There is no password: serve to machines that you trust, or behind a proxy that asks for
    one. It needs the extra `serve`: pip install 'mlp-zoo[serve]'.
    """
    from zoo_core.basics.workers import processors
    from zoo_core.registry import Registry
    from zoo_core.serving import Settings, serve

    warn(Registry())
    named = _named(models)
    settings = Settings(named, host, port, workers or min(processors(), 4), max_request * 2**20, max_size * 2**20)
    if not settings.is_local:
        print(f"warning: every machine that reaches {host} can use the server", file=sys.stderr)

    def started(url: str) -> None:
        names = ", ".join(named)
        report({"url": url, "models": list(named)}, json, f"serving {names} at {url} (Ctrl-C stops)")
        sys.stdout.flush()

    serve(settings, started)


def _named(models: list[str]) -> dict[str, str]:
    """Return the models by the names that the server gives them: those of their files, without the ending."""
    found: dict[str, str] = {}
    for model in models:
        name = Path(model).name.removesuffix(".npz")
        if name in found:
            raise UsageError(f"{model}: another model is called {name!r} too; rename one of the files")
        found[name] = model
    return found
