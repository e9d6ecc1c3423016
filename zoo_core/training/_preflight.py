"""Tries the parts of a network on a few random rows, before training depends on them.

Each layer is built again, alone and narrow, with a generator of its own: a trial leaves no trace in the run.
What raises here raises in training too, where the step is known, and is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain

import numpy as np

from zoo_core._part_checks import IN_PLACE, contract_error
from zoo_core.errors import nearest
from zoo_core.nn import Layer, Network, Workspace, assemble, is_fused, one_hot
from zoo_core.parts import Array, Loss, Optimizer, Part, RandomSource
from zoo_core.spec import DEFAULT_METRICS, LayerSpec, Spec, copy_part

ROWS, INPUTS = 3, 4
UNTOUCHED = 1234.5  # what a part finds in `out`


class _Own(RandomSource):
    """A generator for each purpose, apart from the run's."""

    def start(self, seed: int) -> None:
        """Have one seed for all."""

    def stream(self, purpose: str) -> np.random.Generator:
        """Return a new generator."""
        return np.random.default_rng(0)


def dry_run(spec: Spec) -> None:
    """Raise PluginError for a part that leaves `out` as it was, or changes what it is given."""
    for layer in spec.model.layers:
        network, p = _alone(spec, layer)
        for part, method, arguments in _calls(network, p):
            with np.errstate(all="ignore"):
                _check(part, method, arguments)
    _try_loss(copy_part(spec.model.loss), network, p)
    _try_optimizer(copy_part(spec.optimizer), network)


def lint_spec(spec: Spec) -> list[str]:
    """Return a line for each thing that a valid spec hardly means."""
    return [*_unfit_outputs(spec), *_unmeasured(spec)]


def _unfit_outputs(spec: Spec) -> Iterator[str]:
    """Find an output layer that does not give what the loss needs."""
    loss, last, outputs = spec.model.loss, len(spec.model.layers) - 1, _outputs(spec)
    if outputs is None or loss.output_range == "any":
        return
    shares = outputs.min() >= 0 and outputs.max() <= 1
    if shares and (loss.output_range == "unit_interval" or np.allclose(outputs.sum(axis=1), 1, atol=1e-3)):
        return
    hint = f"; use {loss.fused_with[0].name!r}" if loss.fused_with else ""
    yield (
        f"model.layers.{last}.activation is {spec.model.layers[last].activation.name!r}, which gives no "
        f"{'probabilities' if loss.output_range == 'probabilities' else 'numbers from 0 to 1'}, and loss {loss.name!r} "
        f"means nothing without them{hint}"
    )


def _unmeasured(spec: Spec) -> Iterator[str]:
    """Find figures that a part of the run wants to watch and that no record will hold."""
    settings, known = spec.training, _figures(spec)
    for part in (settings.early_stopping, *settings.callbacks, spec.optimizer.learning_rate):
        monitor = getattr(part, "monitor", None)
        if isinstance(monitor, str) and not any(monitor == k or monitor.startswith(f"{k}_") for k in known):
            validation = monitor.startswith("validation_") and spec.data.validation is None
            way = "; give data.validation some rows" if validation else nearest(monitor, known)
            yield f"{part.kind} {part.name!r} watches {monitor!r}, which is not measured{way}"


def _figures(spec: Spec) -> list[str]:
    settings = spec.training
    metrics = [*chain(*DEFAULT_METRICS.values())] if settings.metrics is None else [m.name for m in settings.metrics]
    splits = [s for s in settings.evaluate if s != "validation" or spec.data.validation is not None]
    figures = [f"{split}_{name}" for split in dict.fromkeys(["train", *splits]) for name in ["loss", *metrics]]
    return [*figures, "penalty", "learning_rate"]


def _outputs(spec: Spec) -> Array | None:
    """Return what the output layer gives for random inputs, shape (rows, outputs), or None where it fails."""
    network, trained = _alone(spec, spec.model.layers[-1])
    with suppress(Exception), np.errstate(all="ignore"):
        _, _, outputs = next(network.infer(ROWS, lambda which, x: trained.x))
        return outputs
    return None


def _alone(spec: Spec, layer: LayerSpec) -> tuple[Network, Workspace]:
    """Return a network of one layer, and a pass through it with random inputs."""
    model = spec.model.model_copy(update={"layers": [layer]})
    network = assemble(spec.model_copy(update={"model": model}), INPUTS, _Own())
    rng = np.random.default_rng(0)
    with suppress(Exception):
        network.initialize(rng)
    weights = network.weights(network.layers[0])
    weights[...] = rng.normal(size=weights.shape)
    p = network.workspace(ROWS)
    p.x[...] = rng.normal(size=p.x.shape)
    p.delta[...] = 1
    return network, p


def _calls(network: Network, p: Workspace) -> Iterator[tuple[Part, str, list[Array]]]:
    """Yield part, method and arguments, `out` last, in the order in which each needs what went before."""
    for stage, (_, x, y) in zip(network.stages, p.forward, strict=True):
        yield stage.transform, "forward", [x, y]
        yield stage.transform, "backward", [x, y, np.ones_like(y), np.empty_like(x)]
    yield from _on_weights(network.layers[0], network)


def _on_weights(layer: Layer, network: Network) -> Iterator[tuple[Part, str, list[Array]]]:
    weights = network.weights(layer)
    for penalty in layer.penalties:
        yield penalty, "gradient", [weights, np.empty_like(weights)]


def _check(part: Part, method: str, arguments: list[Array]) -> None:
    """Call a method and hold its manners against the contract."""
    *given, out = arguments
    before = [array.copy() for array in given]
    out.fill(UNTOUCHED)
    try:
        getattr(part, method)(*arguments)
    except Exception:  # the run will meet it again, and tell the step
        return
    if any(not np.array_equal(a, b, equal_nan=True) for a, b in zip(given, before, strict=True)):
        raise contract_error(part, method, "changed an array that it was given", "only `out` may be written to")
    if out.size and (out == UNTOUCHED).all():
        raise contract_error(part, method, "left `out` as it was", IN_PLACE)


def _try_loss(loss: Loss, network: Network, p: Workspace) -> None:
    targets = one_hot(np.zeros(ROWS, int), network.outputs, network.dtype)
    if is_fused(loss, network):
        _check(loss, "fused_gradient", [p.z, p.outputs, targets, p.delta])
    else:
        _check(loss, "gradient", [p.outputs, targets, p.delta])


def _try_optimizer(optimizer: Optimizer, network: Network) -> None:
    """Tell an optimizer that returns new parameters from one that changes them."""
    if type(optimizer).update is not Optimizer.update:
        return
    parameters, before, answer = network.parameters, network.parameters.copy(), None
    with suppress(Exception):
        optimizer.start(network.layout)
        optimizer.steps = 1
        answer = optimizer.step(parameters, np.ones_like(parameters), 0.1)  # type: ignore[func-returns-value]
    if answer is not None and np.array_equal(parameters, before):
        raise contract_error(optimizer, "step", "left the parameters as they were", "it changes `parameters` in place")
