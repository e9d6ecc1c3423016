"""The command `zoo` as its users meet it: what it prints, where, and with which exit code."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import zoo_core
from zoo_core.cli import run
from zoo_core.errors import ModelFileError

SMALL = ("--set", "data.rows=500", "--set", "data.test_rows=100", "--set", "data.train=:400", "--set",
         "data.validation=400:", "--set", "training.epochs=3")  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A small model file, made once."""
    path = tmp_path_factory.mktemp("model") / "m.npz"
    assert run(["train", "glyphs-quickstart", "-o", str(path), "--quiet", *SMALL]) == 0
    return path


def test_train_says_what_it_reached_and_where_it_saved(run_zoo):
    code, out, err = run_zoo("train", "glyphs-quickstart", *SMALL)
    assert code == 0
    assert re.search(r"test_accuracy 0\.\d+", out)
    assert "saved glyphs-quickstart.npz" in out
    assert "epoch" in err
    assert "\x1b" not in err
    assert Path("glyphs-quickstart.npz").exists()


def test_quiet_prints_nothing_and_json_is_json(run_zoo):
    assert run_zoo("train", "glyphs-quickstart", "--quiet", *SMALL)[1:] == ("", "")
    code, out, _ = run_zoo("train", "glyphs-quickstart", "--json", "--force", *SMALL)
    assert code == 0
    assert {"model", "sha256", "epoch", "test_accuracy"} <= json.loads(out).keys()


@pytest.mark.parametrize(
    "arguments",
    [("new", "mine"), ("plot", "relu", "--kind", "activation"), ("plugins", "new", "zoo-mine", "--kind", "loss")],
)
def test_what_writes_a_file_names_it_in_json(run_zoo, arguments):
    code, out, _ = run_zoo(*arguments, "--json")
    assert (code, Path(json.loads(out)["saved"]).exists()) == (0, True)


def test_evaluate_show_and_history_agree(run_zoo, trained):
    figures = json.loads(run_zoo("evaluate", trained, "--json")[1])
    shown = json.loads(run_zoo("show", trained, "--json")[1])
    assert {"spec", "parameters", "plugins", "sha256", "history"} <= shown.keys()
    assert shown["parameters"] == 784 * 64 + 64 + 64 * 10 + 10
    assert len(shown["history"]) == 3
    assert shown["history"][-1]["test_accuracy"] == figures["accuracy"]
    assert all(isinstance(value, float) for value in figures.values())


@pytest.mark.parametrize("ending", ["npy", "npz", "csv"])
def test_predict_takes_rows_in_several_forms(run_zoo, trained, ending):
    x = np.random.default_rng(0).integers(0, 256, (5, 784), dtype=np.uint8)
    if ending == "npy":
        np.save("x.npy", x)
    elif ending == "npz":
        np.savez("x.npz", x=x)
    else:
        np.savetxt("x.csv", x, delimiter=",", fmt="%d", header=",".join(f"p{i}" for i in range(784)), comments="")
    assert run_zoo("predict", trained, f"x.{ending}", "-o", "y.npy")[0] == 0
    assert run_zoo("predict", trained, f"x.{ending}", "-o", "p.npy", "--proba")[0] == 0
    labels, probabilities = np.load("y.npy"), np.load("p.npy")
    assert (labels == probabilities.argmax(axis=1)).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_predict_from_standard_input_and_a_picture(trained, tmp_path):
    from PIL import Image

    x = np.random.default_rng(0).integers(0, 256, (3, 784), dtype=np.uint8)
    text = "\n".join(",".join(map(str, row)) for row in [[f"p{i}" for i in range(784)], *x.tolist()])
    done = subprocess.run(
        [sys.executable, "-m", "zoo_core", "predict", str(trained), "-"],
        input=text.encode(), capture_output=True, check=True,
    )  # fmt: skip
    assert len(done.stdout.split()) == 3
    Image.fromarray(x[0].reshape(28, 28)).save(tmp_path / "digit.png")
    done = subprocess.run(
        [sys.executable, "-m", "zoo_core", "predict", str(trained), str(tmp_path / "digit.png")],
        capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() in {str(digit).encode() for digit in range(10)}
    piped = subprocess.run(
        [sys.executable, "-m", "zoo_core", "predict", str(trained), "-"],
        input=(tmp_path / "digit.png").read_bytes(), capture_output=True, check=True,
    )  # fmt: skip
    assert piped.stdout == done.stdout


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["MODEL"], "m-curves.png"),
        (["MODEL", "MODEL", "-o", "two.svg"], "two.svg"),
        (["MODEL", "--kind", "confusion"], "m-confusion.png"),
        (["MODEL", "--kind", "weights", "-o", "w.pdf"], "w.pdf"),
        (["gelu", "--kind", "activation"], "gelu-activation.png"),
        (["leaky_relu", "--kind", "activation", "-o", "l.png"], "l.png"),
        (["cosine", "--kind", "schedule", "--set", "warmup=2"], "cosine-schedule.png"),
        (["glyphs-quickstart", "--kind", "schedule"], "glyphs-quickstart-schedule.png"),
    ],
)
def test_plot_draws_each_kind(run_zoo, trained, arguments, name):
    code, out, err = run_zoo("plot", *[str(trained) if a == "MODEL" else a for a in arguments])
    assert (code, out) == (0, f"saved {name}\n"), err
    assert Path(name).stat().st_size > 1000


