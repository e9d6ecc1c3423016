"""A server in a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass

import pytest


@dataclass
class Server:
    """A running server; `stop` sends a signal, or none, and returns its exit code and what it wrote."""

    process: subprocess.Popen
    url: str

    def stop(self, number=signal.SIGTERM):
        if number and self.process.poll() is None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=40)
        return self.process.returncode, out, err


@pytest.fixture
def serve():
    """Return a function that starts `zoo serve` with arguments, on a free port."""
    started = []

    def start(*arguments):
        command = [sys.executable, "-m", "zoo_core", "serve", *map(str, arguments), "--port", "0", "--json"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = ""
        while not line.rstrip().endswith("}"):
            more = process.stdout.readline()
            assert more, process.communicate()[1]
            line += more
        started.append(Server(process, json.loads(line)["url"]))
        return started[-1]

    yield start
    for server in started:
        server.stop()
