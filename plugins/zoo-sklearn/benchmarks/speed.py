"""A fit, five folds and one row beside scikit-learn's MLP, taking turns in one run.

Run `python plugins/zoo-sklearn/benchmarks/speed.py`; it prints milliseconds, and how many times as fast the zoo is.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from functools import partial

from sklearn.datasets import load_digits, make_classification
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier
from zoo_sklearn import ZooClassifier

ROWS = 200  # predictions of one row that are timed together


def best(calls: list[Callable[[], object]], turns: int) -> list[float]:
    """Return the least milliseconds of each call."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(turns):
        for own, call in zip(times, calls, strict=True):
            began = time.perf_counter()
            call()
            own.append(time.perf_counter() - began)
    return [1e3 * min(own) for own in times]


def show(what: str, times: list[float], note: str = "") -> None:
    """Print a line: the zoo first, then scikit-learn."""
    print(f"{what:34}{times[0]:10.3f}{times[1]:10.3f}{times[1] / times[0]:8.1f}  {note}", flush=True)


def repeat(call: Callable[[], object]) -> None:
    """Call it ROWS times."""
    for _ in range(ROWS):
        call()


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    kinds = ZooClassifier, MLPClassifier
    print(f"{'milliseconds':34}{'zoo':>10}{'sklearn':>10}{'times':>8}")
    x, y = make_classification(100, 20, random_state=0)
    for options in ({"max_iter": 1}, {"max_iter": 10}, {"max_iter": 100}, {"batch_size": 32, "max_iter": 10}, {}):
        nets = [kind(random_state=0, **options) for kind in kinds]
        show(f"fit 100 x 20 {options or ''}", best([partial(net.fit, x, y) for net in nets], 9))
    x, y = load_digits(return_X_y=True)
    nets = [kind(random_state=0, max_iter=30).fit(x, y) for kind in kinds]
    times = best([partial(repeat, partial(net.predict_proba, x[:1])) for net in nets], 9)
    show("predict_proba of one row", [t / ROWS for t in times])
    scores: dict[int, float] = {}

    def folds(i: int) -> None:
        scores[i] = cross_val_score(kinds[i](random_state=0), x, y, cv=5).mean()

    times = best([partial(folds, 0), partial(folds, 1)], 1)
    show("five folds of digits", times, f"accuracy {scores[0]:.4f} and {scores[1]:.4f}")


if __name__ == "__main__":
    main()
