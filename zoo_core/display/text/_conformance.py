"""The results of the conformance checks of a plugin's parts as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from textwrap import indent
from typing import Any

from zoo_core.display.text._values import printable
from zoo_core.testing import Finding

FEW = 6  # up to this many parts, each is listed even where all its checks passed


def conformance_report(plugin: Mapping[str, Any]) -> str:
    """Return the report on one plugin: `name`, `version`, `parts`, `problem`, and `checks`, a list of results."""
    return "\n".join(_report_lines(plugin))


def _report_lines(plugin: Mapping[str, Any]) -> Iterator[str]:
    checks, count = plugin["checks"], len(plugin["parts"])
    head = printable(f"{plugin['name']} {plugin['version']}".strip())
    yield f"{head}: {count} part{'s' * (count != 1)}, {len(checks)} checks: {_count_states(checks) or 'none run'}"
    if plugin["problem"]:
        yield f"  {printable(plugin['problem'])}"
    parts: dict[str, list[Mapping[str, Any]]] = {}
    for result in checks:
        parts.setdefault(result["part"], []).append(result)
    for part, results in parts.items():
        if len(parts) <= FEW or any(r["state"] != "passed" for r in results):
            yield from _part_lines(part, results)


def _count_states(results: Sequence[Mapping[str, Any]]) -> str:
    counts = Counter(r["state"] for r in results)
    return ", ".join(f"{counts[s]} {s}" for s in ("passed", "failed", "declared", "not run") if counts[s])


def _part_lines(part: str, results: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield f"\n  {printable(part)}"
    passed = [r["check"] for r in results if r["state"] == "passed"]
    if passed:
        yield f"    passed: {', '.join(passed)}"
    for result in results:
        if result["state"] == "failed":
            yield f"    FAILED {result['check']}: {result['promise']}"
            yield from (indent(_format_finding(f), "      ") for f in result["findings"])
        elif result["state"] != "passed":
            yield f"    {result['state']} {result['check']}: {printable(result['reason'])}"


def _format_finding(fields: Mapping[str, str]) -> str:
    return "\n".join(map(_printable_indented, str(Finding(**fields)).splitlines()))


def _printable_indented(text: str) -> str:
    return text[: len(text) - len(text.lstrip())] + printable(text.lstrip())
