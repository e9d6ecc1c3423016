"""Plots: functions from plain data to a Matplotlib figure, and `save_figure`, which writes a figure to a file.

`_learning_curves.py` draws runs, `_model_plots.py` trained models, `_part_plots.py` single parts. `_style.py` holds
what all share: `styled` is the decorator of a function that draws. Matplotlib is imported only when something is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.display.plots._learning_curves import learning_curves as learning_curves
    from zoo_core.display.plots._model_plots import (
        confusion_matrix as confusion_matrix,
        first_layer_weights as first_layer_weights,
    )
    from zoo_core.display.plots._part_plots import (
        activation_curve as activation_curve,
        part_figure as part_figure,
        schedule_curve as schedule_curve,
    )
    from zoo_core.display.plots._style import new_figure as new_figure, save_figure as save_figure, styled as styled

_MODULES = {
    "_learning_curves": "learning_curves",
    "_model_plots": "confusion_matrix first_layer_weights",
    "_part_plots": "activation_curve part_figure schedule_curve",
    "_style": "new_figure save_figure styled",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _MODULES)
