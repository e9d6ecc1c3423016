"""The built-in plugin is found fast where it is the only one, and in all other cases `importlib.metadata` decides."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

import zoo_models  # noqa: F401 - the path is replaced below
import zoo_plugins  # noqa: F401
from zoo_core.registry import Registry, only_built_in

OWN = "[console_scripts]\nzoo = zoo_core.cli:main\n\n[zoo]\nmlp-zoo = zoo_plugins\n"
METADATA = "Metadata-Version: 2.4\nName: mlp-zoo\nVersion: 7.1.0\n\nVersion: 9 is said in the text only\n"

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Return a function that installs a distribution in a folder which alone is on the path, beside that of the zoo."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])

    def add(name: str, points: str | bytes | None, about: str = METADATA) -> Path:
        folder = tmp_path / f"{name}.dist-info"
        folder.mkdir()
        if points is not None:
            (folder / "entry_points.txt").write_bytes(points if isinstance(points, bytes) else points.encode())
        (folder / "METADATA").write_text(about)
        return folder

    return add


def test_the_built_in_plugin_is_found_as_importlib_finds_it(install: Install) -> None:
    install("mlp_zoo-7.1.0", OWN)
    install("other-1.0", None)
    install("damaged-1.0", b"\xff\xfe\x00[")
    install("script-1.0", "[console_scripts]\nzoo = a:b\n[ zoo ]\nx = y\n[zoology]\nx = y\n")
    (point,) = metadata.distribution("mlp-zoo").entry_points.select(group="zoo")
    assert only_built_in() == (metadata.version("mlp-zoo"), point.value) == ("7.1.0", "zoo_plugins")
    (plugin,) = Registry().plugins
    assert (plugin.distribution, plugin.version, plugin.problem) == ("mlp-zoo", "7.1.0", "")


@pytest.mark.parametrize(
    ("name", "points", "about"),
    [
        ("zoo_other-1.0", "[zoo]\nzoo-other = json\n", "Name: zoo-other\nVersion: 1.0\n"),
        ("zoo_other-1.0", b"[zoo]\n\xff", "Name: zoo-other\nVersion: 1.0\n"),
        ("mlp_zoo-6.0", OWN, METADATA),
    ],
)
def test_another_plugin_is_left_to_importlib(install: Install, name: str, points: str | bytes, about: str) -> None:
    install("mlp_zoo-7.1.0", OWN)
    install(name, points, about)
    assert only_built_in() is None


@pytest.mark.parametrize(
    ("points", "about"),
    [
        (None, METADATA),
        ("[zoo]\n", METADATA),
        ("[zoo]\nmlp-zoo = zoo_plugins\nmore = json\n", METADATA),
        ("[zoo]\nmlp-zoo = zoo_plugins:name\n", METADATA),
        (OWN, "Name: mlp-zoo\n\nVersion: 7.1.0\n"),
        (OWN, "Name: zoo-mlp\nVersion: 7.1.0\n"),
        (OWN, ""),
    ],
)
def test_a_distribution_that_says_something_else_is_left_to_importlib(
    install: Install, points: str | None, about: str
) -> None:
    install("mlp_zoo-7.1.0", points, about)
    assert only_built_in() is None


def test_what_may_hide_distributions_is_left_to_importlib(
    install: Install, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("mlp_zoo-7.1.0", OWN)
    assert only_built_in() is not None
    archive = tmp_path / "parts.zip"
    archive.write_bytes(b"")
    for entry in (str(archive), str(tmp_path / "old.egg"), tmp_path):
        monkeypatch.setattr(sys, "path", [str(tmp_path), entry])
        assert only_built_in() is None, entry
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "nowhere"), str(tmp_path)])
    assert only_built_in() is not None
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, SimpleNamespace(find_distributions=list)])
    assert only_built_in() is None
