"""The server as a process: models swapped under load, signals, workers, ports."""

from __future__ import annotations

import shutil
import signal
import socket
import threading
import time
from contextlib import suppress

import httpx2
import numpy as np
import pytest

import zoo_core
from tests.helpers.specs import small_spec
from zoo_core.errors import ResourceError
from zoo_core.serving import Settings, serve as serve_models

pytestmark = pytest.mark.slow
X = np.random.default_rng(0).integers(0, 256, (1, 28, 28))
REQUEST = {"inputs": [{"name": "input", "shape": [1, 28, 28], "datatype": "UINT8", "data": X.ravel().tolist()}]}


@pytest.fixture
def two_models(tmp_path):
    """Two files of different models, and the probabilities that each gives."""
    found = []
    for seed in (1, 2):
        model = zoo_core.train(small_spec(seed=seed), output=tmp_path / f"{seed}.npz")
        found.append((tmp_path / f"{seed}.npz", model.predict_proba(X.astype(np.float32)).ravel().tolist()))
    return found


def counted(url, name):
    """Return a counter of the server: the sum over its workers."""
    lines = httpx2.get(f"{url}/metrics", timeout=30).text.splitlines()
    return float(next(line for line in lines if line.startswith(name)).split()[-1])


def wait_until(condition):
    """Wait until something holds; a busy machine may take long."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "waited for 30 seconds"
        time.sleep(0.05)


class Clients:
    """Threads that ask without a pause, and keep what comes."""

    def __init__(self, url, count):
        self.url, self.answers, self.problems, self._going = url, [], [], True
        self._threads = [threading.Thread(target=self._ask) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def _ask(self):
        with httpx2.Client(timeout=30) as client:
            while self._going:
                try:
                    answer = client.post(self.url, json=REQUEST)
                    answer.raise_for_status()
                    self.answers.append(answer.json()["outputs"][1]["data"])
                except Exception as error:
                    self.problems.append(error)

    def stop(self):
        self._going = False
        for thread in self._threads:
            thread.join()


@pytest.mark.parametrize("workers", [1, 2])
def test_no_request_is_lost_while_a_model_is_swapped_twenty_times(serve, two_models, tmp_path, workers):
    served = tmp_path / "m.npz"
    shutil.copy(two_models[0][0], served)
    server = serve(served, "--workers", workers)
    clients = Clients(f"{server.url}/v2/models/m/infer", 4)
    for i in range(20):
        reloads = counted(server.url, "zoo_reloads_total")
        new = tmp_path / "new.npz"
        shutil.copy(two_models[(i + 1) % 2][0], new)
        new.replace(served)
        aware = workers if i > 9 else 1  # the second one may still start during the first swaps
        wait_until(lambda: counted(server.url, "zoo_reloads_total") >= reloads + aware)  # noqa: B023 - used at once
    clients.stop()
    known = [pytest.approx(probabilities, abs=1e-7) for _, probabilities in two_models]
    seen = [sum(answer == one for answer in clients.answers) for one in known]
    assert clients.problems == []
    assert len(clients.answers) > 200
    assert sum(seen) == len(clients.answers)
    assert min(seen) > 0, "only one of both models answered"


def test_a_damaged_file_leaves_the_former_model(serve, two_models, tmp_path):
    served = tmp_path / "m.npz"
    shutil.copy(two_models[0][0], served)
    server = serve(served, "--workers", 1)
    served.write_bytes(b"nothing")
    wait_until(lambda: counted(server.url, "zoo_failed_reloads_total"))
    answer = httpx2.post(f"{server.url}/v2/models/m/infer", json=REQUEST).json()
    assert answer["outputs"][1]["data"] == pytest.approx(two_models[0][1], abs=1e-7)
    assert "the former one stays" in server.stop()[2]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_signal_stops_the_server_after_the_requests_that_have_begun(serve, two_models, number, workers):
    server = serve(two_models[0][0], "--workers", workers)
    host, port = server.url.removeprefix("http://").split(":")
    body = httpx2.Request("POST", server.url, json=REQUEST).content
    head = "POST /v2/models/1/infer HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(f"{head}Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        assert b" 100 " in connection.recv(4096)  # the request has begun
        connection.sendall(body[:10])
        server.process.send_signal(number)
        time.sleep(0.5)
        connection.sendall(body[10:])
        assert b" 200 " in connection.recv(4096).split(b"\r\n")[0]
    code, _, err = server.stop(None)
    assert code in (0, 128 + (signal.SIGTERM if number == signal.SIGHUP else number))
    assert "Traceback" not in err


def test_a_second_ctrl_c_stops_at_once_without_a_traceback(serve, two_models):
    server = serve(two_models[0][0], "--workers", 1)
    server.process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    assert "Traceback" not in server.stop(signal.SIGINT)[2]


def test_requests_that_are_no_http_are_refused(serve):
    server = serve("glyphs-quickstart", "--workers", 1)
    host, port = server.url.removeprefix("http://").split(":")
    where = "POST /v2/models/glyphs-quickstart/infer HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    hostile = [
        "nonsense\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        f"{where}Content-Length: -5\r\n\r\n",
        f"{where}Content-Length: five\r\n\r\n",
        f"{where}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        f"GET / HTTP/1.1\r\nHost: localhost\r\nX: {'a' * 200_000}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: localhost\r\nX: {'a' * 5_000_000}",
        "GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ]
    for text in hostile:
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            with suppress(ConnectionError):  # the server may close before all has been sent
                connection.sendall(text.encode())
            assert connection.recv(4096).split(b" ")[1][:1] == b"4", text[:60]
    assert httpx2.get(f"{server.url}/v2/health/ready").status_code == 200


def test_workers_end_when_their_parent_was_killed(serve, two_models):
    server = serve(two_models[0][0], "--workers", 6)  # the last ones still start when the first one answers
    assert httpx2.get(f"{server.url}/v2/health/ready").status_code == 200
    server.process.kill()
    server.process.communicate(timeout=60)  # the streams close when the last worker has ended


def test_a_port_that_is_taken_is_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ResourceError, match=f"port {port} of 127.0.0.1 cannot be opened"):
            serve_models(Settings({"g": "glyphs-quickstart"}, port=port))
