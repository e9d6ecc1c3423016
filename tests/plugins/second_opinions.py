"""Second opinions: comparisons with libraries that have the function, with their own derivatives."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import zoo_plugins
from tests.plugins.comparisons import FOLDER, REGISTRY, Comparison, difference, figures, make_part
from tests.plugins.comparisons_arrays import FixedGenerator, loss_rows, run_transform
from tests.plugins.optimizer_runs import NET, START, OptimizerRun, net, valley

GOLDEN = np.load(FOLDER / "second_opinions.npz")


def register_lookahead() -> None:
    """Register the plugin zoo-lookahead, unless it is installed."""
    if "lookahead" not in REGISTRY.names("optimizer"):
        sys.path.insert(0, str(Path(zoo_plugins.__file__).parents[1] / "zoo-lookahead"))
        REGISTRY.add(import_module("zoo_lookahead"), "zoo-lookahead")


def second_opinions() -> Iterator[Comparison]:
    """Yield all second opinions."""
    yield from _activations()
    yield from _losses()
    yield from _penalties()
    yield from _optimizers()
    yield Comparison("regularizer", "mixup", "keras", _mixup)
    yield Comparison("regularizer", 'alpha_dropout {"rate": 0.3}', "keras", _alpha_dropout)
    yield from _others()
    for i, bins in enumerate((15, 7)):
        case = f'expected_calibration_error {{"bins": {bins}}}'
        yield Comparison("metric", case, "scikit-learn", partial(_calibration, case, GOLDEN["calibration"][i]))


def _activations() -> Iterator[Comparison]:
    for i, (peer, case) in enumerate(GOLDEN["flows"].tolist()):

        def measure(
            case: str = case, y: Any = GOLDEN[f"flow.{i}.y"], slope: Any = GOLDEN[f"flow.{i}.gradient"]
        ) -> float:
            c = np.ascontiguousarray(GOLDEN["c"][:, : y.shape[1]])
            output, gradient = run_transform(make_part("activation", case), GOLDEN["x"], c, {})
            return max(difference(output, y), difference(gradient, slope))

        yield Comparison("activation", case, peer, measure)


def _losses() -> Iterator[Comparison]:
    for i, (peer, form, case) in enumerate(GOLDEN["losses"].tolist()):

        def measure(i: int = i, form: str = form, case: str = case) -> float:
            at, targets, expected, slope = (GOLDEN[f"loss.{i}.{n}"] for n in ("at", "targets", "value", "gradient"))
            value, gradient = loss_rows(make_part("loss", case), form, at, targets)
            return max(difference(value, expected), difference(gradient, slope) if slope.size else 0.0)

        yield Comparison("loss", case, peer, measure)


def _penalties() -> Iterator[Comparison]:
    for i, (peer, case) in enumerate(GOLDEN["penalties"].tolist()):

        def measure(i: int = i, case: str = case) -> float:
            part, slope, weights = make_part("regularizer", case), GOLDEN[f"penalty.{i}.gradient"], GOLDEN["weights"]
            if not slope.size:  # a penalty of outputs
                return difference(part.penalty(weights), GOLDEN[f"penalty.{i}.value"])
            out = np.empty_like(weights)
            part.gradient(weights, out)
            return max(difference(part.value(weights), GOLDEN[f"penalty.{i}.value"]), difference(out, slope))

        yield Comparison("regularizer", case, peer, measure)


def _optimizers() -> Iterator[Comparison]:
    register_lookahead()
    for i, (peer, case) in enumerate(GOLDEN["steps"].tolist()):

        def measure(case: str = case, trace: Any = GOLDEN[f"trace.{i}"]) -> float:
            function, start = (net, NET) if trace.shape[1] == len(NET) else (valley, START)
            function = tilted_valley() if case.startswith("accumulate") else function
            run = OptimizerRun(make_part("optimizer", case), function, start)
            return difference([run.step() for _ in trace], trace)

        yield Comparison("optimizer", case, peer, measure)


def tilted_valley() -> Callable[[Any], tuple[float, Any]]:
    """Return a valley that is tilted differently at each call, as different batches are."""
    tilts = iter(GOLDEN["tilts"])

    def function(p: Any) -> tuple[float, Any]:
        (value, slope), tilt = valley(p), next(tilts)
        return value + float(tilt @ p), slope + tilt

    return function


def _others() -> Iterator[Comparison]:
    for name in ("batch_norm", "layer_norm", "rms_norm"):
        yield Comparison("normalizer", f'{name} {{"epsilon": 1e-3}}', "torch", partial(_untrained_normalizer, name))
    for name, options in (("gaussian_dropout", '{"rate": 0.2}'), ("gaussian_noise", '{"std": 0.8}')):
        yield Comparison("regularizer", f"{name} {options}", "keras, moments", partial(_moments, name, options), 5e-3)
    yield Comparison("preprocessor", 'fixed {"shift": 1.5, "scale": 0.3}', "scikit-learn", _fixed)
    yield Comparison("schedule", 'exponential {"initial": 0.1, "factor": 0.8, "warmup": 2.0}', "optax", _warm_up)
    for mode in ("min", "max"):
        case = f'on_plateau {{"initial": 0.4, "factor": 0.5, "patience": 1, "threshold": 0.1, "mode": "{mode}"}}'
        yield Comparison("schedule", case, "torch", partial(_plateau, case, mode))


def _untrained_normalizer(name: str) -> float:
    """Compare the outputs of a new normalizer, in training and outside."""
    part, weights = make_part("normalizer", f'{name} {{"epsilon": 1e-3}}'), GOLDEN["weights"]
    first = {key: np.full(p.shape, p.initial) for key, p in part.parameters(weights.shape[1]).items()}
    outside, (training, _) = np.empty_like(weights), run_transform(part, weights, weights, first)
    part.start(weights.shape[1], np.float64)
    part.infer(weights, outside)
    return difference([training, outside], GOLDEN[name])


def _moments(name: str, options: str) -> float:
    x = np.full((2000, 2000), 2.0)
    y, _ = run_transform(make_part("regularizer", f"{name} {options}"), x, x, {})
    return float(np.abs(np.array([y.mean(), y.std()]) - GOLDEN[name]).max())


def _fixed() -> float:
    out = np.empty_like(GOLDEN["weights"])
    make_part("preprocessor", 'fixed {"shift": 1.5, "scale": 0.3}').transform(GOLDEN["weights"], out)
    return difference(out, GOLDEN["fixed"])


def _warm_up() -> float:
    part = make_part("schedule", 'exponential {"initial": 0.1, "factor": 0.8, "warmup": 2.0}')
    part.start(12, 4)
    return difference([part.rate(step / 4) for step in range(48)], GOLDEN["warmed"])


def _plateau(case: str, mode: str) -> float:
    part, found = make_part("schedule", case), []
    part.start(12, 4)
    for epoch, figure in enumerate(GOLDEN["figures"] if mode == "min" else 1 / GOLDEN["figures"]):
        found.append(part.rate(float(epoch)))
        part.observe({"epoch": epoch, "validation_loss": figure})
    return difference(found, GOLDEN[f"plateau_{mode}"])


def _mixup() -> float:
    rows = GOLDEN["weights"][:3]
    return difference(make_part("regularizer", "mixup").augment(rows, rows, FixedGenerator())[0], GOLDEN["mixup"])


def _alpha_dropout() -> float:
    x = np.full((40, 30), 0.5)
    part = make_part("regularizer", 'alpha_dropout {"rate": 0.3}')
    return difference(np.unique(run_transform(part, x, x, {})[0]), GOLDEN["alpha_dropout"])


def _calibration(case: str, expected: float) -> float:
    (found,) = figures(make_part("metric", case), GOLDEN["scores"], GOLDEN["labels"]).values()
    return difference(found, expected)
