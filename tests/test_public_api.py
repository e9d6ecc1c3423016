"""What users and authors of parts may import, and that it is imported only when it is used."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import zoo_core
from zoo_core import parts

CORE = Path(zoo_core.__file__).parent
FACES = ["", ".data", ".model", ".nn", ".registry", ".runs", ".spec", ".storage", ".testing", ".training"]
NAMES = {
    *("train", "resume", "load", "read_spec", "prepare", "follow", "watch", "plot", "export", "cross_validate"),
    *("Model", "Spec", "Registry", "ZooError"),
    *("hookimpl", "LazyParts", "__version__"),
}


def test_the_public_names_are_these():
    assert set(zoo_core.__all__) == NAMES
    assert set(dir(zoo_core)) >= NAMES - {"__version__"}


@pytest.mark.parametrize("face", FACES)
def test_a_face_shows_exactly_what_it_imports(face):
    """A lazy face imports its names for type checkers alone, and again by name when they are first used."""
    module = import_module(f"zoo_core{face}")
    tree = ast.parse(Path(module.__file__).read_text())
    blocks = [node.body if isinstance(node, ast.If) else [node] for node in tree.body]
    imports = [node for block in blocks for node in block if isinstance(node, ast.ImportFrom)]
    own = [node for node in imports if node.module.startswith("zoo_core.")]
    named = {alias.asname or alias.name: node.module for node in own for alias in node.names}
    assert set(module.__all__) - {"__version__"} == named.keys()
    for name, home in named.items():
        assert getattr(module, name) is getattr(import_module(home), name)


def test_every_base_class_of_a_kind_is_a_name_of_the_contract():
    for base in parts.KINDS.values():
        assert getattr(parts, base.__name__) is base


@pytest.mark.parametrize(
    ("program", "absent"),
    [
        ("import zoo_core", "numpy typer rich matplotlib pydantic"),
        ("import zoo_core.parts; zoo_core.load", "typer rich matplotlib"),
        ("from zoo_core.cli import run; run(['--help'])", "numpy matplotlib pydantic rich"),
        ("import zoo_core.display.plots._learning_curves, zoo_core.display.progress._live", "matplotlib rich"),
    ],
)
def test_what_is_not_used_is_not_imported(program, absent):
    check = f"import sys\n{program}\nprint([name for name in {absent.split()} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
