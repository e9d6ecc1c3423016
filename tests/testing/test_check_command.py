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
        "zoo-wave 1.0: 1 part, 12 checks: 11 passed, 1 failed",
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
    ],
)
def test_a_check_that_hangs_or_crashes_is_named(site, source, timeout, words):
    site.install("zoo-wave", source)
    done = site.zoo("plugins", "check", "zoo-wave", "--timeout", timeout)
    assert done.returncode == 4
    assert words in done.stdout
    assert "passed: definition, options" in done.stdout


def test_an_unknown_name_gets_the_nearest(site):
    done = site.zoo("plugins", "check", "reluu")
    assert (done.returncode, done.stdout) == (4, "")
    assert "did you mean 'relu'" in done.stderr
