"""`zoo explain`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoo_core.cli._options import MAX_SIZE_MIB, DataDir, Json, MaxSize, Seed, SetOption, Sha256
from zoo_core.cli._output import report, warn

if TYPE_CHECKING:
    from zoo_core.training import Explanation, Trainer

EXAMPLES = (
    "Examples: zoo explain glyphs-quickstart | zoo explain my.toml --rows 1 --units 3 | "
    "zoo explain my.toml --step 50 --set optimizer=sgd | zoo explain my.toml --json"
)


def command(
    spec: Annotated[str, typer.Argument(help="A spec file, a model file, or the name of a shipped model.")],
    rows: Annotated[int, typer.Option("--rows", min=1, max=50, help="Rows of the batch to show.")] = 2,
    units: Annotated[int, typer.Option("--units", min=1, max=20, help="Units and inputs of each layer to show.")] = 4,
    step: Annotated[int, typer.Option("--step", min=1, help="Which step of the first epoch to show.")] = 1,
    set_: SetOption = None,
    sha256: Sha256 = None,
    max_size: MaxSize = MAX_SIZE_MIB,
    seed: Seed = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Print one step of training with its numbers, layer by layer.

    It shows forward pass, loss, backward pass and update, with sums to compute again by hand. Central differences check
    the gradient. The step is one of zoo train, computed in float64 from the same first weights. The text is an excerpt;
    --json gives all numbers.
    """
    from rich.console import Group

    from zoo_core.cli._inputs import data_folder
    from zoo_core.display.text import explanation_page, print_json
    from zoo_core.registry import Registry
    from zoo_core.runs import prepare
    from zoo_core.spec import read_spec
    from zoo_core.training.explain import explain, in_float64

    registry = Registry()
    warn(registry)
    checked = read_spec(spec, set_ or [], registry, seed=seed, sha256=sha256, limit=max_size * 2**20)
    trainer = in_float64(prepare(checked, data_folder(data_dir), registry))
    taken = explain(trainer, rows, units, step - 1)
    if json:
        print_json(_step_data(taken), sys.stdout, indent=None)  # with one number a line it would be many megabytes
    else:
        report(None, False, Group(*explanation_page(taken, _page_facts(trainer, checked.dtype, step))))


def _step_data(step: Explanation) -> dict[str, Any]:
    """Return all numbers of a step as plain data, with the update of each parameter and whether each check agrees."""
    data = asdict(step)
    for change, own in zip(data["changes"], step.changes, strict=True):
        change["step"] = own.after - own.before
    for check, mine in zip(data["checks"], step.checks, strict=True):
        check["agrees"] = mine.agrees
    return data


def _page_facts(trainer: Trainer, dtype: str, step: int) -> dict[str, str]:
    from zoo_core.spec import dump
    from zoo_core.spec.describe import toml

    spec, network = trainer.spec, trainer.network
    layers = [f"{layer.units} {layer.activation.name}" for layer in spec.model.layers]
    rows = trainer.splits["train"].x.shape[0]
    steps = f"{trainer.loader.batches.steps:,} steps in an epoch"
    here = "The first step" if step == 1 else f"Step {step:,}"
    own = "float64" if dtype == "float64" else f"float64, from the same first weights (training itself uses {dtype})"
    return {
        "explained": f"{here} of {spec.name}: {spec.description}".removesuffix(": "),
        "network": f"{' -> '.join([f'{network.inputs} inputs', *layers])}; {network.layout.size:,} parameters",
        "data": f"{spec.data.source.name}, {rows:,} rows, {trainer.loader.batches.batch_size:,} in a batch, {steps}",
        "optimizer": toml(dump(spec.optimizer)),
        "computed in": own,
    }
