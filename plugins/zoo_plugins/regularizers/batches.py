"""Regularizers that change a training batch and its targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le, Lt

from zoo_core.parts import Array, BatchAugmentation


@dataclass
class LabelSmoothing(BatchAugmentation):
    """Soften targets: (1 - smoothing) * t + smoothing / classes (Szegedy et al. 2016, section 7).

    A single column, a yes-or-no question, moves towards 1/2. smoothing: 0 or more and below 1.
    """

    name = "label_smoothing"

    smoothing: Annotated[float, Ge(0), Lt(1)] = 0.1

    def augment(self, x: Array, targets: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        softened = targets * (1 - self.smoothing)
        softened += self.smoothing / max(targets.shape[1], 2)
        return x, softened


@dataclass
class Mixup(BatchAugmentation):
    """Mix each row and its targets with another row and its targets (Zhang et al. 2018, eq. 1).

    The weight of the row is drawn once for each batch, from Beta(alpha, alpha). alpha: above 0 and up to 100; a small
    alpha mixes little.
    """

    name = "mixup"

    alpha: Annotated[float, Gt(0), Le(100)] = 0.2

    def augment(self, x: Array, targets: Array, rng: np.random.Generator) -> tuple[Array, Array]:
        share = float(rng.beta(self.alpha, self.alpha))
        partners = rng.permutation(len(x))
        return self._mix(x, partners, share), self._mix(targets, partners, share)

    @staticmethod
    def _mix(array: Array, partners: Array, share: float) -> Array:
        mixed = array[partners]
        mixed *= 1 - share
        mixed += share * array
        return mixed


PARTS = (LabelSmoothing, Mixup)
