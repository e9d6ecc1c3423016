"""A model is named by its file or by its shipped name, everywhere by the same rule."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import zoo_core
from zoo_core.cli._inputs import load_model
from zoo_core.errors import ModelFileError, UsageError
from zoo_core.registry import Registry, find_model, shipped_models

NAME = "glyphs-quickstart"


def shipped_file() -> Path:
    found = shipped_models(Registry())[NAME].weights
    assert found is not None
    return found


def test_a_shipped_name_gives_its_file() -> None:
    assert find_model(NAME, Registry()) == shipped_file()


@pytest.mark.parametrize("name", ["no-ending", NAME])
def test_an_existing_file_needs_no_ending_and_comes_before_a_shipped_name(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(shipped_file(), name)
    assert find_model(name, Registry()) == Path(name)
    assert zoo_core.load(name).sha256 == load_model(name, Registry()).sha256


def test_a_folder_with_the_name_of_a_shipped_model_is_no_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(NAME).mkdir()
    assert find_model(NAME, Registry()) == shipped_file()


@pytest.mark.parametrize("load", [zoo_core.load, lambda name: load_model(name, Registry())])
@pytest.mark.parametrize("name", ["glyphs-quickstar", "x" * 5000])
def test_an_unknown_name_is_refused_in_the_same_words_everywhere(load: Any, name: str) -> None:
    with pytest.raises(UsageError, match=r"is neither a model file \(\.npz\) nor a shipped model"):
        load(name)


def test_a_model_that_ships_without_weights_says_so() -> None:
    name = next(name for name, model in shipped_models(Registry()).items() if model.weights is None)
    with pytest.raises(ModelFileError, match="ships without weights"):
        zoo_core.load(name)
