"""The plan of the core: which package may import which, and what other packages may take from one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CORE = ROOT / "zoo_core"
ORDER = (
    "errors _arrays",
    "parts",
    "hookspecs _part_checks",
    "data storage registry",
    "spec",
    "nn",
    "model testing",
    "training",
    "runs display",
    "cli",
)
FACES = ("data", "model", "nn", "registry", "runs", "spec", "storage", "testing", "training")
FACES = ("data", "model", "nn", "registry", "runs", "spec", "storage", "testing", "training")
PUBLIC = {"parts", "errors", "hookspecs", "data", "testing"}  # what a plugin may import


def _owner(file: Path) -> str:
    return file.relative_to(CORE).parts[0].removesuffix(".py")


def _imports(file: Path, *, typing: bool = False) -> Iterator[tuple[str, str]]:
    """Yield each module of the core that a file imports from, with the name that it takes from there."""
    tree = ast.parse(file.read_text())
    skipped = set() if typing else {id(n) for block in ast.walk(tree) if _is_typing(block) for n in ast.walk(block)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "zoo_core":
            yield from ((str(node.module), alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names if alias.name.split(".")[0] == "zoo_core")


def _is_typing(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _sources(folder: Path) -> list[Path]:
    return [f for f in sorted(folder.rglob("*.py")) if "templates" not in f.parts]


def test_imports_run_downwards():
    floor = {name: number for number, names in enumerate(ORDER) for name in names.split()}
    for file in _sources(CORE):
        own = _owner(file)
        if own in ("__init__", "__main__"):
            continue
        for module, name in _imports(file):
            other = [*module.split("."), name][1]
            if other in ("", own) or other not in floor:  # a name of the API's own, such as `hookimpl`
                continue
            assert floor[other] < floor[own], f"{file.relative_to(ROOT)} imports {other}, which is not below {own}"


def test_plugins_import_what_everybody_may():
    for file in _sources(ROOT / "plugins"):
        if "tests" not in file.parts:
            for module, _ in _imports(file, typing=True):
                assert module == "zoo_core" or module.split(".")[1] in PUBLIC, f"{file.relative_to(ROOT)}: {module}"


def test_nobody_imports_the_private_modules_of_another_package():
    for file in [*_sources(CORE), *_sources(ROOT / "plugins")]:
        own = _owner(file) if file.is_relative_to(CORE) else ""
        for module, name in _imports(file, typing=True):
            path = [*module.split(".")[1:], name]
            inside = any(part.startswith("_") for part in path[1:])
            assert not inside or path[0] == own, f"{file.relative_to(ROOT)}: {module} {name}"


@pytest.mark.parametrize("package", FACES)
def test_a_face_of_one_screen_shows_what_others_use(package):
    face, folder = import_module(f"zoo_core.{package}"), CORE / package
    text = (folder / "__init__.py").read_text()
    assert len(text.splitlines()) <= 50
    assert 3 <= len((face.__doc__ or "").splitlines()) <= 12
    others = [f for f in [*_sources(CORE), *_sources(ROOT / "tests")] if not f.is_relative_to(folder)]
    used = {name for f in others for module, name in _imports(f, typing=True) if module == f"zoo_core.{package}"}
    used |= {name for f in others for name in re.findall(rf"\b{package}\.(\w+)", f.read_text())}
    for name in face.__all__:
        assert getattr(face, name) is not None
        assert name in used or package in PUBLIC, f"{name} is used by nobody"
        assert re.search(rf"^ .*\b{name}\b|import .*\b{name}\b", text, re.MULTILINE), f"{name} is not imported"
