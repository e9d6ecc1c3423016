"""What pages say is right and complete: links, commands, options, keys, names, variables."""

from __future__ import annotations

import importlib
import inspect
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer

import zoo_core
from zoo_core import errors, hookspecs, parts
from zoo_core.cli._app import application
from zoo_core.registry import DISTRIBUTION, Registry
from zoo_core.spec import Spec, option_names
from zoo_core.spec.schema import spec_schema

ROOT = Path(__file__).parents[1]
OWN = (
    "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "models/README.md", "plugins/README.md",
    "plugins/zoo-lookahead/README.md", "plugins/zoo-sklearn/README.md", "plugins/zoo-trackers/README.md",
    "tests/README.md", "zoo_core/README.md",
)  # fmt: skip
GENERATED = tuple(str(f.relative_to(ROOT)) for f in sorted((ROOT / "plugins/reference").glob("*.md")))
CARDS = tuple(str(f.relative_to(ROOT)) for f in sorted((ROOT / "models/zoo_models").glob("*.md")))
TEXT = {page: (ROOT / page).read_text() for page in (*OWN, *GENERATED, *CARDS)}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def prose(page: str) -> str:
    """Return a page without its blocks of code."""
    return FENCE.sub("", TEXT[page])


def rows(text: str) -> list[list[str]]:
    """Return the cells of each row of the tables in a text, without heads and rules."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    rules = {i for i, row in enumerate(cells) if set("".join(row)) <= set("-: ")}
    return [row for i, row in enumerate(cells) if i not in rules and i + 1 not in rules]


def section(page: str, heading: str) -> str:
    """Return what stands under a heading, up to the next heading of its level or above."""
    level = heading.partition(" ")[0]
    found = re.search(rf"^{re.escape(heading)}$(.*?)(?=^#{{1,{len(level)}}} |\Z)", TEXT[page], re.DOTALL | re.MULTILINE)
    assert found, f"{page} has no heading {heading!r}"
    return found[1]


def words_in_code(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


# ------------------------------------------------------------------ pages


def test_the_readme_is_short():
    assert len(TEXT["README.md"].split()) <= 700


def test_the_two_commands_of_the_readme_stand_on_short_lines():
    lines = [line for line in TEXT["README.md"].splitlines() if line.startswith("python3 -m venv .venv && .venv/bin/")]
    assert ["zoo train" in line for line in lines] == [True, False]
    assert "pytest" in lines[1]
    assert max(map(len, lines)) <= 105, "they are to be read without scrolling sideways"


def test_every_page_is_known():
    skipped = {"templates", "build", "dist"}
    found = {
        str(path.relative_to(ROOT))
        for folder in (ROOT, *(ROOT / name for name in ("zoo_core", "plugins", "models", "tests")))
        for path in (folder.glob("*.md") if folder == ROOT else folder.rglob("*.md"))
        if not skipped & set(path.parts) and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    }
    assert found == set(TEXT)


@pytest.mark.parametrize("page", TEXT)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), f"{page}: {target}"
        if anchor:
            assert anchor in anchors(file.read_text()), f"{page}: {target}"


def anchors(text: str) -> set[str]:
    """Return the anchors that GitHub makes of headings."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", OWN)
def test_every_path_in_code_exists(page):
    """A path is looked for from the root and from the page's folder."""
    folders = ROOT, (ROOT / page).parent
    for word in words_in_code(prose(page)):
        if re.fullmatch(r"(tests|zoo_core|plugins|models|spec|training|\.ci)(/[\w.-]+)+", word):
            assert any((folder / word).exists() for folder in folders), f"{page}: {word}"


@pytest.mark.parametrize("page", OWN)
def test_every_block_of_code_can_be_read(page):
    """Blocks are run by tests/test_readme.py; those of pages for contributors are templates."""
    for language, body in FENCE.findall(TEXT[page]):
        assert language in ("python", "toml", "sh", "text"), f"{page}: {body[:60]}"
        if language == "python":
            compile(body, page, "exec")
        elif language == "toml":
            tomllib.loads(body)


