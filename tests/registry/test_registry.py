"""Plugins are found; parts are found by name; a plugin that cannot be loaded is left out, and the others work."""

import json
import os
import re
import signal
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

import zoo_core
from tests.helpers.plugins import SOUND, Site, plugin_with
from zoo_core.cli._signals import TerminatedError, terminate
from zoo_core.errors import PluginError, UsageError
from zoo_core.hookspecs import LazyParts, hookimpl
from zoo_core.parts import KINDS, Activation
from zoo_core.registry import DISTRIBUTION, Registry, entry_of


class Wave(Activation):
    name = "wave"


@pytest.fixture
def registry():
    return Registry(discover=False)


def test_a_part_is_found_by_kind_and_name(registry):
    registry.add(plugin_with(Wave), "zoo-waves", "1.2")
    entry = registry.entry("activation", "wave")
    assert (entry.part, entry.distribution, entry.version) == (Wave, "zoo-waves", "1.2")


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_a_kind_is_a_built_in_part(kind):
    base = KINDS[kind]
    assert base.spec_key
    assert Registry().entry(kind, base.spec_example).distribution == DISTRIBUTION


def test_an_unknown_name_lists_the_known_and_the_nearest(registry):
    registry.add(plugin_with(Wave), "zoo-waves")
    with pytest.raises(
        PluginError, match=r"unknown activation 'wav'; did you mean 'wave'\? \(known: wave\)"
    ) as refused:
        registry.get("activation", "wav")
    assert refused.value.exit_code == 4


def test_two_distributions_with_one_name_are_named_and_can_be_chosen(registry):
    other = type("Other", (Activation,), {"name": "wave"})
    registry.add(plugin_with(Wave), "zoo-a", "1")
    registry.add(plugin_with(other), "zoo-b", "2")
    with pytest.raises(PluginError, match="zoo-a 1 and zoo-b 2; write 'zoo-a:wave' or 'zoo-b:wave'"):
        registry.get("activation", "wave")
    assert registry.get("activation", "zoo-b:wave") is other
    assert any("zoo-a 1 and zoo-b 2" in line for line in registry.warnings())


def test_a_name_of_the_core_stays_the_cores(registry):
    registry.add(plugin_with(Wave), DISTRIBUTION, "1")
    registry.add(plugin_with(type("Other", (Activation,), {"name": "wave"})), "zoo-b", "2")
    assert registry.get("activation", "wave") is Wave
    assert registry.get("activation", "zoo-b:wave") is not Wave


def test_one_distribution_cannot_bring_a_name_twice(registry):
    registry.add(plugin_with(Wave), "zoo-a")
    with pytest.raises(PluginError, match="zoo-a has brought activation 'wave' before"):
        registry.add(plugin_with(type("Other", (Activation,), {"name": "wave"})), "zoo-a")
    assert registry.get("activation", "wave") is Wave


@dataclass
class Good(Activation):
    name = "good"


class Forgetful(Activation):
    name = "forgetful"
    slope: float = 0.1


@dataclass(frozen=True)
class Frozen(Activation):
    name = "frozen"


class Panic(BaseException):
    """As extension modules raise it: not an Exception."""


def raising(error):
    def zoo_parts():
        raise error

    return SimpleNamespace(zoo_parts=hookimpl(zoo_parts))


