"""The syntax trees of source files, which several test modules look at; each file is parsed once."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


@cache
def tree_of(file: Path) -> ast.Module:
    """Return the syntax tree of a file; nobody changes it."""
    return ast.parse(file.read_text())
