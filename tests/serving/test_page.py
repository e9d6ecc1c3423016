"""The page in a real browser: digits drawn with the mouse, a form filled in; no error, and no request elsewhere."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

import zoo_core

playwright = pytest.importorskip("playwright.sync_api", reason="needs the extra `test`")
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(BROWSER is None, reason="needs Chromium")]
# Strokes of digits on a pad of 280 x 280 pixels.
DIGITS = {
    "0": [[(140, 40), (80, 90), (80, 190), (140, 240), (200, 190), (200, 90), (140, 40)]],
    "1": [[(140, 40), (140, 240)]],
    "3": [[(90, 60), (150, 40), (190, 80), (140, 130), (195, 180), (150, 235), (85, 215)]],
    "7": [[(80, 60), (200, 60), (120, 230)]],
}


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as player:
        found = player.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        yield found
        found.close()


@pytest.fixture
def page(browser):
    found = browser.new_page()
    found.problems, found.asked = [], []
    found.on("console", lambda message: found.problems.append(message.text))
    found.on("pageerror", lambda error: found.problems.append(str(error)))
    found.on("request", lambda request: found.asked.append(request.url))
    yield found
    found.close()


def draw(page, strokes):
    pad = page.locator("canvas").first.bounding_box()
    for stroke in strokes:
        for i, (x, y) in enumerate(stroke):
            page.mouse.move(pad["x"] + x, pad["y"] + y, steps=6)
            if i == 0:
                page.mouse.down()
        page.mouse.up()


def test_drawn_digits_are_recognized(serve, page):
    server = serve("mnist-mlp", "--workers", 1)
    page.goto(server.url)
    for digit, strokes in DIGITS.items():
        page.get_by_role("button", name="Clear").click()
        draw(page, strokes)
        page.wait_for_selector(".answer")
        assert page.locator(".answer").inner_text() == digit
    assert page.problems == []
    assert {url.split("/")[2] for url in page.asked if not url.startswith("data:")} == {server.url.split("/")[2]}


def test_a_form_predicts_a_row_and_shows_texts_of_a_model_as_texts(serve, page, tmp_path):
    rng = np.random.default_rng(0)
    weight, color = rng.normal(size=80) * 10, rng.choice(["black", "<i>white</i>"], 80)
    data = {"weight": weight, "color": color, "tame": weight > 3, "kind": np.where(weight > 0, "<b>emu</b>", "cat")}
    layers = [{"units": 8, "activation": "tanh"}, {"units": 2, "activation": "softmax"}]
    spec = {
        "data": {"columns": {"weight": "number", "color": "category", "tame": "boolean"}},
        "model": {"loss": "cross_entropy", "layers": layers},
        "optimizer": {"name": "adam", "learning_rate": 0.05},
        "training": {"epochs": 40, "batch_size": 16},
    }
    zoo_core.train(spec, data=data, target="kind", output=tmp_path / "pets.npz")
    page.goto(serve(tmp_path / "pets.npz", "--workers", 1).url)
    page.get_by_label("weight").first.fill("25")
    page.get_by_role("button", name="Predict").click()
    page.wait_for_selector(".answer")
    assert page.locator(".answer").inner_text() == "<b>emu</b>"
    assert page.locator("main b, main i").count() == 0
    page.get_by_label("weight").first.fill("-25")
    page.get_by_label("tame").first.select_option("(missing)")
    page.get_by_label("weight").first.press("Enter")
    page.locator(".answer", has_text="cat").wait_for()
    assert page.problems == []


def test_an_empty_field_is_named_where_a_model_takes_no_missing_values(serve, page, tmp_path):
    rng = np.random.default_rng(0)
    data = {"weight": rng.normal(size=40), "<i>age</i>": rng.normal(size=40), "kind": rng.choice(["cat", "dog"], 40)}
    layers = [{"units": 2, "activation": "softmax"}]
    spec = {"model": {"loss": "cross_entropy", "layers": layers}, "optimizer": "adam", "training": {"epochs": 1}}
    zoo_core.train(spec, data=data, target="kind", output=tmp_path / "pets.npz")
    page.goto(serve(tmp_path / "pets.npz", "--workers", 1).url)
    page.get_by_label("weight").first.fill("25")
    page.get_by_role("button", name="Predict").click()
    problem = page.get_by_role("alert")
    problem.filter(has_text="<i>age</i>: fill in a number; the model takes no missing values").wait_for()
    page.get_by_label("age").first.fill("0")
    page.get_by_role("button", name="Predict").click()
    page.wait_for_selector(".answer")
    assert problem.inner_text() == ""
    assert page.problems == []
