"""Hints of errors: Python and the command line word the same keys, and no error below names an option."""

from __future__ import annotations

import ast
import pickle
import re
from pathlib import Path
from string import Formatter

import pytest

import zoo_core
import zoo_plugins
from zoo_core import errors
from zoo_core.cli import _hints
from zoo_core.cli._app import COMMANDS
from zoo_core.errors import HINTS, Hint, UsageError

CORE = Path(zoo_core.__file__).parent
BELOW = [f for f in sorted(CORE.rglob("*.py")) if f.relative_to(CORE).parts[0] not in ("cli", "display")]
BELOW += sorted(Path(zoo_plugins.__file__).parent.rglob("*.py"))
VALUES = {"path": "m.npz", "checkpoint": "c.npz", "bytes": 5, "mib": 1, "name": "n", "names": "n, o"}
VALUES |= {"kind": "category", "option": "header", "value": "true", "other": "header=false"}


def test_the_tree_of_errors_names_each_class_with_its_parent_and_exit_code():
    rows = re.findall(r"^( {4,})(\w+Error) +(\d)", errors.__doc__, re.MULTILINE)
    found = {name: getattr(errors, name) for _, name, _ in rows}
    assert found == {k: v for k, v in vars(errors).items() if isinstance(v, type) and issubclass(v, Exception)}
    for indent, name, code in rows:
        assert found[name].exit_code == int(code)
        assert found[name].__base__ is (Exception if len(indent) == 4 else errors.ZooError)


def test_both_tables_have_the_same_keys_and_each_is_used():
    used = set(re.findall(r'Hint\(\s*"(\w+)"', "".join(f.read_text() for f in BELOW)))
    assert HINTS.keys() == _hints.CLI_HINTS.keys() == used


@pytest.mark.parametrize("key", HINTS)
def test_every_hint_can_be_worded_both_ways_and_pickled(key):
    error = UsageError("m.npz: no", Hint(key, **VALUES))
    assert str(error) == f"m.npz: no; {HINTS[key].format(**VALUES)}"
    assert _hints.error_text(error) == f"m.npz: no; {_hints.CLI_HINTS[key].format(**VALUES)}"
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), _hints.error_text(again)) == (str(error), _hints.error_text(error))
    names = {name for table in (HINTS, _hints.CLI_HINTS) for _, name, _, _ in Formatter().parse(table[key]) if name}
    assert names <= VALUES.keys()


def test_a_hint_stands_on_a_line_of_its_own_after_several():
    assert str(UsageError("a:\n  b", Hint("split"))) == f"a:\n  b\n{HINTS['split']}"


def test_no_error_below_the_command_line_names_its_options():
    options = re.compile(rf"--[a-z]|\b(?<!the )zoo ({'|'.join(m.rstrip('_') for m in COMMANDS)})\b")
    for file in BELOW:
        raised = [n.exc for n in ast.walk(ast.parse(file.read_text())) if isinstance(n, ast.Raise) and n.exc]
        for text in [n for exc in raised for n in ast.walk(exc) if isinstance(n, ast.Constant)]:
            assert not options.search(str(text.value)), f"{file}:{text.lineno}"
