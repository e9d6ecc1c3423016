"""Writes plugins/reference/verification.md: for each part its peer, and the largest difference seen.

Run `python -m tests.plugins.verification` after a change of a part or of what is stored under tests/golden.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

import zoo_plugins
from tests.plugins import comparisons as walking, comparisons_seconds as again, comparisons_static as static
from tests.plugins.comparisons import FOLDER, Comparison

PAGE = Path(zoo_plugins.__file__).parents[1] / "reference" / "verification.md"
FAMILIES = {
    "Activations": (static.activations, "activations", "outputs and gradients"),
    "Normalizers": (static.normalizers, "normalizers", "outputs, gradients, running statistics"),
    "Losses": (static.losses, "losses", "values and gradients, plain and fused with the output activation"),
    "Optimizers": (walking.optimizers, "optimizers", "parameters after each of 20 steps; L-BFGS: 35"),
    "Schedules": (walking.schedules, "schedules", "rates at each of 48 steps; of those that react: in 24 epochs"),
    "Metrics": (walking.metrics, "metrics", "figures over uneven batches, with and without sample weights"),
    "Regularizers": (static.regularizers, "regularizers", "penalties with gradients, weights, targets, noise"),
    "Initializers": (static.initializers, "initializers", "values, or moments of random ones"),
    "Preprocessors": (static.preprocessors, "preprocessors", "prepared inputs"),
    "Second opinions": (again.seconds, "seconds", "outputs, values, gradients, parameters, as above"),
}
HEAD = """# What each part was held against

Each part was compared in float64 with an independent implementation, whose figures are stored under `tests/golden`
beside the scripts that made them. "The formula, by torch" is the formula of the source, written out in PyTorch and
differentiated by autograd; of these parts the second opinions at the end are by libraries that have them ready-made,
where there is one. PyTorch's Muon ran without rounding to bfloat16, Keras's means without rounding to float32. A
difference is relative, numbers below 1e-4 in size counting as 1e-4; "moments" are mean and standard deviation of random
numbers, whose difference is chance.

`python -m tests.plugins.verification` writes this page, and the tests check that it is current. Gradients are also held
against central differences, and every part is checked for dtypes, inputs left alone, large inputs, and state that
survives saving.
"""


def all_comparisons() -> Iterator[Comparison]:
    """Yield every comparison of every family."""
    for family, _, _ in FAMILIES.values():
        yield from family()


def rows(comparisons: Iterator[Comparison]) -> Iterator[list[str]]:
    """Yield a row for each part and peer: part, peer, number of cases, largest difference, what is allowed."""
    grouped: dict[tuple[str, str, str], list[Comparison]] = {}
    for comparison in comparisons:
        grouped.setdefault((comparison.name, comparison.peer, comparison.kind), []).append(comparison)
    for (name, peer, _), cases in sorted(grouped.items()):
        largest = max(case.measure() for case in cases)
        allowed = min(case.allowed for case in cases)
        yield [f"`{name}`", peer, str(len(cases)), f"{largest:.0e}" if largest else "0", f"{allowed:.0e}"]


def section(title: str) -> Iterator[str]:
    """Yield the lines of a family."""
    family, file, what = FAMILIES[title]
    versions = np.atleast_1d(np.load(FOLDER / f"{file}.npz")["versions"])
    yield f"\n## {title}\n"
    yield f"Compared: {what}. Made by `tests/golden/make_{file}.py` with {', '.join(map(str, versions))}.\n"
    yield "| part | held against | cases | largest difference | allowed |"
    yield "| --- | --- | --- | --- | --- |"
    yield from (f"| {' | '.join(row)} |" for row in rows(family()))


def page() -> str:
    """Return the whole page."""
    return HEAD + "\n".join(line for title in FAMILIES for line in section(title)) + "\n"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