# ------------------------------------------------------------------ commands


@pytest.mark.parametrize("page", [*OWN, *CARDS])
def test_every_command_and_option_exists(page):
    root = typer.main.get_command(application())
    for line in commands(TEXT[page]):
        _check_command(root, shlex.split(line, comments=True), f"{page}: {line}")


def commands(text: str) -> Iterator[str]:
    """Yield each call of `zoo` in blocks of shell and in code between words."""
    blocks = [body for language, body in FENCE.findall(text) if language == "sh"]
    lines = [line for body in blocks for line in body.splitlines()]
    for piece in [*lines, *words_in_code(FENCE.sub("", text))]:
        for command in piece.split("&&"):
            if re.match(r"(\.venv/bin/)?zoo( |$)", command.strip()):
                yield command.strip()


def _check_command(command: Any, words: list[str], where: str) -> None:
    """Hold that each word after `zoo` is a command, or an option of the command before it."""
    for word in words[1:]:
        subcommands = getattr(command, "commands", {})
        if word.startswith("-") and word != "-":
            known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
            assert word.partition("=")[0] in known | {"--help", "-h"}, where
        elif word in subcommands:
            command = subcommands[word]
        else:
            assert not (subcommands and command.name == "zoo"), f"{where}: no command {word!r}"


def test_every_command_is_in_a_page_for_users():
    root = typer.main.get_command(application())
    told = " ".join(line for page in OWN for line in commands(TEXT[page]))
    assert [name for name in root.commands if f"zoo {name}" not in told] == []
    groups = [(name, sub) for name, group in root.commands.items() for sub in getattr(group, "commands", {})]
    assert [f"zoo {name} {sub}" for name, sub in groups if f"`zoo {name} {sub}" not in TEXT[GENERATED[1]]] == []


# ------------------------------------------------------------------ the contract, errors, variables


def test_every_hook_has_a_row():
    hooks = {name for name in vars(hookspecs) if name.startswith("zoo_")}
    assert {row[0].strip("`()") for row in rows(section("plugins/README.md", "## Hooks"))} == hooks


def test_every_kind_has_a_row_with_its_methods():
    found = {row[0].strip("`"): row for row in rows(section("plugins/README.md", "## The kinds"))}
    bases = {base.__name__ for base in parts.KINDS.values()} - {"Regularizer"}
    assert set(found) == bases | {"Penalty", "Constraint", "Noise", "BatchAugmentation", "OptimizerWrapper"}
    for name, (_, key, duties) in found.items():
        base = getattr(parts, name)
        assert f"`{base.spec_key}`" in key, name
        for method in re.findall(r"`(\w+)\(", duties):
            assert callable(getattr(base, method)), f"{name}.{method}"


def test_new_names_of_the_contract_exist_and_old_ones_do_not():
    known = (
        set(vars(parts)) | set(zoo_core.__all__) | {name for base in vars(parts).values() for name in _members(base)}
    )
    known |= {base.kind for base in parts.KINDS.values()}
    for page, heading in (("plugins/README.md", "## Old and new names"), ("CHANGELOG.md", "### Changed")):
        table = rows(section(page, heading).replace("\n  |", "\n|"))
        assert len(table) >= 9, page
        for old, new in table:
            names = {name.rpartition(".")[2] for name in words_in_code(new)}
            assert names <= known, f"{page}: {names - known}"
            gone = {name for name in words_in_code(old) if "." not in name or name.startswith("zoo_core.")} - {"base"}
            allowed = {"linear", "finish", "apply", "change"}  # words that also mean other things
            assert not {name.rpartition(".")[2] for name in gone} - allowed & known, f"{page}: {old}"


def _members(base: object) -> Mapping[str, Any]:
    return vars(base) if inspect.isclass(base) and issubclass(base, parts.Part) else {}


