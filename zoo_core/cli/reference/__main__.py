"""Writes the reference pages: `python -m zoo_core.cli.reference FOLDER [DISTRIBUTION]`."""

from __future__ import annotations

import sys
from pathlib import Path

from zoo_core.cli.reference.commands import commands_page
from zoo_core.cli.reference.parts import parts_page
from zoo_core.cli.reference.sheets import SHEETS, save_sheet, sheet
from zoo_core.registry import DISTRIBUTION, Registry
from zoo_core.storage import write_file


def main(folder: str, distribution: str = DISTRIBUTION) -> None:
    """Write the page of parts and a picture for some kinds; for the built-in parts also the page of commands."""
    where, registry = Path(folder), Registry()
    entries = [entry for entry in registry.entries() if entry.distribution == distribution]
    if not entries:
        sys.exit(f"{distribution!r} provides no parts; zoo plugins shows what is installed")
    for kind in SHEETS:
        panels = sheet(kind, entries)
        if panels:
            save_sheet(kind, panels, where / f"{kind}s.png")
    pages = {"README.md": parts_page(entries)}
    if distribution == DISTRIBUTION:
        pages["commands.md"] = commands_page()
    for name, text in pages.items():
        write_file(where / name, text.encode())


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python -m zoo_core.cli.reference FOLDER [DISTRIBUTION]")
    main(*sys.argv[1:])
