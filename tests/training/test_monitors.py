"""Nothing is chosen by the test split without a word."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import zoo_core
from tests.helpers.plugins import registry_with
from tests.helpers.specs import small_spec
from zoo_core.errors import SpecError
from zoo_core.parts import Callback

SPECS: dict[str, dict[str, Any]] = {
    "early stopping": {"training": {"early_stopping": {"monitor": "test_loss"}}},
    "a callback": {"training": {"callbacks": [{"name": "stop_at", "monitor": "test_accuracy"}]}},
    "another callback": {"training": {"callbacks": [{"name": "stop_on_nan", "monitor": "test_loss"}]}},
    "a schedule": {"optimizer": {"name": "sgd", "learning_rate": {"name": "on_plateau", "monitor": "test_loss"}}},
    "another schedule": {"optimizer": {"name": "adam", "learning_rate": {"name": "adaptive", "monitor": "test_loss"}}},
    "a schedule inside an optimizer": {
        "optimizer": {
            "name": "ema",
            "base": {"name": "sgd", "learning_rate": {"name": "on_plateau", "monitor": "test_rmse"}},
        }
    },
    "a plugin's part": {"training": {"callbacks": [{"name": "keeper", "monitor": "test_loss"}]}},
    "a plugin's list": {"training": {"callbacks": [{"name": "keeper", "best_monitors": ["train_loss", "test_loss"]}]}},
}  # fmt: skip


@dataclass
class Keeper(Callback):
    """monitor, best_monitors: metrics of the record."""

    name = "keeper"

    monitor: str = "validation_loss"
    best_monitors: list[str] = field(default_factory=list)


@pytest.mark.parametrize("name", SPECS)
def test_a_monitor_of_the_test_split_is_refused(name: str) -> None:
    registry = registry_with(Keeper)
    spec = small_spec(**SPECS[name])
    with pytest.raises(SpecError, match=r"watches 'test_.*set training.allow_test_monitor = true"):
        zoo_core.prepare(spec, registry=registry)
    allowed = small_spec(**SPECS[name])
    allowed["training"]["allow_test_monitor"] = True
    zoo_core.prepare(allowed, registry=registry)


def test_every_command_refuses_it(run_zoo: Any) -> None:
    Path("s.json").write_text(json.dumps(small_spec(**SPECS["early stopping"])))
    for command in ("validate", "train", "explain"):
        code, _, err = run_zoo(command, "s.json")
        assert (code, "early_stopping' watches 'test_loss'" in err) == (3, True)
    assert run_zoo("validate", "s.json", "--set", "training.allow_test_monitor=true")[0] == 0


def test_figures_of_other_splits_may_be_watched() -> None:
    for monitor in ("validation_loss", "train_loss", "penalty"):
        zoo_core.prepare(small_spec(training={"early_stopping": {"monitor": monitor}}, data={"validation": 0.2}))


TUNED = {"name": "adam", "learning_rate": {"name": "cosine", "initial": 3e-3}, "beta1": 0.8}


@pytest.mark.parametrize(
    ("changes", "kept"),
    [
        (["optimizer.name=sgd"], None),  # beta1 is no option of sgd: an error
        (["optimizer.name=adamw"], "optimizer keeps the options that were set for 'adam': learning_rate, beta1; "),
        (["optimizer.name=adamw", "optimizer.learning_rate=0.1"], "optimizer keeps .*: beta1; "),
        (["optimizer.learning_rate.name=polynomial"], "optimizer.learning_rate keeps .* 'cosine': initial; "),
        (["optimizer.name=adam"], ""),
        (["optimizer=sgd"], ""),
        (["optimizer.beta1=0.7"], ""),
        (["name=other"], ""),
    ],
)
def test_options_that_outlive_their_part_are_named(tmp_path: Path, changes: list[str], kept: str | None) -> None:
    (tmp_path / "s.json").write_text(json.dumps(small_spec(optimizer=TUNED)))
    if kept is None:
        with pytest.raises(zoo_core.ZooError, match="beta1"):
            zoo_core.read_spec(tmp_path / "s.json", changes)
    elif kept:
        with pytest.warns(UserWarning, match=kept):
            zoo_core.read_spec(tmp_path / "s.json", changes)
    else:
        zoo_core.read_spec(tmp_path / "s.json", changes)  # a warning would be an error here


def test_the_command_line_says_it(run_zoo: Any) -> None:
    with pytest.warns(UserWarning, match="optimizer keeps the options that were set for 'adam': learning_rate"):
        assert run_zoo("validate", "glyphs-quickstart", "--set", "optimizer.name=sgd")[0] == 0