def test_compare_names_what_differs(run_zoo, trained):
    run_zoo("train", "glyphs-quickstart", "-o", "b.npz", "-q", *SMALL, "--set", "model.layers.0.units=20")
    code, out, _ = run_zoo("compare", trained, "b.npz", "--json")
    assert code == 0
    assert set(json.loads(out)["differences"]) == {"model.layers.0.units"}
    assert "model.layers.0.units" in run_zoo("compare", trained, "b.npz")[1]


def test_compare_says_that_a_model_is_named_twice(run_zoo, trained):
    code, out, err = run_zoo("compare", trained, trained, "--json")
    assert (code, [warning["key"] for warning in json.loads(out)["warnings"]]) == (0, ["named_twice"])
    assert err == f"warning: {trained}: named more than once, and shown once\n"


def test_listing_and_showing(run_zoo):
    assert "mnist-mlp" in run_zoo("list")[1]
    names = {row["name"] for row in json.loads(run_zoo("list", "parts", "*relu*", "--json")[1])}
    assert {"relu", "leaky_relu", "prelu"} <= names
    assert {row["name"] for row in json.loads(run_zoo("list", "datasets", "--json")[1])} >= {
        "glyphs",
        "mnist",
        "csv",
    }
    assert "slope" in run_zoo("show", "leaky_relu")[1] or "negative" in run_zoo("show", "leaky_relu")[1]
    plugins = json.loads(run_zoo("plugins", "--json")[1])
    assert [p["state"] for p in plugins if p["name"] == "mlp-zoo"] == ["ok"]
    assert "numpy" in json.loads(run_zoo("env", "--json")[1])


def test_new_validate_and_schema(run_zoo):
    assert run_zoo("new", "mine")[0] == 0
    assert run_zoo("validate", "mine.toml")[:2] == (0, "mine.toml: valid\n")
    assert run_zoo("schema", "-o", "zoo.schema.json")[0] == 0
    assert "model" in json.loads(Path("zoo.schema.json").read_text())["properties"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["train", "nothing"], 2, "'zoo list'"),
        (["train", "missing.toml"], 3, "missing.toml"),
        (["train", "glyphs-quickstart", "-o", "here.txt/x.npz"], 2, "folder"),
        (["train", "glyphs-quickstart", "--set", "training.epochs=-5"], 2, "training.epochs"),
        (["train", "glyphs-quickstart", "--set", "optimizer.name=adamm"], 2, "did you mean 'adam'"),
        (["train", "glyphs-quickstart", "--set", "optimizer.learning_rate=1e38"], 6, "learning rate"),
        (["train", "--nonsense"], 2, "nonsense"),
        (["evaluate", "MODEL", "--split", "tset"], 2, "did you mean 'test'"),
        (["evaluate", "missing.npz"], 3, "missing.npz"),
        (["evaluate", "MODEL", "--sha256", "0" * 64], 3, "sha256"),
        (["predict", "MODEL", "missing.npy"], 3, "missing.npy"),
        (["predict", "MODEL", "wide.npy", "--sha256", "0" * 64], 3, "sha256"),
        (["predict", "MODEL", "wide.npy"], 3, "784"),
        (["predict", "MODEL", "x.dat"], 3, "x.dat: there is no such file"),
        (["plot", "MODEL", "-o", "x.bmp"], 2, ".svg"),
        (["new", "../x"], 2, "name"),
        (["data", "fetch", "glyphs"], 3, "no download"),
        (["plugins", "check", "zoo-none"], 4, "zoo-none"),
        (["show", "relux"], 2, "did you mean 'relu"),
    ],
)
def test_a_mistake_gets_one_message_and_its_code(run_zoo, trained, arguments, code, words):
    np.save("wide.npy", np.zeros((2, 5)))
    found, out, err = run_zoo(*[str(trained) if a == "MODEL" else a for a in arguments])
    assert (found, out) == (code, "")
    assert words in err
    assert "Traceback" not in err
    assert not list(Path().glob("*.npz"))


