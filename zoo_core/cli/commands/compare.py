"""`zoo compare`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoo_core.cli._options import MAX_SIZE_MIB, Json, MaxSize, Sha256s
from zoo_core.cli._output import report, rows, warn, warn_of, warning_list
from zoo_core.errors import UsageError

if TYPE_CHECKING:
    from zoo_core.registry import Registry
    from zoo_core.runs import ModelComparison, RunComparison

EXAMPLES = (
    "Examples: zoo compare a.npz b.npz | zoo compare corrected-1-sgd corrected-2-dropout --json | "
    "zoo compare --exact a.npz b.npz"
)


def command(
    models: Annotated[list[str], typer.Argument(metavar="MODEL...", help="Model files or names of shipped models.")],
    exact: Annotated[
        bool, typer.Option("--exact", help="Find the first epoch and array in which two runs differ in any bit.")
    ] = False,
    sha256: Sha256s = None,
    max_size: MaxSize = MAX_SIZE_MIB,
    json: Json = False,
) -> None:
    """Compare models: their results, and where their specs differ."""
    from zoo_core.cli._inputs import load_models
    from zoo_core.registry import Registry
    from zoo_core.runs import compare_models

    registry = Registry()
    warn(registry)
    if exact:
        _compare_exactly(models, registry, sha256, max_size, json)
        return
    loaded = load_models(models, registry, sha256, max_size)
    found = compare_models(dict(zip(models, loaded, strict=True)))
    warnings = warning_list(found.warnings)
    report({"models": found.results, "differences": found.differences, "warnings": warnings}, json, None)
    warn_of(found.warnings)
    if not json:
        _print_tables(found)


def _print_tables(found: ModelComparison) -> None:
    metrics = list(dict.fromkeys(key for result in found.results.values() for key in result))
    by_metric = {key: {name: result.get(key, "") for name, result in found.results.items()} for key in metrics}
    _print_table("", by_metric)
    if found.differences:
        by_key = {
            key: {n: "-" if v is None else v for n, v in values.items()} for key, values in found.differences.items()
        }
        _print_table("differs in", by_key)


def _print_table(head: str, table: dict[str, dict[str, Any]]) -> None:
    """Print a table with a line for each key and a column for each model."""
    lines = [{head: key, **{name: _format_value(v) for name, v in values.items()}} for key, values in table.items()]
    report(None, False, rows(lines, list(lines[0])))


def _format_value(value: Any) -> str:
    from zoo_core.display.text import format_number

    return format_number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)


def _compare_exactly(
    names: list[str], registry: Registry, digests: list[str] | None, max_size: int, json: bool
) -> None:
    """Compare two runs bit by bit, by their files alone."""
    from zoo_core.registry import find_model
    from zoo_core.runs import compare_runs
    from zoo_core.storage import read_model_file

    if len(names) != 2 or (digests and len(digests) != 2):
        raise UsageError(f"--exact compares two models, not {len(names)}; give one --sha256 for each, or none")
    wanted: list[Any] = [*(digests or (None, None))]
    a, b = (
        read_model_file(find_model(name, registry), sha256=digest, limit=max_size * 2**20)
        for name, digest in zip(names, wanted, strict=True)
    )
    found = compare_runs(a, b, names)
    report(asdict(found), json, "\n".join(_run_lines(found)))


def _run_lines(found: RunComparison) -> list[str]:
    if found.same:
        return ["the same to the bit"]
    lines = [f"set up differently: {line}" for line in found.setup]
    if found.epoch is not None:
        array = [f"array {found.array}"] if found.array else []
        metrics = [f"metrics {', '.join(found.figures)}"] if found.figures else []
        lines.append(f"the runs first differ in epoch {found.epoch}: {'; '.join(array + metrics)}")
    elif found.final:
        lines.append("no epoch differs that both have kept; the arrays at the end do")
    if found.epoch is None and not found.final:
        return [*lines, "arrays and history are the same; only other parts of the headers differ"]
    lines += [f"at the end: {name}: {how}" for name, how in found.final.items()]
    if not found.traced:
        lines.append("to see the first array that differs, train both with --set training.trace=true")
    return lines
