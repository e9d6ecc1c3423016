"""A plugin-based zoo of NumPy multi-layer perceptrons.

    import zoo_core
    model = zoo_core.train("glyphs-quickstart")
    model.save("glyphs.npz")
    zoo_core.load("glyphs.npz").predict(x)

Names are imported at first use, so that `import zoo_core` costs next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo_core.display.notebook import watch as watch
    from zoo_core.display.plots.kinds import plot as plot
    from zoo_core.errors import ZooError as ZooError
    from zoo_core.hookspecs import LazyParts as LazyParts, hookimpl as hookimpl
    from zoo_core.model import Model as Model, load as load
    from zoo_core.registry import Registry as Registry
    from zoo_core.runs import (
        cross_validate as cross_validate,
        export as export,
        follow as follow,
        prepare as prepare,
        resume as resume,
        train as train,
    )
    from zoo_core.spec import Spec as Spec, read_spec as read_spec

    __version__: str


def _lazy_names(
    package: str, homes: Mapping[str, str]
) -> tuple[list[str], Callable[[], list[str]], Callable[[str], Any]]:
    """Return `__all__`, `__dir__` and `__getattr__` of a package that imports each name when it is first used.

    `homes` maps a module of the package to the names that it holds, with blanks between them.
    """
    modules = {name: f"{package}.{module}" for module, names in homes.items() for name in names.split()}

    def find(name: str) -> Any:
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(modules[name]), name)

    names = list(modules)
    return names, lambda: names, find


_MODULES = {
    "display.notebook": "watch",
    "display.plots.kinds": "plot",
    "errors": "ZooError",
    "hookspecs": "LazyParts hookimpl",
    "model": "Model load",
    "registry": "Registry",
    "runs": "cross_validate export follow prepare resume train",
    "spec": "Spec read_spec",
}
__all__, __dir__, _find = _lazy_names(__name__, _MODULES)
__all__ += ["__version__"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("mlp-zoo")
    return _find(name)
