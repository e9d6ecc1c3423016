"""What `zoo predict` leaves out so that it starts fast, and that its short way does what the long one does."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zoo_core.basics.workers import processors
from zoo_core.cli import _predict
from zoo_core.cli._app import application
from zoo_core.cli.commands import predict as command

IDLE = """
    typer click rich matplotlib pydantic pydantic_core importlib.metadata importlib.resources email tomllib platformdirs
    pooch narwhals packaging numpy.ma numpy.random numpy.fft numpy.polynomial tempfile shutil zipfile gzip decimal
    fractions asyncio concurrent.futures multiprocessing subprocess unittest zoo_core.cli.commands zoo_core.cli._app
    zoo_core.training zoo_core.runs zoo_core.display zoo_core.testing zoo_plugins.notebook zoo_plugins.initializers
    zoo_plugins.optimizers zoo_plugins.datasets zoo_plugins.metrics zoo_plugins.callbacks
"""  # what no prediction of a row of a table needs


def test_a_prediction_imports_no_library_that_it_does_not_use(tmp_path: Path) -> None:
    (tmp_path / "row.csv").write_text(",".join("0" * 784) + "\n")
    code = (
        "import sys, numpy\n"
        "before = {name for name in sys.modules}\n"
        "from zoo_core.cli import run\n"
        f"assert run(['predict', 'glyphs-quickstart', {str(tmp_path / 'row.csv')!r}]) == 0\n"
        f"new, idle = sys.modules.keys() - before, {IDLE.split()}\n"
        "print(sorted(m for m in new if any(m == name or m.startswith(name + '.') for name in idle)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "[]\n")
    assert done.stdout.strip().isdigit()


@pytest.mark.parametrize(("wanted", "threads"), [({}, 1), ({"OPENBLAS_NUM_THREADS": "2"}, 2)])
def test_blas_starts_no_threads_for_a_prediction_unless_the_user_says_so(
    tmp_path: Path, wanted: dict[str, str], threads: int
) -> None:
    np.save(tmp_path / "row.npy", np.zeros((1, 784), np.uint8))
    code = (
        "import sys\n"
        "from zoo_core.cli import main\n"
        f"sys.argv = ['zoo', 'predict', 'glyphs-quickstart', {str(tmp_path / 'row.npy')!r}]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "from threadpoolctl import threadpool_info\n"
        "print(*{i['num_threads'] for i in threadpool_info() if i['internal_api'] == 'openblas'}, file=sys.stderr)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"} | wanted
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert set(done.stderr.split()) <= {str(min(threads, processors()))}


LINES = """
    m.npz x.csv|m.npz -|- x.csv|m.npz||m.npz x.csv more|<> x.csv|m.npz x.csv --proba|m.npz x.csv --prob|--help
    --json m.npz --force x.csv --label|m.npz x.csv -o y.csv|-o y.csv m.npz x.csv --output z.csv|m.npz x.csv -oy.csv
    m.npz x.csv --output=y.csv|m.npz x.csv -o|m.npz x.csv -o -|m.npz x.csv -o <>|m.npz x.csv --keep a,b --keep c
    m.npz x.csv --keep --proba|m.npz x.csv --errors mark|m.npz x.csv --errors perhaps|m.npz x.csv --sha256 0f
    m.npz -- x.csv|-- -m.npz x.csv|m.npz x.csv --max-size 3|m.npz x.csv -h|m.npz x.csv --unknown|m.npz -1
    m.npz x.csv --no-proba|m.npz x.csv --proba --proba
"""


@pytest.mark.parametrize("text", LINES.strip().replace("\n    ", "|").split("|"))
def test_a_plain_call_is_read_as_typer_reads_it(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    line = ["" if word == "<>" else word for word in text.split()]
    plain = _predict.plain_call(["predict", *line])
    if plain is None:
        return  # Typer reads it
    given: list[tuple[Any, ...]] = []
    monkeypatch.setattr(command, "predict", lambda *places, **options: given.append((places, options)))
    application("predict")(args=["predict", *line], prog_name="zoo", standalone_mode=False)
    read: list[tuple[Any, ...]] = []
    monkeypatch.setattr(command, "predict", lambda *places, **options: read.append((places, options)))
    names = "model", "input_", "output"
    command.command(**{"output": None, **plain})
    assert {**dict(zip(names, read[0][0], strict=True)), **read[0][1]} == {
        **dict(zip(names, given[0][0], strict=True)),
        **given[0][1],
        "keep": given[0][1]["keep"] or None,
    }


def test_the_usual_calls_are_plain() -> None:
    for line in permutations(["m.npz", "x.csv", "--proba", "--json"]):
        found = _predict.plain_call(["predict", *line])
        assert found is not None
        assert (found["proba"], found["json"]) == (True, True)
    assert _predict.plain_call(
        ["predict", *["m.npz", "x.csv", "-o", "y.csv", "--force", "--keep", "id", "--errors", "mark"]]
    )


def test_the_size_that_the_environment_sets_is_left_to_typer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_MAX_SIZE", "7")
    assert _predict.plain_call(["predict", "m.npz", "x.csv"]) is None


def test_a_long_result_is_the_same_on_its_way_over_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    from io import StringIO

    from zoo_core.cli import _prediction_files

    texts = [f"{number} \ud800 é\r\n" for number in np.arange(50)]
    found = []
    for size in (2**22, 100):
        monkeypatch.setattr(_prediction_files, "IN_MEMORY", size)
        with _prediction_files.HeldText() as held:
            for text in texts:
                held.write(text)
            held.copy_to(stream := StringIO(newline=""))
        found.append(stream.getvalue())
    assert found == ["".join(texts)] * 2
