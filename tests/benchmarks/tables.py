"""Results as Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from tests.benchmarks.results import Measured, Result

UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"))


def markdown(result: Result) -> str:
    """Return a result as a heading, a table and a line on who is missing."""
    settings = list(dict.fromkeys(m.setting for m in result.measured))
    reached = any(m.loss is not None for m in result.measured)
    peak = any(m.peak_mb is not None for m in result.measured)
    head = ["", *(f"threads: {s}" for s in settings), f"time / {result.base} (quartiles)"]
    head += ["loss reached"] * reached + ["peak memory"] * peak
    lines = [f"### {result.title}", "", *table([head, *(_row(result, m, settings) for m in result.best())])]
    if result.absent:
        lines += ["", "Not in the table: " + "; ".join(f"{k} ({why})" for k, why in result.absent.items()) + "."]
    return "\n".join(lines)


def _row(result: Result, best: Measured, settings: list[str]) -> list[str]:
    times = {m.setting: seconds(m.median) for m in result.measured if m.key == best.key}
    cells = [best.title, *(times.get(s, "") for s in settings), _ratio(result, best)]
    cells += [f"{best.loss:.4f}"] if best.loss is not None else [""] * any(m.loss is not None for m in result.measured)
    return cells + ([f"{best.peak_mb:.0f} MB"] if best.peak_mb is not None else [])


def _ratio(result: Result, best: Measured) -> str:
    found = result.ratio(best)
    if best.key == result.base or found is None:
        return "1"
    return "{:.2f} ({:.2f} to {:.2f})".format(*found)


def seconds(value: float) -> str:
    """Return a time with three digits and its unit."""
    scale, unit = next(((s, u) for s, u in UNITS if value >= s), UNITS[-1])
    return f"{value / scale:.3g} {unit}"


def table(rows: Iterable[list[str]]) -> list[str]:
    """Return rows, the first being the head, as lines of a Markdown table."""
    head, *body = (f"| {' | '.join(row)} |" for row in rows)
    return [head, "|" + " --- |" * (head.count("|") - 1), *body]
