"""The addresses that a server answers."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from zoo_core.errors import printable
from zoo_core.serving._counters import Counters
from zoo_core.serving._headers import check_headers
from zoo_core.serving._infer import Inference, find_served, refusal
from zoo_core.serving._metadata import model_metadata
from zoo_core.serving._refusal import RefusedError
from zoo_core.serving._served_model import ServedModel

WATCH_SECONDS = 0.5  # between two looks at the files of the models
PAGE = Path(__file__).parent / "page"
SAFE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def make_app(
    models: Iterable[ServedModel], *, max_bytes: int, hosts: Iterable[str] = (), counters: Path | None = None
) -> Starlette:
    """Return an ASGI application that serves models.

    Args:
        models: each with a name of its own.
        max_bytes: the longest body of a request.
        hosts: the names by which a browser may ask for the server; by default any name. A name of another site that
            points to this machine is then refused.
        counters: a folder that the workers of a server share; by default a temporary one.
    """
    state = _State({model.name: model for model in models}, max_bytes, frozenset(hosts))

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            folder = counters or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zoo-serve-")))
            state.inference.counters = state.counters = Counters(folder, list(state.models))
            watching = asyncio.create_task(state.watch())
            stack.callback(watching.cancel)
            yield

    handlers: dict[Any, Any] = {HTTPException: _http_error, Exception: _bug}
    return _Application(routes=state.routes(), lifespan=lifespan, exception_handlers=handlers)


class _Application(Starlette):
    """Ends in its usual way when a second Ctrl-C stops the server at once, and cancels what still runs."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or begin and end with the server."""

        async def receive_or_end() -> Any:
            try:
                return await receive()
            except asyncio.CancelledError:
                return {"type": "lifespan.shutdown"}

        await super().__call__(scope, receive_or_end if scope["type"] == "lifespan" else receive, send)


class _State:
    """The models of a worker, and what it answers."""

    counters: Counters

    def __init__(self, models: Mapping[str, ServedModel], max_bytes: int, hosts: frozenset[str]) -> None:
        self.models, self._hosts = models, hosts
        self.inference = Inference(models, max_bytes, hosts)

    def routes(self) -> list[Route | Mount]:
        """Return the addresses and what answers them."""
        one = "/v2/models/{model}"
        gets = {
            "/v2": self._server,
            "/v2/health/live": self._live,
            "/v2/health/ready": self._live,
            "/v2/models": self._list,
            one: self._metadata,
            f"{one}/ready": self._ready,
            "/metrics": self._metrics,
            "/": self._page,
        }
        return [  # the address that is asked most often comes first
            Route(f"{one}/infer", self.inference, methods=["POST"]),
            *(Route(path, self._guarded(call), methods=["GET"]) for path, call in gets.items()),
            Route(f"{one}/versions/{{version:path}}", self._guarded(self._version), methods=["GET", "POST"]),
            Mount("/page", app=StaticFiles(directory=PAGE)),
        ]

    def _guarded(self, call: Any) -> Any:
        """Return a function that answers errors in the form of the protocol, and refuses names of other sites."""

        async def guarded(request: Request) -> Response:
            try:
                check_headers(request.headers.raw, self._hosts)
                found: Response = await call(request) if asyncio.iscoroutinefunction(call) else call(request)
                return found
            except RefusedError as error:
                return refusal(error)

        return guarded

    # -------------------------------------------------------------- answers

    def _server(self, _: Request) -> Response:
        return JSONResponse({"name": "zoo", "version": version("mlp-zoo"), "extensions": ["binary_tensor_data"]})

    def _live(self, _: Request) -> Response:
        return JSONResponse({"live": True, "ready": True})

    def _list(self, _: Request) -> Response:
        return JSONResponse({"models": list(self.models)})

    def _metadata(self, request: Request) -> Response:
        served = self._model(request)
        return JSONResponse(model_metadata(served.name, served.model))

    def _ready(self, request: Request) -> Response:
        return JSONResponse({"name": self._model(request).name, "ready": True})

    def _metrics(self, _: Request) -> Response:
        return PlainTextResponse(self.counters.text(), media_type="text/plain; version=0.0.4")

    def _page(self, _: Request) -> Response:
        return Response((PAGE / "index.html").read_bytes(), media_type="text/html", headers=SAFE_HEADERS)

    def _model(self, request: Request) -> ServedModel:
        return find_served(self.models, request.path_params["model"])

    def _version(self, request: Request) -> Response:
        name = self._model(request).name
        raise RefusedError(404, f"models have no versions here; ask for /v2/models/{name}")

    # -------------------------------------------------------------- new files

    async def watch(self) -> None:
        """Load models anew whose files were replaced. Stop a worker whose parent was killed."""
        parent = multiprocessing.parent_process()  # its pipe tells of an end that came before this worker was ready
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if parent is not None and not parent.is_alive():
                os.kill(os.getpid(), signal.SIGTERM)
            for served in self.models.values():
                if served.is_replaced():
                    await self._reload(served)

    async def _reload(self, served: ServedModel) -> None:
        problem = await asyncio.to_thread(served.reload)
        self.counters.add_reload(served.name, failed=bool(problem))
        news = f"not loaded, the former one stays: {problem}" if problem else "loaded"
        print(printable(f"model {served.name}: the new file is {news}"), file=sys.stderr, flush=True)


async def _http_error(_: Request, error: Exception) -> Response:
    """Answer what Starlette refuses: unknown addresses and methods."""
    assert isinstance(error, HTTPException)
    texts = {404: "there is no such address; see /v2/models", 405: "this address does not take that method"}
    return JSONResponse({"error": texts.get(error.status_code, error.detail)}, error.status_code, headers=error.headers)


async def _bug(_: Request, error: Exception) -> Response:
    """Answer what nobody foresaw; the log of the server has the traceback."""
    return JSONResponse({"error": f"the server failed: {type(error).__name__}; its log has more"}, 500)