@pytest.mark.parametrize(
    ("plugin", "words"),
    [
        (SimpleNamespace(zoo_partz=hookimpl(lambda: [])), "zoo_partz"),
        (SimpleNamespace(zoo_parts=hookimpl(lambda speed: [])), "speed"),
        (SimpleNamespace(), "@zoo_core.hookimpl"),
        (raising(SystemExit(3)), r"sys\.exit\(3\)"),
        (raising(ValueError("no")), "ValueError: no"),
        (raising(Panic("deep")), "Panic: deep"),
        (SimpleNamespace(zoo_models=hookimpl(lambda: "models")), "'models', which is no folder"),
        (plugin_with(Forgetful), "slope.*@dataclass"),
        (plugin_with(Good, Good), "more than one activation 'good'"),
        (plugin_with(int), "not a class derived"),
        (plugin_with(Frozen), "Frozen is frozen.*frozen=True"),
        (plugin_with(type("Bad", (Activation,), {"name": "Bad Name"})), "lower-case"),
    ],
)
def test_an_unsound_plugin_is_refused_with_the_reason(registry, plugin, words):
    with pytest.raises(PluginError, match=words):
        registry.add(plugin, "zoo-bad")
    registry.add(plugin_with(Wave), "zoo-waves")
    assert [p.state for p in registry.plugins] == ["broken", "ok"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("late", [False, True], ids=["plugin", "lazy parts"])
def test_a_signal_is_no_error_of_the_plugin(registry, modules, number, late):
    """It passes on as KeyboardInterrupt, with a note that names the plugin."""

    def use(registry):
        if late:
            registry.add(modules.plugin(f"import signal\nsignal.raise_signal({int(number)})")[0], "zoo-b")
            registry.get("activation", "wave")
        else:
            registry.add(SimpleNamespace(zoo_parts=hookimpl(lambda: signal.raise_signal(number))), "zoo-b")

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        with pytest.raises(KeyboardInterrupt) as caught:
            use(registry)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert caught.value.__notes__ == ["plugin zoo-b was being loaded"]
    assert isinstance(caught.value, TerminatedError) == (number == signal.SIGTERM)


def test_a_plugin_that_raises_keyboard_interrupt_is_left_out(registry):
    with pytest.raises(PluginError, match="plugin zoo-b: KeyboardInterrupt: pressed"):
        registry.add(raising(KeyboardInterrupt("pressed")), "zoo-b")


@pytest.mark.parametrize("name", ["json.dumps", "numpy.sum", "builtins.open", "numpy.linalg.norm"])
def test_a_plugin_that_replaces_a_function_of_all_is_left_out_and_the_function_is_put_back(registry, name, monkeypatch):
    module, _, function = name.rpartition(".")
    before = getattr(sys.modules[module], function)
    plugin = SimpleNamespace(zoo_parts=hookimpl(lambda: setattr(sys.modules[module], function, print) or [Wave]))
    with pytest.raises(PluginError, match=f"it replaced {name} while it was loaded"):
        registry.add(plugin, "zoo-b")
    assert getattr(sys.modules[module], function) is before


def test_a_plugin_leaves_warnings_errors_of_numpy_and_signals_as_they_are(registry):
    def disturb():
        warnings.simplefilter("error")
        np.seterr(all="raise")
        signal.signal(signal.SIGINT, lambda *_: None)
        return [Wave]

    before = warnings.filters[:], np.geterr(), signal.getsignal(signal.SIGINT)
    registry.add(SimpleNamespace(zoo_parts=hookimpl(disturb)), "zoo-b")
    assert (warnings.filters[:], np.geterr(), signal.getsignal(signal.SIGINT)) == before


def test_os_exit_of_a_plugin_ends_no_command_but_a_process_that_it_forks(registry):
    def leave():
        if (child := os.fork()) == 0:
            os._exit(5)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5
        os._exit(3)

    real = os._exit
    with pytest.raises(PluginError, match=r"it called os._exit\(3\) while it was loaded"):
        registry.add(SimpleNamespace(zoo_parts=hookimpl(leave)), "zoo-b")
    assert os._exit is real


def test_what_a_plugin_prints_stays_out_of_the_results(registry, capsys):
    registry.add(SimpleNamespace(zoo_parts=hookimpl(lambda: print("hello") or [Wave])))
    assert capsys.readouterr() == ("", "hello\n")


BROKEN = {  # name: (source, requirement, words of the reason)
    "zoo-import": ("import nothing_of_that_name", "", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
    "zoo-syntax": ("def broken(:", "", "SyntaxError"),
    "zoo-exit": ("import sys; sys.exit(7)", "", "sys.exit(7)"),
    "zoo-future": (SOUND, "mlp-zoo>=99", "needs mlp-zoo >=99"),
    "zoo-garbled": (SOUND, "mlp-zoo>>1", "InvalidRequirement"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Three sound plugins among plugins that cannot be loaded."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.install("Zoo_Sound", SOUND, "mlp-zoo>=0.1")
    site.install("zoo-marked", SOUND.replace("wave", "ripple"), "mlp-zoo>=99; extra == 'later'")
    site.install("zoo-left", SOUND.replace("wave", "surge"), metadata=False)
    for name, (source, requires, _) in BROKEN.items():
        site.install(name, source, requires)
    return site


@pytest.fixture(scope="module")
def shown(site):
    done = site.zoo("plugins", "--json")
    assert done.returncode == 0, done.stderr
    return {p["name"]: p for p in json.loads(done.stdout)}


@pytest.fixture(scope="module")
def listed(site):
    return site.zoo("list")


@pytest.mark.parametrize("name", BROKEN)
def test_a_plugin_that_cannot_be_loaded_is_shown_with_the_reason(shown, listed, name):
    assert (shown[name]["state"], shown[name]["parts"]) == ("broken", [])
    assert BROKEN[name][2] in shown[name]["problem"]
    assert len([line for line in listed.stderr.splitlines() if name in line]) == 1


def test_the_other_plugins_keep_working(shown, listed):
    assert shown[DISTRIBUTION]["state"] == "ok"
    assert (shown["zoo-sound"]["version"], shown["zoo-sound"]["parts"]) == ("1.0", ["activation wave"])
    assert shown["zoo-marked"]["parts"] == ["activation ripple"]  # its demand is that of an extra
    assert shown["zoo-left"]["parts"] == ["activation surge"]  # without METADATA
    assert (listed.returncode, len(listed.stderr.splitlines())) == (0, len(BROKEN))
    assert "glyphs-quickstart" in listed.stdout


BAD = "raise RuntimeError('boom')"
HALF = """
from zoo_core import LazyParts, hookimpl

@hookimpl
def zoo_parts():
    return [LazyParts("activation", "half_good", "ripple"), LazyParts("activation", "half_bad", "wave")]
"""
SAID = "plugin zoo-half 1.0 is left out in part: half_bad: RuntimeError: boom"


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    """A plugin with two modules of lazy parts. One of them fails since a model was made with it."""
    site = Site(tmp_path_factory.mktemp("half"))
    site.install("zoo-half", HALF)
    for module, name in (("half_good", "ripple"), ("half_bad", "wave")):
        source = SOUND.replace("wave", name).partition("@hookimpl")[0] + "PARTS = (Wave,)\n"
        (site.folder / f"{module}.py").write_text(source)
    train(site, "wave", site.folder / "wave.npz")
    (site.folder / "half_bad.py").write_text(BAD)
    return site


def train(site, activation, out):
    layer = f"model.layers.0.activation={activation}"
    done = site.zoo("train", "glyphs-quickstart", "--set", layer, "--set", "training.epochs=1", "-o", out)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.slow
def test_a_module_that_fails_is_reported_where_all_parts_are_listed(half):
    listed, shown = half.zoo("list", "parts", "*ripple*"), half.zoo("show", "wave")
    assert (listed.returncode, f"warning: {SAID}" in listed.stderr, "ripple" in listed.stdout) == (0, True, True)
    assert (shown.returncode, f"warning: {SAID}" in shown.stderr) == (2, True)
    (found,) = [p for p in json.loads(half.zoo("plugins", "--json").stdout) if p["name"] == "zoo-half"]
    assert (found["state"], found["parts"]) == ("broken", ["activation ripple"])
    assert found["problem"] == f"half_bad: RuntimeError: boom in {half.folder / 'half_bad.py'}, line 1"


def test_the_schema_holds_the_parts_that_work(half):
    done = half.zoo("schema")
    assert (done.returncode, f"warning: {SAID}" in done.stderr) == (0, True)
    names = json.loads(done.stdout)["$defs"]["activation"]["then"]["enum"]
    assert ("ripple" in names, "wave" in names) == (True, False)


@pytest.mark.slow
def test_a_module_that_fails_does_not_stop_a_run_that_does_not_need_it(half):
    assert "boom" not in train(half, "ripple", half.folder / "ripple.npz")


def test_a_model_of_a_module_that_fails_says_what_it_needs(half):
    done = half.zoo("evaluate", half.folder / "wave.npz")
    assert done.returncode == 4
    assert "wave.npz: needs activation 'wave' of plugin zoo-half 1.0, which is not there (half_bad: Runt" in done.stderr
    assert "pip install 'zoo-half==1.0'" in done.stderr


def test_a_check_of_a_plugin_with_a_failing_module_fails(half):
    done = half.zoo("plugins", "check", "zoo-half")
    assert (done.returncode, "broken: zoo-half" in done.stderr) == (4, True)
    assert "half_bad: RuntimeError: boom" in done.stdout


def test_a_spec_that_needs_a_broken_plugin_is_refused_and_names_it(site, tmp_path):
    out = tmp_path / "x.npz"
    done = site.zoo("train", "glyphs-quickstart", "--set", "optimizer.name=sickle", "-o", out)
    assert done.returncode == 4, done.stderr
    assert all(f"plugin {name} could not be loaded" in done.stderr for name in BROKEN)
    assert not out.exists()


@pytest.mark.parametrize(("allowed", "on"), [("", set()), ("zoo.sound, zoo-marked", {"zoo-sound", "zoo-marked"})])
def test_the_environment_says_which_plugins_are_on(site, allowed, on):
    states = {p["name"]: p["state"] for p in json.loads(site.zoo("plugins", "--json", ZOO_PLUGINS=allowed).stdout)}
    assert {name for name, state in states.items() if state == "ok"} == {DISTRIBUTION, *on}
    assert {states[name] for name in BROKEN} == {"off"}


@pytest.mark.parametrize(
    ("name", "source", "words"),
    [
        ("zoo-slow", "import time; time.sleep(60)", "did not load within 2 s"),
        ("zoo-crash", "import os; os.kill(os.getpid(), 9)", "ended the process that loaded it (SIGKILL"),
    ],
)
@pytest.mark.slow
def test_a_check_finds_the_plugin_that_hangs_or_crashes(tmp_path, name, source, words):
    site = Site(tmp_path)
    site.install(name, source)
    done = site.zoo("plugins", "check", name, "--timeout", "2" if "slow" in name else "60", "--json")
    assert (done.returncode, f"broken: {name}" in done.stderr) == (4, True)
    (found,) = json.loads(done.stdout)
    assert (found["name"], found["state"]) == (name, "broken")
    assert words in found["problem"]


@pytest.mark.slow
def test_a_check_knows_a_distribution_by_any_spelling(site):
    done = site.zoo("plugins", "check", "Zoo_Sound", "--timeout", "60", "--json")
    assert done.returncode == 0, done.stderr
    assert [p["parts"] for p in json.loads(done.stdout)] == [["activation wave"]]


def test_a_misspelt_hook_is_refused_with_the_nearest_one(registry):
    misspelt = SimpleNamespace(zoo_part=hookimpl(lambda: []))
    with pytest.raises(
        PluginError,
        match=r"unknown hook 'zoo_part'; did you mean 'zoo_parts'\? \(known: zoo_parts, zoo_models, zoo_commands, ",
    ):
        registry.add(misspelt, "zoo-a")


WAVES = "from zoo_core.parts import Activation\nclass Wave(Activation):\n    name = 'wave'\nPARTS = (Wave,)\n"
PENALTY = "from zoo_core.parts import Penalty\nclass Own(Penalty):\n    name = 'own'\n"


class Modules:
    """Modules in a folder, whose parts plugins announce as lazy parts."""

    def __init__(self, folder):
        self.folder = folder

    def plugin(self, source, names="wave", kind="activation"):
        """Return a plugin, and the name of its module."""
        name = f"waves_{self.folder.name}_{len(list(self.folder.glob('*.py')))}"
        (self.folder / f"{name}.py").write_text(source)
        return plugin_with(LazyParts(kind, name, names)), name


@pytest.fixture
def modules(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    return Modules(tmp_path)


def test_a_module_is_imported_when_one_of_its_parts_is_used(registry, modules, capsys):
    plugin, module = modules.plugin(WAVES + "print('imported')")
    registry.add(plugin, "zoo-waves", "1.2")
    assert (registry.names("activation"), module in sys.modules) == (["wave"], False)
    assert registry.get("activation", "wave") is sys.modules[module].Wave
    assert entry_of(sys.modules[module].Wave(), registry).version == "1.2"
    assert capsys.readouterr() == ("", "imported\n")


@pytest.mark.parametrize(
    ("source", "names", "words"),
    [
        ("import nothing_of_that_name", "wave", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("raise SystemExit(3)", "wave", r"it called sys.exit\(3\)"),
        ("", "wave", "has no attribute 'PARTS'"),
        (WAVES, "wave ripple", "names that zoo_parts gives differ: activation 'ripple'"),
        (WAVES, "ripple", "differ: activation 'ripple', activation 'wave'"),
        (WAVES + PENALTY + "PARTS = (Wave, Own)", "wave", "differ: regularizer 'own'"),
        (WAVES + "PARTS = (Wave, Wave)", "wave", "more than one activation 'wave'"),
        (WAVES + "PARTS = (Wave, int)", "wave", "which is not a class derived"),
    ],
)
def test_a_module_that_is_not_as_announced_is_the_plugins_problem(registry, modules, source, names, words):
    plugin, module = modules.plugin(source, names)
    name = names.split()[0]
    added = registry.add(plugin, "zoo-b", "1")
    assert added.state == "ok"
    with pytest.raises(
        PluginError, match=rf"unknown activation '{name}'.* plugin zoo-b could not be loaded \({module}: "
    ):
        registry.get("activation", name)
    assert (added.state, registry.entries()) == ("broken", [])
    assert re.search(rf"zoo-b 1 is left out: {module}: .*{words}", registry.warnings()[0])


@pytest.mark.parametrize(
    ("kind", "names", "where", "words"),
    [
        ("activaton", "wave", "waves", "unknown kind 'activaton'; did you mean 'activation'"),
        ("activation", ["wave"], "waves", "names no parts"),
        ("activation", " ", "waves", "names no parts"),
        ("activation", "wave Big-Wave", "waves", "has the name 'Big-Wave'; use lower-case"),
        ("activation", "wave", ".waves", "is in no module; name it from the top"),
        ("activation", "wave wave", "waves", "more than one activation 'wave'"),
    ],
)
def test_wrong_lazy_parts_are_refused(registry, kind, names, where, words):
    with pytest.raises(PluginError, match=words):
        registry.add(plugin_with(LazyParts(kind, where, names)), "zoo-b")


def test_a_module_that_fails_leaves_the_other_parts_usable(registry, modules):
    _, module = modules.plugin("raise RuntimeError('boom')")
    mixed = plugin_with(Good, LazyParts("activation", module, "wave"))
    registry.add(mixed, "zoo-a", "1")
    registry.add(plugin_with(Wave), "zoo-c", "2")
    assert entry_of(Wave(), registry).distribution == "zoo-c"
    assert registry.get("activation", "wave") is registry.get("activation", "zoo-c:wave") is Wave
    assert registry.entry("activation", "wave").spec_name == "wave"
    assert registry.get("activation", "good") is Good
    where = modules.folder / f"{module}.py"
    said = f"plugin zoo-a 1 is left out in part: {module}: RuntimeError: boom in {where}, line 1"
    assert registry.warnings() == [said]


def test_a_module_is_imported_once_even_if_that_fails(registry, modules):
    source = f"with open({str(modules.folder / 'log')!r}, 'a') as log: log.write('x')\nraise RuntimeError('boom')"
    plugin, _ = modules.plugin(source, "wave ripple")
    registry.add(plugin, "zoo-b")
    for name in ("wave", "ripple", "wave"):
        with pytest.raises(PluginError, match="boom"):
            registry.get("activation", name)
    assert registry.entries() == []
    assert (modules.folder / "log").read_text() == "x"


def test_threads_that_need_a_module_at_once_all_get_it(registry, modules):
    plugin, _ = modules.plugin("import time\ntime.sleep(0.05)\n" + WAVES)
    registry.add(plugin, "zoo-b")
    before = sys.stdout
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: registry.get("activation", "wave"), range(8)))
    assert len(set(found)) == 1
    assert sys.stdout is before


@pytest.mark.parametrize("hook", ["zoo_parts", "zoo_models"])
def test_a_hook_that_forgot_to_return_is_refused(registry, hook):
    with pytest.raises(PluginError, match=f"{hook} returned None; return what it brings"):
        registry.add(SimpleNamespace(**{hook: hookimpl(lambda: None)}), "zoo-a")


@pytest.mark.parametrize(
    "call",
    [
        lambda wrong, path: zoo_core.load("glyphs-quickstart", wrong),
        lambda wrong, path: zoo_core.export("glyphs-quickstart", path, wrong),
        lambda wrong, path: zoo_core.train("glyphs-quickstart", registry=wrong),
        lambda wrong, path: zoo_core.prepare("glyphs-quickstart", registry=wrong),
        lambda wrong, path: zoo_core.cross_validate("glyphs-quickstart", registry=wrong),
        lambda wrong, path: zoo_core.resume(path, registry=wrong),
        lambda wrong, path: zoo_core.read_spec("glyphs-quickstart", registry=wrong),
        lambda wrong, path: zoo_core.Spec.parse({}, wrong),
    ],
)
def test_what_is_no_registry_is_refused_by_every_call(call, tmp_path):
    with pytest.raises(UsageError, match=r"registry is a zoo_core\.Registry or None, not int$"):
        call(5, tmp_path / "a.py")
