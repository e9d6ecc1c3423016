"""The addresses that a server answers."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from zoo_core.errors import DataError, NumericError, UsageError, ZooError, printable
from zoo_core.serving._counters import Counters
from zoo_core.serving._http import MAX_HEADERS
from zoo_core.serving._protocol import RefusedError, answer, model_metadata
from zoo_core.serving._served_model import ServedModel

WATCH_SECONDS = 0.5  # between two looks at the files of the models
BODY_SECONDS = 30.0  # for the body of a request to arrive
INLINE_BYTES = 64 * 1024  # of a request; a larger one is answered by another thread, so that others do not wait
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
            state.counters = Counters(folder, list(state.models))
            watching = asyncio.create_task(state.watch())
            stack.callback(watching.cancel)
            yield

    return Starlette(routes=state.routes(), lifespan=lifespan, exception_handlers={HTTPException: _http_error})


class _State:
    """The models of a worker, and what it answers."""

    counters: Counters

    def __init__(self, models: Mapping[str, ServedModel], max_bytes: int, hosts: frozenset[str]) -> None:
        self.models, self._max_bytes, self._hosts = models, max_bytes, hosts

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
            Route(f"{one}/infer", self._guarded(self._infer), methods=["POST"]),
            *(Route(path, self._guarded(call), methods=["GET"]) for path, call in gets.items()),
            Mount("/page", app=StaticFiles(directory=PAGE)),
        ]

    def _guarded(self, call: Any) -> Any:
        """Return a function that answers errors in the form of the protocol, and refuses names of other sites."""

        async def guarded(request: Request) -> Response:
            try:
                self._check_headers(request)
                found: Response = await call(request) if asyncio.iscoroutinefunction(call) else call(request)
                return found
            except RefusedError as error:
                return _error(error.status, error.text)

        return guarded

    def _check_headers(self, request: Request) -> None:
        if sum(len(name) + len(value) for name, value in request.headers.raw) > MAX_HEADERS:
            raise RefusedError(431, f"the headers are longer than {MAX_HEADERS:,} bytes")
        host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
        if self._hosts and host.lower() not in self._hosts:
            raise RefusedError(421, f"this server is not called {printable(host)[:100]!r}")

    # -------------------------------------------------------------- answers

    def _server(self, _: Request) -> Response:
        return JSONResponse({"name": "zoo", "version": version("mlp-zoo"), "extensions": []})

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
        name = request.path_params["model"]
        if name not in self.models:
            raise RefusedError(404, f"there is no model {printable(name)[:100]!r}; there is {', '.join(self.models)}")
        return self.models[name]

    async def _infer(self, request: Request) -> Response:
        served, began, rows = self._model(request), time.perf_counter(), 0
        status = 500  # of what nobody foresaw
        try:
            body = await self._body(request)
            call = partial(_answer, served.name, served.model, body)
            data, rows = call() if len(body) <= INLINE_BYTES else await asyncio.to_thread(call)
            status = 200
            return Response(data, media_type="application/json")
        except RefusedError as error:
            status = error.status
            raise
        finally:
            self.counters.add_request(served.name, status, time.perf_counter() - began, rows)

    async def _body(self, request: Request) -> bytes:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":  # a page of another site can send any other type without being asked first
            raise RefusedError(415, "the request has no header 'Content-Type: application/json'")
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise RefusedError(415, "the request is compressed; send it as it is")
        found = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                async for chunk in request.stream():
                    found += chunk
                    if len(found) > self._max_bytes:
                        raise RefusedError(413, f"the request is longer than {self._max_bytes:,} bytes")
        except TimeoutError as error:
            raise RefusedError(408, f"the request did not arrive within {BODY_SECONDS:.0f} seconds") from error
        except ClientDisconnect as error:
            raise RefusedError(400, "the client left") from error
        return bytes(found)

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


def _answer(name: str, model: Any, body: bytes) -> tuple[bytes, int]:
    """Return the answer as JSON, and the number of rows. Raises RefusedError."""
    try:
        return answer(name, model, body)
    except (DataError, UsageError) as error:
        raise RefusedError(400, str(error)) from error
    except NumericError as error:
        raise RefusedError(422, str(error)) from error
    except ZooError as error:
        raise RefusedError(500, str(error)) from error


def _error(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status)


async def _http_error(_: Request, error: Exception) -> Response:
    """Answer what Starlette refuses: unknown addresses and methods."""
    assert isinstance(error, HTTPException)
    texts = {404: "there is no such address; see /v2/models", 405: "this address does not take that method"}
    return JSONResponse({"error": texts.get(error.status_code, error.detail)}, error.status_code, headers=error.headers)
