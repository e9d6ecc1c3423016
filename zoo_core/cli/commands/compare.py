"""`zoo compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zoo_core.cli._options import MAX_SIZE, Json, MaxSize, Sha256s
from zoo_core.cli._output import report, rows, warn
from zoo_core.errors import UsageError

if TYPE_CHECKING:
    from zoo_core.registry import Registry
    from zoo_core.storage import ModelFile

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
    max_size: MaxSize = MAX_SIZE,
    json: Json = False,
) -> None:
    """Set models side by side: what differs, and what they reached."""
    from zoo_core.cli._inputs import load_models
    from zoo_core.registry import Registry
    from zoo_core.runs import flatten

    registry = Registry()
    warn(registry)
    if exact:
        _exact(models, registry, sha256, max_size, json)
        return
    found = dict(zip(models, load_models(models, registry, sha256, max_size), strict=True))
    specs = {name: flatten(m.spec.to_dict()) for name, m in found.items()}
    keys = sorted({key for spec in specs.values() for key in spec} - {"name", "description"})
    differing = [key for key in keys if len({repr(spec.get(key)) for spec in specs.values()}) > 1]
    results = {name: _result(m) for name, m in found.items()}
    if json:
        report(
            {
                "models": results,
                "differences": {k: {n: s.get(k) for n, s in specs.items()} for k in differing},
            },
            True,
            None,
        )
        return
    figures = list(dict.fromkeys(key for result in results.values() for key in result))
    lines = [{"": key, **{name: _shown(result.get(key, "")) for name, result in results.items()}} for key in figures]
    report(None, False, rows(lines, ["", *found]))
    if differing:
        lines = [
            {"differs in": key, **{name: _shown(spec.get(key, "-")) for name, spec in specs.items()}}
            for key in differing
        ]
        report(None, False, rows(lines, ["differs in", *found]))


def _exact(names: list[str], registry: Registry, digests: list[str] | None, max_size: int, json: bool) -> None:
    """Compare two runs bit by bit, by their files alone."""
    from zoo_core.runs import compare_runs, differences

    if len(names) != 2 or (digests and len(digests) != 2):
        raise UsageError(f"--exact compares two models, not {len(names)}; give one --sha256 for each, or none")
    wanted: list[Any] = [*(digests or (None, None))]
    a, b = (_contents(name, registry, digest, max_size) for name, digest in zip(names, wanted, strict=True))
    found = compare_runs(a, b)
    found["set-up"] = [
        f"{key}: {x!r} and {y!r}"
        for table in ("spec", "about", "environment")
        for key, x, y in differences(a.header[table], b.header[table])
    ]
    report(found, json, None if json else "\n".join(_words(found)))


def _contents(name: str, registry: Registry, digest: str | None, max_size: int) -> ModelFile:
    """Return what a file holds, its header and its trace being sound."""
    from zoo_core.model import FINGERPRINTS, Fingerprints, read_summary
    from zoo_core.registry import find_model
    from zoo_core.storage import read_model_file

    contents = read_model_file(find_model(name, registry), sha256=digest, limit=max_size * 2**20)
    read_summary(contents, name)
    Fingerprints.read(contents.arrays.get(FINGERPRINTS), name)
    return contents


def _words(found: dict[str, Any]) -> list[str]:
    lines = [f"set up differently: {line}" for line in found["set-up"]]
    if found["same"]:
        return ["the same to the bit"]
    if found["epoch"] is not None:
        figures = f"figures {', '.join(found['figures'])}" if found["figures"] else ""
        what = "; ".join(filter(None, [f"array {found['array']}" if found["array"] else "", figures]))
        lines.append(f"the runs part in epoch {found['epoch'] + 1}: {what}")
    elif found["final"]:
        lines.append("no epoch differs that both have kept; the arrays at the end do")
    lines += [f"at the end: {name}: {how}" for name, how in found["final"].items()]
    if lines and not found["traced"]:
        lines.append("to see the first array that differs, train both with --set training.trace=true")
    return lines or ["arrays and history are the same; only what the headers say besides differs"]


def _result(model: Any) -> dict[str, Any]:
    from zoo_core.display.text.figures import kept_record

    last = kept_record(model.history)
    best = {
        f"best {key}": max(r[key] for r in model.history if key in r)
        for key in last
        if key.endswith("_accuracy") and key.startswith(("test", "validation"))
    }
    return {"parameters": model.network.layout.size, "epochs": len(model.history), **best, **_figures(last)}


def _figures(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in ("epoch", "kept")}


def _shown(value: Any) -> str:
    from zoo_core.display.text.tables import number

    return number(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
