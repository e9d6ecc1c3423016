"""The command: runs what it is told to and prints Markdown tables."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np

from tests.benchmarks.contract import COMPETITORS, competitor, version
from tests.benchmarks.exports import exports
from tests.benchmarks.fit import fit
from tests.benchmarks.growth import growth
from tests.benchmarks.jobs import tables
from tests.benchmarks.kinds import kinds
from tests.benchmarks.memory import memory
from tests.benchmarks.notebook import notebook
from tests.benchmarks.reading import reading
from tests.benchmarks.results import Result
from tests.benchmarks.serving import serving
from tests.benchmarks.startup import start_up
from tests.benchmarks.streaming import streaming
from tests.benchmarks.tables import markdown
from tests.benchmarks.threads import threads
from tests.benchmarks.training import predict, train
from tests.benchmarks.updates import updates
from tests.benchmarks.wide import wide
from tests.benchmarks.workloads import VARIANTS, WORKLOADS, A, find

# These print tables of their own.
OWN = ("growth", "tables", "updates", "serving", "threads", "exports", "table-kinds")
Measure = Callable[..., Result]


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    names = f"{', '.join([*choices(), *OWN])}; default: all but the last {len(OWN)}"
    parser.add_argument("what", nargs="*", metavar="WORKLOAD", help=names)
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="COMPETITOR", choices=COMPETITORS, help="who takes part"
    )
    parser.add_argument("--rounds", type=int, default=7, help="measurements of each competitor (default: 7)")
    parser.add_argument("--seconds", type=float, default=30, help="end a workload's rounds after this (default: 30)")
    parser.add_argument("--full", action="store_true", help="all rows, all epochs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep every measurement there")
    parser.add_argument("--plot", type=Path, default=Path("growth.png"), metavar="FILE", help="where growth draws")
    parsed = parser.parse_args()
    known = [*choices(), *OWN]
    if unknown := [name for name in parsed.what if name not in known]:
        parser.error(f"unknown: {', '.join(unknown)} (known: {', '.join(known)})")
    return parsed


def choices(*, full: bool = False) -> dict[str, Measure]:
    """Return what can be measured, by name."""
    work = {name: partial(train, find(name, full=full)) for name in WORKLOADS | VARIANTS}
    one, many = (partial(predict, replace(A, rows=A.batch), rows) for rows in (1, 10_000))
    predictions = {"predict-1": one, "predict-10000": many}
    whole = {"notebook": partial(notebook, full=full), "streaming": partial(streaming, full=full)}
    fits = {f"fit-{epochs}": partial(fit, epochs=epochs) for epochs in (1, 10, 100)}
    processes = {"start-up": start_up, "memory": memory, "reading": reading, "wide-tables": wide}
    return {**work, **predictions, **fits, **processes, **whole}


def results(options: argparse.Namespace) -> Iterator[Result]:
    """Measure one thing after the other."""
    known = choices(full=options.full)
    for name in [name for name in options.what if name not in OWN] or known:
        yield known[name](rounds=options.rounds, seconds=options.seconds, keys=options.only)


def machine() -> dict[str, object]:
    """Return what the figures depend on."""
    libraries = {competitor(k).package: version(k) for k in COMPETITORS if version(k)}
    return {"python": platform.python_version(), "numpy": np.__version__, "cores": os.cpu_count(), **libraries}


def own_tables(options: argparse.Namespace) -> dict[str, Callable[[], Iterator[str]]]:
    """Return what yields the lines of tables of its own, by name."""
    return {
        "growth": lambda: growth(options.plot, rounds=options.rounds),
        "tables": tables,
        "updates": lambda: updates(options.rounds),
        "serving": lambda: serving(options.seconds),
        "threads": lambda: threads(options.rounds),
        "exports": lambda: exports(options.rounds),
        "table-kinds": lambda: kinds(options.rounds),
    }


def main() -> None:
    """Run."""
    options, found = parse(), []
    for name in (name for name in OWN if name in options.what):
        for line in own_tables(options)[name]():
            print(line, flush=True)
    if options.what and {*options.what} <= {*OWN}:
        return
    print(", ".join(f"{name} {value}" for name, value in machine().items()))
    for result in results(options):
        found.append(asdict(result))
        print(f"\n{markdown(result)}", flush=True)
        if options.json:
            options.json.write_text(json.dumps({"machine": machine(), "results": found}, indent=1))


if __name__ == "__main__":
    main()
