"""How the time of a step grows with width, depth, batch and rows, next to the matrix products alone, as a plot."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.pool import Pool, Turn, pool, prepare
from tests.benchmarks.tables import seconds as shown, table
from tests.benchmarks.workloads import Workload

BASE = Workload("growth", (784, 100, 10), 100, "sgd", 1e-3, rows=2_000, quick_rows=2_000)
WIDTHS, DEPTHS = (32, 64, 128, 256, 512, 1_024, 2_048, 4_096), (1, 2, 4, 8, 16)
BATCHES, ROWS = (1, 4, 16, 64, 256, 1_024, 4_096), (1_000, 8_000, 64_000)
WHO = {"zoo": ("zoo", "-"), "floor": ("floor", ":")}
THREADS = (1, 2)
STEPS, SECONDS = 30, 0.1  # in an epoch, where a step is short; of a measurement at least
Point = tuple[float, Turn]  # where on the axis; seconds of a step by competitor and number of threads


def axes() -> dict[str, list[tuple[int, Workload]]]:
    """Return, for each thing that grows, the workloads along it."""
    deep = {n: (784, *[128] * n, 10) for n in DEPTHS}
    return {
        "width (784-width-10, batch 100)": [(n, _steps(replace(BASE, widths=(784, n, 10)))) for n in WIDTHS],
        "depth (hidden layers of 128)": [(n, _steps(replace(BASE, widths=w))) for n, w in deep.items()],
        "batch (784-100-10)": [(n, _steps(replace(BASE, batch=n))) for n in BATCHES],
        "rows (64-32-10, batch 32)": [(n, replace(BASE, widths=(64, 32, 10), batch=32, rows=n)) for n in ROWS],
    }


def _steps(work: Workload) -> Workload:
    """Return the workload with as many rows as a measurement needs: fewer steps where they are long."""
    products = work.batch * sum(a * b for a, b in work.shapes)
    return replace(work, rows=work.batch * max(3, min(STEPS, int(1e9 / products))))


def growth(picture: Path, *, rounds: int) -> Iterator[str]:
    """Measure along every axis, yielding the figures of each as a Markdown table; draw them all in the end."""
    found: dict[str, list[Point]] = {}
    with pool(WHO, THREADS) as processes:
        for axis, works in axes().items():
            found[axis] = [(n, step(processes, work, rounds)) for n, work in works]
            yield "\n".join([f"\n### Time of a step against {axis}", "", *_table(found[axis])])
    draw(found, picture)


def step(processes: Pool, work: Workload, rounds: int) -> Turn:
    """Return the fewest seconds of a step: a trend is one of the code, not of what else the machine did meanwhile.

    A first epoch, in which buffers are made, does not count. A measurement takes as many epochs as fill some time:
    after its pause a process begins with cold caches.
    """
    prepare(processes, work)
    first = processes.ask_all("epochs", count=1)
    count = max(1, math.ceil(SECONDS / min(first.values())))
    turns = [processes.ask_all("epochs", count=count) for _ in range(rounds)]
    return {who: min(t[who] for t in turns if who in t) / work.steps for who in turns[-1]}


def _table(points: list[Point]) -> Iterator[str]:
    columns = [(key, n) for n in THREADS for key in WHO]
    head = ["", *(f"{key}, {n} thread{'s' * (n > 1)}" for key, n in columns), *(f"ratio, {n}" for n in THREADS)]
    rows = [
        [f"{n:,}", *(shown(t[c]) for c in columns), *(f"{t['zoo', k] / t['floor', k]:.2f}" for k in THREADS)]
        for n, t in points
    ]
    yield from table([head, *rows])


def draw(found: dict[str, list[Point]], picture: Path) -> None:
    """Draw an axis a panel, both scales logarithmic."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 8), layout="constrained")
    FigureCanvasAgg(figure)
    for panel, (axis, points) in zip(figure.subplots(2, 2).flat, found.items(), strict=True):
        for key, (label, line) in WHO.items():
            for threads in THREADS:
                y = [1e3 * times[key, threads] for _, times in points]
                name = f"{label}, {threads} thread{'s' * (threads > 1)}"
                panel.loglog([n for n, _ in points], y, line, marker="o", markersize=4, color=f"C{threads}", label=name)
        panel.set(xlabel=axis, ylabel="time of a step in ms")
        panel.set_xticks([n for n, _ in points], [f"{n:,}" for n, _ in points])
        panel.minorticks_off()
        panel.grid(alpha=0.3)
    figure.axes[0].legend()
    figure.savefig(picture, dpi=110)
