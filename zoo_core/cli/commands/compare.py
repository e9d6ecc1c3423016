"""`zoo compare`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoo_core.cli._options import MAX_SIZE_MIB, Json, MaxSize, Sha256s
from zoo_core.cli._output import print_result, report, warn, warn_of, warning_list
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
    found.warnings.update(_named_twice(models))
    warn_of(found.warnings)
    if json:
        report(_json_data(found), True, None)
    else:
        _print_tables(found)


def _named_twice(models: list[str]) -> dict[str, str]:
    """Return a warning, by its key, if a model is named more than once: its results stand there once."""
    twice = [name for name in dict.fromkeys(models) if models.count(name) > 1]
    return {"named_twice": f"{', '.join(twice)}: named more than once, and shown once"} if twice else {}


def _json_data(found: ModelComparison) -> dict[str, Any]:
    warnings = warning_list(found.warnings)
    sorted_by = found.ranking.key if found.ranking else None
    return {"sorted_by": sorted_by, "models": found.results, "differences": found.differences, "warnings": warnings}


def _print_tables(found: ModelComparison) -> None:
    """Print the results with a row for each model, then the values in which their specs differ."""
    names = list(found.results)
    if len(names) > 1:
        print_result(_order_line(found))
    figures = _figures(found)
    _print_table(figures, [[found.results[name].get(key) for key in figures] for name in names], names)
    if found.differences:
        print_result("\nthe specs differ in")
        values = [[found.differences[key][name] for key in found.differences] for name in names]
        _print_table(list(found.differences), values, names)
    elif len(names) > 1:
        print_result("\nthe specs do not differ, but for names and descriptions")


def _order_line(found: ModelComparison) -> str:
    from zoo_core.display.text import format_count

    ranking = found.ranking
    if ranking is None:
        return "in the order in which they were named; no two models have a figure in common\n"
    first = "highest" if ranking.higher_is_better else "lowest"
    last = f"; {format_count(ranking.without, 'model')} without it at the end" if ranking.without else ""
    return f"sorted by {ranking.key}, the {first} first{last}\n"


def _figures(found: ModelComparison) -> list[str]:
    """Return the columns of results: that by which models are sorted, facts, then validation, test and train."""
    keys = list(dict.fromkeys(key for result in found.results.values() for key in result))
    splits = ("validation", "test", "train")
    facts = [key for key in keys if not key.startswith(splits)]
    figures = [key for split in splits for key in keys if key.startswith(split)]
    first = [found.ranking.key] if found.ranking else []
    return [*first, *facts, *(key for key in figures if key not in first)]


def _print_table(columns: list[str], values: list[list[Any]], names: list[str]) -> None:
    from zoo_core.display.text import WideTable, text_table

    body = [[name, *row] for name, row in zip(names, values, strict=True)]
    print_result(WideTable(text_table(["model", *columns], body)))


def _compare_exactly(
    names: list[str], registry: Registry, digests: list[str] | None, max_size: int, json: bool
) -> None:
    """Compare two runs bit by bit, by their files alone."""
    from zoo_core.registry import find_model
    from zoo_core.runs import compare_runs
    from zoo_core.storage import read_model_file

    if len(names) != 2:
        raise UsageError(f"--exact compares two models; names given: {len(names)}")
    if digests and len(digests) != 2:
        raise UsageError(f"{len(digests)} times --sha256 for two models; give one for each, or none")
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
