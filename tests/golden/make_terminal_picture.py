"""Draws models/training.svg, the README's first picture: the live view of `zoo train` at moments of one run.

python tests/golden/make_terminal_picture.py [DATA_DIR]

It trains for real, which takes about a minute; without DATA_DIR the data are downloaded. Curves and bars are drawn as
shapes, so they need no font. CSS alone animates the picture; readers who asked for less motion see one late moment.
"""

import re
import sys
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

from rich.console import Console
from rich.style import Style
from rich.text import Text

import zoo_core
from zoo_core.display.progress._run_progress import RunProgress
from zoo_core.display.progress._view import live_lines, summary_lines

TARGET = Path(__file__).parents[2] / "models/training.svg"
SPEC = """
name = "digits"
seed = 1
data = { name = "mnist" }
optimizer = { name = "adam", learning_rate = 3e-4 }
training = { epochs = 15, batch_size = 100, metrics = ["accuracy"] }

[model]
loss = "cross_entropy"
layers = [
    { units = 256, activation = "relu", initializer = "he_normal", regularizers = [{ name = "dropout", rate = 0.5 }] },
    { units = 128, activation = "relu", initializer = "he_normal", regularizers = [{ name = "dropout", rate = 0.5 }] },
    { units = 10, activation = "softmax" },
]
"""
COLUMNS, ROWS = 104, 33  # of the terminal
MOMENTS = (0.03, 0.06, 0.11, 0.16, 0.21, 0.26, 0.32, 0.38, 0.44, 0.5, 0.57, 0.64, 0.71, 0.78, 0.85, 0.92, 0.985)
FRAME, LAST = 0.7, 4.0  # seconds for which a moment and the summary are shown
CELL, LINE, FONT, MARGIN, BAR = 8.4, 18.0, 14, 18, 36  # pixels: a character, a line, the font, the edge, the title bar
DOTS = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))  # column and row of each bit of a braille sign
COLOURS = {"": "#d4d4d4", "dim": "#8b949e", "cyan": "#39c5cf", "yellow": "#e3b341", "green": "#56d364"}
BARS = {"━": 3.0, "─": 1.2}  # stroke width
Frame = list[Text]


def record_run(data_dir: str | None) -> Iterator[Frame]:
    """Train the model; yield the live view at each moment, which is a share of the run, then the summary."""
    trainer = zoo_core.prepare(tomllib.loads(SPEC), data_dir)
    prompt = Text.assemble(("$ ", "green"), f"zoo train {trainer.spec.name}.toml")
    run, begun, moments = RunProgress(), time.monotonic(), list(MOMENTS)
    for event in zoo_core.follow(trainer):
        run.take(event)
        if moments and run.layers and run.share() >= moments[0]:
            moments.pop(0)
            seconds = time.monotonic() - begun
            print(f"{100 * run.share():.0f} % after {seconds:.0f} s", file=sys.stderr)
            yield [prompt, Text(), *live_lines(run, seconds, COLUMNS - 1, ROWS - 1, layers=True)]
    summary = summary_lines(run, time.monotonic() - begun, COLUMNS - 1, ROWS - 1)
    yield [prompt, Text(), *summary, Text(), Text("$ ", "green")]


def draw_frame(lines: Frame) -> Iterator[str]:
    """Yield the elements of one frame: words as text, bars as lines, braille signs as dots."""
    dots: dict[str, list[str]] = defaultdict(list)
    console = Console(width=COLUMNS, color_system="truecolor")
    for row, line in enumerate(lines):
        column = 0
        for text, style, _ in console.render(line):
            for run in _split_runs(text):
                if run[0] >= "\u2800" and run[0] <= "\u28ff":
                    dots[_classes(style)] += _dots(run, column, row)
                elif run[0] in BARS:
                    yield _bar(run, column, row, style or Style())
                elif run.strip():
                    yield _words(run, column, row, style)
                column += len(run)
    yield from (f'<path class="d {name}" d="{"".join(marks)}"/>' for name, marks in dots.items() if marks)