def test_an_output_that_exists_is_kept(run_zoo, trained):
    Path("m.npz").write_text("precious")
    code, _, err = run_zoo("train", "glyphs-quickstart", "-o", "m.npz", *SMALL)
    assert code == 2
    assert "--force" in err
    assert Path("m.npz").read_text() == "precious"


def test_every_command_of_the_help_has_its_page(run_zoo):
    page = (Path(__file__).parents[2] / "plugins/reference/commands.md").read_text()
    commands = re.findall(r"^  ([a-z]+) +[A-Z]", run_zoo("--help")[1], re.MULTILINE)
    assert len(commands) >= 13
    assert [c for c in commands if f"`zoo {c}" not in page] == []


def test_a_command_imports_neither_other_commands_nor_parts_that_it_does_not_need(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((1, 784), np.uint8))
    code = (
        "import sys\n"
        "from zoo_core.cli import run\n"
        f"assert run(['predict', 'glyphs-quickstart', {str(tmp_path / 'x.npy')!r}]) == 0\n"
        "idle = {'zoo_core.cli.commands.train', 'zoo_core.training._trainer'}\n"
        "idle |= {'zoo_plugins.optimizers.lbfgs', 'zoo_plugins.notebook'}\n"
        "assert not idle & set(sys.modules), idle & set(sys.modules)\n"
        "assert {'zoo_core.cli._predict', 'zoo_plugins.activations.basic'} <= set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_validate_gives_the_errors_as_json_too(run_zoo):
    Path("s.toml").write_text(
        "seed = -1\n[data]\nname = 'glyphs'\n[model]\nloss = 'mse'\n[[model.layers]]\nunits = 1\n"
    )
    code, out, err = run_zoo("validate", "s.toml", "--json")
    assert code == 3
    assert json.loads(out) == {
        "valid": False,
        "errors": ["s.toml:1:1: optimizer: is required", "s.toml:1:1: seed: must be at least 0, not -1"],
    }
    assert err.startswith("error: s.toml:1:1: optimizer")
    assert json.loads(run_zoo("validate", "glyphs-quickstart", "--json")[1])["valid"] is True


def test_figures_of_a_model_are_those_of_the_weights_it_kept(run_zoo):
    """Early stopping puts the best weights back: what is reported must be theirs, not the last epoch's."""
    stop = 'training.early_stopping={monitor="validation_accuracy", patience=2}'
    changes = ["--set", "training.epochs=30", "--set", "optimizer.learning_rate=0.3", "--set", stop]
    code, out, err = run_zoo("train", "glyphs-quickstart", "-o", "m.npz", "--json", *SMALL, *changes)
    assert code == 0
    assert "kept the weights of epoch" in out + err
    reported = json.loads(out)
    measured = json.loads(run_zoo("evaluate", "m.npz", "--json")[1])
    assert {key: reported[f"test_{key}"] for key in measured} == pytest.approx(measured)
    compared = json.loads(run_zoo("compare", "m.npz", "--json")[1])["models"]["m.npz"]
    assert compared["test_accuracy"] == reported["test_accuracy"]
    history = json.loads(run_zoo("show", "m.npz", "--json")[1])["history"]
    assert [r["epoch"] for r in history if r.get("kept")] == [reported["epoch"]] != [history[-1]["epoch"]]


def test_version(run_zoo):
    code, out, _ = run_zoo("--version")
    assert (code, out) == (0, f"zoo {zoo_core.__version__}\n")


def test_training_outlives_those_who_watch_it(tmp_path):
    """`zoo train ... 2>&1 | head -1` must not cost the model."""
    command = [sys.executable, "-m", "zoo_core", "train", "glyphs-quickstart", "-o", str(tmp_path / "m.npz"), *SMALL]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.stderr.close()
        assert process.wait(60) == 0
    assert zoo_core.load(tmp_path / "m.npz").history[-1]["epoch"] == 2


def test_curves_of_any_recorded_figure(run_zoo, trained):
    assert run_zoo("plot", trained, "--what", "accuracy", "-o", "a.svg")[0] == 0
    assert "accuracy (share of rows)" in Path("a.svg").read_text()
    code, _, err = run_zoo("plot", trained, "--what", "acuracy", "-o", "b.svg")
    assert (code, "did you mean 'accuracy'" in err) == (2, True)


def test_validate_warns_of_what_a_spec_hardly_means(run_zoo):
    code, out, err = run_zoo("validate", "glyphs-quickstart", "--set", "model.layers.1.activation=relu", "--json")
    assert code == 0
    assert len(json.loads(out)["warnings"]) == 1
    assert err.startswith("warning: glyphs-quickstart: model.layers.1.activation is 'relu'")


def test_data_alone_lists_and_schema_is_json_anyway(run_zoo):
    assert run_zoo("data", "--json") == run_zoo("data", "list", "--json")
    assert run_zoo("schema", "--json") == run_zoo("schema")


def test_an_activation_is_drawn_from_a_model_too(run_zoo, trained):
    assert run_zoo("plot", trained, "--kind", "activation", "-o", "a.svg")[0] == 0
    assert "relu" in Path("a.svg").read_text()


def test_a_model_goes_to_an_npz_alone(run_zoo):
    code, _, err = run_zoo("train", "glyphs-quickstart", "-o", "m.txt", *SMALL)
    assert (code, "must end in .npz" in err) == (2, True)
    assert not Path("m.txt").exists()


def test_data_are_also_looked_for_beside_the_spec_and_the_model(run_zoo):
    Path("there").mkdir()
    Path("there/my.csv").write_text("p,q\n" + "".join(f"{i},{'ab'[i % 2]}\n" for i in range(40)))
    assert run_zoo("new", "mine", "--data", "there/my.csv")[0] == 0
    text = Path("mine.toml").read_text().replace("there/my.csv", "my.csv")
    Path("there/mine.toml").write_text(text)
    assert run_zoo("train", "there/mine.toml", "-o", "there/m.npz", "--quiet", "--set", "training.epochs=2")[0] == 0
    assert run_zoo("evaluate", "there/m.npz")[0] == 0
    assert run_zoo("plot", "there/m.npz", "--kind", "confusion")[0] == 0
    assert run_zoo("explain", "there/mine.toml")[0] == 0


@pytest.mark.parametrize("arguments", [["--debug", "evaluate", "x.npz"], ["evaluate", "x.npz", "--debug"]])
def test_debug_may_stand_anywhere_and_shows_the_traceback(run_zoo, arguments):
    with pytest.raises(ModelFileError):
        run_zoo(*arguments)


def test_what_a_part_prints_stays_out_of_the_results(run_zoo, monkeypatch):
    from zoo_plugins.activations.basic import Relu

    def loud(self, x, out):
        print("here I am")
        np.maximum(x, 0, out=out)

    monkeypatch.setattr(Relu, "forward", loud)
    np.save("x.npy", np.zeros((2, 784)))
    for arguments in (
        ["train", "glyphs-quickstart", "--json", *SMALL],
        ["evaluate", "glyphs-quickstart", "--json"],
        ["predict", "glyphs-quickstart", "x.npy", "--json"],
    ):
        code, out, err = run_zoo(*arguments)
        assert code == 0
        assert json.loads(out)
        assert "here I am" in err
