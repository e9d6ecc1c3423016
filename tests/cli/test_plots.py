"""`zoo plot`: what it draws, what it says where it cannot, and which files it replaces."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

SHORT = ["-q", "--set", "training.epochs=2"]


@pytest.fixture
def run_zoo(run_zoo):
    """Run a command in a folder with a model m.npz; returns exit code, standard output, standard error."""
    statistics = ["--set", "training.layer_statistics=true"]
    assert run_zoo("train", "glyphs-quickstart", "-o", "m.npz", *SHORT, *statistics)[0] == 0
    return run_zoo


@pytest.mark.slow
def test_the_same_command_replaces_its_own_picture_and_nothing_else(run_zoo):
    assert run_zoo("plot", "m.npz") == (0, "saved m-curves.png\n", "")
    assert run_zoo("plot", "m.npz") == (0, "saved m-curves.png\n", "")
    assert run_zoo("plot", "./m.npz")[0] == 0
    own = Path("m-curves.png").read_bytes()
    Path("a").mkdir()
    Path("a/m.npz").write_bytes(Path("m.npz").read_bytes())
    for others in (["m.npz", "--what", "accuracy"], ["a/m.npz"], ["m.npz", "a/m.npz"]):
        code, _, err = run_zoo("plot", *others, "-o", "m-curves.png")
        assert (code, "m-curves.png: exists" in err, "--force" in err) == (2, True, True)
    assert run_zoo("plot", "a/m.npz")[0] == 2
    assert Path("m-curves.png").read_bytes() == own
    Path("m-curves.png").write_bytes(own + b"edited")
    assert run_zoo("plot", "m.npz")[0] == 2
    assert run_zoo("plot", "m.npz", "--force")[0] == 0
    assert Path("m-curves.png").read_bytes() == own


def test_pictures_of_one_model_lie_side_by_side(run_zoo):
    assert run_zoo("plot", "m.npz") == (0, "saved m-curves.png\n", "")
    own = Path("m-curves.png").read_bytes()
    for line, file in (
        ("m.npz --what accuracy", "m-curves-accuracy.png"),
        ("m.npz glyphs-quickstart", "m-and-1-more-curves.png"),
        ("m.npz --kind confusion --split train", "m-confusion-train.png"),
        ("m.npz --kind confusion", "m-confusion.png"),
    ):
        assert run_zoo("plot", *line.split()) == (0, f"saved {file}\n", "")
    assert Path("m-curves.png").read_bytes() == own


def test_a_picture_says_nothing_of_the_folders_it_was_made_from(run_zoo):
    run_zoo("plot", "m.npz", "-o", "p.svg")
    assert str(Path.cwd().name) not in Path("p.svg").read_text()


def test_layers(run_zoo):
    assert run_zoo("plot", "m.npz", "--kind", "layers", "-o", "l.svg") == (0, "saved l.svg\n", "")
    text = Path("l.svg").read_text()
    assert all(word in text for word in ("layers.0 relu", "dead units", "gradient norm", "update to weight"))
    code, _, err = run_zoo("plot", "glyphs-quickstart", "--kind", "layers")
    assert (code, "`[training] layer_statistics = true`" in err) == (2, True)
    assert not Path("glyphs-quickstart-layers.png").exists()


def test_two_files_of_one_name_are_named_with_their_folders(run_zoo):
    for folder in ("a", "b"):
        Path(folder).mkdir()
        Path(folder, "m.npz").write_bytes(Path("m.npz").read_bytes())
    assert run_zoo("plot", "a/m.npz", "b/m.npz", "m.npz", "-o", "p.svg")[0] == 0
    names = re.findall(r"<!-- (.*): [0-9.]+ in epoch 2 -->", Path("p.svg").read_text())
    assert set(names) == {"a/m", "b/m", "m"}


@pytest.mark.parametrize(
    ("arguments", "label"),
    [
        (["m.npz"], "epochs trained (15 steps each)"),
        (["glyphs-quickstart"], "epochs trained (15 steps each)"),
        (["glyphs-quickstart", "--set", "training.batch_size=all"], "epochs trained (1 step each)"),
        (["cosine"], "epochs trained (drawn with 100 steps each)"),
    ],
)
def test_a_schedule_is_drawn_with_the_steps_of_its_run(run_zoo, arguments, label):
    from zoo_core import read_spec
    from zoo_core.runs import prepare

    real = prepare(read_spec("glyphs-quickstart")).loader.batches.steps
    assert run_zoo("plot", *arguments, "--kind", "schedule", "-o", "s.svg") == (0, "saved s.svg\n", "")
    assert label.replace("15 steps", f"{real} steps") in Path("s.svg").read_text()


def test_the_last_rate_of_a_schedule_lasts_to_the_end_of_its_run():
    import zoo_core
    from zoo_core.display.plots import schedule_curve

    step = zoo_core.Registry().get("schedule", "step")(initial=0.1, every=1)
    (axes,) = schedule_curve(step, 3, 1).axes
    (line,) = axes.lines
    assert (list(line.get_xdata()), line.get_ydata()[-1]) == ([0, 1, 2, 3], line.get_ydata()[-2])
    assert all(tick == int(tick) for tick in axes.get_xticks())


def test_a_schedule_without_its_data_says_so(run_zoo, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE_DIR", str(Path.cwd()))
    code, out, err = run_zoo("plot", "mnist-mlp", "--kind", "schedule", "-o", "s.svg")
    assert (code, out) == (0, "saved s.svg\n")
    assert err.startswith("warning: mnist-mlp: the steps of an epoch are not known, 100 are drawn; its data: mnist: ")
    assert "drawn with 100 steps each" in Path("s.svg").read_text()


@pytest.mark.usefixtures("own_fonts")
def test_a_class_name_without_a_font_is_said(run_zoo):
    sign = "\U00012000"
    rows = "".join(f"{at % 7},{at % 5},{sign if at % 2 else 'b'}\n" for at in range(60))
    Path("t.csv").write_text(f"p,q,kind\n{rows}", encoding="utf-8")
    assert run_zoo("new", "t", "--data", "t.csv")[0] == 0
    assert run_zoo("train", "t.toml", "-o", "t.npz", *SHORT)[0] == 0
    code, _, err = run_zoo("plot", "t.npz", "--kind", "confusion", "--json")
    assert code == 0
    assert f"warning: no installed font has the characters {sign}" in err
    assert "Noto Sans Cuneiform" in err


def test_a_spec_has_no_curves(run_zoo):
    run_zoo("new", "s")
    code, _, err = run_zoo("plot", "s.toml")
    assert (code, "this is a spec; train it first: zoo train s.toml" in err) == (2, True)


def test_json_stays_json(run_zoo):
    code, out, _ = run_zoo("plot", "m.npz", "--json")
    assert (code, json.loads(out)) == (0, {"saved": "m-curves.png", "kind": "curves"})
