"""A server asked by several clients without a pause: requests a second, and how long each takes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence

import numpy as np

from tests.benchmarks.tables import table

MODEL, PIXELS = "mnist-mlp", 784
CLIENTS, PACE = 8, 1_000  # PACE: requests a second of the clients that pause


def serving(seconds: float) -> Iterator[str]:
    """Measure one row a request with one worker and with two; yield the lines of a Markdown table."""
    yield f"\n### `zoo serve`, one row of {PIXELS} pixels a request, {seconds:.0f} seconds each\n"
    rows = []
    for workers in (1, 2):
        with _Server(workers) as port:
            for clients, pace in ((1, 0), (CLIENTS, PACE), (CLIENTS, 0)):
                times = asyncio.run(_ask(port, clients, pace / clients, seconds))
                rows.append([str(workers), str(clients), _pace(pace), *_figures(times, seconds)])
    yield from table([["workers", "clients", "asked", "requests a second", "p50 ms", "p99 ms"], *rows])


def _pace(pace: int) -> str:
    return f"{pace:,} a second" if pace else "without a pause"


def _figures(times: Sequence[float], seconds: float) -> list[str]:
    p50, p99 = np.percentile(times, [50, 99]) * 1_000
    return [f"{len(times) / seconds:,.0f}", f"{p50:.2f}", f"{p99:.2f}"]


class _Server:
    """`zoo serve` as a process."""

    def __init__(self, workers: int) -> None:
        command = [sys.executable, "-m", "zoo_core", "serve", MODEL, "--port", "0", "--json", "--workers", str(workers)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> int:
        assert self._process.stdout
        text = ""
        while not text.rstrip().endswith("}"):
            text += self._process.stdout.readline()
        return int(json.loads(text)["url"].rpartition(":")[2])

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()


async def _ask(port: int, clients: int, rate: float, seconds: float) -> list[float]:
    """Return the seconds of each request; `rate` are those a second of a client, 0 for no pause."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    await asyncio.gather(*(_client(port, rate, end, times) for _ in range(clients)))
    return times


async def _client(port: int, rate: float, end: float, times: list[float]) -> None:
    request = _request(port)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    due = time.perf_counter()
    while (began := time.perf_counter()) < end:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert b" 200 " in head.split(b"\r\n")[0], head
        await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
        times.append(time.perf_counter() - began)
        if rate:
            due += 1 / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
    writer.close()


def _request(port: int) -> bytes:
    data = np.random.default_rng(0).integers(0, 256, PIXELS).tolist()
    tensor = {"name": "input", "shape": [1, PIXELS], "datatype": "FP32", "data": data}
    body = json.dumps({"inputs": [tensor]}).encode()
    head = f"POST /v2/models/{MODEL}/infer HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
