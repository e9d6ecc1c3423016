"""Stopping rules, for a run that is a list of values: when they stop, what they restore, what they refuse."""

import math

import numpy as np
import pytest

from zoo_core.errors import UsageError
from zoo_plugins.callbacks import stopping as callbacks
from zoo_plugins.callbacks.stopping import EarlyStopping, StopAt, StopOnNan, TimeLimit


class Run:
    """A run whose only weight is the number of the epoch."""

    log = None

    def __init__(self, figures, monitor):
        self.records = [{"epoch": epoch, monitor: figure} for epoch, figure in enumerate(figures)]
        self.epochs, self.history, self.weight = len(figures), [], None

    def better(self, monitor, value, best):
        return best is None or (value > best if "accuracy" in monitor else value < best)

    def snapshot(self):
        return {"weight": np.array(self.weight)}

    def restore(self, snapshot, epoch=None):
        self.weight, self.kept = int(snapshot["weight"]), epoch

    def say(self, text):
        self.said = text

    def follow(self, callback):
        """Return the reason to stop and how many epochs there were."""
        callback.on_train_begin(self)
        reason = None
        for record in self.records:
            self.weight = record["epoch"]
            self.history.append(record)
            reason = callback.on_epoch_end(record, self)
            if reason:
                break
        callback.on_train_end(self)
        return reason, len(self.history)


@pytest.mark.parametrize(("patience", "epochs"), [(0, 3), (1, 3), (2, 6), (3, 7)])
def test_early_stopping_stops_after_patience_epochs_without_improvement(patience, epochs):
    run = Run([3.0, 2.0, 2.5, 1.0, 1.5, 1.2, 1.1, 1.0], "validation_loss")
    reason, seen = run.follow(EarlyStopping(patience=patience))
    assert seen == epochs
    assert "validation_loss was best in epoch" in reason


def test_restore_puts_the_best_epoch_back_even_where_nothing_stopped():
    figures = [3.0, 1.0, 2.0, 2.0]
    assert Run(figures, "validation_loss").follow(EarlyStopping(patience=9)) == (None, 4)
    for restore, weight in ((True, 1), (False, 3)):
        run = Run(figures, "validation_loss")
        run.follow(EarlyStopping(patience=9, restore=restore))
        assert run.weight == weight
        assert getattr(run, "kept", None) == (1 if restore else None)
        assert ("kept the weights of epoch 2" in getattr(run, "said", "")) is restore


def test_a_last_epoch_that_is_the_best_is_not_spoken_of():
    run = Run([3.0, 2.0, 1.0], "validation_loss")
    run.follow(EarlyStopping())
    assert (run.weight, hasattr(run, "said")) == (2, False)


@pytest.mark.parametrize(
    ("monitor", "figures"),
    [("validation_loss", [1.0, 1.05, 0.95, 0.91]), ("validation_accuracy", [0.5, 0.45, 0.55, 0.59])],
)
def test_min_delta_is_the_least_improvement_that_counts_and_a_setback_is_none(monitor, figures):
    run = Run(figures, monitor)
    assert run.follow(EarlyStopping(monitor, patience=3, min_delta=0.1))[1] == 4
    assert run.weight == 0
    run = Run(figures, monitor)
    assert run.follow(EarlyStopping(monitor, patience=3, min_delta=0.045))[0] is None


def test_a_figure_that_is_no_number_is_never_the_best():
    run = Run([math.nan, 2.0, math.nan, 3.0], "validation_loss")
    run.follow(EarlyStopping(patience=5))
    assert run.weight == 1
    assert Run([math.nan] * 4, "validation_loss").follow(EarlyStopping(patience=2)) == (
        "early stopping: validation_loss was never a number",
        2,
    )


def test_a_second_run_forgets_the_first():
    stop = EarlyStopping(patience=2)
    Run([0.1, 0.2], "validation_loss").follow(stop)
    run = Run([3.0, 2.0, 2.5], "validation_loss")
    run.follow(stop)
    assert run.weight == 1


@pytest.mark.parametrize("kind", [EarlyStopping, StopAt, StopOnNan])
def test_a_misspelt_monitor_is_refused_with_the_nearest_name(kind):
    with pytest.raises(UsageError, match="'validation_los' is not measured; did you mean 'validation_loss'"):
        Run([1.0], "validation_loss").follow(kind("validation_los"))
    with pytest.raises(UsageError, match=r"'validation_f1' is not measured; name the metric in training\.metrics: f1"):
        Run([1.0], "validation_loss").follow(kind("validation_f1"))
    with pytest.raises(UsageError, match=r"'validation_loss' is not measured; give data\.validation some rows"):
        Run([1.0], "train_loss").follow(kind("validation_loss"))


def test_an_epoch_that_was_not_measured_is_passed_over():
    run = Run([2.0, 1.0, 3.0], "validation_loss")
    del run.records[1]["validation_loss"]
    assert run.follow(EarlyStopping(patience=9)) == (None, 3)
    assert run.weight == 0


@pytest.mark.parametrize(
    ("monitor", "figures", "target", "epochs"),
    [("validation_accuracy", [0.5, 0.9, 0.95], 0.9, 2), ("validation_loss", [2.0, 1.0, 0.4, 0.1], 0.5, 3)],
)
def test_stop_at_stops_where_the_target_is_reached_or_passed(monitor, figures, target, epochs):
    reason, seen = Run(figures, monitor).follow(StopAt(monitor, target))
    assert seen == epochs
    assert reason == f"{monitor} reached {figures[epochs - 1]:g}"


@pytest.mark.parametrize("lost", [math.nan, math.inf])
def test_stop_on_nan_stops_at_once_and_puts_back_the_last_sound_epoch(lost):
    run = Run([2.0, 1.0, 3.0, lost, 1.0], "validation_loss")
    reason, seen = run.follow(StopOnNan())
    assert (seen, run.weight) == (4, 2)
    assert reason == f"validation_loss is {lost} in epoch 4"
    left = Run([2.0, lost], "validation_loss")
    left.follow(StopOnNan(restore=False))
    assert left.weight == 1


def test_stop_on_nan_leaves_a_sound_run_and_other_figures_alone():
    run = Run([2.0, 1.0, 3.0], "validation_loss")
    assert run.follow(StopOnNan()) == (None, 3)
    assert run.weight == 2
    assert Run([math.nan, 1.0], "test_r2").follow(StopOnNan()) == (None, 2)
    assert Run([1.0, math.nan], "test_r2").follow(StopOnNan("test_r2"))[1] == 2


def test_the_time_limit_stops_at_the_first_epoch_that_ends_after_it(monkeypatch):
    minutes = iter([0.0, 0.5, 1.0, 1.5, 2.0])
    monkeypatch.setattr(callbacks.time, "monotonic", lambda: 60 * next(minutes))
    assert Run([1.0] * 4, "loss").follow(TimeLimit(minutes=1.2)) == ("the time limit of 1.2 min is over", 3)
