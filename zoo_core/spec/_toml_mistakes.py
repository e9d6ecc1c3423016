"""What to do about a line that is no TOML: the mistakes that beginners make, each with its remedy."""

from __future__ import annotations

import re

# A pattern for the line, and the remedy; {0}, {1} are its groups. The first that fits counts.
MISTAKES: tuple[tuple[str, str], ...] = (
    ("[\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb]", "write straight quotes, \" or ', instead of typographic ones"),
    (r"=\s*(True|False)\s*(?:#.*)?$", "write true or false, in small letters"),
    (r"=\s*(?:None|null|nil|NULL|none|~)\s*(?:#.*)?$", "TOML has no word for nothing; leave the key out"),
    (r"^\s*(?:---|%YAML)", "a spec is TOML, not YAML: write key = value, and [table] in a line of its own"),
    (r"^\s*(?://|;|--|/\*|%|REM\b)", "a comment begins with #"),
    (
        r"^[^=\[{#]*[,;\t][^=\[{#]*[,;\t][^=\[{#]*$",
        'this is a row of a table; a spec names its file: path = "my.csv"',
    ),
    (r"^\s*\{", "a spec in JSON has a name that ends in .json; in TOML write key = value"),
    (r"^\s*\[\s+\[", "write the brackets side by side: [[...]]"),
    (r"=\s*([-+]?\d[\d.]*|\"[^\"]*\"|true|false)\s*[;,]\s*(?:#.*)?$", "write nothing after the value: {0}"),
    (r"=\s*([-+]?\d[\d.]*(?:[eE][-+]?\d+)?)[A-Za-z]+\s*(?:#.*)?$", "write a number without letters after it: {0}"),
    (r"=\s*10\s*(?:\^|\*\*)\s*([-+]?\d+)", "write 1e{0}"),
    (r"=\s*[-+]?\d[\d.]*\s*[*/+^-]+\s*[\d.]+\s*(?:#.*)?$", "write the result of a calculation, such as 0.01 for 1/100"),
    (r"=\s*(\d{1,3})((?: \d{3})+)\s*(?:#.*)?$", "write a number without blanks, or with _ between its digits"),
    (r"=\s*[-+]?\d+_\s*(?:#.*)?$", "write _ between digits only"),
    (r"=\s*[-+]?(?:NaN|NAN|Infinity|Inf|INF)\b", "write a finite number"),
    (r"=\s*[^\"'#]*\s//", "a comment begins with #"),
    (r"==", "write one = between key and value"),
    (r"=>|<-|->", "write = between key and value"),
    (r":=", "write = between key and value"),
    (r"=\s*([-+]?\d+),(\d+)\s*(?:#.*)?$", "write a decimal point: {0}.{1}"),
    (r"=\s*([-+]?)\.(\d+)", "write a digit before the point: {0}0.{1}"),
    (r"=\s*([-+]?\d+)\.\s*(?:#.*)?$", "write a digit after the point: {0}.0"),
    (r"=\s*([-+]?)0+(\d+)\s*(?:#.*)?$", "write a number without zeros before it: {0}{1}"),
    (r"=\s*([\d.]+)\s*%", "write a fraction instead of a percentage, such as 0.2 for 20%"),
    (r"=\s*\(.*\)", "write a list in square brackets: [ ... ]"),
    (r"=\s*\"[^\"]*\\", "write / instead of \\ in a path, or put the text in single quotes"),
    (r"=\s*(?:#.*)?$", "write a value after ="),
    (r"^\s*\[\[[^\]]*\](?!\])", "close the brackets: [[...]]"),
    (r"^\s*\[[^\]]*$", "close the bracket: [...]"),
    (r"^\s*[\w.-]+\s*:", "write = instead of : between key and value"),
    (r"^\s*[\w-]+(?:\s+[\w-]+)+\s*=", "write a key without blanks: use _ , or . for a key inside a table"),
    (r"^\s*([\w.-]+)\s+([^=\s].*)$", "write = between key and value: {0} = {1}"),
    (r"^\s*([\w.-]+)\s*$", "write a value after the key: {0} = ..."),
    (r"=\s*([A-Za-z_][\w.-]*)\s*(?:#.*)?$", 'put a text in quotes: "{0}"'),
    (r"=\s*[\[{](?:.*[=,\[{])?\s*(?!true\b|false\b|inf\b|nan\b)([A-Za-z_]\w*)\s*[,\]}]", 'put a text in quotes: "{0}"'),
    (r"=\s*\"[^\"]*$|=\s*'[^']*$", "close the text with the quote that begins it"),
    (r"=\s*\{[^}]*$", "write a table in braces on one line, or as [...] with a line for each key"),
    (r"=\s*\{.*\{[^}]*\}\s*$|=\s*\[[^\]]*$", "close each bracket and brace"),
    (r"=\s*(?:\"[^\"]*\"|'[^']*'|[^\"'\s]+)\s+\S", "write one value after =, and the next key on a line of its own"),
)
# What the parser says, and plainer words for it.
PLAIN = (
    ("Expected newline or end of document after a statement", "there is more after the value"),
    ("Expected '=' after a key in a key/value pair", "there is no = after the key"),
    ("Invalid value", "this is no value"),
    ("Invalid statement", "this is neither a key nor a [table]"),
    ("Invalid initial character for a key part", "no key begins so"),
    ("Cannot overwrite a value", "the key has a value already"),
    ("Cannot mutate immutable namespace", "the key has a value already"),
)
TWICE = "each key and each [table] stands once; for one of several layers write [[model.layers]], with two brackets"


def plain_problem(problem: str) -> str:
    """Return what the parser says about a text, in plain words."""
    return next((words for start, words in PLAIN if problem.startswith(start)), problem)


def remedy(problem: str, text: str, number: int) -> str:
    """Return what to do about the line with this number, with "; " before it, or '' if nothing is known.

    `problem` is the message of the parser, which may have noticed the mistake on the line after it.
    """
    if any(word in problem for word in ("twice", "overwrite", "Cannot mutate", "Duplicate")):
        return f"; {TWICE}"
    lines = text.split("\n")
    for line in lines[max(0, number - 1) : number] + lines[max(0, number - 2) : max(0, number - 1)]:
        for pattern, words in MISTAKES:
            if (match := re.search(pattern, line)) is not None:
                return f"; {words.format(*(group or '' for group in match.groups()))}"
    return ""


def open_quote(text: str) -> int:
    """Return the number of the first line whose text has a quote that nothing closes, or 0."""
    pattern = re.compile(r"""=\s*(?:"[^"#]*|'[^'#]*)(?:#.*)?$""")
    return next((n for n, line in enumerate(text.split("\n"), 1) if pattern.search(line)), 0)
