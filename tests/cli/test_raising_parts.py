"""A part that raises anything anywhere is named with its method and line, on every command and from Python."""

import inspect
import re

import numpy as np
import pytest

import zoo_core
from tests.cli import raising_parts
from zoo_core.errors import PluginError

SPEC = """name = "boom"
generator = "b_gen"
data = { name = "b_dat", preprocessor = "b_pre", validation = 0.2 }
optimizer = { name = "b_opt", learning_rate = "b_sch" }
[model]
loss = "b_los"
regularizers = ["b_aug"]
[[model.layers]]
units = 3
activation = "b_act"
normalizer = "b_norm"
regularizers = ["b_pen", "b_con", "b_noi"]
initializer = "b_ini"
[[model.layers]]
units = 2
activation = { name = "b_post", k = 2.0 }
[training]
epochs = 2
batch_size = 10
metrics = ["b_met"]
callbacks = ["b_cal"]
"""
METHODS = sorted(set(re.findall(r'trip\("([\w.]+)"\)', inspect.getsource(raising_parts))) - {"post.post"})
WORDS = r"'b_\w+' \(tests\.cli\.raising_parts\.\w+\.\w+, line \d+\) raised "
COMMANDS = {
    "train": "train s.toml -o n.npz -q --force",
    "train from": "train s.toml --from m.npz -o n.npz -q --force",
    "resume": "resume r.npz",
    "validate": "validate s.toml",
    "explain": "explain s.toml",
    "evaluate": "evaluate m.npz",
    "predict": "predict m.npz rows.csv",
    "plot": "plot m.npz -o p.png --force",
}
NEEDED = {  # a method that each command calls
    "train": "rows.take", "train from": "pre.transform", "resume": "opt.start", "validate": "post.post",
    "explain": "los.gradient", "evaluate": "met.figures", "predict": "act.infer", "plot": "act.start",
}  # fmt: skip


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with a spec and rows; the plugin is installed."""
    info = tmp_path / "site/zoo_raising-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Name: zoo-raising\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[zoo]\nzoo-raising = tests.cli.raising_parts\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text(SPEC)
    (tmp_path / "rows.csv").write_text("a,b,c,d\n1,2,3,4\n")


def raise_in(monkeypatch, method, error="ValueError"):
    monkeypatch.setattr(raising_parts, "WHERE", method)
    monkeypatch.setattr(raising_parts, "raises", raising_parts.ERRORS[error])


@pytest.mark.parametrize("method", METHODS)
def test_each_method_is_named_from_python(method, monkeypatch):
    model = None if method in ("act.infer", "norm.infer") else zoo_core.read_spec("s.toml")
    if model is None:
        model = zoo_core.train("s.toml")
    raise_in(monkeypatch, method)
    with pytest.raises(PluginError, match=WORDS + "ValueError") as named:
        model.predict(np.zeros((1, 4))) if method.endswith(".infer") else zoo_core.train(model)
    assert method.partition(".")[2] in str(named.value).partition(", line")[0]


@pytest.mark.parametrize("error", raising_parts.ERRORS)
@pytest.mark.parametrize("method", ["dat.load", "act.forward", "cal.on_epoch_end", "gen.stream"])
def test_every_exception_is_named(error, method, monkeypatch, run_zoo):
    raise_in(monkeypatch, method, error)
    code, _, err = run_zoo(*COMMANDS["train"].split())
    assert code == 4, err
    assert re.search(WORDS + error, err)
    with pytest.raises(PluginError, match=WORDS + error):
        zoo_core.train("s.toml")


@pytest.mark.parametrize("error", ["StopIteration", "BrokenPipeError", "SystemExit", "MemoryError"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_names_it(command, error, monkeypatch, run_zoo):
    zoo_core.train("s.toml", output="m.npz")
    if command == "resume":
        raise_in(monkeypatch, "opt.end_epoch")
        with pytest.raises(PluginError):
            zoo_core.train("s.toml", output="r.npz", checkpoint_every="2steps")
    raise_in(monkeypatch, NEEDED[command], error)
    code, _, err = run_zoo(*COMMANDS[command].split())
    assert code == 4, err
    assert re.search(WORDS + error, err)


def test_what_a_part_refuses_as_it_is_made_belongs_to_the_spec(monkeypatch, run_zoo):
    raise_in(monkeypatch, "post.post", "ValueError")
    code, _, err = run_zoo("validate", "s.toml")
    assert (code, "s.toml:16:1: model.layers.1.activation: ValueError" in err) == (3, True)
    raise_in(monkeypatch, "post.post", "KeyError")
    assert run_zoo("validate", "s.toml")[0] == 4


def test_a_signal_stays_the_users(monkeypatch, run_zoo):
    raise_in(monkeypatch, "act.forward")
    monkeypatch.setattr(raising_parts, "raises", KeyboardInterrupt)
    assert run_zoo(*COMMANDS["train"].split())[0] == 130
