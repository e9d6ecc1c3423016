"""Comparisons of parts that map arrays to arrays: transforms, losses, regularizers, initializers, preprocessors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from tests.plugins.comparisons import FOLDER, FORMULA, Comparison, difference, make_part
from zoo_core.parts import Column

WRITTEN = {
    "identity", "squareplus", "dish", "quick_gelu", "hard_sigmoid", "hard_mish", "sparse_plus", "sparse_sigmoid",
    "clipped_linear", "sparsemax", "maxout", "swiglu", "geglu", "reglu", "hinge", "squared_hinge", "categorical_hinge",
    "focal", "tversky", "dice", "log_cosh", "mape", "quantile", "orthogonal", "l1", "l2", "l1_l2", "activity_l1",
    "activity_l2",
}  # fmt: skip
GAIN = 1.5  # of an activation
SHAPE = (400, 300)  # inputs and units of weights whose moments are compared


def by_torch(case: str) -> str:
    """Return the name of a peer in PyTorch: its own function, or a formula written out in it."""
    return FORMULA if case.partition(" ")[0] in WRITTEN else "torch"


def run_transform(part: Any, x: Any, c: Any, weights: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return a transform's output, and the gradient of sum(c * output) with respect to the input."""
    part.weights = {name: np.array(weights[name]) for name in part.parameters(c.shape[1])}
    part.gradients = {name: np.empty_like(array) for name, array in part.weights.items()}
    part.rng = np.random.default_rng(0)
    part.start(c.shape[1], np.float64)
    y, grad = np.empty_like(c), np.empty_like(x)
    part.forward(x, y)
    part.backward(x, y, c, grad)
    return y, grad


def activations() -> Iterator[Comparison]:
    """Compare outputs and gradients; for rrelu, the outputs outside training."""
    golden = np.load(FOLDER / "activations.npz")

    def through(i: int, case: str) -> float:
        part, expected = make_part("activation", case), golden["y"][i]
        width = int(np.isfinite(expected[0]).sum())
        y, grad = run_transform(part, golden["x"], np.ascontiguousarray(golden["c"][:, :width]), {})
        return max(difference(y, expected[:, :width]), difference(grad, golden["gradient"][i]))

    def prelu() -> float:
        part = make_part("activation", "prelu")
        y, grad = run_transform(part, golden["x"], golden["c"], {"slope": golden["slopes"]})
        slopes = difference(part.gradients["slope"], golden["prelu_slope_gradient"])
        return max(difference(y, golden["prelu_y"]), difference(grad, golden["prelu_gradient"]), slopes)

    def rrelu() -> float:
        out = np.empty_like(golden["x"])
        make_part("activation", 'rrelu {"lower": 0.1, "upper": 0.4}').infer(golden["x"], out)
        return difference(out, golden["rrelu_infer"])

    for i, case in enumerate(map(str, golden["cases"])):
        yield Comparison("activation", case, by_torch(case), partial(through, i, case))
    yield Comparison("activation", "prelu", "torch", prelu)
    yield Comparison("activation", "rrelu", "torch", rrelu)


def loss_rows(part: Any, form: str, at: Any, targets: Any) -> tuple[Any, Any]:
    """Return the loss of each row and the gradient: plain ones, or fused ones if `form` says so."""
    targets, out = targets[:, 0].astype(np.int64) if "labels" in form else targets, np.empty_like(at)
    if "fused" not in form:
        part.gradient(at, targets, out)
        return part.value(at, targets), out
    outputs = np.empty_like(at)
    part.fused_with[0]().forward(at, outputs)
    part.fused_gradient(at, outputs, targets, out)
    return part.fused_value(at, outputs, targets), out


def losses() -> Iterator[Comparison]:
    """Compare the value of each row and the gradient, plain and fused, for labels and for shares."""
    golden = np.load(FOLDER / "losses.npz")

    def rows(i: int, form: str, case: str) -> float:
        value, gradient = loss_rows(make_part("loss", case), form, golden["at"][i], golden["targets"][i])
        return max(difference(value, golden["value"][i]), difference(gradient, golden["gradient"][i]))

    for i, key in enumerate(map(str, golden["cases"])):
        head, _, options = key.partition(" {")
        form, _, name = head.rpartition(" ")
        case = f"{name} {{{options}"
        yield Comparison("loss", case, by_torch(case), partial(rows, i, form, case))
    yield Comparison("loss", "ordinal", "scikit-learn", ordinal)


def ordinal() -> float:
    """Compare the ordinal loss with the sum of its questions, and the predicted probabilities of classes."""
    golden = np.load(FOLDER / "ordinal.npz")
    part, out, plain = make_part("loss", "ordinal"), np.empty_like(golden["z"]), np.empty_like(golden["z"])
    z, p, labels = golden["z"], golden["p"], golden["labels"]
    part.fused_gradient(z, p, labels, out)
    part.gradient(p, labels, plain)
    slope = p * (1 - p)
    return max(
        difference(part.fused_value(z, p, labels), golden["fused_value"]),
        difference(part.value(p, labels)[:-1], golden["value"][:-1]),  # the last row has probabilities below epsilon
        difference(out, golden["fused_gradient"]),
        difference((plain * slope)[:-1], golden["fused_gradient"][:-1]),
    )


