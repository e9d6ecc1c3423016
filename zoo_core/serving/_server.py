"""Opens the port, and runs one worker or several until a signal ends them."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from zoo_core.errors import PluginError, ResourceError
from zoo_core.registry import Registry

if TYPE_CHECKING:
    from starlette.applications import Starlette

VARIABLE = "_ZOO_SERVE_SETTINGS"  # how workers of a server learn its settings; only the parent sets it
GRACE_SECONDS = 30  # for requests to be answered after the signal to stop
START_SECONDS = 30  # for a worker to start, on a slow machine; then another one takes its place
IDLE_SECONDS = 75  # until a connection without requests is closed
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True)
class Settings:
    """How models are served.

    Args:
        models: a model file or the name of a shipped model, by the name that the server gives it.
        host: the address to listen at; other machines reach only one that is not of this machine alone.
        port: from 0; 0 takes a free one.
        workers: processes that answer, 1 or more.
        max_bytes: the longest body of a request.
        limit: the largest model file, in bytes.
        counters: a folder that the workers share; `serve` sets it.
    """

    models: Mapping[str, str]
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    max_bytes: int = 16 * 2**20
    limit: int = 256 * 2**20
    counters: str = field(default="", repr=False)

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the server."""
        return self.host in (*LOOPBACK, "::1") or self.host.startswith("127.")


def serve(settings: Settings, started: Callable[[str], None] = lambda url: None) -> None:
    """Serve models until SIGINT, SIGTERM or SIGHUP; requests that have begun are answered first.

    Args:
        settings: what is served, and where.
        started: is called with the address of the server, by another thread, when it answers.

    Raises:
        UsageError: a name has no model.
        ResourceError: the port cannot be opened.
        ModelFileError, PluginError: a model cannot be loaded, or a library is missing.
    """
    uvicorn = _library()
    with tempfile.TemporaryDirectory(prefix="zoo-serve-") as folder:
        whole = replace(settings, counters=folder)
        app = _app(whole)  # also where workers load models of their own: mistakes show here
        port = _open_port(settings)
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        url = f"http://{host}:{port.getsockname()[1]}"
        threading.Thread(target=_announce, args=(url, started), daemon=True).start()
        options: dict[str, Any] = {"log_level": "warning", "timeout_graceful_shutdown": GRACE_SECONDS}
        options["timeout_worker_healthcheck"] = START_SECONDS
        options |= {"timeout_keep_alive": IDLE_SECONDS, "http": f"{__package__}._http:LimitedProtocol"}
        options |= dict.fromkeys(("access_log", "server_header", "proxy_headers"), False)
        if settings.workers == 1:
            _run_one(uvicorn.Server(uvicorn.Config(app, **options)), port)
            return
        os.environ[VARIABLE] = json.dumps(asdict(whole))
        try:
            _run_workers(uvicorn, options | {"workers": settings.workers}, port)
        finally:
            del os.environ[VARIABLE]


def _announce(url: str, started: Callable[[str], None]) -> None:
    """Call `started` when the server answers."""
    while True:
        with suppress(OSError), urlopen(f"{url}/v2/health/live", timeout=10):
            started(url)
            return
        time.sleep(0.05)


def _run_one(server: Any, port: socket.socket) -> None:
    from zoo_core.serving._signals import stop_at_hangup

    with stop_at_hangup():
        server.run(sockets=[port])


def _run_workers(uvicorn: Any, options: Mapping[str, Any], port: socket.socket) -> None:
    from zoo_core.serving._signals import Workers

    config = uvicorn.Config(f"{__name__}:worker", factory=True, **options)
    Workers(config, sockets=[port]).run()


def worker() -> Starlette:
    """Return the application of a worker process."""
    from zoo_core.serving._signals import heed_signals

    heed_signals()
    return _app(Settings(**json.loads(os.environ[VARIABLE])))


def _app(settings: Settings) -> Starlette:
    from zoo_core.serving._app import make_app
    from zoo_core.serving._served_model import ServedModel

    registry = Registry()
    models = [ServedModel(name, source, registry, settings.limit) for name, source in settings.models.items()]
    hosts = (*LOOPBACK, settings.host) if settings.is_local else ()
    return make_app(models, max_bytes=settings.max_bytes, hosts=hosts, counters=Path(settings.counters))


def _open_port(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    port = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else an answer in two pieces takes 40 ms
        port.bind((settings.host, settings.port))
        port.listen(1024)
    except (OSError, OverflowError) as error:
        port.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise ResourceError(f"port {settings.port} of {settings.host} cannot be opened: {reason}") from error
    port.set_inheritable(True)
    return port


def _library() -> Any:
    try:
        import starlette as starlette
        import uvicorn
    except ImportError as error:
        raise PluginError("serving needs Starlette and uvicorn: pip install 'mlp-zoo[serve]'") from error
    return uvicorn
