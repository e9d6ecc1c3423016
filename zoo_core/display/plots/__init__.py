"""Plots: functions from plain data to a Matplotlib figure, and `save_figure`, which writes a figure to a file.

`_learning_curves.py` and `_layer_plots.py` draw runs, `_model_plots.py` trained models, `_part_plots.py` single parts.
`_style.py` holds what all share: `styled` is the decorator of a function that draws. `_own_pictures.py` knows which
files the zoo may replace, `_fonts.py` which font has a character. Matplotlib is imported only when something is drawn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.display.plots._layer_plots import layer_statistics as layer_statistics
    from zoo_core.display.plots._learning_curves import learning_curves as learning_curves
    from zoo_core.display.plots._model_plots import (
        confusion_matrix as confusion_matrix,
        first_layer_weights as first_layer_weights,
    )
    from zoo_core.display.plots._own_pictures import is_own_picture as is_own_picture
    from zoo_core.display.plots._part_plots import (
        activation_curve as activation_curve,
        part_figure as part_figure,
        schedule_curve as schedule_curve,
    )
    from zoo_core.display.plots._report_plots import report_figure as report_figure
    from zoo_core.display.plots._style import (
        check_ending as check_ending,
        new_figure as new_figure,
        save_figure as save_figure,
        styled as styled,
    )

_MODULES = {
    "_layer_plots": "layer_statistics",
    "_learning_curves": "learning_curves",
    "_model_plots": "confusion_matrix first_layer_weights",
    "_own_pictures": "is_own_picture",
    "_part_plots": "activation_curve part_figure schedule_curve",
    "_report_plots": "report_figure",
    "_style": "check_ending new_figure save_figure styled",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _MODULES)