def _split_runs(text: str) -> Iterator[str]:
    """Divide text into braille, bars, gaps of two blanks or more, and words with single blanks."""
    for match in re.finditer(r"[\u2800-\u28ff]+|━+|─+| {2,}|(?:(?! {2})[^\u2800-\u28ff━─\n])+", text):
        yield match[0]


def _classes(style: Style | None) -> str:
    colour = style.color.name if style and style.color else "dim" if style and style.dim else ""
    return f"{colour or 'plain'}{' bold' if style and style.bold else ''}"


def _dots(run: str, column: int, row: int) -> list[str]:
    marks = []
    for at, sign in enumerate(run, column):
        for bit, (x, y) in enumerate(DOTS):
            if (ord(sign) - 0x2800) >> bit & 1:
                marks.append(f"M{CELL * (at + (x + 0.5) / 2):.4g} {LINE * (row + (y + 0.5) / 4):.4g}h0")
    return marks


def _bar(run: str, column: int, row: int, style: Style) -> str:
    place = f"M{CELL * column:.1f} {LINE * (row + 0.5):.1f}h{CELL * len(run):.1f}"
    return f'<path class="b {_classes(style)}" stroke-width="{BARS[run[0]]}" d="{place}"/>'


def _words(run: str, column: int, row: int, style: Style | None) -> str:
    lead = len(run) - len(run.lstrip())
    text = run.strip()
    place = f'x="{CELL * (column + lead):.1f}" y="{LINE * (row + 0.72):.1f}" textLength="{CELL * len(text):.1f}"'
    return f'<text class="{_classes(style)}" {place}>{escape(text)}</text>'


def animated_svg(frames: list[str], lines: int) -> str:
    """Return the SVG file: all frames above one another, each visible in its own span of time."""
    width, height = COLUMNS * CELL + 2 * MARGIN, lines * LINE + MARGIN + BAR
    total, still = FRAME * (len(frames) - 1) + LAST, len(frames) - 2
    colours = [f".{name or 'plain'}{{color:{colour}}}" for name, colour in COLOURS.items()]
    times = [f"@keyframes f{at}{{{_keyframes(at, len(frames), total)}}}" for at in range(len(frames))]
    times += [f"#f{at}{{animation:f{at} {total:g}s step-end infinite}}" for at in range(len(frames))]
    hidden = ",".join(f"#f{at}" for at in range(len(frames)) if at != still)
    buttons = "".join(f'<circle cx="{22 + 20 * at}" cy="18" r="6" fill="#30363d"/>' for at in range(3))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}">
<title>A terminal in which zoo trains a network: progress, loss and accuracy, the curves of the loss, each layer</title>
<style>
text{{font:{FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}}
{"".join(colours)}
.bold{{font-weight:700}}.plain.bold{{color:#fff}}
text{{fill:currentColor}}path{{fill:none;stroke:currentColor}}.d{{stroke-width:2.6;stroke-linecap:round}}
{hidden}{{visibility:hidden}}
@media (prefers-reduced-motion:no-preference){{{"".join(times)}}}
</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>{buttons}
<g transform="translate({MARGIN} {BAR})">
{chr(10).join(f'<g id="f{at}">{frame}</g>' for at, frame in enumerate(frames))}
</g>
</svg>
"""


def _keyframes(at: int, count: int, total: float) -> str:
    """Return the keyframes of one frame: hidden, visible from its beginning to its end, hidden."""
    begin = 100 * FRAME * at / total
    end = 100.0 if at == count - 1 else 100 * FRAME * (at + 1) / total
    shown, hidden = "visibility:visible", "visibility:hidden"
    return f"0%{{{shown if not at else hidden}}}{begin:.2f}%{{{shown}}}{end:.2f}%{{{hidden}}}"


def main(data_dir: str | None) -> None:
    """Record a run and write the picture."""
    frames = list(record_run(data_dir))
    TARGET.write_text(animated_svg(["".join(draw_frame(lines)) for lines in frames], max(map(len, frames))))
    print(f"{TARGET}: {TARGET.stat().st_size:,} bytes", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
