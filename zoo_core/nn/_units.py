"""The units of the targets of a regression: the user's own, and those that the network learns.

This is the one place that every road asks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zoo_core.contract import IN_PLACE, contract_error
from zoo_core.parts import Array, Loss, Preprocessor

AGREE = 1e-3  # of the spread of the targets: how far the way there and back may lead from a target
ROWS = 64  # of the targets that take this way before training
ROUNDING = 1e-6  # likewise, of a target


class TargetUnits:
    """Scales targets as the network learns them, and outputs back to the user's own units.

    Where a loss takes several outputs for a target, these stand side by side, and have its scale.

    Args:
        preprocessor: a fitted one with a way back, or None: then nothing is scaled.
        targets: their number.

    Example:
        units = TargetUnits(model.target_preprocessor, 1)
        units.own(units.learnt(y, np.dtype("float32")))  # y, in float64
    """

    def __init__(self, preprocessor: Preprocessor | None, targets: int) -> None:
        self._preprocessor = None if preprocessor is None or preprocessor.is_identity else preprocessor
        self._targets = targets

    @property
    def name(self) -> str:
        """The name of the preprocessor that scales, or ''."""
        return "" if self._preprocessor is None else self._preprocessor.name

    @np.errstate(all="ignore")
    def learnt(self, values: Array, dtype: np.dtype[np.generic]) -> Array:
        """Return targets as the network learns them; class indices (rows,) stay as they are.

        Args:
            values: shape (rows, targets), or (rows, outputs), in the user's own units.
            dtype: that of the result.
        """
        if values.ndim == 1:
            return values
        if self._preprocessor is None:
            return values.astype(dtype, copy=False)
        # In float64 first: large targets may lie close together.
        return self._for_each_target(self._preprocessor.transform, values.astype(np.float64, copy=False)).astype(dtype)

    @np.errstate(all="ignore")
    def own(self, outputs: Array) -> Array:
        """Return outputs of the network in the user's own units, in float64; `outputs` itself if nothing is scaled.

        A value beyond the range of float64 becomes infinite.

        Args:
            outputs: shape (rows, outputs).
        """
        return outputs if self._preprocessor is None else self._for_each_target(self._preprocessor.inverse, outputs)

    def _for_each_target(self, call: Callable[[Array, Array], None], values: Array) -> Array:
        """Return what a method of the preprocessor writes for values, (rows, outputs), in float64."""
        out = np.full(values.shape, np.nan)
        if values.shape[1] == self._targets:
            call(values, out)
            return out
        rows, each = len(values), values.shape[1] // self._targets
        for at in range(each):
            part = np.full((rows, self._targets), np.nan)
            call(values[:, at::each], part)
            out[:, at::each] = part
        return out

    def check(self, values: Array) -> None:
        """Raise PluginError unless targets, shape (rows, targets), come back as they were."""
        if self._preprocessor is None:
            return
        values = values[:ROWS].astype(np.float64)
        with np.errstate(all="ignore"):
            back = self.own(self.learnt(values, values.dtype))
            far = ~(np.abs(back - values) <= AGREE * np.ptp(values, axis=0) + ROUNDING * np.abs(values))
        if np.isnan(back).all():
            raise contract_error(self._preprocessor, "inverse", "left `out` as it was", IN_PLACE)
        if far.any():
            at = tuple(np.argwhere(far)[0])
            wrong = f"gave {back[at]:g} for the target {values[at]:g}"
            raise contract_error(self._preprocessor, "inverse", wrong, "it undoes what `transform` does")


def scales_targets(loss: Loss) -> bool:
    """Return whether the class of a loss says that scaled targets are only another unit; it inherits nothing."""
    return bool(vars(type(loss)).get("scales_targets", False))
