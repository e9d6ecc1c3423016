"""Plugins bring commands, plots, readers and exporters through hooks; their modules are imported when they are used."""

import json
import os
import struct
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import zoo_core
from tests.helpers.plugins import Site
from tests.helpers.specs import small_spec
from zoo_core import hookimpl
from zoo_core.cli._app import COMMANDS
from zoo_core.cli.commands.plot import KINDS
from zoo_core.errors import DataError, PluginError, ResourceError, UsageError
from zoo_core.hookspecs import Command, Exporter, Plot, Reader
from zoo_core.registry import Registry, read_columns
from zoo_core.registry._tools import BUILT_IN

HOOKS = """
from zoo_core import hookimpl
from zoo_core.hookspecs import Command, Exporter, Plot, Reader

@hookimpl
def zoo_commands():
    one = Command("count", "{lazy}:count", "Count the parameters of a model.")
    return [one, Command("group", "{lazy}:app", "More.")]

@hookimpl
def zoo_plots():
    return [Plot("sizes", "{lazy}:draw", "The sizes of the weights.")]

@hookimpl
def zoo_readers():
    return [Reader((".table", ".table.x"), "{lazy}:read")]

@hookimpl
def zoo_exporters():
    return [Exporter(".count", "{lazy}:write")]
"""
LAZY = '''
from typing import Annotated

import numpy as np
import typer

import zoo_core

app = typer.Typer()

@app.command()
def one():
    """Print 1."""
    print(1)

@app.command()
def fail():
    raise ValueError("of the group")

def count(model: str, twice: Annotated[bool, typer.Option("--twice", help="Print it twice.")] = False):
    """Count the parameters of a model."""
    if model == "raise":
        raise ValueError("no such thing")
    if model == "exit":
        raise typer.Exit(7)
    if model == "known":
        raise zoo_core.errors.DataError("said by the plugin")
    print(zoo_core.load(model).network.layout.size * (1 + twice))

def draw(models, figure):
    axes = figure.subplots()
    axes.bar([m.name for m in models], [m.network.layout.size for m in models])

def read(path):
    rows = [line.split("|") for line in path.read_text().splitlines()]
    return {name: np.array([float(row[i]) for row in rows[1:]]) for i, name in enumerate(rows[0])}

def write(model, path):
    if model.name == "fails":
        path.write_text("half")
        raise ValueError("no such model")
    path.write_text(str(model.network.layout.size))
'''


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    site = Site(tmp_path)
    site.install("zoo-tools", HOOKS.format(lazy="lazy_tools"))
    (tmp_path / "lazy_tools.py").write_text(LAZY)
    return site


def test_help_lists_the_commands_and_imports_none(site):
    (site.folder / "lazy_tools.py").write_text("raise SystemExit('imported')")
    done = site.zoo("--help")
    assert done.returncode == 0, done.stderr
    assert "count " in done.stdout
    assert "Count the parameters of a model." in done.stdout
    assert "imported" not in done.stdout + done.stderr
    assert "count " not in site.zoo("--help", ZOO_PLUGINS="").stdout
    broken = site.zoo("count", "x")
    assert broken.returncode == 4
    assert "plugin zoo-tools: command 'count' cannot be imported: it called sys.exit(imported)" in broken.stderr


