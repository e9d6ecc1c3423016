"""Second opinions: the same parts beside libraries that have the functions ready-made, with their own derivatives."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

import zoo_plugins
from tests.plugins.comparisons import FOLDER, REGISTRY, Comparison, difference, figures, made
from tests.plugins.comparisons_static import Chosen, flow, loss_rows
from tests.plugins.optimizer_runs import NET, START, Walk, net, valley

GOLDEN = np.load(FOLDER / "seconds.npz")


def beside() -> None:
    """Register the plugin that stands beside the built-in parts, unless it is installed."""
    if "lookahead" not in REGISTRY.names("optimizer"):
        sys.path.insert(0, str(Path(zoo_plugins.__file__).parents[1] / "zoo-lookahead"))
        REGISTRY.add(import_module("zoo_lookahead"), "zoo-lookahead")


def seconds() -> Iterator[Comparison]:
    """Yield all second opinions."""
    yield from _flows()
    yield from _losses()
    yield from _penalties()
    yield from _walks()
    yield Comparison("regularizer", "mixup", "keras", _mixup)
    yield Comparison("regularizer", 'alpha_dropout {"rate": 0.3}', "keras", _dropped)
    yield from _others()
    for i, bins in enumerate((15, 7)):
        case = f'expected_calibration_error {{"bins": {bins}}}'
        yield Comparison("metric", case, "scikit-learn", partial(_calibration, case, GOLDEN["calibration"][i]))


def _flows() -> Iterator[Comparison]:
    for i, (peer, case) in enumerate(GOLDEN["flows"].tolist()):

        def measure(
            case: str = case, y: Any = GOLDEN[f"flow.{i}.y"], slope: Any = GOLDEN[f"flow.{i}.gradient"]
        ) -> float:
            c = np.ascontiguousarray(GOLDEN["c"][:, : y.shape[1]])
            output, gradient = flow(made("activation", case), GOLDEN["x"], c, {})
            return max(difference(output, y), difference(gradient, slope))

        yield Comparison("activation", case, peer, measure)


def _losses() -> Iterator[Comparison]:
    for i, (peer, form, case) in enumerate(GOLDEN["losses"].tolist()):

        def measure(i: int = i, form: str = form, case: str = case) -> float:
            at, targets, expected, slope = (GOLDEN[f"loss.{i}.{n}"] for n in ("at", "targets", "value", "gradient"))
            value, gradient = loss_rows(made("loss", case), form, at, targets)
            return max(difference(value, expected), difference(gradient, slope) if slope.size else 0.0)

        yield Comparison("loss", case, peer, measure)


def _penalties() -> Iterator[Comparison]:
    for i, (peer, case) in enumerate(GOLDEN["penalties"].tolist()):

        def measure(i: int = i, case: str = case) -> float:
            part, slope, weights = made("regularizer", case), GOLDEN[f"penalty.{i}.gradient"], GOLDEN["weights"]
            if not slope.size:  # a penalty on outputs
                return difference(part.penalty(weights), GOLDEN[f"penalty.{i}.value"])
            out = np.empty_like(weights)
            part.gradient(weights, out)
            return max(difference(part.value(weights), GOLDEN[f"penalty.{i}.value"]), difference(out, slope))

        yield Comparison("regularizer", case, peer, measure)


def _walks() -> Iterator[Comparison]:
    beside()
    for i, (peer, case) in enumerate(GOLDEN["steps"].tolist()):

        def measure(case: str = case, trace: Any = GOLDEN[f"trace.{i}"]) -> float:
            function, start = (net, NET) if trace.shape[1] == len(NET) else (valley, START)
            function = tilting() if case.startswith("accumulate") else function
            walk = Walk(made("optimizer", case), function, start)
            return difference([walk.step() for _ in trace], trace)

        yield Comparison("optimizer", case, peer, measure)


def tilting() -> Callable[[Any], tuple[float, Any]]:
    """Return a valley that tilts another way each time it is looked at, as batches do."""
    tilts = iter(GOLDEN["tilts"])

    def function(p: Any) -> tuple[float, Any]:
        (value, slope), tilt = valley(p), next(tilts)
        return value + float(tilt @ p), slope + tilt

    return function


def _others() -> Iterator[Comparison]:
    for name in ("batch_norm", "layer_norm", "rms_norm"):
        yield Comparison("normalizer", f'{name} {{"epsilon": 1e-3}}', "torch", partial(_fresh, name))
    for name, options in (("gaussian_dropout", '{"rate": 0.2}'), ("gaussian_noise", '{"std": 0.8}')):
        yield Comparison("regularizer", f"{name} {options}", "keras, moments", partial(_moments, name, options), 5e-3)
    yield Comparison("preprocessor", 'fixed {"shift": 1.5, "scale": 0.3}', "scikit-learn", _fixed)
    yield Comparison("schedule", 'exponential {"initial": 0.1, "factor": 0.8, "warmup": 2.0}', "optax", _warmed)
    for mode in ("min", "max"):
        case = f'on_plateau {{"initial": 0.4, "factor": 0.5, "patience": 1, "threshold": 0.1, "mode": "{mode}"}}'
        yield Comparison("schedule", case, "torch", partial(_plateau, case, mode))


def _fresh(name: str) -> float:
    """Compare the outputs of a normalizer as it begins, in training and outside."""
    part, weights = made("normalizer", f'{name} {{"epsilon": 1e-3}}'), GOLDEN["weights"]
    first = {key: np.full(p.shape, p.initial) for key, p in part.parameters(weights.shape[1]).items()}
    outside, (training, _) = np.empty_like(weights), flow(part, weights, weights, first)
    part.start(weights.shape[1], np.float64)
    part.infer(weights, outside)
    return difference([training, outside], GOLDEN[name])


def _moments(name: str, options: str) -> float:
    x = np.full((2000, 2000), 2.0)
    y, _ = flow(made("regularizer", f"{name} {options}"), x, x, {})
    return float(np.abs(np.array([y.mean(), y.std()]) - GOLDEN[name]).max())


def _fixed() -> float:
    out = np.empty_like(GOLDEN["weights"])
    made("preprocessor", 'fixed {"shift": 1.5, "scale": 0.3}').transform(GOLDEN["weights"], out)
    return difference(out, GOLDEN["fixed"])


def _warmed() -> float:
    part = made("schedule", 'exponential {"initial": 0.1, "factor": 0.8, "warmup": 2.0}')
    part.start(12, 4)
    return difference([part.rate(step / 4) for step in range(48)], GOLDEN["warmed"])


def _plateau(case: str, mode: str) -> float:
    part, found = made("schedule", case), []
    part.start(12, 4)
    for epoch, figure in enumerate(GOLDEN["figures"] if mode == "min" else 1 / GOLDEN["figures"]):
        found.append(part.rate(float(epoch)))
        part.observe({"epoch": epoch, "validation_loss": figure})
    return difference(found, GOLDEN[f"plateau_{mode}"])


def _mixup() -> float:
    rows = GOLDEN["weights"][:3]
    return difference(made("regularizer", "mixup").augment(rows, rows, Chosen())[0], GOLDEN["mixup"])


def _dropped() -> float:
    x = np.full((40, 30), 0.5)
    part = made("regularizer", 'alpha_dropout {"rate": 0.3}')
    return difference(np.unique(flow(part, x, x, {})[0]), GOLDEN["alpha_dropout"])


def _calibration(case: str, expected: float) -> float:
    (found,) = figures(made("metric", case), GOLDEN["scores"], GOLDEN["labels"]).values()
    return difference(found, expected)
