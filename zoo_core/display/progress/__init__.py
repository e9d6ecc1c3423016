"""Progress of a run: `show` consumes the events of a run and displays them until the run ends.

`_live.py` keeps a view at the bottom of a terminal, `_plain.py` writes lines, `_notebook.py` shows HTML. All read a
`RunProgress`, which collects the events. `_view.py` lays it out as lines of styled text, with `_metric_table.py`,
`_curves.py` and `_layer_table.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.display.progress._live import show as show
    from zoo_core.display.progress._notebook import show_html as show_html

__all__, __dir__, __getattr__ = _lazy_names(__name__, {"_live": "show", "_notebook": "show_html"})
