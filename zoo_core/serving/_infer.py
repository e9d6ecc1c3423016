"""The address that is asked most often: a request for predictions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Any

from starlette.responses import JSONResponse, Response

from zoo_core.errors import DataError, NumericError, UsageError, ZooError, printable
from zoo_core.model import Model
from zoo_core.serving._counters import Counters
from zoo_core.serving._headers import JSON_LENGTH, check_content, check_headers
from zoo_core.serving._protocol import Answer, answer
from zoo_core.serving._refusal import RefusedError
from zoo_core.serving._served_model import ServedModel

BODY_SECONDS = 30.0  # for the body of a request to arrive
INLINE_BYTES = 64 * 1024  # of a request; a larger one is answered by another thread, so that others do not wait

Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class Inference:
    """An ASGI application of its own, which is faster than a function that takes Starlette's requests.

    Args:
        models: by name.
        max_bytes: the longest body of a request.
        hosts: the names of this server, or none for any name.
    """

    counters: Counters

    def __init__(self, models: Mapping[str, ServedModel], max_bytes: int, hosts: Collection[str]) -> None:
        self._models, self._max_bytes, self._hosts = models, max_bytes, hosts

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer a request."""
        try:
            check_headers(scope["headers"], self._hosts)
            served = find_served(self._models, scope["path_params"]["model"])
            response = await self._count(served, scope, receive)
        except RefusedError as error:
            response = refusal(error)
        await response(scope, receive, send)

    async def _count(self, served: ServedModel, scope: Any, receive: Receive) -> Response:
        began, rows, status = time.perf_counter(), 0, 500  # 500: of what nobody foresaw
        try:
            found = await self._answer(served, scope, receive)
            rows, status = found.rows, 200
            return _response(found)
        except RefusedError as error:
            status = error.status
            raise
        finally:
            self.counters.add_request(served.name, status, time.perf_counter() - began, rows)

    async def _answer(self, served: ServedModel, scope: Any, receive: Receive) -> Answer:
        json_length = check_content(scope["headers"], self._max_bytes)
        body = await self._body(receive)
        call = partial(_answer, served.name, served.model, body, json_length)
        return call() if len(body) <= INLINE_BYTES else await asyncio.to_thread(call)

    async def _body(self, receive: Receive) -> bytes:
        found = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise RefusedError(400, "the client left")
                    found += message.get("body", b"")
                    if len(found) > self._max_bytes:
                        raise RefusedError(413, f"the request is longer than {self._max_bytes:,} bytes")
                    if not message.get("more_body", False):
                        return bytes(found)
        except TimeoutError as error:
            raise RefusedError(408, f"the request did not arrive within {BODY_SECONDS:.0f} seconds") from error


def find_served(models: Mapping[str, ServedModel], name: str) -> ServedModel:
    """Return a model by its name. Raises RefusedError."""
    if name not in models:
        raise RefusedError(404, f"there is no model {printable(name)[:100]!r}; there is {', '.join(models)}")
    return models[name]


def refusal(error: RefusedError) -> Response:
    """Return an error in the form of the protocol."""
    return JSONResponse({"error": error.text}, error.status)


def _answer(name: str, model: Model, body: bytes, json_length: int | None) -> Answer:
    """Return the answer to a request. Raises RefusedError."""
    try:
        return answer(name, model, body, json_length)
    except (DataError, UsageError) as error:
        raise RefusedError(400, str(error)) from error
    except NumericError as error:
        raise RefusedError(422, str(error)) from error
    except ZooError as error:
        raise RefusedError(500, str(error)) from error


def _response(found: Answer) -> Response:
    if found.json_length is None:
        return Response(found.body, media_type="application/json")
    headers = {JSON_LENGTH.decode(): str(found.json_length)}
    return Response(found.body, media_type="application/octet-stream", headers=headers)
