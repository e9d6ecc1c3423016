"""Makes metrics.npz: values of scikit-learn, weighted and not; the calibration error is by torchmetrics.

Run it with a Python that has scikit-learn, and torch and torchmetrics where the calibration error is to be made anew;
without them its figures stay. The weights are whole numbers, so that rows can be repeated for torchmetrics, which has
no weights and computes partly in float32.
"""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import sklearn.metrics as sk

try:
    import torch
    from torchmetrics.functional.classification import multiclass_calibration_error
except ImportError:
    torch = None

FILE = Path(__file__).with_name("metrics.npz")
RNG = np.random.default_rng(11)
Y, SCORES = RNG.integers(0, 4, 60), np.round(RNG.dirichlet(np.ones(4), 60), 2)
SCORES[:, 3] = 1 - SCORES[:, :3].sum(axis=1)  # rounded, so that some values are equal
SCORES[Y == 2, 2] += 0.3
SCORES /= SCORES.sum(axis=1, keepdims=True)
BITS, P = (Y > 1).astype(int), np.round(np.clip(RNG.beta(2, 2, 60) + 0.2 * (Y > 1), 0.01, 0.98), 2)[:, None] + 0.003
WEIGHTS = RNG.integers(1, 6, 60).astype(float)
TRUE = RNG.normal(size=(60, 2)) * [1, 30] + [5, -200]
FOUND = TRUE + RNG.normal(size=(60, 2)) * [0.5, 9]
TAGS = (RNG.random((60, 3)) < [0.5, 0.2, 0.8]).astype(np.uint8)  # several labels a row
TAG_P = np.round(np.clip(RNG.beta(2, 2, (60, 3)) + 0.3 * (TAGS - 0.5), 0.01, 0.98), 2) + 0.003


def averaged(score, w, average):
    """Return the average over classes, then the value of each class."""
    guess = SCORES.argmax(axis=1)
    return [score(Y, guess, average=average, sample_weight=w), *score(Y, guess, average=None, sample_weight=w)]


def areas(w):
    each = [sk.roc_auc_score(k == Y, SCORES[:, k], sample_weight=w) for k in range(4)]
    return [sk.roc_auc_score(Y, SCORES, multi_class="ovr", sample_weight=w), *each]


def calibration(w, bins, single):
    if torch is None:
        return np.nan  # the figure in the file is kept
    repeats = np.ones(60, int) if w is None else w.astype(int)
    p, y = (torch.tensor(np.repeat(a, repeats, axis=0)) for a in ((P, BITS) if single else (SCORES, Y)))
    if single:  # torchmetrics bins the probability of class 1; the zoo bins the larger of both, as for two columns
        return multiclass_calibration_error(
            torch.hstack([1 - p, p]), y, num_classes=2, n_bins=bins, validate_args=False
        )
    return multiclass_calibration_error(p, y, num_classes=4, n_bins=bins, validate_args=False)


def figures(w):
    """Return the cases: their data, the peer and the values."""
    guess, single, s = SCORES.argmax(axis=1), (P[:, 0] > 0.5).astype(int), {"sample_weight": w}
    found = {
        ("accuracy", "scores"): sk.accuracy_score(Y, guess, **s),
        ("accuracy", "single"): sk.accuracy_score(BITS, single, **s),
        ('top_k_accuracy {"k": 2}', "scores"): sk.top_k_accuracy_score(Y, SCORES, k=2, **s),
        ("confusion_matrix", "scores"): sk.confusion_matrix(Y, guess, **s).ravel(),
        ("balanced_accuracy", "scores"): sk.balanced_accuracy_score(Y, guess, **s),
        ("log_loss", "scores"): sk.log_loss(Y, SCORES, **s),
        ("log_loss", "single"): sk.log_loss(BITS, P[:, 0], **s),
        ("brier", "scores"): sk.brier_score_loss(Y, SCORES, **s),
        ("brier", "single"): sk.brier_score_loss(BITS, P[:, 0], **s),
        ('roc_auc {"per_class": true}', "scores"): areas(w),
        ("roc_auc", "single"): sk.roc_auc_score(BITS, P[:, 0], **s),
        ("expected_calibration_error", "scores"): calibration(w, 15, single=False),
        ('expected_calibration_error {"bins": 7}', "single"): calibration(w, 7, single=True),
        ("mse", "values"): sk.mean_squared_error(TRUE, FOUND, **s),
        ("rmse", "values"): sk.root_mean_squared_error(TRUE, FOUND, **s),
        ("mae", "values"): sk.mean_absolute_error(TRUE, FOUND, **s),
        ("r2", "values"): sk.r2_score(TRUE, FOUND, **s),
    }
    for name, score in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        for average in ("macro", "weighted", "micro"):
            options = json.dumps({"average": average, "per_class": True})
            found[f"{name} {options}", "scores"] = averaged(score, w, average)
        found[name, "single"] = score(BITS, single, **s)
        found[f'{name} {{"average": "macro"}}', "single"] = score(BITS, single, average="macro", **s)
    return found | labels(w)


def labels(w):
    """Return the cases of several labels a row."""
    guess, s = TAG_P > 0.5, {"sample_weight": w}
    areas = [sk.roc_auc_score(TAGS[:, k], TAG_P[:, k], **s) for k in range(3)]
    found = {
        ("accuracy", "labels"): 1 - sk.hamming_loss(TAGS, guess, **s),
        ("subset_accuracy", "labels"): sk.accuracy_score(TAGS, guess, **s),
        ("subset_accuracy", "scores"): sk.accuracy_score(Y, SCORES.argmax(axis=1), **s),
        ('roc_auc {"per_class": true}', "labels"): [sk.roc_auc_score(TAGS, TAG_P, **s), *areas],
    }
    for name, score in (("precision", sk.precision_score), ("recall", sk.recall_score), ("f1", sk.f1_score)):
        for average in ("macro", "weighted", "micro"):
            options = json.dumps({"average": average, "per_class": True})
            each = score(TAGS, guess, average=None, **s)
            found[f"{name} {options}", "labels"] = [score(TAGS, guess, average=average, **s), *each]
        found[name, "labels"] = score(TAGS, guess, average="macro", **s)
    return found


def kept_figures():
    """Return the figures of the calibration error in the file by case, and the versions of its peers."""
    with np.load(FILE) as old:
        cases = list(zip(old["cases"].tolist(), old["about"].tolist(), strict=True))
        kept = {key: old[f"figures.{i}"] for i, key in enumerate(cases) if "calibration" in key[0]}
        return kept, old["versions"].tolist()[1:]


def main():
    plain, weighted = figures(None), figures(WEIGHTS)
    keys = list(plain)
    found = {key: np.atleast_2d([plain[key], weighted[key]]) for key in keys}
    kept, versions = kept_figures() if torch is None else ({}, [f"{p} {version(p)}" for p in ("torch", "torchmetrics")])
    np.savez_compressed(
        FILE,
        versions=np.array([f"scikit-learn {version('scikit-learn')}", *versions]),
        cases=np.array([case for case, _ in keys]),
        about=np.array([about for _, about in keys]),
        peers=np.array(["torchmetrics" if "calibration" in case else "scikit-learn" for case, _ in keys]),
        scores=SCORES, y=Y, single=P, bits=BITS, weights=WEIGHTS, values=FOUND, true=TRUE, labels=TAG_P, tags=TAGS,
        **{f"figures.{i}": (found | kept)[key] for i, key in enumerate(keys)},
    )  # fmt: skip


if __name__ == "__main__":
    main()
