"""The plan of the core: which package may import which, and what other packages may take from one."""

from __future__ import annotations

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest

import zoo_core
from tests.helpers.sources import tree_of

ROOT = Path(__file__).parents[1]
CORE = ROOT / "zoo_core"
ORDER = (
    "errors",
    "basics",
    "parts",
    "hookspecs contract",
    "storage registry",
    "data",
    "spec",
    "nn",
    "model",
    "graphs",
    "testing reports",
    "training",
    "runs serving",
    "display",
    "cli",
)
FACES = [
    "basics",
    "contract",
    "data",
    "graphs",
    "model",
    "nn",
    "registry",
    "reports",
    "runs",
    "serving",
    "spec",
    "storage",
    "testing",
    "training",
]
FACES += ["display.plots", "display.progress", "display.text"]
PUBLIC = {"parts", "errors", "hookspecs", "data", "graphs", "testing"}  # what a plugin may import
FLOOR = {name: number for number, names in enumerate(ORDER) for name in names.split()}


@cache
def _sources(folder: Path) -> list[Path]:
    return [f for f in sorted(folder.rglob("*.py")) if "templates" not in f.relative_to(ROOT).parts]


@cache
def _imports(file: Path, *, typing: bool = True) -> list[tuple[str, str]]:
    """List each module of the core that a file imports from, with the name that it takes from there.

    Imports inside functions count; without `typing`, those for type checkers alone do not.
    """
    found: list[tuple[str, str]] = []
    waiting: list[ast.AST] = [tree_of(file)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}: a relative import; name the module in full"
            found += [(str(node.module), alias.name) for alias in node.names]
        elif isinstance(node, ast.Import):
            found += [(alias.name, "") for alias in node.names]
        checked_only = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        waiting += node.orelse if checked_only and not typing else ast.iter_child_nodes(node)
    return [(module, name) for module, name in found if module.partition(".")[0] == "zoo_core"]


def _owner(file: Path) -> str:
    return file.relative_to(CORE).parts[0].removesuffix(".py")


def test_every_unit_of_the_core_has_its_place_in_the_order():
    assert {_owner(file) for file in _sources(CORE)} == {*FLOOR, "__init__", "__main__"}


def test_imports_run_downwards():
    for file in _sources(CORE):
        own = _owner(file)
        if own in ("__init__", "__main__"):
            continue
        for module, name in _imports(file, typing=False):
            other = [*module.split("."), name][1]
            allowed = other in (own, "_lazy_names") or FLOOR.get(other, len(ORDER)) < FLOOR[own]
            assert allowed, f"{file.relative_to(ROOT)} imports {other}, which is not below {own}"


def test_no_file_imports_itself_by_way_of_others():
    """Imports for type checkers are left out: they take no part in a run."""
    modules = {".".join(f.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for f in _sources(CORE)}
    graph = {}
    for file in _sources(CORE):
        own = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        taken = {(full if (full := f"{m}.{name}") in modules else m) for m, name in _imports(file, typing=False)}
        graph[own] = taken - {own, "zoo_core"}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_plugins_import_what_everybody_may():
    files = [f for f in _sources(ROOT / "plugins") if "tests" not in f.relative_to(ROOT).parts]
    for file in files:
        for module, name in _imports(file):
            unit = [*module.split("."), name][1]
            assert unit in PUBLIC or (module == "zoo_core" and name in zoo_core.__all__), f"{file}: {module} {name}"


def test_nobody_imports_the_private_modules_of_another_folder():
    for file in [*_sources(CORE), *_sources(ROOT / "plugins")]:
        for module, name in _imports(file):
            path = [*module.split("."), name]
            private = next((at for at, part in enumerate(path) if part.startswith("_")), None)
            owner = ROOT.joinpath(*path[:private])
            assert private is None or file.is_relative_to(owner), f"{file.relative_to(ROOT)}: {module} {name}"


@pytest.mark.parametrize("package", FACES)
def test_a_face_of_one_screen_shows_what_others_use(package):
    face, folder = import_module(f"zoo_core.{package}"), CORE.joinpath(*package.split("."))
    assert len((folder / "__init__.py").read_text().splitlines()) <= 50
    assert 3 <= len((face.__doc__ or "").splitlines()) <= 12
    others = [f for f in [*_sources(CORE), *_sources(ROOT / "tests")] if not f.is_relative_to(folder)]
    used = {name for f in others for module, name in _imports(f) if module == f"zoo_core.{package}"}
    parent, _, last = f"zoo_core.{package}".rpartition(".")
    whole = [f for f in others if (parent, last) in _imports(f)]
    used |= {name for f in whole for name in re.findall(rf"\b{last}\.(\w+)", f.read_text())}
    assert package in PUBLIC or set(face.__all__) <= used