def test_a_command_runs_with_its_options(site):
    size = zoo_core.load("glyphs-quickstart").network.layout.size
    assert site.zoo("count", "glyphs-quickstart").stdout == f"{size}\n"
    assert site.zoo("count", "glyphs-quickstart", "--twice").stdout == f"{2 * size}\n"
    assert "--twice" in site.zoo("count", "--help").stdout
    assert site.zoo("group", "one").stdout == "1\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["count", "raise"], 4, "plugin zoo-tools: command 'count' raised ValueError: no such thing in "),
        (["group", "fail"], 4, "plugin zoo-tools: command 'group' raised ValueError: of the group in "),
        (["count", "exit"], 7, ""),
        (["count", "known"], 3, "error: said by the plugin"),
        (["count"], 2, "Missing argument"),
        (["cuont", "x"], 2, "No such command 'cuont'"),
    ],
)
def test_an_error_of_a_command_names_the_plugin(site, arguments, code, words):
    done = site.zoo(*arguments)
    assert (done.returncode, words in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_plot_is_drawn_from_several_models(site):
    done = site.zoo("plot", "glyphs-quickstart", "mnist-mlp", "--kind", "sizes", "-o", "s.svg")
    assert done.returncode == 0, done.stderr
    assert Path("s.svg").read_text().startswith("<?xml")
    unknown = site.zoo("plot", "glyphs-quickstart", "--kind", "size")
    assert unknown.returncode == 2
    assert "--kind size: there is no such plot; did you mean 'sizes'?" in unknown.stderr
    assert site.zoo("plot", "glyphs-quickstart", "--kind", "sizes", ZOO_PLUGINS="").returncode == 2


@pytest.mark.slow
def test_a_model_is_exported_whole_or_not_at_all(site):
    zoo_core.train(small_spec() | {"name": "fails"}, output="f.npz")
    done = site.zoo("export", "glyphs-quickstart", "-o", "g.count", "--json")
    assert json.loads(done.stdout)["saved"] == "g.count"
    assert Path("g.count").read_text() == str(zoo_core.load("glyphs-quickstart").network.layout.size)
    assert site.zoo("export", "glyphs-quickstart", "-o", "g.count").returncode == 2
    assert site.zoo("export", "glyphs-quickstart", "-o", "g.count", "--force").returncode == 0
    failed = site.zoo("export", "f.npz", "-o", "g.count", "--force")
    assert failed.returncode == 4
    assert "plugin zoo-tools: exporter '.count' raised ValueError: no such model" in failed.stderr
    assert Path("g.count").read_text() != "half"
    none = site.zoo("export", "f.npz", "-o", "g.coun")
    assert (none.returncode, "did you mean '.count'?" in none.stderr) == (2, True), none.stderr


def test_safetensors_hold_the_arrays_as_their_specification_says(tmp_path):
    model = zoo_core.load("glyphs-quickstart")
    zoo_core.export("glyphs-quickstart", tmp_path / "m.safetensors")
    data = (tmp_path / "m.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    assert data[8:9] == b"{"
    assert length % 8 == 0
    metadata = header.pop("__metadata__")
    assert all(isinstance(value, str) for value in metadata.values())
    assert json.loads(metadata["spec"]) == model.spec.to_dict()
    end = 0
    for name, entry in header.items():
        begin, after = entry["data_offsets"]
        assert begin == end
        dtype = {"F32": "<f4", "F64": "<f8", "I64": "<i8"}[entry["dtype"]]
        found = np.frombuffer(data[8 + length :][begin:after], dtype).reshape(entry["shape"])
        np.testing.assert_array_equal(found, model.arrays()[name])
        end = after
    assert 8 + length + end == len(data)
    assert header.keys() >= model.network.state().keys()


def test_export_from_python_says_what_is_wrong(tmp_path):
    with pytest.raises(UsageError, match=r"no exporter writes such files.*there are: \.c, \.js, \.onnx, \.py,"):
        zoo_core.export("glyphs-quickstart", tmp_path / "m.pmml")
    (tmp_path / "m.safetensors").write_text("mine")
    with pytest.raises(UsageError, match="exists"):
        zoo_core.export("glyphs-quickstart", tmp_path / "m.safetensors", overwrite=False)
    with pytest.raises((UsageError, ResourceError), match="safetensors"):
        zoo_core.export("glyphs-quickstart", tmp_path / "no" / "m.safetensors")
    lazy = registry_of(zoo_exporters=[Exporter(".x", "os.path:exists")])
    with pytest.raises(PluginError, match=r"plugin zoo-mine: exporter '\.x' raised TypeError"):
        zoo_core.export("glyphs-quickstart", tmp_path / "m.x", lazy)


def registry_of(distribution="zoo-mine", registry=None, **hooks):
    plugin = SimpleNamespace(**{name: hookimpl(lambda answer=answer: answer) for name, answer in hooks.items()})
    for name, function in vars(plugin).items():
        function.__name__ = name
    registry = registry or Registry()
    registry.add(plugin, distribution, "1.0")
    return registry


def reading(function, tmp_path):
    module = SimpleNamespace(read=function)
    import sys

    sys.modules["a_reader"] = module
    (tmp_path / "t.tbl").write_text("x")
    return registry_of(zoo_readers=[Reader((".tbl", ".tar.tbl"), "a_reader:read")])


def test_a_reader_gives_columns_by_name(tmp_path):
    registry = reading(lambda path: {"a": [1, 2], "b": np.array(["x", "y"], object)}, tmp_path)
    columns = read_columns(tmp_path / "t.tbl", registry)
    assert list(columns) == ["a", "b"]
    assert columns["b"].dtype.kind == "U"
    with pytest.raises(ResourceError, match="none"):
        read_columns(tmp_path / "none.tbl", registry)
    with pytest.raises(PluginError, match="no plugin reads such files"):
        read_columns(tmp_path / "t.other", registry)
    os.mkfifo(tmp_path / "pipe.tbl")
    with pytest.raises(DataError, match="is not a file"):
        read_columns(tmp_path / "pipe.tbl", registry)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "returned NoneType"),
        ({"a": [1, 2], "b": [1]}, "several lengths: 'a' 2, 'b' 1"),
        ({1: [1]}, "calls a column 1"),
        ({"a": [[1]]}, r"of shape \(1, 1\)"),
        ({"a": [None, 1]}, "object"),
    ],
)
def test_a_reader_that_breaks_the_contract_is_named(tmp_path, answer, words):
    with pytest.raises(PluginError, match=rf"plugin zoo-mine: reader '\.tbl'.*{words}"):
        read_columns(tmp_path / "t.tbl", reading(lambda path: answer, tmp_path))


