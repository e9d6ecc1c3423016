"""The notebooks of models/notebooks run to their end, and their cells show what their texts promise."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "models/notebooks"
SHOWN = {  # what the cells with an output show, in their order
    "first-lesson": ["<pre>name = ", "<svg", "<svg", "image/png", "image/png", "<table"],
    "table-from-a-frame": ["<table", "<svg", "<svg", "predicted", "image/png"],
    "step-by-step": ["'validation'", "StepTaken(epoch=0, step=1", "array(", "'layers.1': (5, 10)", "[", "<svg"],
}


def read(name: str) -> Any:
    import nbformat

    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)


def test_every_notebook_is_tried_and_kept_without_outputs() -> None:
    assert {file.stem for file in FOLDER.glob("*.ipynb")} == SHOWN.keys()
    for name in SHOWN:
        cells = [cell for cell in read(name).cells if cell.cell_type == "code"]
        assert [cell.outputs for cell in cells] == [[]] * len(cells)
        assert {cell.execution_count for cell in cells} == {None}


@pytest.mark.slow
@pytest.mark.parametrize("name", SHOWN)
def test_a_notebook_runs_and_shows(name: str, tmp_path: Path) -> None:
    from nbclient import NotebookClient

    notebook = read(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the client and its loop of events; those of the cells stand in outputs
        NotebookClient(
            notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
        ).execute()
    shown = [texts for cell in notebook.cells if (texts := _outputs(cell))]
    assert "stderr" not in str([output.get("name") for cell in notebook.cells for output in cell.get("outputs", [])])
    found = " | ".join(shown)
    for wanted in SHOWN[name]:
        _, there, found = found.partition(wanted)
        assert there, f"{wanted} is not shown, or not in its place"


def _outputs(cell: Any) -> str:
    """Return the kinds and the texts of all that a cell shows."""
    data = [output.get("data", {"text/plain": output.get("text", "")}) for output in cell.get("outputs", [])]
    return " ".join(f"{kind}: {'' if kind.startswith('image') else text}" for one in data for kind, text in one.items())