def normalizers() -> Iterator[Comparison]:
    """Compare outputs and all gradients; for batch_norm also running statistics and outputs outside training."""
    golden = np.load(FOLDER / "normalizers.npz")

    def through(name: str) -> float:
        part = make_part("normalizer", name + ' {"epsilon": 1e-3}')
        y, grad = run_transform(part, golden["x0"], golden["c"], golden)
        found = {"y": y, "x": grad, **part.gradients}
        return max(difference(array, golden[f"{name}.{key}"]) for key, array in found.items())

    def running() -> float:
        part = make_part("normalizer", 'batch_norm {"epsilon": 1e-3, "momentum": 0.3}')
        run_transform(part, golden["x0"], golden["c"], golden)
        part.end_step()
        for batch in (golden["x1"], golden["x2"]):
            part.forward(batch, np.empty_like(batch))
            part.end_step()
        out = np.empty_like(golden["x0"])
        part.infer(golden["x0"], out)
        found = {"running_mean": part.running_mean, "running_variance": part.running_variance, "infer": out}
        return max(difference(array, golden[f"batch_norm.{key}"]) for key, array in found.items())

    for name in ("batch_norm", "layer_norm", "rms_norm"):
        yield Comparison("normalizer", name, "torch", partial(through, name))
    yield Comparison("normalizer", 'batch_norm {"momentum": 0.3}', "torch", running)


def regularizers() -> Iterator[Comparison]:
    """Compare penalties with their gradients, constrained weights, augmented targets, and noise."""
    golden = np.load(FOLDER / "regularizers.npz")
    weights = golden["weights"]

    def penalty(key: str, case: str) -> float:
        part, out = make_part("regularizer", case), np.empty_like(weights)
        part.gradient(weights, out)
        value = difference(part.value(weights), golden[f"{key}.value"])
        return max(value, difference(out, golden[f"{key}.gradient"]))

    def constraint(key: str, case: str) -> float:
        changed = weights.copy()
        make_part("regularizer", case).constrain(changed)
        return difference(changed, golden[key])

    def activity(key: str, case: str) -> float:
        return difference(run_transform(make_part("regularizer", case), weights, golden["c"], {})[1], golden[key])

    def noise(key: str, case: str) -> float:
        normal = np.random.default_rng(1).normal(size=(2000, 2000))
        y, _ = run_transform(make_part("regularizer", case), normal, normal, {})
        return float(np.abs(np.array([y.mean(), y.std()]) - golden[key]).max())

    def values(key: str, case: str) -> float:
        x = np.full((40, 30), 0.5)
        return difference(np.unique(run_transform(make_part("regularizer", case), x, x, {})[0]), golden[key])

    def smoothing() -> float:
        part = make_part("regularizer", 'label_smoothing {"smoothing": 0.2}')
        targets = np.eye(4)[golden["labels"]]
        return difference(part.augment(targets, targets, np.random.default_rng())[1], golden["label_smoothing"])

    def mixup() -> float:
        part, rng = make_part("regularizer", "mixup"), FixedGenerator()
        return difference(part.augment(weights[:3], weights[:3], rng)[0], golden["mixup"])

    measures: list[tuple[str, str, str, Callable[..., float], float]] = [
        ("l1", 'l1 {"strength": 0.01}', "torch", penalty, 1e-9),
        ("l2", 'l2 {"strength": 0.01}', "torch", penalty, 1e-9),
        ("l1_l2", 'l1_l2 {"l1": 0.03, "l2": 0.02}', "torch", penalty, 1e-9),
        ("orthogonal", "orthogonal", "torch", penalty, 1e-9),
        ("orthogonal_columns", 'orthogonal {"mode": "columns"}', "torch", penalty, 1e-9),
        ("max_norm", 'max_norm {"max_value": 1.5}', "keras", constraint, 1e-9),
        ("unit_norm", "unit_norm", "keras", constraint, 1e-9),
        (
            "min_max_norm", 'min_max_norm {"min_value": 1.7, "max_value": 2.0, "rate": 0.4}',
            "keras", constraint, 1e-9,
        ),
        ("non_neg", "non_neg", "keras", constraint, 1e-9),
        ("activity_l1", 'activity_l1 {"strength": 0.3}', "torch", activity, 1e-9),
        ("activity_l2", 'activity_l2 {"strength": 0.3}', "torch", activity, 1e-9),
        ("dropout_values", 'dropout {"rate": 0.3}', "torch", values, 1e-9),
        ("alpha_dropout", 'alpha_dropout {"rate": 0.3}', "torch", values, 1e-6),
    ]  # fmt: skip
    for key, case, peer, measure, allowed in measures:
        named = by_torch(case) if peer == "torch" else peer
        yield Comparison("regularizer", case, named, partial(measure, key, case), allowed)
    spread = 5 * (2 / 4e6) ** 0.5 * 1.5  # five standard errors of two samples, with standard deviations of up to 1.5
    for key, case, peer in (
        ("dropout", 'dropout {"rate": 0.3}', "torch"),
        ("alpha_dropout_moments", 'alpha_dropout {"rate": 0.3}', "torch"),
        ("gaussian_dropout", 'gaussian_dropout {"rate": 0.2}', "keras"),
        ("gaussian_noise", 'gaussian_noise {"std": 0.8}', "keras"),
    ):
        yield Comparison("regularizer", case, f"{peer}, moments", partial(noise, key, case), spread)
    yield Comparison("regularizer", 'label_smoothing {"smoothing": 0.2}', "torch", smoothing)
    yield Comparison("regularizer", "mixup", "the paper's equation", mixup)


