"""Fixtures that several test modules use."""

from __future__ import annotations

import gc
import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import mnist


def pytest_configure(config: pytest.Config) -> None:
    """Set the usual handlers of signals: a shell starts a job in the background with some of them ignored."""
    _keep_bytecode(config)
    for name, handler in {"SIGINT": signal.default_int_handler, "SIGHUP": signal.SIG_DFL}.items():
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def _keep_bytecode(config: pytest.Config) -> None:
    """Where no bytecode may be written, keep it in a temporary folder: each `zoo` would compile all its modules."""
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        folder = tempfile.TemporaryDirectory(prefix="zoo-tests-", ignore_cleanup_errors=True)
        os.environ["PYTHONPYCACHEPREFIX"] = folder.name  # the processes of pytest-xdist inherit it
        config.add_cleanup(folder.cleanup)


def pytest_collection_finish() -> None:
    """Take tests and modules out of garbage collection: they live to the end, and would be visited all the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def run_zoo(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process, in an empty folder; returns exit code, standard output, standard error."""
    from zoo_core.cli import run

    def call(*arguments: object) -> tuple[int, str, str]:
        code = run([str(a) for a in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    monkeypatch.chdir(tmp_path)
    return call


@pytest.fixture
def own_fonts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave only the fonts that come with Matplotlib, so that a test sees the same ones on every machine."""
    import matplotlib
    from matplotlib import font_manager

    own = [font for font in font_manager.fontManager.ttflist if font.fname.startswith(matplotlib.get_data_path())]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", own)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """Return a folder that holds mnist/ with its four files; without one skip, or fail where CI is "true"."""
    found = mnist.folder()
    if found is not None:
        return found
    reason = f"the MNIST files are in none of {', '.join(map(str, mnist.places()))}; set ZOO_DATA_DIR"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
