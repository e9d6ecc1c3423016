"""The part keeps the promises of its kind, and the loss of a spec that uses it decreases."""

from pathlib import Path

import zoo_core
from zoo_core.testing import pytest_checks

test_conformance = pytest_checks("zoo-name")


def test_the_spec_trains():
    model = zoo_core.train(Path(__file__).parents[1] / "part_name.toml")
    assert model.history[-1]["train_loss"] < model.history[0]["train_loss"]
