"""Plugins made by hand: in this process, or as distributions in a folder that `zoo` is run with."""

import os
import subprocess
import sys
from types import SimpleNamespace

from zoo_core import Registry, hookimpl

SOUND = """
import numpy as np

from zoo_core import hookimpl
from zoo_core.parts import Activation

class Wave(Activation):
    '''f(z) = sin(z).'''

    name = "wave"

    def forward(self, x, out):
        np.sin(x, out=out)

    def derivative(self, z, a, out):
        np.cos(z, out=out)

@hookimpl
def zoo_parts():
    return [Wave]
"""


def plugin_with(*parts):
    """Return a plugin that has these parts."""
    return SimpleNamespace(zoo_parts=hookimpl(lambda: list(parts)))


def registry_with(*parts, distribution="zoo-mine", version="1.0"):
    """Return a registry of the installed plugins and of one that has these parts."""
    registry = Registry()
    registry.add(plugin_with(*parts), distribution, version)
    return registry


class Site:
    """A folder on the path with distributions made by hand, and `zoo` run with it."""

    def __init__(self, folder):
        self.folder = folder

    def install(self, name, source, requires="", metadata=True):
        package = name.replace("-", "_").lower()
        (self.folder / f"{package}.py").write_text(source)
        info = self.folder / f"{package}-1.0.dist-info"
        info.mkdir()
        needs = f"Requires-Dist: {requires}\n" if requires else ""
        if metadata:
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}")
        (info / "entry_points.txt").write_text(f"[zoo]\n{name} = {package}\n")

    def zoo(self, *arguments, cwd=None, **settings):
        return self._run("-m", "zoo_core", *map(str, arguments), cwd=cwd, **settings)

    def python(self, code):
        return self._run("-c", code)

    def _run(self, *arguments, cwd=None, **settings):
        own = {k: v for k, v in os.environ.items() if k != "ZOO_PLUGINS"}
        return subprocess.run(
            [sys.executable, *arguments],
            env={**own, "PYTHONPATH": str(self.folder), **settings},
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
        )
