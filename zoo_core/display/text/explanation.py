"""An explanation of one step of training as a page to read: sections, small matrices, sums to do again by hand."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

import numpy as np
from rich.text import Text

from zoo_core.display.text.matrices import WIDTH, by_hand, cells, columns_of, layer, matrix, plain, prose, section
from zoo_core.display.text.tables import printable
from zoo_core.parts import Array
from zoo_core.training import Change, Explanation, LayerPass

ENTRIES = 3  # of each parameter, in the table of the update
SYMBOLS = {"dense": "z", "normalizer": "n", "activation": "a", "regularizer": "d"}  # of what a stage puts out


def explanation_page(step: Explanation, facts: dict[str, str]) -> list[Text]:
    """Return the page as lines; `facts` stand at its head."""
    page = _Page(step)
    lines = [
        *page.head(facts),
        *section("1  Forward: from the inputs to the outputs"),
        *(line for at in range(len(step.stages)) for line in page.forward(at)),
        *section("2  Loss: how wrong the outputs are"),
        *page.loss(),
        *section("3  Backward: how the loss changes with each number, last layer first"),
        *(line for at in reversed(range(len(step.stages))) for line in page.backward(at)),
        *section(f"4  Update: {step.optimizer}, learning rate {step.learning_rate:g}"),
        *page.update(),
        *section("5  Check"),
        *page.checks(),
    ]
    return [line for line, before in zip(lines, [Text(), *lines], strict=False) if line.plain or before.plain]


class _Page:
    """Draws the parts of one explanation."""

    def __init__(self, step: Explanation) -> None:
        self.step, self.excerpt = step, step.excerpt
        self.changes = {change.path: change for change in step.changes}
        self.symbols = ["x", *(SYMBOLS.get(stage.kind, "y") for stage in step.stages)]
        self.first = next(at for at, stage in enumerate(step.stages) if stage.kind == "dense")

    def head(self, facts: dict[str, str]) -> Iterator[Text]:
        """Yield the name, the facts, and what is shown of it all."""
        room = max(map(len, facts)) + 2
        for key, value in facts.items():
            first, *more = textwrap.wrap(printable(value), WIDTH - room) or [""]
            yield Text(f"{key:{room}}", style="bold").append(first, style="not bold")
            yield from (Text(" " * room + line) for line in more)
        total, rows = len(self.step.rows), self.excerpt.rows
        numbers = ", ".join(f"{self.step.rows[row]:,}" for row in rows)
        shown = f"{len(rows)} of the batch's {total} rows (training rows {numbers}), and in each layer the units with"
        yield from prose(f"Shown: {shown} the largest gradients. [row, unit] count from 0.", before=True)

    # -------------------------------------------------------------- forward

    def forward(self, at: int) -> Iterator[Text]:
        """Yield what a stage computed."""
        stage, symbol = self.step.stages[at], self.symbols[at + 1]
        if at == 0:
            yield from self._rows("x", "the inputs, prepared", stage.x, self.excerpt.inputs[stage.path])
        if stage.kind == "dense":
            yield from self._dense(at, stage)
            return
        yield from self._rows(
            symbol, f"= {stage.name}({self.symbols[at]})", stage.y, self.excerpt.outputs[stage.path], stage.formula
        )

    def _dense(self, at: int, stage: LayerPass) -> Iterator[Text]:
        weights = self.changes[f"{stage.path}.weights"].before
        bias = self.changes.get(f"{stage.path}.bias")
        yield from layer(stage.path, f"{weights.shape[0]:,} inputs, {weights.shape[1]:,} units")
        if at > self.first:
            yield from prose(f"x is the {self.symbols[at]} of the layer before.")
        yield from self._weights("W", "the weights", weights, stage.path)
        if bias is not None:
            yield from self._vector("b", "the biases", bias.before, stage.path)
        formula = "= x W + b" if bias is not None else "= x W"
        yield from self._rows("z", formula, stage.y, self.excerpt.outputs[stage.path])
        row, unit = self.excerpt.rows[0], self.excerpt.outputs[stage.path][0]
        shift = float(bias.before[unit]) if bias is not None else 0.0
        yield from by_hand(f"z[{row}, {unit}]", stage.x[row], weights[:, unit], self.excerpt.inputs[stage.path], shift)

    # -------------------------------------------------------------- loss

    def loss(self) -> Iterator[Text]:
        """Yield the loss of the rows shown, and how they add up."""
        cost, outputs = self.step.cost, self.step.stages[-1].y
        yield from prose(f"{cost.name}: {cost.formula}")
        yield Text()
        if cost.targets.ndim == 2:
            columns = self.excerpt.outputs[self.step.stages[-1].path]
            yield from self._rows("t", "the targets", cost.targets, columns)
        for row in self.excerpt.rows:
            label = ""
            if cost.targets.ndim == 1:
                target = int(cost.targets[row])
                label = f"target {target}, output a[{row}, {target}] = {plain(outputs[row, target])}, "
            yield Text(f"  row {row}: {label}loss {plain(cost.values[row])}")
        yield Text()
        rows = f"{cost.reduction} over {len(cost.values)} rows"
        yield Text(f"  {rows}{', each with its weight' if cost.weights is not None else ''}: {plain(cost.data)}")
        for name, value in cost.penalties.items():
            yield Text(f"  + penalty {name}: {plain(value)}")
        yield Text(f"  L = {plain(cost.total)}", style="bold")

    # -------------------------------------------------------------- backward

    def backward(self, at: int) -> Iterator[Text]:
        """Yield the gradients that a stage gives to its parameters and to what comes before it."""
        stage = self.step.stages[at]
        if at == len(self.step.stages) - 1 or (self.step.stages[at + 1].kind == "dense" and at >= self.first):
            yield from layer(self._layer_of(at), "")
            yield from self._arriving(at, stage)
        if stage.kind == "dense":
            yield from self._dense_gradients(stage)
        elif stage.dx is not None:
            yield from self._through(at, stage)

    def _layer_of(self, at: int) -> str:
        return next(s.path for s in reversed(self.step.stages[: at + 1]) if s.kind == "dense")

    def _arriving(self, at: int, stage: LayerPass) -> Iterator[Text]:
        """Yield the gradient of the layer's output, from the loss or from the layer behind."""
        if stage.dy is not None:
            origin = f"from the loss{self._mean()}" if at == len(self.step.stages) - 1 else "= δ Wᵀ of the layer behind"
            yield from self._rows(f"∂L/∂{self.symbols[at + 1]}", origin, stage.dy, self.excerpt.outputs[stage.path])

    def _through(self, at: int, stage: LayerPass) -> Iterator[Text]:
        inner, outer = self.symbols[at], self.symbols[at + 1]
        columns = self.excerpt.inputs[stage.path]
        if stage.slope is not None and stage.dy is not None:
            yield from self._rows(f"f'({inner})", f"the slope of {stage.name}", stage.slope, columns)
        origin = f"back through {stage.name}"
        if stage.dy is None:
            origin = f"{self.step.cost.name} goes back through {stage.name} itself{self._mean()}"
        elif stage.slope is not None:
            origin = f"= ∂L/∂{outer} · f'({inner})"
        for name, change in self._own(stage):
            yield from self._vector(f"∂L/∂{name}", f"a parameter of {stage.name}", change.gradient, stage.path)
        name = "δ = ∂L/∂z" if inner == "z" else f"∂L/∂{inner}"
        yield from self._rows(name, origin, stage.dx, columns)  # type: ignore[arg-type] # asked before

    def _mean(self) -> str:
        """Return why gradients are as small as they are."""
        cost = self.step.cost
        return f", over {len(cost.values)} as L is a mean" if cost.reduction == "mean" and len(cost.values) > 1 else ""

    def _own(self, stage: LayerPass) -> Iterator[tuple[str, Change]]:
        """Yield the parameters of a part other than the matrix product, by their own names."""
        for path, change in self.changes.items():
            if path.rpartition(".")[0] == stage.path:
                yield path.rpartition(".")[2], change

    def _dense_gradients(self, stage: LayerPass) -> Iterator[Text]:
        change = self.changes[f"{stage.path}.weights"]
        note = "= xᵀ δ, a sum over the rows" + (", and the penalties'" if change.penalty is not None else "")
        yield from self._weights("∂L/∂W", note, change.gradient, stage.path)
        if (bias := self.changes.get(f"{stage.path}.bias")) is not None:
            yield from self._vector("∂L/∂b", "= the sum of δ over the rows", bias.gradient, stage.path)
        if stage.dy is None:
            return
        at, unit = self._check_of(f"{stage.path}.weights")
        shift = 0.0 if change.penalty is None else float(change.penalty[at, unit])
        rows = self.excerpt.rows
        yield from by_hand(f"∂L/∂W[{at}, {unit}]", stage.x[:, at], stage.dy[:, unit], rows, shift)

    def _check_of(self, path: str) -> tuple[int, ...]:
        return next(check.index for check in self.step.checks if check.path == path)

    # -------------------------------------------------------------- update, checks

    def update(self) -> Iterator[Text]:
        """Yield the formula of the optimizer and what became of some numbers."""
        yield from prose(self.step.formula)
        if self.step.constraints:
            yield from prose(f"Then the weights are constrained: {', '.join(dict.fromkeys(self.step.constraints))}.")
        yield Text()
        picked = [(change, index) for change in self.step.changes for index in self._entries(change)]
        names = [f"{change.path}{list(index)}" for change, index in picked]
        before = np.array([change.before[index] for change, index in picked])
        after = np.array([change.after[index] for change, index in picked])
        gradient = np.array([change.gradient[index] for change, index in picked])
        columns = {"before": before, "gradient g": gradient, "step": after - before, "after": after}
        steps = np.abs(after - before)
        finest = float(steps[steps > 0].min()) if steps.any() else 1.0
        shown = {title: cells(values, finest) for title, values in columns.items()}
        yield from columns_of(names, shown)

    def _entries(self, change: Change) -> list[tuple[int, ...]]:
        """Return the checked entry of a parameter and its neighbours in the excerpt."""
        index = self._check_of(change.path)
        stage = change.path.rpartition(".")[0]
        columns = [c for c in self.excerpt.outputs[stage] if change.before.ndim and c < change.before.shape[-1]]
        row = index[:-1]
        chosen = [index, *((*row, c) for c in columns if (*row, c) != index)][:ENTRIES]
        return sorted(chosen)

    def checks(self) -> Iterator[Text]:
        """Yield the gradient by central differences, and the loss after the step."""
        yield from prose(
            "The gradient by central differences: change one number w by h, up and down, and compute the whole loss "
            "again with everything else held, random numbers too: (L(w + h) - L(w - h)) / 2h."
        )
        yield Text()
        checks = self.step.checks
        names = [f"{check.path}{list(check.index)}" for check in checks]
        columns = {
            "backward": [plain(check.backward, 9) for check in checks],
            "differences": [plain(check.central, 9) for check in checks],
            "": ["the same" if check.agrees else "DIFFERENT" for check in checks],
        }
        yield from columns_of(names, columns)
        if not all(check.agrees for check in checks):
            yield from prose(
                "Different: the loss has a kink between w - h and w + h, or a part's backward pass is not the "
                "derivative of its forward pass (zoo plugins check tells).", before=True,
            )  # fmt: skip
        yield Text()
        down = "down" if self.step.loss_after < self.step.cost.total else "not down"
        losses = f"L of this batch: {plain(self.step.cost.total)} before the step, {plain(self.step.loss_after)} after"
        yield Text(f"  {losses}: {down}.", style="bold")

    # -------------------------------------------------------------- matrices

    def _rows(self, name: str, note: str, array: Array, columns: Sequence[int], text: str = "") -> Iterator[Text]:
        """Yield some rows of the batch."""
        labels = [f"row {row}" for row in self.excerpt.rows]
        yield from matrix(name, note, array, self.excerpt.rows, columns, labels)
        yield from prose(text) if text else ()
        yield Text()

    def _weights(self, name: str, note: str, array: Array, path: str) -> Iterator[Text]:
        """Yield some entries of a weight matrix."""
        inputs = self.excerpt.inputs[path]
        yield from matrix(name, note, array, inputs, self.excerpt.outputs[path], [f"input {i}" for i in inputs])
        yield Text()

    def _vector(self, name: str, note: str, array: Array, path: str) -> Iterator[Text]:
        """Yield some entries of a parameter that is no weight matrix: of its first row, if it has several."""
        flat = array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)
        columns = [c for c in self.excerpt.outputs[path] if c < flat.shape[1]] or [0]
        yield from matrix(name, note, flat, [0], columns, [""])
        yield Text()