def test_every_error_has_its_exit_code():
    found = {row[0].strip("`"): int(row[1]) for row in rows(section("zoo_core/README.md", "## Errors and hints"))}
    classes = [c for c in vars(errors).values() if inspect.isclass(c) and issubclass(c, errors.ZooError)]
    assert found == {c.__name__: c.exit_code for c in classes}
    assert all(f"{name} " in str(errors.__doc__) for name in found)


def test_every_variable_of_the_environment_has_a_row():
    table = rows(section("models/README.md", "### Where files are looked for"))
    told = {row[0].strip("`") for row in table if row[0].startswith("`ZOO_")}
    assert told == _variables("zoo_core") | _variables("plugins/zoo_plugins")
    assert _variables("tests") - told <= words_in_code(prose("tests/README.md"))


def _variables(folder: str) -> set[str]:
    texts = (file.read_text() for file in (ROOT / folder).rglob("*.py") if file != Path(__file__))
    return {name for text in texts for name in re.findall(r"\bZOO_[A-Z]+(?:_[A-Z]+)*\b", text)}


def test_the_number_of_parts_is_right():
    count = len([e for e in Registry().entries() if e.distribution == DISTRIBUTION])
    assert f"{count} parts: zoo list parts" in TEXT["plugins/README.md"]
    assert f"{count} parts of" in TEXT["CHANGELOG.md"]


# ------------------------------------------------------------------ the spec


SCHEMA = spec_schema(Registry())
TABLES = {
    "### Top level": SCHEMA,
    "### Data": SCHEMA["$defs"]["DataSpec"]["else"],
    "### Model": SCHEMA["$defs"]["ModelSpec"],
    "### Layers": SCHEMA["$defs"]["LayerSpec"],
    "### Training": SCHEMA["$defs"]["TrainingSpec"],
}


@pytest.mark.parametrize("heading", TABLES)
def test_the_keys_of_a_spec_are_those_of_the_schema(heading):
    schema = TABLES[heading]
    table = {row[0].strip("`"): row for row in rows(section("models/README.md", heading))}
    assert set(table) == set(schema["properties"])
    for key, (_, value, default, _) in table.items():
        own, place = schema["properties"][key], f"{heading}: {key}"
        assert (default == "required") == (key in schema.get("required", ())), place
        _check_default(own, default, place)
        for word in _limits(own):
            assert re.search(rf"(?<!\w){re.escape(word)}(?!\w)", value), f"{place}: {word!r} is missing in {value!r}"


def _check_default(own: Mapping[str, Any], default: str, place: str) -> None:
    if "default" in own:
        shown = {None: "none", True: "`true`", False: "`false`"}.get(own["default"]) if not _is_number(own) else None
        text = f'"{own["default"]}"' if isinstance(own["default"], str) else str(own["default"])
        assert default == (shown or f"`{text}`"), place


def _is_number(own: Mapping[str, Any]) -> bool:
    return type(own["default"]) in (int, float)


def _limits(own: Any) -> Iterator[str]:
    """Yield what the table must name: bounds, alternatives, and the kind of a part."""
    if isinstance(own, list):
        for item in own:
            yield from _limits(item)
    if not isinstance(own, Mapping):
        return
    for key, value in own.items():
        if key in ("minimum", "maximum", "exclusiveMinimum", "maxItems", "minItems"):
            yield str(value)
        elif key == "const" and isinstance(value, str):
            yield value
        elif key == "enum" and len(value) <= 3:
            yield from value
        elif key == "$ref" and value.rpartition("/")[2] in parts.KINDS:
            yield value.rpartition("/")[2]
        elif key not in ("default", "description", "pattern"):
            yield from _limits(value)


