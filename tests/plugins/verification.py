"""Writes plugins/reference/verification.md: for each part, what it is compared with and the largest difference.

Run `python -m tests.plugins.verification` after a change of a part or of the results stored under tests/golden.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

import zoo_plugins
from tests.plugins import comparisons, comparisons_arrays as arrays
from tests.plugins.comparisons import FOLDER, Comparison
from tests.plugins.second_opinions import second_opinions

PAGE = Path(zoo_plugins.__file__).parents[1] / "reference" / "verification.md"
SECTIONS = {
    "Activations": (arrays.activations, "activations", "outputs and gradients"),
    "Normalizers": (arrays.normalizers, "normalizers", "outputs, gradients, running statistics"),
    "Losses": (arrays.losses, "losses", "values and gradients, plain and fused with an activation"),
    "Optimizers": (comparisons.optimizers, "optimizers", "parameters after each of 20 steps; L-BFGS: 35"),
    "Schedules": (
        comparisons.schedules,
        "schedules",
        "rates at each of 48 steps; for reactive schedules, in 24 epochs",
    ),
    "Metrics": (comparisons.metrics, "metrics", "figures over uneven batches, with and without sample weights"),
    "Regularizers": (
        arrays.regularizers,
        "regularizers",
        "penalties with gradients, weights, targets, noise",
    ),
    "Initializers": (arrays.initializers, "initializers", "values, or moments of random ones"),
    "Preprocessors": (arrays.preprocessors, "preprocessors", "prepared inputs"),
    "Second opinions": (
        second_opinions,
        "second_opinions",
        "outputs, values, gradients, parameters, as above",
    ),
}
HEAD = """# What each part is compared with

Each part was compared in float64 with an independent implementation. Its results are stored under `tests/golden`,
beside the scripts that computed them. "The formula, by torch" is the formula of the source, written out in PyTorch and
differentiated by autograd. For these parts, the second opinions at the end are by libraries that have the function, if
there is one. PyTorch's Muon was run without rounding to bfloat16, and Keras's means without rounding to float32. A
difference is relative; numbers below 1e-4 in size count as 1e-4. "Moments" are mean and standard deviation of random
numbers, which differ by chance.

`python -m tests.plugins.verification` writes this page, and the tests check that it is current. Gradients are also
compared with central differences. Other checks of every part are for dtypes, unchanged inputs, large inputs, and saved
state.
"""


def all_comparisons() -> Iterator[Comparison]:
    """Yield every comparison of every section."""
    for comparisons_of, _, _ in SECTIONS.values():
        yield from comparisons_of()


def rows(comparisons: Iterator[Comparison]) -> Iterator[list[str]]:
    """Yield a row for each part and peer: part, peer, number of cases, largest difference, allowed difference."""
    grouped: dict[tuple[str, str, str], list[Comparison]] = {}
    for comparison in comparisons:
        grouped.setdefault((comparison.name, comparison.peer, comparison.kind), []).append(comparison)
    for (name, peer, _), cases in sorted(grouped.items()):
        largest = max(case.measure() for case in cases)
        allowed = min(case.allowed for case in cases)
        yield [f"`{name}`", peer, str(len(cases)), f"{largest:.0e}" if largest else "0", f"{allowed:.0e}"]


def section(title: str) -> Iterator[str]:
    """Yield the lines of a section."""
    comparisons_of, file, what = SECTIONS[title]
    versions = np.atleast_1d(np.load(FOLDER / f"{file}.npz")["versions"])
    yield f"\n## {title}\n"
    yield f"Compared: {what}. Computed by `tests/golden/make_{file}.py` with {', '.join(map(str, versions))}.\n"
    yield "| part | compared with | cases | largest difference | allowed |"
    yield "| --- | --- | --- | --- | --- |"
    yield from (f"| {' | '.join(row)} |" for row in rows(comparisons_of()))


def page() -> str:
    """Return the whole page."""
    return HEAD + "\n".join(line for title in SECTIONS for line in section(title)) + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
