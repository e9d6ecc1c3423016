"""Four writers and four readers of one file at once, and four writers of one new name."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

from tests.robustness import Result, environment, python

PROMISE = "races of four writers and four readers: no torn read, one winner for a new name, no litter"
COUNT = 50
RACE = Path(__file__).with_name("race.py")


def main(count: int) -> Result:
    """Run `count` races of each kind."""
    with tempfile.TemporaryDirectory() as folder:
        command = python(RACE, folder, str(count))
        done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    return count, json.loads(done.stdout)
