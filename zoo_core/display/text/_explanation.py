"""The page that explains one step of training: excerpts of the arrays, and sums to check by hand."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.text import Text

from zoo_core.display.text._blocks import (
    WIDTH,
    format_digits,
    heading,
    layer_heading,
    matrix_lines,
    paragraph,
    written_sum,
)
from zoo_core.display.text._update import check_lines, checked_index, update_lines
from zoo_core.display.text._values import printable
from zoo_core.parts import Array
from zoo_core.training import Change, Explanation, LayerPass

MOST_VALUES = 4  # of a row, in the units of the data
SYMBOLS = {"dense": "z", "normalizer": "n", "activation": "a", "regularizer": "d"}  # of the output of a stage


def explanation_page(step: Explanation, facts: dict[str, str]) -> list[Text]:
    """Return the page as lines; `facts` are its first lines."""
    page = _Page(step)
    lines = [
        *page.head(facts),
        *heading("1  Forward: from the inputs to the outputs"),
        *(line for at in range(len(step.stages)) for line in page.forward(at)),
        *heading("2  Loss: how wrong the outputs are"),
        *page.loss(),
        *heading("3  Backward: how the loss changes with each number, last layer first"),
        *(line for at in reversed(range(len(step.stages))) for line in page.backward(at)),
        *heading(f"4  Update: {step.optimizer}, learning rate {step.learning_rate:g}"),
        *update_lines(step),
        *heading("5  Check"),
        *check_lines(step),
    ]
    return [line for line, before in zip(lines, [Text(), *lines], strict=False) if line.plain or before.plain]


class _Page:
    """Writes the sections of one explanation."""

    def __init__(self, step: Explanation) -> None:
        self.step, self.excerpt = step, step.excerpt
        self.changes = {change.path: change for change in step.changes}
        self.symbols = ["x", *(SYMBOLS.get(stage.kind, "y") for stage in step.stages)]
        self.first = next(at for at, stage in enumerate(step.stages) if stage.kind == "dense")

    def head(self, facts: dict[str, str]) -> Iterator[Text]:
        """Yield the facts, and which rows and units the page shows."""
        room = max(map(len, facts)) + 2
        for key, value in facts.items():
            first, *more = textwrap.wrap(printable(value), WIDTH - room) or [""]
            yield Text(f"{key:{room}}", style="bold").append(first, style="not bold")
            yield from (Text(" " * room + line) for line in more)
        total, rows = len(self.step.rows), self.excerpt.rows
        numbers = ", ".join(f"{self.step.rows[row]:,}" for row in rows)
        shown = f"{len(rows)} of the batch's {total} rows (training rows {numbers}), and in each layer the units with"
        yield from paragraph(f"Shown: {shown} the largest gradients. [row, unit] count from 0.", blank_before=True)

    # -------------------------------------------------------------- forward

    def forward(self, at: int) -> Iterator[Text]:
        """Yield the output of a stage."""
        stage, symbol = self.step.stages[at], self.symbols[at + 1]
        if at == 0:
            yield from self._batch_rows("x", "the inputs, prepared", stage.x, self.excerpt.inputs[stage.path])
        if stage.kind == "dense":
            yield from self._dense_forward(at, stage)
            return
        columns, note = self.excerpt.outputs[stage.path], f"= {stage.name}({self.symbols[at]})"
        yield from self._batch_rows(symbol, note, stage.y, columns, stage.formula)

    def _dense_forward(self, at: int, stage: LayerPass) -> Iterator[Text]:
        weights = self.changes[f"{stage.path}.weights"].before
        bias = self.changes.get(f"{stage.path}.bias")
        yield from layer_heading(stage.path, f"{weights.shape[0]:,} inputs, {weights.shape[1]:,} units")
        if at > self.first:
            yield from paragraph(f"x is the {self.symbols[at]} of the previous layer.")
        yield from self._weight_matrix("W", "the weights", weights, stage.path)
        if bias is not None:
            yield from self._parameter_row("b", "the biases", bias.before, stage.path)
        formula = "= x W + b" if bias is not None else "= x W"
        yield from self._batch_rows("z", formula, stage.y, self.excerpt.outputs[stage.path])
        row, unit = self.excerpt.rows[0], self.excerpt.outputs[stage.path][0]
        shift = float(bias.before[unit]) if bias is not None else 0.0
        inputs = self.excerpt.inputs[stage.path]
        yield from written_sum(f"z[{row}, {unit}]", stage.x[row], weights[:, unit], inputs, shift)

    # -------------------------------------------------------------- loss

    def loss(self) -> Iterator[Text]:
        """Yield the losses of the rows shown, and their sum or mean."""
        cost, outputs = self.step.cost, self.step.stages[-1].y
        yield from paragraph(f"{cost.name}: {cost.formula}")
        yield Text()
        if cost.targets.ndim == 2:
            columns = [c for c in self.excerpt.outputs[self.step.stages[-1].path] if c < cost.targets.shape[1]] or [0]
            scaled = f", scaled by {cost.scaled_by}" if cost.scaled_by else ""
            yield from self._batch_rows("t", f"the targets{scaled}", cost.targets, columns)
        for row in self.excerpt.rows:
            label = ""
            if cost.targets.ndim == 1:
                target = int(cost.targets[row])
                label = f"target {target}, output a[{row}, {target}] = {format_digits(outputs[row, target])}, "
            yield Text(f"  row {row}: {label}loss {format_digits(cost.values[row])}")
            yield from self._own_units(row)
        yield Text()
        weighted = ", each with its weight" if cost.weights is not None else ""
        yield Text(f"  {cost.reduction} over {len(cost.values)} rows{weighted}: {format_digits(cost.data)}")
        for name, value in cost.penalties.items():
            yield Text(f"  + penalty {name}: {format_digits(value)}")
        yield Text(f"  L = {format_digits(cost.total)}", style="bold")

    def _own_units(self, row: int) -> Iterator[Text]:
        """Yield targets and outputs of a row in the units of the data, where the network learns scaled ones."""
        cost = self.step.cost
        for name, values in (("targets", cost.own_targets), ("outputs", cost.own_outputs)):
            if values is not None:
                shown = ", ".join(map(format_digits, values[row, :MOST_VALUES]))
                more = ", ..." if values.shape[1] > MOST_VALUES else ""
                yield Text(f"    {name} in the units of the data: {shown}{more}")

    # -------------------------------------------------------------- backward

    def backward(self, at: int) -> Iterator[Text]:
        """Yield the gradients of a stage: by its parameters and by its input."""
        stage = self.step.stages[at]
        if at == len(self.step.stages) - 1 or (self.step.stages[at + 1].kind == "dense" and at >= self.first):
            yield from layer_heading(self._layer_path(at), "")
            yield from self._output_gradient(at, stage)
        if stage.kind == "dense":
            yield from self._dense_gradients(stage)
        elif stage.dx is not None:
            yield from self._input_gradient(at, stage)

    def _layer_path(self, at: int) -> str:
        return next(s.path for s in reversed(self.step.stages[: at + 1]) if s.kind == "dense")

    def _output_gradient(self, at: int, stage: LayerPass) -> Iterator[Text]:
        """Yield the gradient by the layer's output, from the loss or from the next layer."""
        if stage.dy is not None:
            last = at == len(self.step.stages) - 1
            origin = f"from the loss{self._mean_note()}" if last else "= δ Wᵀ of the next layer"
            columns = self.excerpt.outputs[stage.path]
            yield from self._batch_rows(f"∂L/∂{self.symbols[at + 1]}", origin, stage.dy, columns)

    def _input_gradient(self, at: int, stage: LayerPass) -> Iterator[Text]:
        inner, outer = self.symbols[at], self.symbols[at + 1]
        columns = self.excerpt.inputs[stage.path]
        if stage.slope is not None and stage.dy is not None:
            yield from self._batch_rows(f"f'({inner})", f"the slope of {stage.name}", stage.slope, columns)
        origin = f"back through {stage.name}"
        if stage.dy is None:
            origin = f"{self.step.cost.name} goes back through {stage.name} itself{self._mean_note()}"
        elif stage.slope is not None:
            origin = f"= ∂L/∂{outer} · f'({inner})"
        for name, change in self._own_parameters(stage):
            yield from self._parameter_row(f"∂L/∂{name}", f"a parameter of {stage.name}", change.gradient, stage.path)
        name = "δ = ∂L/∂z" if inner == "z" else f"∂L/∂{inner}"
        yield from self._batch_rows(name, origin, stage.dx, columns)  # type: ignore[arg-type] # asked before

    def _mean_note(self) -> str:
        """Return a note that the gradient is divided by the number of rows."""
        cost = self.step.cost
        rows = len(cost.values)
        return f", averaged over {rows} rows" if cost.reduction == "mean" and rows > 1 else ""

    def _own_parameters(self, stage: LayerPass) -> Iterator[tuple[str, Change]]:
        """Yield the parameters of a stage other than a dense one, by their own names."""
        for path, change in self.changes.items():
            if path.rpartition(".")[0] == stage.path:
                yield path.rpartition(".")[2], change

    def _dense_gradients(self, stage: LayerPass) -> Iterator[Text]:
        change = self.changes[f"{stage.path}.weights"]
        note = "= xᵀ δ, a sum over the rows" + (", and the penalties'" if change.penalty is not None else "")
        yield from self._weight_matrix("∂L/∂W", note, change.gradient, stage.path)
        if (bias := self.changes.get(f"{stage.path}.bias")) is not None:
            yield from self._parameter_row("∂L/∂b", "= the sum of δ over the rows", bias.gradient, stage.path)
        if stage.dy is None:
            return
        at, unit = checked_index(self.step, f"{stage.path}.weights")
        shift = 0.0 if change.penalty is None else float(change.penalty[at, unit])
        rows = self.excerpt.rows
        yield from written_sum(f"∂L/∂W[{at}, {unit}]", stage.x[:, at], stage.dy[:, unit], rows, shift)

    # -------------------------------------------------------------- matrices

    def _batch_rows(self, name: str, note: str, array: Array, columns: Sequence[int], text: str = "") -> Iterator[Text]:
        """Yield some rows of the batch."""
        labels = [f"row {row}" for row in self.excerpt.rows]
        yield from matrix_lines(name, note, array, self.excerpt.rows, columns, labels)
        yield from paragraph(text) if text else ()
        yield Text()

    def _weight_matrix(self, name: str, note: str, array: Array, path: str) -> Iterator[Text]:
        """Yield some entries of a weight matrix."""
        inputs = self.excerpt.inputs[path]
        yield from matrix_lines(name, note, array, inputs, self.excerpt.outputs[path], [f"input {i}" for i in inputs])
        yield Text()

    def _parameter_row(self, name: str, note: str, array: Array, path: str) -> Iterator[Text]:
        """Yield some entries of a parameter that is not a weight matrix; of several rows, the first."""
        flat = array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)
        columns = [c for c in self.excerpt.outputs[path] if c < flat.shape[1]] or [0]
        yield from matrix_lines(name, note, flat, [0], columns, [""])
        yield Text()
