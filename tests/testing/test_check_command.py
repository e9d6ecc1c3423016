"""`zoo plugins check`: a report that names the mistake, exit code 4, and a limit of time."""

import json
import re

import pytest

from tests.helpers.plugins import SOUND, Site

WRONG = SOUND.replace("np.cos(z, out=out)", "np.cos(a, out=out)")
DECLARED = WRONG.replace(
    'name = "wave"', 'name = "wave"\n    expected_failures = {"derivative": "as in the first paper"}'
)
HANGS = SOUND.replace("np.cos(z, out=out)", "import time; time.sleep(60)")
SEGFAULTS = SOUND.replace("np.cos(z, out=out)", "import ctypes; ctypes.string_at(0)")
LEAVES = SOUND.replace("np.cos(z, out=out)", "import os; os._exit(0)")
LEAVES_LATE = SOUND + "import atexit, os\natexit.register(os._exit, 0)\n"
LEAVES_FIRST = "import os\nos._exit(0)\n"
WRITES = SOUND.replace("np.sin(x, out=out)", "open('log.csv', 'w').write('x'); np.sin(x, out=out)")
CRASHES = SOUND.replace("np.cos(z, out=out)", "import os; os._exit(3)")
PRINTS = SOUND.replace("np.cos(z, out=out)", "print('hello'); np.cos(z, out=out)")


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def test_a_wrong_derivative_is_shown_with_point_numbers_and_likely_mistake(site):
    site.install("zoo-wave", WRONG)
    done = site.zoo("plugins", "check", "zoo-wave")
    assert done.returncode == 4
    assert "failing: zoo-wave" in done.stderr
    for words in (
        "zoo-wave 1.0: 1 part, 13 checks: 12 passed, 1 failed",
        "FAILED derivative: the derivative equals that of forward",
        "the derivative is taken at the output, not at z: it is f'(a)",
    ):
        assert words in done.stdout
    assert re.search(r"at +row \d, column \d, z = -?\d", done.stdout)
    assert re.search(r"expected +-?\d.*\n +got +-?\d", done.stdout)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["zoo-wave", "activation:wave", "wave", "zoo-wave:wave"])
def test_a_distribution_or_a_part_can_be_named(site, name):
    site.install("zoo-wave", PRINTS)
    done = site.zoo("plugins", "check", name, "--json")
    assert done.returncode == 0, done.stderr
    (plugin,) = json.loads(done.stdout)
    assert (plugin["name"], plugin["state"], plugin["parts"]) == ("zoo-wave", "ok", ["activation wave"])
    assert {c["state"] for c in plugin["checks"]} == {"passed"}
    assert {"derivative", "dtype", "options"} <= {c["check"] for c in plugin["checks"]}


def test_an_expected_failure_is_reported_and_no_failure(site):
    site.install("zoo-wave", DECLARED)
    done = site.zoo("plugins", "check", "wave")
    assert done.returncode == 0, done.stderr
    assert "1 declared" in done.stdout
    assert "declared derivative: as in the first paper" in done.stdout


@pytest.mark.parametrize(
    ("source", "timeout", "words"),
    [
        pytest.param(HANGS, 12, "activation wave: derivative did not end within 12 s", marks=pytest.mark.slow),
        (CRASHES, 60, "activation wave: derivative ended the process that checked it (code 3"),
        (LEAVES, 60, "activation wave: derivative ended the process that checked it (code 0"),
        (SEGFAULTS, 60, "activation wave: derivative ended the process that checked it (SIGSEGV: File"),
        (SEGFAULTS, 60, 'zoo_wave.py", line 16 in derivative); what follows was not checked'),
    ],
)
def test_a_check_that_hangs_or_crashes_is_named(site, source, timeout, words):
    site.install("zoo-wave", source)
    done = site.zoo("plugins", "check", "zoo-wave", "--timeout", timeout)
    assert done.returncode == 4
    assert words in done.stdout
    assert "passed: definition, options" in done.stdout


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (LEAVES_LATE, "it ended the process after its last check (code 0"),
        (LEAVES_FIRST, "it called os._exit(0) while it was loaded"),
    ],
)
def test_a_plugin_that_ends_the_process_with_0_has_not_passed(site, source, words):
    site.install("zoo-wave", source)
    done = site.zoo("plugins", "check", "zoo-wave")
    assert done.returncode == 4
    assert "broken: zoo-wave" in done.stderr
    assert words in done.stdout


def test_a_check_writes_nowhere_and_runs_no_file_of_the_working_folder(site, tmp_path):
    site.install("zoo-wave", WRITES)
    here = tmp_path / "here"
    here.mkdir()
    for name in ("random", "annotated_types", "numpy", "json", "zoo_wave", "tempfile"):
        (here / f"{name}.py").write_text(f"open('ran-{name}', 'w'); raise SystemExit('a stranger ran')")
    (here / "log.csv").write_text("precious")
    before = sorted(here.iterdir())
    done = site.zoo("plugins", "check", "zoo-wave", cwd=here)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(here.iterdir()) == before
    assert (here / "log.csv").read_text() == "precious"


def test_an_unknown_name_gets_the_nearest(site):
    done = site.zoo("plugins", "check", "reluu")
    assert (done.returncode, done.stdout) == (4, "")
    assert "did you mean 'relu'" in done.stderr
