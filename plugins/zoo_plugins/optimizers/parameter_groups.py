"""Different rules for different parameters, chosen by their paths."""

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
    """No step at all: the parameters keep their values. For layers that are not to learn, in `groups`."""

    name = "frozen"
    expected_failures: ClassVar[Mapping[str, str]] = {
        "descent": "it takes no step: that is what it is for",
        "learning_rate": "it takes no step, at no rate",
    }

    @property
    def learning_rate(self) -> Any:
        """None."""
        return 0.0

    def step(self, parameters: Array, gradients: Array, learning_rate: float) -> None:
        """Leave the parameters alone."""


@dataclass
class Groups(SgdWrapper):
    """An optimizer of its own for each group of parameters: `paths` maps patterns to optimizers, `base` has the rest.

    A pattern is matched against whole paths such as "layers.0.weights", "layers.1.bias" or "layers.1.normalizer.scale";
    "*" stands for any characters, "?" for one, "[0-3]" for one of some. Each parameter belongs to one group, and each
    pattern has a parameter. Each optimizer keeps its own learning rate, schedule and state; the rate that is shown is
    that of `base`. Rules that evaluate the batch again, such as sam, go around groups, not into them.

    As the parameter groups of PyTorch (`torch.optim`, "Per-parameter options") and of timm.
    """

    name = "groups"
    examples: ClassVar[tuple[Mapping[str, Any], ...]] = ({"base": WITH_STATE, "paths": {"*.bias": "adam"}},)
    expected_failures: ClassVar[Mapping[str, str]] = {"learning_rate": "each group has a rate of its own"}

    paths: dict[str, Optimizer] = field(default_factory=dict)

    def start(self, layout: Layout) -> None:
        """Divide the parameters and start all optimizers. Raises SpecError for patterns that do not fit them."""
        divided = divide(layout.segments, sorted(self.paths))
        self._members = [(Share(layout, divided[pattern]), self.paths[pattern]) for pattern in sorted(self.paths)]
        self._members.append((Share(layout, divided[""]), self.base))
        for share, optimizer in self._members:
            optimizer.start(share.layout)
        self._rates = [0.0] * len(self._members)

    @property
    def learning_rate(self) -> Any:
        """The rates of all groups, in step."""
        return _Rates(self)

    def set_rates(self, epoch: float) -> float:
        """Set the rate of each group for a time in epochs; returns that of the base."""
        self._rates = [_rate(optimizer, epoch) for _, optimizer in self._members]
        return self._rates[-1]

    def schedules(self) -> Iterator[Schedule]:
        """Yield the schedule of each group that has one."""
        rates = [optimizer.learning_rate for optimizer in (*self.paths.values(), self.base)]
        return (rate for rate in rates if isinstance(rate, Schedule))

    def update(self, parameters: Array, gradients: Array, learning_rate: float, batch: Batch) -> None:
        """Let each optimizer step on its share."""
        alone = _Alone(batch)
        for (share, optimizer), rate in zip(self._members, self._rates, strict=True):
            optimizer.steps = self.steps
            own = share.take(parameters)
            optimizer.update(own, share.take(gradients, into=1), rate, alone)
            share.put(own, parameters)

    def start_epoch(self, parameters: Array) -> None:
        """Let each optimizer put in place what it trains."""
        for share, optimizer in self._members:
            own = share.take(parameters)
            optimizer.start_epoch(own)
            share.put(own, parameters)

    def end_epoch(self, parameters: Array) -> None:
        """Let each optimizer put in place what is used."""
        for share, optimizer in self._members:
            own = share.take(parameters)
            optimizer.end_epoch(own)
            share.put(own, parameters)


def _rate(optimizer: Optimizer, epoch: float) -> float:
    rate = optimizer.learning_rate
    return rate.rate(epoch) if isinstance(rate, Schedule) else float(rate)


class _Rates(Schedule):
    """All learning rates of groups as one schedule, whose rate is that of the base."""

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


class _Alone:
    """The batch as a group sees it: it cannot be evaluated again, which would change the gradients of others."""

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
    """Return the segments of each pattern, and under "" those of none.

    Raises SpecError for a pattern that matches no path, or two that match the same one.
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
    """Some segments of flat vectors as flat vectors of their own: a view where they adjoin, otherwise a copy."""

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

    def take(self, vector: Array, into: int = 0) -> Array:
        """Return this share of a vector, in buffer 0 or 1 where it is a copy."""
        if not self._copies:
            return vector[self._runs[0]] if self._runs else vector[:0]
        return np.concatenate([vector[run] for run in self._runs], out=self._copies[into])

    def put(self, own: Array, vector: Array) -> None:
        """Put this share back, where it is a copy."""
        at = 0
        for run in self._runs if self._copies else ():
            size = run.stop - run.start
            vector[run] = own[at : at + size]
            at += size


PARTS = (Frozen, Groups)
