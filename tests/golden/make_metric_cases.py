"""Makes metric_cases.npz: 500 random cases for every metric that scikit-learn has, with its values.

There are ties, classes that no row has, rows of weight 0, targets that do not vary and perfect predictions. Rows of
weight 0 are taken out before scikit-learn sees them: it counts their labels among the classes that occur. Of equal
scores the earlier class gets a little more, because `top_k_accuracy_score` prefers the later one. Weights are multiples
of 1/8, and targets that do not vary whole numbers, so that no mean is rounded.
"""

import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import sklearn.metrics as sk

CASES, ROWS, CLASSES, TARGETS = 500, 24, 5, 3
RNG = np.random.default_rng(16)
AVERAGES = ("auto", "macro", "weighted", "micro")
BY_CLASS = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}


def draw_weights(rows):
    """Return no weights, or weights of which some are 0."""
    weights = RNG.integers(0, 40, rows) / 8 * (RNG.random(rows) > 0.2)
    weights[RNG.choice(rows, 2, replace=False)] = 1.0
    return [None, weights][RNG.integers(2)]


def draw_classes():
    """Return outputs (rows, outputs), labels and the number of classes."""
    rows, classes = RNG.integers(2, ROWS + 1), RNG.integers(2, CLASSES + 1)
    y = RNG.choice(RNG.choice(classes, RNG.integers(1, classes + 1), replace=False), rows)
    tenths = RNG.multinomial(10, np.full(classes, 1 / classes), rows) / 10
    sure = RNG.random((rows, 1)) < 0.4
    p = np.where(sure, 0.7 * np.eye(classes)[y] + 0.3 * tenths, tenths)
    return (p[:, 1:] if classes == 2 and RNG.random() < 0.5 else p), y, int(classes)


def draw_values():
    """Return outputs and targets, both (rows, targets)."""
    rows, targets = RNG.integers(2, ROWS + 1), RNG.integers(1, TARGETS + 1)
    y = np.round(RNG.normal(size=(rows, targets)) * 10.0 ** RNG.integers(-1, 4, targets), 2)
    y[:, RNG.random(targets) < 0.2] = RNG.integers(-5, 6)
    found = np.where(RNG.random(targets) < 0.15, y, np.round(y + RNG.normal(size=y.shape) * 2, 1))
    return found, y


def class_figures(outputs, y, classes, w):
    """Return the values of scikit-learn by metric and average."""
    p = np.hstack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs
    guess = (p[:, 1] > 0.5).astype(int) if outputs.shape[1] == 1 else p.argmax(axis=1)
    labels, s = np.arange(classes), {"sample_weight": w}
    ranked = p - np.arange(classes) * 1e-9
    found = {
        "accuracy": sk.accuracy_score(y, guess, **s),
        "balanced_accuracy": sk.balanced_accuracy_score(y, guess, **s),
        "confusion_matrix": sk.confusion_matrix(y, guess, labels=labels, **s),
        "log_loss": sk.log_loss(y, p, labels=labels, **s),
        "brier": sk.brier_score_loss(y, p, labels=labels, **s),
        "roc_auc": area(y, p, s),
        "top_k_accuracy": sk.top_k_accuracy_score(y, ranked, k=2, labels=labels, **s) if classes > 2 else 1.0,
    }
    for name, score in BY_CLASS.items():
        for average in AVERAGES:
            own = ("binary" if classes == 2 else "macro") if average == "auto" else average
            found[f"{name} {average}"] = score(y, guess, average=own, zero_division=0, **s)
        found[f"{name} each"] = score(y, guess, average=None, labels=labels, zero_division=0, **s)
    return found


def area(y, p, s):
    """Return the area under the curve; NaN where a class has no rows or all of them."""
    if p.shape[1] == 2:
        return sk.roc_auc_score(y, p[:, 1], **s) if len(set(y)) == 2 else np.nan
    return sk.roc_auc_score(y, p, multi_class="ovr", **s) if len(set(y)) == p.shape[1] else np.nan


def value_figures(found, y, w):
    """Return the values of scikit-learn."""
    s = {"sample_weight": w}
    return {
        "mse": sk.mean_squared_error(y, found, **s), "rmse": sk.root_mean_squared_error(y, found, **s),
        "mae": sk.mean_absolute_error(y, found, **s), "r2": sk.r2_score(y, found, **s),
    }  # fmt: skip


def main():
    """Write the cases: arrays that are filled with NaN beyond the rows and columns of a case."""
    arrays = {}
    for kind in ("classes", "values"):
        wide = CLASSES if kind == "classes" else TARGETS
        outputs, targets = np.full((CASES, ROWS, wide), np.nan), np.full((CASES, ROWS, wide), np.nan)
        weights, figures, counts = np.full((CASES, ROWS), np.nan), [], np.zeros((CASES, 3), int)
        for i in range(CASES):
            x, y, *more = draw_classes() if kind == "classes" else draw_values()
            w = draw_weights(len(x))
            kept = slice(None) if w is None else w > 0
            with warnings.catch_warnings(action="ignore"):
                figures.append((class_figures if more else value_figures)(
                    x[kept], y[kept], *more, None if w is None else w[kept]))  # fmt: skip
            outputs[i, : len(x), : x.shape[1]] = x
            targets[i, : len(x), : (y[:, None] if y.ndim == 1 else y).shape[1]] = y[:, None] if y.ndim == 1 else y
            if w is not None:
                weights[i, : len(x)] = w
            counts[i] = len(x), x.shape[1], more[0] if more else 0
        arrays |= {f"{kind}.outputs": outputs, f"{kind}.targets": targets, f"{kind}.weights": weights}
        arrays[f"{kind}.counts"] = counts
        for name in figures[0]:
            wide = np.size(figures[0][name]) > 1 and CLASSES ** (2 if name == "confusion_matrix" else 1)
            column = np.full((CASES, wide or 1), np.nan)
            for i, found in enumerate(figures):
                column[i, : np.size(found[name])] = np.ravel(found[name])
            arrays[f"{kind}.of {name}"] = column
    np.savez_compressed(
        Path(__file__).with_name("metric_cases.npz"),
        versions=np.array([f"scikit-learn {version('scikit-learn')}"]), **arrays,
    )  # fmt: skip


if __name__ == "__main__":
    main()
