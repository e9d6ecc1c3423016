"""Distributions to begin with: `zoo plugins new` writes one around a part of a kind.

`plugin/` holds what every one has, `parts/<kind>.py` its module. Both are real files with placeholder names.
"""

from __future__ import annotations

import keyword
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from importlib import metadata
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from zoo_core.errors import ResourceError, UsageError
from zoo_core.registry import Registry, installed, normalized_name
from zoo_core.storage import write_file

FORM = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
LONGEST = 60  # characters of a name
REGULARIZERS = ("penalty", "constraint", "noise", "batch_augmentation")

# What the spec says without the part, and with it: the first is replaced by the second.
USES: dict[str, tuple[str, str]] = {
    "activation": ('activation = "relu"', 'activation = "part_name"'),
    "normalizer": ('activation = "relu"', 'activation = "relu"\nnormalizer = "part_name"'),
    **dict.fromkeys(
        ("penalty", "constraint", "noise"), ('activation = "relu"', 'activation = "relu"\nregularizers = ["part_name"]')
    ),
    "batch_augmentation": ('loss = "cross_entropy"', 'loss = "cross_entropy"\nregularizers = ["part_name"]'),
    "loss": ('loss = "cross_entropy"', 'loss = "part_name"'),
    "metric": ('metrics = ["accuracy"]', 'metrics = ["accuracy", "part_name"]'),
    "optimizer": ('[optimizer]\nname = "adam"\nlearning_rate = 0.003', '[optimizer]\nname = "part_name"'),
    "schedule": ("learning_rate = 0.003", 'learning_rate = { name = "part_name", initial = 0.003 }'),
    "initializer": ('initializer = "he_normal"', 'initializer = "part_name"'),
    "generator": ("seed = 1", 'seed = 1\ngenerator = "part_name"'),
    "dataset": (
        '[data]\nname = "glyphs"\nrows = 1200\ntest_rows = 200\ntrain = ":1000"\nvalidation = "1000:"',
        '[data]\nname = "part_name"\ntrain = ":1000"\nvalidation = "1000:"',
    ),
    "preprocessor": ('validation = "1000:"', 'validation = "1000:"\npreprocessor = "part_name"'),
    "callback": ('metrics = ["accuracy"]', 'metrics = ["accuracy"]\ncallbacks = ["part_name"]'),
}


def plugin_files(name: str, kind: str, registry: Registry) -> dict[str, str]:
    """Return the files of a new distribution by path: one part of a kind, tests, a spec that uses it.

    Raises UsageError for a name that cannot be one, or that is taken.
    """
    package = _package(name)
    part = _part(name, package, kind, registry)
    words = {
        "zoo-name": name,
        "zoo_name": package,
        "part_name": part,
        "PartName": "".join(word.capitalize() for word in part.split("_")),
        "part-kind": kind.replace("_", " "),
        "part-use": USES[kind][1],
    }
    root = files("zoo_core.cli.templates")
    found = dict(_texts(root / "plugin"))
    found["part_name.toml"] = _spec(found.pop("spec.toml"), kind)
    found["zoo_name/__init__.py"] = (root / "parts" / f"{kind}.py").read_text("utf-8")
    return {_filled(path, words): _filled(text, words) for path, text in found.items()}


def _filled(text: str, words: Mapping[str, str]) -> str:
    # "part-use" itself holds a placeholder, so it comes first.
    for placeholder in ("part-use", "zoo-name", "zoo_name", "part_name", "PartName", "part-kind"):
        text = text.replace(placeholder, words[placeholder])
    return text


def _spec(text: str, kind: str) -> str:
    plain, used = USES[kind]
    text = text.replace(plain, used, 1)
    return text.replace("units = 10", "units = 2") if kind == "dataset" else text


def _texts(folder: Traversable, path: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for item in folder.iterdir():
        if item.is_dir():
            found += _texts(item, f"{path}{item.name}/") if item.name != "__pycache__" else []
        elif not item.name.endswith(".pyc"):
            found.append((path + item.name, item.read_text("utf-8")))
    return found


def _package(name: str) -> str:
    """Return the module's name. Raises UsageError for a name that cannot be one."""
    if not FORM.fullmatch(name) or len(name) > LONGEST:
        raise UsageError(
            f"{name!r}: a distribution's name has lower-case letters and digits, in words joined by '-', at most "
            f"{LONGEST} characters, and begins with a letter, such as zoo-mine"
        )
    package = name.replace("-", "_")
    own = name if name in installed() else ""
    owners = [o for o in metadata.packages_distributions().get(package, ()) if normalized_name(o) != own]
    if keyword.iskeyword(package) or package in sys.stdlib_module_names or owners:
        owner = owners[0] if owners else "Python"
        raise UsageError(f"{name!r}: the module would be {package}, which belongs to {owner}; call it zoo-{name}")
    return package


def _part(name: str, package: str, kind: str, registry: Registry) -> str:
    short = package.removeprefix("zoo_")
    part = short if short[0].isalpha() else package
    family = "regularizer" if kind in REGULARIZERS else kind
    rivals = [e.distribution for e in registry.entries(family) if e.name == part and e.distribution != name]
    if rivals:
        raise UsageError(f"{name!r}: there is {family} {part!r} already, from {rivals[0]}; choose another name")
    return part


def write(folder: Path, texts: Mapping[str, str], force: bool) -> None:
    """Write the files of a distribution into a folder, whole or not at all.

    Raises UsageError where the folder exists, unless `force` says to replace those files (others stay), and
    ResourceError.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"{folder}: is no folder; choose another name")
    if folder.exists():
        if not force:
            raise UsageError(f"{folder}: exists; choose another name, or replace its files with --force")
        _write(folder, texts)
        return
    try:
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.absolute().parent) as temporary:
            _write(Path(temporary) / "new", texts)
            shutil.move(Path(temporary) / "new", folder)
    except OSError as error:
        raise ResourceError(f"{folder}: cannot be written: {error.strerror or error}") from error


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        write_file(folder / path, text.encode())
