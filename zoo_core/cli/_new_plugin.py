"""Makes a new distribution from the templates: one part of a kind, its tests, and a spec that uses it."""

from __future__ import annotations

import keyword
import re
import sys
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

from zoo_core.cli.templates import TEMPLATES
from zoo_core.errors import ResourceError, UsageError
from zoo_core.parts import KINDS
from zoo_core.registry import Registry, installed, normalized_name
from zoo_core.storage import write_file

DISTRIBUTION_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
MAX_LENGTH = 60  # characters of a name
SPEC_CHANGE = re.compile(r"((?:# spec: .*\n)+)((?:# with: .*\n)+)")


def plugin_files(name: str, kind: str, registry: Registry) -> dict[str, str]:
    """Return the files of a new distribution, by path.

    Raises UsageError for a name that is no name of a distribution, or that is taken.
    """
    package = _package_name(name)
    part = _part_name(name, package, kind, registry)
    module, changes = _read_part_template(kind)
    placeholders = {  # part-use holds part_name, so it comes first
        "part-use": changes[0][1],
        "zoo-name": name,
        "zoo_name": package,
        "part_name": part,
        "PartName": "".join(word.capitalize() for word in part.split("_")),
        "part-kind": kind.replace("_", " "),
    }
    texts = _read_plugin_template()
    spec = texts.pop("spec.toml")
    for old, new in changes:
        spec = spec.replace(old, new, 1)
    texts |= {"part_name.toml": spec, "zoo_name/__init__.py": module}
    return {_fill(path, placeholders): _fill(text, placeholders) for path, text in texts.items()}


def _read_part_template(kind: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the module of a kind, and the changes of the spec that stand above it."""
    text = (TEMPLATES / "parts" / f"{kind}.py").read_text("utf-8")
    changes = [(_uncomment(old), _uncomment(new)) for old, new in SPEC_CHANGE.findall(text)]
    return SPEC_CHANGE.sub("", text), changes


def _uncomment(lines: str) -> str:
    return "\n".join(line.partition(": ")[2] for line in lines.splitlines())


def _read_plugin_template() -> dict[str, str]:
    root = TEMPLATES / "plugin"
    files = [f for f in root.rglob("*") if f.is_file() and f.suffix != ".pyc"]
    return {f.relative_to(root).as_posix(): f.read_text("utf-8") for f in files}


def _fill(text: str, placeholders: Mapping[str, str]) -> str:
    for placeholder, value in placeholders.items():
        text = text.replace(placeholder, value)
    return text


def _package_name(name: str) -> str:
    """Return the name of the distribution's module. Raises UsageError for a name that cannot be used."""
    if not DISTRIBUTION_NAME.fullmatch(name) or len(name) > MAX_LENGTH:
        raise UsageError(
            f"{name!r}: a distribution's name has lower-case letters and digits, in words joined by '-', at most "
            f"{MAX_LENGTH} characters, and begins with a letter, such as zoo-mine"
        )
    package = name.replace("-", "_")
    own = name if name in installed() else ""
    owners = [o for o in metadata.packages_distributions().get(package, ()) if normalized_name(o) != own]
    if keyword.iskeyword(package) or package in sys.stdlib_module_names or owners:
        owner = owners[0] if owners else "Python"
        raise UsageError(f"{name!r}: the module would be {package}, which belongs to {owner}; call it zoo-{name}")
    return package


def _part_name(name: str, package: str, template: str, registry: Registry) -> str:
    """Return the name of the part. Raises UsageError if another distribution has a part of this kind and name."""
    short = package.removeprefix("zoo_")
    part = short if short[0].isalpha() else package
    kind = template if template in KINDS else "regularizer"  # which has several templates
    others = [e.distribution for e in registry.entries(kind) if e.name == part and e.distribution != name]
    if others:
        raise UsageError(f"{name!r}: there is {kind} {part!r} already, from {others[0]}; choose another name")
    return part


def write_plugin(folder: Path, texts: Mapping[str, str], force: bool) -> None:
    """Write the files of a distribution into a folder, all of them or none.

    Raises ResourceError, and UsageError if the folder exists; with `force` those files in it are replaced.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise UsageError(f"{folder}: is no folder; choose another name")
    if folder.exists():
        if not force:
            raise UsageError(f"{folder}: exists; choose another name, or replace its files with --force")
        _check_files(folder, texts)
    try:
        if folder.exists():
            _write_files(folder, texts)
            return
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.absolute().parent) as temporary:
            _write_files(Path(temporary) / "new", texts)
            (Path(temporary) / "new").rename(folder)  # fails if there are files in it by now
    except OSError as error:
        raise ResourceError(f"{folder}: cannot be written: {error.strerror or error}") from error


def _check_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Raise UsageError unless each file can replace a file, and each folder is one, before any is written."""
    for path in texts:
        if (folder / path).is_dir() or any(p.exists() and not p.is_dir() for p in (folder / path).parents):
            raise UsageError(f"{folder / path}: a folder stands for a file here, or a file for a folder; move it away")


def _write_files(folder: Path, texts: Mapping[str, str]) -> None:
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        write_file(folder / path, text.encode())
