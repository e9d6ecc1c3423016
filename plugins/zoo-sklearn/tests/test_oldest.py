"""The oldest scikit-learn that `pyproject.toml` allows: its own checks pass too."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import sklearn

PROJECT = Path(__file__).parents[1]


def test_the_checks_of_the_oldest_scikit_learn_pass(tmp_path):
    needs = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"]
    oldest = next(need.partition(">=")[2] for need in needs if need.startswith("scikit-learn"))
    if sklearn.__version__ == oldest:
        pytest.skip("it is the one that is installed")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--only-binary", ":all:", "--target", tmp_path]
    done = subprocess.run([*pip, f"scikit-learn=={oldest}"], capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        pytest.skip(f"scikit-learn {oldest} cannot be installed: {done.stderr[-300:]}")
    paths = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    checks = str(Path(__file__).with_name("test_checks.py"))
    code = f"import pytest, sklearn; assert sklearn.__version__ == {oldest!r}\n"
    code += f"raise SystemExit(pytest.main(['-q', '-p', 'no:cacheprovider', {checks!r}]))"
    own = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=own, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
