"""HTML and SVG as text, for notebooks: escaped texts, tables and a small chart of lines. Nothing is imported for it."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Mapping, Sequence

from zoo_core.errors import printable

MAX_ITEMS = 30  # of a list that is shown
MAX_LETTERS = 60  # of one of its texts
MAX_POINTS = 200  # of a line: more would not show
WIDTH, HEIGHT = 420, 170  # pixels of a chart
LEFT, RIGHT, TOP, BOTTOM = 56, 8, 22, 20  # pixels around its lines
# The colours of Okabe and Ito, which show on white and on black; the dashes are those of the other plots.
STYLES = {"train": ("#0072B2", "6 3"), "validation": ("#D55E00", "2 2"), "test": ("#009E73", "")}
OTHERS = (("#0072B2", ""), ("#D55E00", ""), ("#009E73", ""), ("#CC79A7", ""))
CELL = 'style="text-align:left;padding:1px 10px 1px 0"'

Line = tuple[Sequence[float], Sequence[float]]  # x and y of its points, finite and of equal length


def escaped(value: object) -> str:
    """Return the text of a value for HTML; control characters are shown as escapes."""
    return html.escape(printable(str(value)))


def number_text(value: object) -> str:
    """Return a number for people, "" for a missing one, and any other value as its text."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.5g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def short_list(items: Sequence[object]) -> str:
    """Return the first items with commas between them, and how many more there are; not escaped."""
    texts = [text if len(text) <= MAX_LETTERS else text[:MAX_LETTERS] + "…" for text in map(str, items[:MAX_ITEMS])]
    more = len(items) - MAX_ITEMS
    return ", ".join(texts) + (f" and {more:,} more" if more > 0 else "")


def html_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table of texts and numbers, which are escaped."""
    first = "".join(f"<th {CELL}>{escaped(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td {CELL}>{escaped(number_text(value))}</td>" for value in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{first}</tr></thead><tbody>{body}</tbody></table>"


def line_chart(title: str, lines: Mapping[str, Line], mark: float | None = None) -> str:
    """Return a chart of lines over the epochs as SVG, or "" where no line has a point.

    `mark` is an epoch that gets a vertical line, such as the one whose weights a model holds. The axis of values is
    logarithmic where they reach over two powers of ten.
    """
    drawn = {name: line for name, line in lines.items() if len(line[0])}
    if not drawn:
        return ""
    values = [value for _, ys in drawn.values() for value in ys]
    low, high, log = min(values), max(values), min(values) > 0 and max(values) > 100 * min(values)
    first, last = (pick(pick(xs) for xs, _ in drawn.values()) for pick in (min, max))
    span_x, span_y = (last - first) or 1.0, _height(low, high, log) or 1.0

    def x_of(x: float) -> float:
        return LEFT + (x - first) / span_x * (WIDTH - LEFT - RIGHT)

    def y_of(y: float) -> float:
        return HEIGHT - BOTTOM - _height(low, y, log) / span_y * (HEIGHT - TOP - BOTTOM)

    body = _frame(title, low, high, first, last, log)
    if mark is not None and first <= mark <= last:
        place = f'x1="{x_of(mark):.1f}" x2="{x_of(mark):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"'
        body += f'<line {place} stroke="currentColor" stroke-opacity="0.4"><title>saved epoch {mark:g}</title></line>'
    for at, (name, (xs, ys)) in enumerate(drawn.items()):
        points = [(x_of(xs[i]), y_of(ys[i])) for i in _chosen(len(xs))]
        body += _line(name, points, *STYLES.get(name, OTHERS[at % len(OTHERS)]), at, len(drawn))
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-size="11" font-family="sans-serif">{body}</svg>'


def _height(low: float, value: float, log: bool) -> float:
    """Return how far a value lies above the lowest one; halves keep the largest floats finite."""
    return math.log(value) - math.log(low) if log else value / 2 - low / 2


def _chosen(count: int) -> Iterable[int]:
    """Return which points of a line are drawn: at equal distances, the last one too."""
    if count <= MAX_POINTS:
        return range(count)
    return [at * (count - 1) // (MAX_POINTS - 1) for at in range(MAX_POINTS)]


def _frame(title: str, low: float, high: float, first: float, last: float, log: bool) -> str:
    """Return the axes with their lowest and highest numbers."""
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    path = f'<path d="M{LEFT} {TOP}V{bottom}H{right}" fill="none" stroke="currentColor" stroke-opacity="0.4"/>'
    named = f"{title} (log scale)" if log else title
    texts = [(LEFT - 4, TOP + 8, "end", f"{high:.3g}"), (LEFT - 4, bottom, "end", f"{low:.3g}" if low < high else "")]
    texts += [
        (LEFT, HEIGHT - 6, "start", f"{first:g}"),
        (right, HEIGHT - 6, "end", f"{last:g}" if first < last else ""),
    ]
    texts += [(LEFT, 13, "start", named), ((LEFT + right) // 2, HEIGHT - 6, "middle", "epoch")]
    return path + "".join(_text(*text) for text in texts)


def _text(x: float, y: float, anchor: str, text: str, colour: str = "currentColor") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escaped(text)}</text>'


def _line(name: str, points: Sequence[tuple[float, float]], colour: str, dashes: str, at: int, count: int) -> str:
    """Return a line with its name, which stands at the upper right, beside those of the other lines."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    stroke = f'stroke="{colour}" stroke-width="2"' + (f' stroke-dasharray="{dashes}"' if dashes else "")
    drawn = f'<polyline fill="none" {stroke} points="{path}"/>'
    if len(points) == 1:
        drawn = f'<circle cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="3" fill="{colour}"/>'
    x = WIDTH - RIGHT - 78.0 * (count - at)
    key = f'<line x1="{x:.1f}" x2="{x + 16:.1f}" y1="9" y2="9" {stroke}/>'
    return drawn + key + _text(x + 20, 13, "start", name)
