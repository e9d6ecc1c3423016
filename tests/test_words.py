"""Docstrings are short sentences, public ones say what goes in and out, and retired names stay retired."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import zoo_core
from tests.helpers.sources import tree_of
from zoo_core import parts, testing

ROOT = Path(__file__).parents[1]
LONGEST = 25  # words in a sentence
RETIRED = re.compile(
    r"\b(Tally|Crew|Judge|Divided|Turns|in_turn|Ahead|quarantin\w+|ONE_AT_A_TIME|brought_by|misfit|was_asked|manners"
    r"|put_best_back|told_apart|chosen_as|deviates|after_epoch|Preparation|BatchChange|NetworkSpec|load_predictor"
    r"|Predictor|SpecOutline|read_outline|check_origins|buffer_like|write_whole|suspects)\b"
)
VAGUE = re.compile(r"\b(told apart|of late|so many|what is more|let go of|comes to be|has the say)\b")
HISTORY = ("CHANGELOG.md", "plugins/README.md", "tests/test_words.py")  # they name what was retired


def _files(*endings: str) -> list[Path]:
    folders = ("zoo_core", "plugins", "models", "tests")
    found = [file for folder in folders for file in sorted((ROOT / folder).rglob("*")) if file.suffix in endings]
    return [*found, *(file for file in sorted(ROOT.glob("*")) if file.suffix in endings)]


def _docstrings() -> Iterator[tuple[str, str]]:
    """Yield the place and the text of each docstring of the product."""
    for file in _files(".py"):
        place = file.relative_to(ROOT)
        if place.parts[0] == "tests" or "tests" in place.parts or "templates" in place.parts:
            continue
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                name = getattr(node, "name", "the module")
                yield f"{place}: {name}", ast.get_docstring(node) or ""


def sentences(text: str) -> list[str]:
    """Split prose at the ends of clauses, paragraphs and items; tables and lines of code are left out."""
    text = re.sub(r"`+[^`]+`+", "code", text)
    prose = [p for p in re.split(r"\n\s*\n", text) if not all(re.match(r" {4}|>>>|\|", line) for line in p.split("\n"))]
    return [part for p in prose for part in re.split(r"(?<=[.!?:;])\s+|\n(?=\s*(?:[-*]|\d+\.) )|\n(?= {4}\w+: )", p)]


def words(sentence: str) -> int:
    return len([word for word in sentence.split() if re.search(r"\w", word)])


def test_sentences_and_words_are_counted_as_people_do():
    text = (
        "One two `three four` five. Six: seven\n- eight\n- nine\n\n    code code\n\nArgs:\n    a: ten.\n    b: eleven"
    )
    assert [words(s) for s in sentences(text)] == [4, 1, 1, 1, 1, 1, 1, 1, 1, 1]


def test_docstrings_are_of_short_sentences_and_plain_words():
    assert [f"{place}: {match[0]}" for place, text in _docstrings() for match in VAGUE.finditer(text)] == []
    found = [f"{place}: {s}" for place, text in _docstrings() for s in sentences(text) if words(s) > LONGEST]
    assert found == []


METHODS = {
    zoo_core.Model: "predict predict_proba outputs activations evaluate plot save",
    zoo_core.Spec: "parse to_dict",
    zoo_core.Registry: "add get",
}


def _public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the functions of the API and the methods of its classes."""
    for face in (zoo_core, testing):
        yield from ((name, value) for name in face.__all__ if inspect.isfunction(value := getattr(face, name)))
    for owner, names in METHODS.items():
        yield from ((f"{owner.__name__}.{name}", getattr(owner, name)) for name in names.split())


PUBLIC = dict(_public())


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_function_says_what_goes_in_and_out(name):
    function = PUBLIC[name]
    text, signature = inspect.getdoc(function) or "", inspect.signature(function)
    takes = [p for p in signature.parameters if p not in ("self", "cls")]
    returns = signature.return_annotation not in ("None", None) and not re.match("Returns? |Yields? ", text)
    raises = re.search(r"\braise (?!NotImplementedError)", inspect.getsource(function))
    wanted = {"Args": takes, "Returns|Yields": returns, "Raises": raises}
    missing = [section for section, needed in wanted.items() if needed and not re.search(rf"^({section}):", text, re.M)]
    assert missing == []
    described = text.partition("Args:")[2]
    assert [p for p in takes if not re.search(rf"\b{p}\b", described)] == []


def test_every_method_of_the_contract_has_a_docstring():
    for base in {*parts.KINDS.values(), parts.Penalty, parts.Constraint, parts.Noise, parts.BatchAugmentation}:
        assert [n for n, v in vars(base).items() if inspect.isfunction(v) and n[0] != "_" and not v.__doc__] == []


def test_retired_names_are_gone():
    files = [f for f in _files(".py", ".toml", ".md") if str(f.relative_to(ROOT)) not in HISTORY]
    found = [f"{f.relative_to(ROOT)}: {match[0]}" for f in files for match in RETIRED.finditer(f.read_text())]
    assert found == []
