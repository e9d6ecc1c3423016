"""A picture may be replaced by the same request alone, and only while nobody else has changed it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from matplotlib.image import imread

from zoo_core.display.plots import is_own_picture, new_figure, save_figure
from zoo_core.errors import UsageError

ENDINGS = (".png", ".svg", ".pdf")


@pytest.fixture(params=ENDINGS)
def picture(request: Any, tmp_path: Path) -> Path:
    path = tmp_path / f"p{request.param}"
    save_figure(new_figure(1, 1), path, request="curves of m")
    return path


def test_the_same_request_replaces_its_picture(picture: Path) -> None:
    assert is_own_picture(picture, "curves of m")
    save_figure(new_figure(2, 2), picture, overwrite=False, request="curves of m")
    assert is_own_picture(picture, "curves of m")


def test_another_request_does_not(picture: Path) -> None:
    before = picture.read_bytes()
    for request in ("curves of n", "curves of ", ""):
        with pytest.raises(UsageError, match="exists"):
            save_figure(new_figure(2, 2), picture, overwrite=False, request=request)
    assert picture.read_bytes() == before


def test_no_changed_byte_is_overlooked(picture: Path) -> None:
    content = picture.read_bytes()
    for at in [*range(0, len(content), max(len(content) // 40, 1)), *range(len(content) - 130, len(content))]:
        picture.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert not is_own_picture(picture, "curves of m"), at
    for changed in (content + b" ", content[:-1], b"", content[:80], content + content):
        picture.write_bytes(changed)
        assert not is_own_picture(picture, "curves of m")


def test_pictures_of_others_links_and_folders_are_not_our_own(tmp_path: Path) -> None:
    for ending in ENDINGS:
        new_figure(1, 1).savefig(tmp_path / f"theirs{ending}")
        assert not is_own_picture(tmp_path / f"theirs{ending}", "curves of m")
        assert not is_own_picture(tmp_path / f"missing{ending}", "curves of m")
    save_figure(new_figure(1, 1), tmp_path / "own.png", request="r")
    (tmp_path / "link.png").symlink_to(tmp_path / "own.png")
    (tmp_path / "folder.png").mkdir()
    assert not is_own_picture(tmp_path / "link.png", "r")
    assert not is_own_picture(tmp_path / "folder.png", "r")


def test_a_marked_png_is_a_valid_one(tmp_path: Path) -> None:
    from PIL import Image

    save_figure(new_figure(1, 1), tmp_path / "a.png", request="r")
    save_figure(new_figure(1, 1), tmp_path / "b.png")
    assert (imread(tmp_path / "a.png") == imread(tmp_path / "b.png")).all()
    with Image.open(tmp_path / "a.png") as image:
        image.load()  # also reads the chunks behind the pixels and their checksums
        assert image.info["Source"].startswith("picture of zoo ")  # type: ignore[union-attr]


def test_a_marked_svg_is_valid_xml(tmp_path: Path) -> None:
    from xml.etree import ElementTree

    save_figure(new_figure(1, 1), tmp_path / "a.svg", request="r")
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")