def test_a_spec_that_says_the_defaults_equals_one_that_says_nothing():
    """Defaults of parts and lists, which a schema cannot hold, are those of the tables."""
    bare = {
        "data": "glyphs", "optimizer": "sgd", "model": {"loss": "mse", "layers": [{"units": 10}]},
    }  # fmt: skip
    spec = Spec.parse(bare).to_dict()
    found = {
        "### Top level": spec, "### Data": spec["data"], "### Model": spec["model"],
        "### Layers": spec["model"]["layers"][0], "### Training": spec["training"],
    }  # fmt: skip
    for heading in TABLES:
        for name, _, default, _ in rows(section("models/README.md", heading)):
            key = name.strip("`")
            if default.startswith("`"):
                value = found[heading][key]
                value = value["name"] if isinstance(value, dict) else value
                told = {"`true`": True, "`false`": False}.get(default, default.strip("`"))
                assert str(value).replace("'", '"') == str(told).strip('"'), f"{heading}: {key}"


def test_every_data_set_has_a_row_with_its_options():
    registry = Registry()
    found = {
        name: words_in_code(row[2])
        for row in rows(section("models/README.md", "## Data sets"))
        for name in words_in_code(row[0])
        if len(row) == 3
    }
    entries = {e.name: e.part for e in registry.entries("dataset") if e.distribution == DISTRIBUTION}
    assert set(found) == set(entries)
    for name, part in entries.items():
        assert found[name] == set(option_names(part)), name


# ------------------------------------------------------------------ the code


def test_every_public_name_has_a_row_with_its_arguments():
    table = rows(section("models/README.md", "## From Python"))
    told = [word for row in table for word in re.findall(r"`([^`]+)`", row[0])]
    assert sorted(word.partition("(")[0] for word in told) == sorted(zoo_core.__all__)
    for name, _, arguments in (word.partition("(") for word in told if "(" in word):
        shown = [argument for argument in arguments.strip(")").split(", ") if argument != "*"]
        assert shown == list(inspect.signature(getattr(zoo_core, name)).parameters), name
    for name, use in table:
        for method in re.findall(r"`(\w+)\(", use):
            assert callable(getattr(getattr(zoo_core, name.strip("`")), method)), f"{name}: {method}"


def test_names_of_the_core_in_its_page_exist():
    found = re.findall(
        r"^(\w+)\.(\w+)((?:\.\w+)*)", "\n".join(words_in_code(prose("zoo_core/README.md"))), re.MULTILINE
    )
    folders = {path.name for path in (ROOT / "zoo_core").iterdir() if path.is_dir()}
    names = [(folder, name, more) for folder, name, more in found if folder in folders and name != "py"]
    assert len(names) >= 6
    for folder, name, more in names:
        if (folder, name) != ("model", "layers") and (folder, name) != ("training", "trace"):  # keys of a spec
            value = getattr(importlib.import_module(f"zoo_core.{folder}"), name)
            for member in filter(None, more.split(".")):
                value = getattr(value, member)


def test_the_tree_of_the_code_is_the_tree():
    tree = section("zoo_core/README.md", "## The tree")
    names = set(re.findall(r"^  (\w[\w.]*?)/? {2,}", tree, re.MULTILINE))
    here = {p.name for p in (ROOT / "zoo_core").iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
    assert names == here


def test_the_order_of_imports_is_that_of_its_test():
    order = importlib.import_module("tests.test_layers").ORDER
    block = FENCE.search(section("zoo_core/README.md", "## Who may import whom"))
    assert block
    told = [set(line.split()) for line in reversed(block[2].splitlines())]
    assert told == [set(line.split()) for line in order]


def test_the_markers_of_tests_have_rows(pytestconfig):
    own = {line.partition(":")[0] for line in pytestconfig.getini("markers")} & {"slow", "mnist", "peers"}
    assert {row[0].strip("`") for row in rows(section("tests/README.md", "## Markers"))} == own


def test_the_helpers_of_tests_have_rows():
    told = words_in_code(section("tests/README.md", "## Helpers"))
    assert {f"tests/helpers/{file.name}" for file in (ROOT / "tests/helpers").glob("[a-z]*.py")} <= told
