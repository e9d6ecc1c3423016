"""Different optimizers for different parameters, selected by path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, ClassVar

import numpy as np

from zoo_core.errors import SpecError, UsageError, nearest
from zoo_core.parts import Array, Batch, Layout, Optimizer, Schedule, Segment
from zoo_plugins.optimizers.wrappers import WITH_STATE, SgdWrapper


@dataclass
class Frozen(Optimizer):
    """Takes no step, so the parameters keep their values. Used in `groups`, for layers that must not learn."""

    name = "frozen"
    expected_failures: ClassVar[Mapping[str, str]] = {
        "descent": "it takes no step: that is what it is for",
        "learning_rate": "it takes no step, at no rate",
    }

    @property
    def learning_rate(self) -> Any:
        """Always 0."""
        return 0.0

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Do not change the parameters."""


@dataclass
class Groups(SgdWrapper):
    """One optimizer for each group of parameters: `paths` maps patterns to optimizers, and `base` has the rest.

    A pattern is matched against whole paths: "layers.0.weights", "layers.1.bias" or "layers.1.normalizer.scale".
    In it, "*" stands for any characters, "?" for one, and "[0-3]" for one of a range. Each parameter belongs to one
    group, and each pattern must match a parameter. Each optimizer has its own learning rate, schedule and state; the
    displayed rate is that of `base`. Optimizers that evaluate the batch again, such as sam, must be outside of groups.

    As the parameter groups of PyTorch (`torch.optim`, "Per-parameter options") and of timm.
    """

    name = "groups"
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ({"base": WITH_STATE, "paths": {"*.bias": "adam"}},)
    expected_failures: ClassVar[Mapping[str, str]] = {"learning_rate": "each group has a rate of its own"}

    paths: dict[str, Optimizer] = field(default_factory=dict)

    def start(self, layout: Layout) -> None:
        """Divide the parameters and start all optimizers. Raises SpecError if a pattern does not fit."""
        divided = divide(layout.segments, sorted(self.paths))
        self._members = [(Share(layout, divided[pattern]), self.paths[pattern]) for pattern in sorted(self.paths)]
        self._members.append((Share(layout, divided[""]), self.base))
        for share, optimizer in self._members:
            optimizer.start(share.layout)
        self._rates = [0.0] * len(self._members)

    @property
    def learning_rate(self) -> Any:
        """The rates of all groups as one schedule."""
        return _GroupRates(self)

    def set_rates(self, epoch: float) -> float:
        """Set the rate of each group at a time in epochs; return that of the base."""
        self._rates = [_rate(optimizer, epoch) for _, optimizer in self._members]
        return self._rates[-1]

    def schedules(self) -> Iterator[Schedule]:
        """Yield the schedule of each group that has one."""
        rates = [optimizer.learning_rate for optimizer in (*self.paths.values(), self.base)]
        return (rate for rate in rates if isinstance(rate, Schedule))

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Let each optimizer take a step with its share."""
        alone = _GroupBatch(batch)
        for (share, optimizer), rate in zip(self._members, self._rates, strict=True):
            optimizer.steps = self.steps
            own = share.gather(parameters)
            optimizer.update(own, share.gather(gradients, into=1), rate, alone)
            share.put(own, parameters)

    def start_epoch(self, parameters: Array) -> None:
        """Let each optimizer write the parameters to train."""
        for share, optimizer in self._members:
            own = share.gather(parameters)
            optimizer.start_epoch(own)
            share.put(own, parameters)

    def end_epoch(self, parameters: Array) -> None:
        """Let each optimizer write the parameters to measure."""
        for share, optimizer in self._members:
            own = share.gather(parameters)
            optimizer.end_epoch(own)
            share.put(own, parameters)


def _rate(optimizer: Optimizer, epoch: float) -> float:
    rate = optimizer.learning_rate
    return rate.rate(epoch) if isinstance(rate, Schedule) else float(rate)


class _GroupRates(Schedule):
    """The learning rates of all groups as one schedule, whose rate is that of the base."""

    def __init__(self, groups: Groups) -> None:
        self._groups = groups

    def start(self, epochs: int, steps_per_epoch: int) -> None:
        for schedule in self._groups.schedules():
            schedule.start(epochs, steps_per_epoch)

    def rate(self, epoch: float) -> float:
        return self._groups.set_rates(epoch)

    def observe(self, record: Mapping[str, Any]) -> None:
        for schedule in self._groups.schedules():
            schedule.observe(record)


class _GroupBatch:
    """The batch as one group sees it. It cannot be evaluated again, because that would change the other gradients."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self.rows = batch.rows

    @property
    def loss(self) -> float:
        return self._batch.loss

    def evaluate(self) -> float:
        raise UsageError("optimizer.paths: a rule that evaluates the batch again goes around groups, not into them")

    def backward(self) -> None:
        self.evaluate()


def divide(segments: tuple[Segment, ...], patterns: list[str]) -> dict[str, list[Segment]]:
    """Return the segments that each pattern matches, and under "" those that none matches.

    Raises SpecError for a pattern that matches no path, and for two patterns that match the same path.
    """
    divided: dict[str, list[Segment]] = {pattern: [] for pattern in (*patterns, "")}
    for segment in segments:
        owners = [pattern for pattern in patterns if fnmatchcase(segment.path, pattern)]
        if len(owners) > 1:
            raise SpecError(
                f"optimizer.paths: {owners[0]!r} and {owners[1]!r} both match {segment.path}; "
                "make one narrower, for example with [0-3] or [!0] for the number of the layer"
            )
        divided[owners[0] if owners else ""].append(segment)
    for pattern in patterns:
        if not divided[pattern]:
            known = [segment.path for segment in segments]
            raise SpecError(
                f"optimizer.paths: {pattern!r} matches no parameter{nearest(pattern, known)} "
                f"(there are: {', '.join(known)})"
            )
    return divided


class Share:
    """Some segments of flat vectors as a flat vector of its own: a view if they are adjacent, else a copy."""

    def __init__(self, layout: Layout, segments: list[Segment]) -> None:
        self._runs: list[slice] = []
        own, at = [], 0
        for segment in segments:
            size = segment.where.stop - segment.where.start
            own.append(Segment(segment.path, segment.shape, slice(at, at + size)))
            at += size
            if self._runs and self._runs[-1].stop == segment.where.start:
                self._runs[-1] = slice(self._runs[-1].start, segment.where.stop)
            else:
                self._runs.append(segment.where)
        self.layout = Layout(tuple(own), at, layout.dtype)
        self._copies = [self.layout.vector() for _ in range(2)] if len(self._runs) > 1 else []

    def gather(self, vector: Array, into: int = 0) -> Array:
        """Return this share of a vector. If it is a copy, it is in buffer 0 or 1."""
        if not self._copies:
            return vector[self._runs[0]] if self._runs else vector[:0]
        return np.concatenate([vector[run] for run in self._runs], out=self._copies[into])

    def put(self, own: Array, vector: Array) -> None:
        """Write this share back into a vector, if it is a copy."""
        at = 0
        for run in self._runs if self._copies else ():
            size = run.stop - run.start
            vector[run] = own[at : at + size]
            at += size


PARTS = (Frozen, Groups)
