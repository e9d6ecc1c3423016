"""What to do about a line that is no TOML: the mistakes that beginners make, each with its remedy."""

from __future__ import annotations

import re

# A pattern for the line, and the remedy; {0}, {1} are its groups. The first that fits counts.
MISTAKES: tuple[tuple[str, str], ...] = (
    ("[\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb]", "write straight quotes, \" or ', instead of typographic ones"),
    (r"=\s*(True|False)\s*(?:#.*)?$", "write true or false, in small letters"),
    (r"=\s*(?:None|null|nil|NULL|none|~)\s*(?:#.*)?$", "TOML has no word for nothing; leave the key out"),
    (r"^\s*(?://|;|--)", "a comment begins with #"),
    (r"=\s*[^\"'#]*\s//", "a comment begins with #"),
    (r"==", "write one = between key and value"),
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
TWICE = "each key and each [table] stands once; for one of several layers write [[model.layers]], with two brackets"


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