@pytest.mark.parametrize("answer", [{}, {"a": np.empty(0)}])
def test_a_table_without_rows_is_refused(tmp_path, answer):
    with pytest.raises(DataError, match="has no rows"):
        read_columns(tmp_path / "t.tbl", reading(lambda path: answer, tmp_path))


WRONG = {
    "no list": ({"zoo_commands": Command("a", "m:f", "x")}, "zoo_commands returned .*return a list of Command"),
    "something else": ({"zoo_plots": [Command("a", "m:f", "x")]}, "which is no zoo_core.hookspecs.Plot"),
    "no name": ({"zoo_commands": [Command("A b", "m:f", "x")]}, "'A b' cannot name a new command"),
    "no target": ({"zoo_commands": [Command("a", "m.f", "x")]}, "write 'module:function'"),
    "no help": ({"zoo_commands": [Command("a", "m:f", "")]}, "has no help"),
    "no ending": ({"zoo_exporters": [Exporter("onnx", "m:f")]}, "'onnx' cannot name a new exporter"),
    "endings are a text": ({"zoo_readers": [Reader(".a", "m:f")]}, "write a tuple"),
    "twice": ({"zoo_plots": [Plot("a", "m:f", "x"), Plot("a", "m:g", "x")]}, "more than one plot 'a'"),
    "a command of the zoo": ({"zoo_commands": [Command("train", "m:f", "x")]}, "mlp-zoo has command 'train' already"),
    "a plot of the zoo": ({"zoo_plots": [Plot("curves", "m:f", "x")]}, "mlp-zoo has plot 'curves' already"),
    "an ending of the zoo": ({"zoo_readers": [Reader((".csv",), "m:f")]}, "mlp-zoo has reader '.csv' already"),
    "its exporter": (
        {"zoo_exporters": [Exporter(".safetensors", "m:f")]},
        "mlp-zoo has exporter '.safetensors' already",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_hook_that_returns_something_else_is_named(name):
    hooks, words = WRONG[name]
    with pytest.raises(PluginError, match=f"plugin zoo-mine: .*({words})"):
        registry_of(**hooks)


def test_a_name_of_two_plugins_is_refused_with_both():
    registry = registry_of("zoo-one", zoo_plots=[Plot("a", "m:f", "x"), Plot("b", "m:f", "x")])
    registry_of("zoo-two", registry, zoo_plots=[Plot("a", "m:g", "x")])
    with pytest.raises(PluginError, match=r"plot 'a' comes from zoo-one 1\.0 and zoo-two 1\.0; switch one"):
        registry.tool("plot", "a")
    assert [tool.name for tool in registry.tools("plot")] == ["b"]
    assert any("plot 'a' comes from" in line for line in registry.warnings())


def test_the_names_that_the_zoo_keeps_for_itself_are_those_that_it_has():
    assert set(BUILT_IN["command"].split()) == {name.rstrip("_") for name in COMMANDS}
    assert set(BUILT_IN["plot"].split()) == set(KINDS)
