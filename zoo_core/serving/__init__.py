"""A server that predicts over HTTP: the Open Inference Protocol v2, and a page to try a model in a browser.

`_server.py` opens the port and starts workers, which `_signals.py` stops; `_app.py` has the addresses that they
answer. `_infer.py` answers a request for predictions: `_headers.py` checks its headers, `_tensors.py` reads its
tensors, and `_protocol.py` makes inputs of them and an answer of predictions. `_metadata.py` says what a model takes
and gives, `_refusal.py` what is wrong with a request. `_served_model.py` loads a model anew when its file is replaced,
`_counters.py` counts for `/metrics`. The folder `page` is what a browser loads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.serving._app import make_app as make_app
    from zoo_core.serving._server import Settings as Settings, serve as serve

_MODULES = {"_app": "make_app", "_server": "Settings serve"}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _MODULES)
