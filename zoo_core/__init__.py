"""A plugin-based zoo of NumPy multi-layer perceptrons.

    import zoo_core
    model = zoo_core.train("glyphs-quickstart")
    model.save("glyphs.npz")
    zoo_core.load("glyphs.npz").predict(x)

Names are imported at first use, so that `import zoo_core` costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zoo_core.errors import ZooError as ZooError
    from zoo_core.hookspecs import LazyParts as LazyParts
    from zoo_core.hookspecs import hookimpl as hookimpl
    from zoo_core.model._loading import load as load
    from zoo_core.model._loading import load_predictor as load_predictor
    from zoo_core.model._model import Model as Model
    from zoo_core.model._predictor import Predictor as Predictor
    from zoo_core.registry._registry import Registry as Registry
    from zoo_core.runs._run import follow as follow
    from zoo_core.runs._run import prepare as prepare
    from zoo_core.runs._run import resume as resume
    from zoo_core.runs._run import train as train
    from zoo_core.spec._reading import read_spec as read_spec
    from zoo_core.spec._spec import Spec as Spec

_HOMES = {
    "ZooError": "errors",
    "LazyParts": "hookspecs",
    "hookimpl": "hookspecs",
    "Model": "model._model",
    "load": "model._loading",
    "load_predictor": "model._loading",
    "Predictor": "model._predictor",
    "Registry": "registry._registry",
    "follow": "runs._run",
    "prepare": "runs._run",
    "resume": "runs._run",
    "train": "runs._run",
    "Spec": "spec._spec",
    "read_spec": "spec._reading",
}

__all__ = [*_HOMES, "__version__"]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("mlp-zoo")
    if name not in _HOMES:
        raise AttributeError(f"module 'zoo_core' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"zoo_core.{_HOMES[name]}"), name)