class FixedGenerator:
    """A generator with fixed draws."""

    def beta(self, a: float, b: float) -> float:
        return 0.25

    def permutation(self, rows: int) -> Any:
        return np.array([2, 0, 1])


def initializers() -> Iterator[Comparison]:
    """Compare values of deterministic initializers, else mean, standard deviation and, if bounded, the largest size."""
    golden = np.load(FOLDER / "initializers.npz")

    def measure(case: str, expected: Any) -> float:
        part, certain = make_part("initializer", case), expected.ndim == 2
        out = np.empty((6, 4) if certain else SHAPE)
        part.fill(out, np.random.default_rng(0), GAIN)
        if case.startswith("orthogonal"):
            return difference(out.T @ out, expected)
        if certain:
            return difference(out, expected)
        mean, std, largest = out.mean(), out.std(), np.abs(out).max()
        errors = [abs(mean - expected[0]) / expected[1], abs(std / expected[1] - 1)]
        return float(max(*errors, abs(largest / expected[2] - 1) if is_bounded(part) else 0.0))

    for i, (case, peer) in enumerate(zip(golden["cases"], golden["peers"], strict=True)):
        figures = golden[f"figures.{i}"]
        if figures.ndim == 2:
            yield Comparison("initializer", str(case), str(peer), partial(measure, str(case), figures))
        else:  # five standard errors of 120,000 numbers, or of 12,000 where 90 % are zeros
            spread = 5 / np.sqrt(12_000 if case.startswith("sparse") else 120_000)
            about = f"{peer}, moments"
            yield Comparison("initializer", str(case), about, partial(measure, str(case), figures), spread)


def is_bounded(part: Any) -> bool:
    """Return whether the values of an initializer have a largest size."""
    return "uniform" in part.name or "truncated" in part.name or getattr(part, "distribution", "") == "uniform"


def preprocessors() -> Iterator[Comparison]:
    """Compare transformed rows, after a fit on the first 20."""
    golden, tables = np.load(FOLDER / "preprocessors.npz"), np.load(FOLDER / "tables.npz")

    def measure(case: str, x: Any, expected: Any, fit: int = 20, columns: Any = ()) -> float:
        part, out = make_part("preprocessor", case), np.empty(expected.shape)
        part.set_columns(columns)
        part.set_weights(golden["weights"] if part.wants_weights and not columns else None)
        part.fit(x[:fit])
        part.transform(x, out)
        return difference(out, expected)

    x, pixels = golden["x"], golden["pixels"]
    fixed = 'fixed {"shift": 0.0, "scale": 255.0}'
    for case, rows, expected, peer in (
        ("none", x, x, "the inputs"),
        ("standard", x, golden["standard"], "scikit-learn"),
        ("weighted_standard", x, golden["weighted"], "scikit-learn"),
        ("min_max", x, golden["min_max"], "scikit-learn"),
        ("pixels", pixels, golden["scaled_pixels"], "scikit-learn"),
        (fixed, pixels, golden["scaled_pixels"], "scikit-learn"),
    ):
        yield Comparison("preprocessor", case, peer, partial(measure, case, rows, expected))
    texts = [Column(f"c{i}", "category", tuple("abcdefg")) for i in range(9)]
    for case in range(12):
        x, numbers, rule = (tables[f"{case}.{key}"] for key in ("x", "numbers", "rule"))
        own = [Column(f"n{i}") for i in range(numbers)] + texts[: x.shape[1] - numbers]
        name, rows = f'table {{"missing": "{rule}"}}', (x, tables[f"{case}.prepared"], 25, own)
        yield Comparison("preprocessor", name, "scikit-learn", partial(measure, name, *rows))
        left, wide = x[:, numbers:], tables[f"{case}.prepared"][:, numbers:]
        yield Comparison("preprocessor", "one_hot", "scikit-learn", partial(measure, "one_hot", left, wide, 25))
    dates = tables["dates.x"], tables["dates.prepared"]
    yield Comparison("preprocessor", "date_parts", "pandas", partial(measure, "date_parts", *dates))
    for output in ("normal", "uniform"):
        for quantiles in (10, 20):
            name = f'rank {{"output": "{output}", "quantiles": {quantiles}}}'
            rows = tables["rank.x"], tables[f"rank.{output}.{quantiles}"], 25
            yield Comparison("preprocessor", name, "scikit-learn", partial(measure, name, *rows))
