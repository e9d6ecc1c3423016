"""A fit, one row and folds beside scikit-learn's MLP, which take turns in one run.

Run `python plugins/zoo-sklearn/benchmarks/speed.py`. It prints milliseconds, and how many times as fast the zoo is.
Fits and rows count processor time with one thread of BLAS. Folds count wall-clock time, with the threads of BLAS that
users have and then with one; both take the same number of epochs.
"""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from functools import partial

from sklearn.datasets import load_digits, make_classification
from sklearn.model_selection import cross_val_score
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_info, threadpool_limits
from zoo_sklearn import ZooClassifier

ROWS = 200  # predictions of one row that are timed together
EPOCHS = 40  # of a fold
KINDS = ZooClassifier, MLPClassifier
Clock = Callable[[], float]


def milliseconds(calls: list[Callable[[], object]], turns: int, clock: Clock = time.process_time) -> list[float]:
    """Return the median milliseconds of each call; the first turn, which imports, does not count."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(turns + 1):
        for own, call in zip(times, calls, strict=True):
            began = clock()
            call()
            own.append(clock() - began)
    return [1e3 * statistics.median(own[1:]) for own in times]


def show(what: str, times: list[float], note: str = "") -> None:
    """Print a line: the zoo first, then scikit-learn."""
    print(f"{what:44}{times[0]:10.3f}{times[1]:10.3f}{times[1] / times[0]:8.2f}  {note}", flush=True)


def repeat(call: Callable[[], object]) -> None:
    """Call it ROWS times."""
    for _ in range(ROWS):
        call()


def fits() -> None:
    """Print a fit of 100 x 20: epochs that are told, then as many as the defaults take."""
    x, y = make_classification(100, 20, random_state=0)
    for options in (*({"batch_size": b, "max_iter": n} for b in (32, "auto") for n in (1, 10, 100)), {}):
        nets = [kind(random_state=0, **options).fit(x, y) for kind in KINDS]
        took = [str(net.n_iter_) for net in nets]
        times = milliseconds([partial(net.fit, x, y) for net in nets], 30 if options.get("max_iter", 200) < 100 else 7)
        show(f"fit 100 x 20, batch {options.get('batch_size', 'auto')}", times, f"epochs {' and '.join(took)}")


def one_row() -> None:
    """Print the prediction of one row."""
    x, y = load_digits(return_X_y=True)
    nets = [kind(random_state=0, max_iter=10).fit(x, y) for kind in KINDS]
    times = milliseconds([partial(repeat, partial(net.predict_proba, x[:1])) for net in nets], 40)
    show("predict_proba of one row", [t / ROWS for t in times])


def folds(title: str) -> None:
    """Print five folds of digits, with the same number of epochs."""
    x, y = load_digits(return_X_y=True)
    scores: dict[int, float] = {}

    def run(i: int) -> None:
        net = KINDS[i](random_state=0, max_iter=EPOCHS, n_iter_no_change=EPOCHS)
        scores[i] = cross_val_score(net, x, y, cv=5).mean()

    times = milliseconds([partial(run, i) for i in range(2)], 3, time.perf_counter)
    show(f"five folds of digits, {title}", times, f"accuracy {scores[0]:.4f} and {scores[1]:.4f}")


def main() -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    print(f"{'milliseconds':44}{'zoo':>10}{'sklearn':>10}{'times':>8}")
    with threadpool_limits(1, "blas"):
        fits()
        one_row()
    threads = max(found["num_threads"] for found in threadpool_info())
    folds(f"{threads} threads of BLAS")
    with threadpool_limits(1, "blas"):
        folds("one thread of BLAS")


if __name__ == "__main__":
    main()
