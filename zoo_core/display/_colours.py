"""The colours of text on a terminal.

Each is readable on black and on white: its contrast is at least 3.8 with both (WCAG 2.1). Terminals of 16 colours
show the nearest of theirs.
"""

BLUE, MAGENTA, GREEN, ORANGE = "color(31)", "color(163)", "color(28)", "color(166)"
CURVE_COLOURS = (BLUE, MAGENTA, "bold", ORANGE)
