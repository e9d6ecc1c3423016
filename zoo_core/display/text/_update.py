"""The last two sections of an explanation: the update of the parameters, and the check of the gradient."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.text import Text

from zoo_core.display.text._blocks import column_lines, format_column, format_digits, paragraph
from zoo_core.training import Change, Explanation

MAX_ENTRIES = 3  # of each parameter, in the table of the update


def checked_index(step: Explanation, path: str) -> tuple[int, ...]:
    """Return the index of the entry of a parameter whose gradient was checked."""
    return next(check.index for check in step.checks if check.path == path)


def update_lines(step: Explanation) -> Iterator[Text]:
    """Yield the formula of the optimizer, and some numbers before and after the step."""
    yield from paragraph(step.formula)
    if step.constraints:
        names = ", ".join(dict.fromkeys(step.constraints))
        yield from paragraph(f"Then the weights are constrained: {names}.")
    yield Text()
    picked = [(change, index) for change in step.changes for index in _shown_entries(step, change)]
    paths = [f"{change.path}{list(index)}" for change, index in picked]
    before = np.array([change.before[index] for change, index in picked])
    after = np.array([change.after[index] for change, index in picked])
    gradient = np.array([change.gradient[index] for change, index in picked])
    columns = {"before": before, "gradient g": gradient, "step": after - before, "after": after}
    steps = np.abs(after - before)
    finest = float(steps[steps > 0].min()) if steps.any() else 1.0
    shown = {title: format_column(values, finest) for title, values in columns.items()}
    yield from column_lines(paths, shown)


def _shown_entries(step: Explanation, change: Change) -> list[tuple[int, ...]]:
    """Return the checked entry of a parameter and its neighbours in the excerpt."""
    index = checked_index(step, change.path)
    stage = change.path.rpartition(".")[0]
    columns = [c for c in step.excerpt.outputs[stage] if change.before.ndim and c < change.before.shape[-1]]
    row = index[:-1]
    chosen = [index, *((*row, c) for c in columns if (*row, c) != index)][:MAX_ENTRIES]
    return sorted(chosen)


def check_lines(step: Explanation) -> Iterator[Text]:
    """Yield the gradient by central differences, and the loss after the step."""
    yield from paragraph(
        "The gradient by central differences: change one number w by h, up and down, and compute the whole loss "
        "again with everything else fixed, also the random numbers: (L(w + h) - L(w - h)) / 2h."
    )
    yield Text()
    checks = step.checks
    names = [f"{check.path}{list(check.index)}" for check in checks]
    columns = {
        "backward": [format_digits(check.backward, 9) for check in checks],
        "differences": [format_digits(check.central, 9) for check in checks],
        "": ["the same" if check.agrees else "DIFFERENT" for check in checks],
    }
    yield from column_lines(names, columns)
    if not all(check.agrees for check in checks):
        yield from paragraph(
            "Different: the loss has a kink between w - h and w + h, or a part's backward pass is not the "
            "derivative of its forward pass (zoo plugins check finds it).", blank_before=True,
        )  # fmt: skip
    yield Text()
    down = "down" if step.loss_after < step.cost.total else "not down"
    before, after = format_digits(step.cost.total), format_digits(step.loss_after)
    yield Text(f"  L of this batch: {before} before the step, {after} after: {down}.", style="bold")
