"""The steps of a run: a batch, its gradient, the update, and what is counted of them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from zoo_core.basics.workers import Pool
from zoo_core.errors import NumericError
from zoo_core.model import Model
from zoo_core.nn import Objective
from zoo_core.parts import Array, Table
from zoo_core.spec import copy_part
from zoo_core.training._batch_loader import BatchLoader
from zoo_core.training._diagnostics import layer_stats, nonfinite_block, nonfinite_step
from zoo_core.training._learning_rate import LearningRate
from zoo_core.training._metrics import EpochMetrics
from zoo_core.training._position import TrainingPosition
from zoo_core.training._targets import badly_scaled
from zoo_core.training._updates import Update, update_of
from zoo_core.training.events import LayerStats


class GradientSteps:
    """A model, the splits that it learns from, and the steps by which it does. `Trainer` adds epochs and events."""

    def __init__(self, model: Model, splits: Mapping[str, Table], *, pool: Pool | None = None) -> None:
        self.model, self.splits, self.pool = model, splits, pool or Pool()
        self.spec, self.network = model.spec, model.network
        self.network.share_products(self.pool)
        self.epochs = self.spec.training.epochs
        self.position = TrainingPosition()
        self.objective = Objective(self.network, model.loss)
        self.loader = BatchLoader(model, splits["train"], self.objective, model.source)
        self.optimizer = copy_part(self.spec.optimizer)
        self.optimizer.start(self.network.layout)
        self._update: Update = self.optimizer.update
        self.metrics = EpochMetrics(model, splits, self.objective, self.loader)
        steps, directions = self.loader.batches.steps, self.metrics.directions
        self.learning_rate = LearningRate(self.optimizer, self.network, self.epochs, steps, directions)
        self._watched_gradients: Array | None = None  # of the latest watched step
        self._factors: tuple[float, float] | None = None  # of the latest step: of the gradients, and the rate

    @property
    def steps_taken(self) -> int:
        """The steps of this run, without those of a run that it continues."""
        return self.optimizer.steps - self.position.steps_before

    def gradients(self) -> dict[str, Array]:
        """Return the gradient of the latest step that `step` took, by the path of each array of parameters.

        Returns:
            Arrays in the shapes of the parameters, in which no learning rate is contained; empty before the first step.

        Example:
            trainer.step()
            trainer.gradients()["layers.0.weights"].shape  # (784, 64)
        """
        if self._watched_gradients is None:
            return {}
        return {segment.path: segment.view(self._watched_gradients) for segment in self.network.layout.segments}

    def latest_rate(self) -> float:
        """Return the learning rate of the latest step, or of the first one before it."""
        if self._factors is None:
            return self._rate_at(max(self.position.step, 1) - 1)
        return math.prod(self._factors)

    def begin_step(self) -> float:
        """Load the batch of the present step; return the rate that `end_step` takes."""
        position = self.position
        factor, rate = self._factors = self.learning_rate.factors(
            position.epoch + position.step / self.loader.batches.steps
        )
        if factor != self.objective.gradient_scale:
            self.objective.scale_gradients(factor)
        self.loader.load_batch(position.step)
        return rate

    def end_step(self, rate: float) -> None:
        """Update the parameters with the gradient that the objective has computed."""
        network, optimizer = self.network, self.optimizer
        optimizer.steps += 1
        self._update(network.parameters, network.gradients, rate, self.objective)
        for call in network.after_step:
            call()
        self.position.step += 1

    def _choose_update(self) -> None:
        """Choose how parameters are updated in the rest of the run."""
        steps_left = (self.epochs - self.position.epoch) * self.loader.batches.steps - self.position.step
        self._update = update_of(self.optimizer, self.network.layout, self.pool, steps_left)

    def _step(self, *, watched: bool = False) -> tuple[LayerStats, ...]:
        """Learn from one batch; if `watched`, return the statistics of each layer."""
        network, objective = self.network, self.objective
        rate = self.begin_step()
        objective.compute()
        if not objective.is_finite():
            epoch, step = self.position.epoch, self.position.step
            raise self._not_finite(nonfinite_step(objective, self.spec.name, epoch, step, self._rate_at(step)))
        before = (network.parameters.copy(), network.gradients / objective.gradient_scale) if watched else None
        self.end_step(rate)
        if before is None:
            return ()
        self._watched_gradients = before[1]
        return layer_stats(network, objective, *before)

    def _end_block(self) -> None:
        """Count a block of batches. Raises NumericError if a loss is not finite."""
        block, running = self.loader.block, self.metrics.training
        running.update(*block.outputs, block.targets, block.labels, block.sample_weights)
        if not math.isfinite(running.total):
            epoch, step, size = self.position.epoch, self.position.step - 1, self.loader.batches.batch_size
            rate = self._rate_at(step)
            raise self._not_finite(
                nonfinite_block(self.objective, running.values, size, self.spec.name, epoch, step, rate)
            )

    def _not_finite(self, text: str) -> NumericError:
        """Return the error for a loss that is not finite; it also tells of targets that may be the cause."""
        return NumericError("; ".join(filter(None, [text, badly_scaled(self.model, self.splits["train"])])))

    def _is_finite(self) -> bool:
        return bool(np.isfinite(self.network.parameters).all())

    def _rate_at(self, step: int) -> float:
        """Return the learning rate at a step of the present epoch."""
        return self.learning_rate.rate(self.position.epoch + step / self.loader.batches.steps)

    def _rows_done(self) -> int:
        batches = self.loader.batches
        return self.position.epoch * batches.rows_used + self.position.step * batches.batch_size
