"""A line search for the strong Wolfe conditions: sufficient decrease, and a slope that is nearly flat.

Source: Nocedal and Wright, "Numerical optimization" (2006), algorithms 3.5 (bracketing) and 3.6 (zoom) with cubic
interpolation, equation 3.59. The safeguards are those of Schmidt's minFunc (2005).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

DECREASE = 1e-4
CURVATURE = 0.9
MIN_WIDTH = 1e-9  # a bracket that moves no parameter by more than this is not divided further


class Point(NamedTuple):
    """A step length, with the value and the slope there."""

    t: float
    value: float
    slope: float


Probe = Callable[[float], tuple[float, float]]


class _Search:
    """A search along one direction."""

    def __init__(self, probe: Probe, origin: Point, reach: float, budget: int) -> None:
        self._probe, self.origin, self.reach, self.left = probe, origin, reach, budget

    def evaluate_at(self, t: float) -> Point:
        value, slope = self._probe(t)
        return Point(t, value if math.isfinite(value) else math.inf, slope)  # an overflow: too long a step

    def decreases(self, p: Point) -> bool:
        return p.value <= self.origin.value + DECREASE * p.t * self.origin.slope

    def flattens(self, p: Point) -> bool:
        return abs(p.slope) <= -CURVATURE * self.origin.slope


def strong_wolfe(probe: Probe, t: float, value: float, slope: float, reach: float, budget: int) -> float:
    """Return a step length; `probe(t)` gives value and slope, `slope` at 0 is negative.

    `reach` is the largest component of the direction, `budget` the number of probes after the first.
    """
    search = _Search(probe, Point(0.0, value, slope), reach, budget)
    low, high = _bracket(search, t)
    return low.t if high is None else _zoom(search, low, high)


def _bracket(search: _Search, t: float) -> tuple[Point, Point | None]:
    """Return two points that enclose an acceptable one, or an acceptable point and None."""
    before, now = search.origin, search.evaluate_at(t)
    probes = 0
    while search.left:
        if not search.decreases(now) or (probes > 1 and now.value >= before.value):
            return before, now
        if search.flattens(now):
            return now, None
        if now.slope >= 0:
            return before, now
        bounds = (now.t + 0.01 * (now.t - before.t), 10 * now.t)
        before, now = now, search.evaluate_at(_cubic_minimum(before, now, bounds))
        probes += 1
        search.left -= 1
    return search.origin, now


def _zoom(search: _Search, a: Point, b: Point) -> float:
    """Narrow a bracket until a point meets both conditions; return its step length, or that of the lowest point."""
    low, high = (a, b) if a.value <= b.value else (b, a)
    stuck = False
    while search.left and abs(high.t - low.t) * search.reach >= MIN_WIDTH:
        t, stuck = _keep_from_ends(_cubic_minimum(low, high), min(low.t, high.t), max(low.t, high.t), stuck)
        new = search.evaluate_at(t)
        search.left -= 1
        if not search.decreases(new) or new.value >= low.value:
            low, high = (low, new) if low.value <= new.value else (new, low)
            continue
        if search.flattens(new):
            return new.t
        low, high = new, (low if new.slope * (high.t - low.t) >= 0 else high)
    return low.t


def _keep_from_ends(t: float, low: float, high: float, stuck: bool) -> tuple[float, bool]:
    """Move `t` away from the ends of the bracket if it is near one for the second time in a row."""
    margin = 0.1 * (high - low)
    if min(high - t, t - low) >= margin:
        return t, False
    if stuck or t >= high or t <= low:
        return (high - margin if abs(t - high) < abs(t - low) else low + margin), False
    return t, True


def _cubic_minimum(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """Return the minimum of the cubic through two points with their slopes, clipped to the bounds."""
    low, high = bounds or (min(a.t, b.t), max(a.t, b.t))
    d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if not square >= 0:
        return (low + high) / 2
    if a.t > b.t:
        a, b = b, a
    d2 = math.sqrt(square)
    bend = b.slope - a.slope + 2 * d2
    if not bend:
        return (low + high) / 2  # the cubic is a straight line
    t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / bend)
    return min(max(t, low), high)
