"""A signal ends a command with its own exit code and one word, wherever it comes and whatever becomes of it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from zoo_core.cli import _app
from zoo_core.cli._signals import terminate

Zoo = Callable[..., tuple[int, str, str]]
LOST = """
import signal, time
from zoo_core.cli import _signals
_signals.interrupt_at_signals()
class Loses:
    def __del__(self):
        signal.raise_signal(signal.SIGTERM)
try:
    found = Loses()
    del found  # what is raised in it goes nowhere, as in the functions that compiled code calls
    time.sleep(2)
except KeyboardInterrupt:
    print("interrupted", _signals.received[0])
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_that_a_library_renames_is_one(
    run_zoo: Zoo, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    def load(*_: object) -> None:
        try:
            terminate(number, None)
        except KeyboardInterrupt as error:
            raise RuntimeError("while a function was called") from error

    monkeypatch.setattr("zoo_plugins.datasets.glyphs.Glyphs.load", load)
    assert run_zoo("train", "glyphs-quickstart") == (128 + number, "", "interrupted\n")
    monkeypatch.undo()
    assert run_zoo("show", "relu")[0] == 0, "the next command of the process is another one"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_before_the_command_begins(
    run_zoo: Zoo, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr(_app, "application", lambda _: terminate(number, None))
    assert run_zoo("show", "relu") == (128 + number, "", "interrupted\n")


def test_a_signal_outside_the_function_of_a_command(run_zoo: Zoo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_app._Group, "make_context", lambda *_, **__: terminate(signal.SIGTERM, None))
    assert run_zoo("show", "relu") == (143, "", "interrupted\n")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer of the system")
def test_an_interrupt_that_compiled_code_cannot_pass_on_comes_again() -> None:
    found = subprocess.run([sys.executable, "-c", LOST], capture_output=True, text=True, timeout=30, check=False)
    assert (found.stdout, found.stderr) == (f"interrupted {int(signal.SIGTERM)}\n", "")


def test_an_interrupt_while_the_command_is_imported_leaves_no_traceback() -> None:
    code = (
        "import runpy, signal, sys\n"
        "class Interrupts:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name == 'zoo_core.cli':\n"
        "            signal.raise_signal(signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupts())\n"
        "runpy.run_module('zoo_core', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
