"""Makes schedules.npz: rates at each of 4 steps in 12 epochs, by independent implementations.

Run it with a Python that has torch, optax, jax, keras, scikit-learn, thinc and transformers. Keras, optax and PyTorch
count steps, so times in epochs are multiplied by 4. A warm-up is optax's linear rise from the rate of the first step.
"""

import os

os.environ["KERAS_BACKEND"] = "jax"

import json
from importlib.metadata import version
from pathlib import Path

import jax
import numpy as np
import optax
import thinc.api as thinc
import torch
import transformers
from sklearn.neural_network import MLPClassifier
from sklearn.neural_network._stochastic_optimizers import SGDOptimizer

jax.config.update("jax_enable_x64", val=True)
import keras  # noqa: E402 - its numbers follow the line above

keras.backend.set_floatx("float64")
EPOCHS, STEPS = 12, 4
TOTAL = EPOCHS * STEPS


def by_function(rate):
    return [float(rate(step)) for step in range(TOTAL)]


def by_keras(schedule):
    return by_function(lambda step: schedule(keras.ops.convert_to_tensor(float(step), "float64")))


def by_torch(make, initial=0.4, **options):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=initial)
    schedule, found = make(optimizer, **options), []
    for _ in range(TOTAL):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


def warmed(steps, peak, rest):
    rise = optax.linear_schedule(peak / steps, peak, steps - 1)
    return by_function(optax.join_schedules([rise, rest], [steps]))


def restarts(initial, final, decay, steps=12):
    peaks = [final + (initial - final) * decay**cycle for cycle in range(TOTAL // steps)]
    cosines = [optax.cosine_decay_schedule(peak, steps, alpha=final / peak) for peak in peaks]
    return by_function(optax.join_schedules(cosines, [steps * (i + 1) for i in range(len(peaks) - 1)]))


def one_cycle(**options):
    """OneCycleLR can be stepped up to the last step, but not past it."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule, found = L.OneCycleLR(optimizer, total_steps=TOTAL, cycle_momentum=False, **options), []
    for step in range(TOTAL):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < TOTAL - 1:
            schedule.step()
    return found


def plateau(figures, **options):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
    schedule, found = L.ReduceLROnPlateau(optimizer, **options), []
    for figure in figures:
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step(figure)
    return found


def adaptive(figures, tol, patience):
    """Run scikit-learn's own bookkeeping, epoch by epoch."""
    network = MLPClassifier(learning_rate="adaptive", tol=tol, n_iter_no_change=patience)
    network.loss_curve_, network.best_loss_, network._no_improvement_count = [], np.inf, 0
    optimizer, found = SGDOptimizer([np.zeros(1)], 0.4, "adaptive"), []
    for figure in figures:
        found.append(optimizer.learning_rate)
        network.loss_curve_.append(figure)
        network._update_no_improvement_count(False, None, None, None)
        if network._no_improvement_count > patience:
            optimizer.trigger_stopping("", False)
            network._no_improvement_count = 0
    return found


def inverse_scaling(power):
    optimizer, found = SGDOptimizer([np.zeros(1)], 0.4, "invscaling", power_t=power), []
    for step in range(TOTAL):
        optimizer.iteration_ends(step / STEPS)
        found.append(optimizer.learning_rate)
    return found


L, K = torch.optim.lr_scheduler, keras.optimizers.schedules


def case(peer, rates, name, figures="", **options):
    return f"{name} {json.dumps(options)}", peer, np.array(rates), figures


def cases(falling, rising):
    wsd = {"num_warmup_steps": 0, "num_training_steps": TOTAL, "num_decay_steps": 12}
    cooling = {"factor": 0.5, "patience": 2, "cooldown": 1, "threshold": 1e-2}
    inverse_sqrt = transformers.get_inverse_sqrt_schedule
    return [
        case("optax", by_function(optax.constant_schedule(0.4)), "constant", initial=0.4),
        case("optax", warmed(8, 0.4, optax.constant_schedule(0.4)), "constant", initial=0.4, warmup=2.0),
        case("torch", by_torch(L.StepLR, step_size=12, gamma=0.3), "step", initial=0.4, factor=0.3, every=3),
        case(
            "optax", by_function(optax.piecewise_constant_schedule(0.4, {10: 0.5, 30: 0.1})),
            "piecewise", boundaries=[2.5, 7.5], values=[0.4, 0.2, 0.02],
        ),
        case("optax", by_function(optax.exponential_decay(0.4, 4, 0.85)), "exponential", initial=0.4, factor=0.85),
        case(
            "thinc", by_function(thinc.compounding(0.4, 0.05, 0.75**0.25)),
            "compounding", initial=0.4, final=0.05, factor=0.75,
        ),
        case(
            "thinc", by_function(thinc.compounding(0.1, 0.4, 1.25**0.25)),
            "compounding", initial=0.1, final=0.4, factor=1.25,
        ),
        case("keras", by_keras(K.InverseTimeDecay(0.4, 4, 0.3)), "inverse_time", initial=0.4, decay=0.3),
        case("scikit-learn", inverse_scaling(0.7), "inverse_scaling", initial=0.4, power=0.7),
        case(
            "transformers", by_torch(inverse_sqrt, num_warmup_steps=0, timescale=10),
            "inverse_sqrt", initial=0.4, timescale=2.5,
        ),
        case("torch", by_torch(L.CosineAnnealingLR, T_max=TOTAL, eta_min=0.02), "cosine", initial=0.4, final=0.02),
        case(
            "optax", warmed(8, 0.4, optax.cosine_decay_schedule(0.4, TOTAL - 8, alpha=0.05)),
            "cosine", initial=0.4, final=0.02, warmup=2.0,
        ),
        case(
            "torch", by_torch(L.CosineAnnealingWarmRestarts, T_0=6, T_mult=2, eta_min=0.02),
            "cosine_restarts", initial=0.4, final=0.02, period=1.5, growth=2.0,
        ),
        case(
            "optax", restarts(0.4, 0.02, 0.7),
            "cosine_restarts", initial=0.4, final=0.02, period=3.0, decay=0.7,
        ),
        case(
            "keras", by_keras(K.PolynomialDecay(0.4, TOTAL, 0.01, power=1.7)),
            "polynomial", initial=0.4, final=0.01, power=1.7,
        ),
        case(
            "optax", warmed(8, 0.4, optax.linear_schedule(0.4, 0.0, TOTAL - 8)),
            "warmup_linear", initial=0.4, warmup=2.0,
        ),
        *(
            case(
                "transformers", by_torch(transformers.get_wsd_schedule, decay_type=theirs, **wsd),
                "wsd", initial=0.4, decay=0.25, shape=ours,
            )
            for ours, theirs in (("linear", "linear"), ("cosine", "cosine"), ("sqrt", "1-sqrt"))
        ),
        case("torch", one_cycle(max_lr=0.4), "one_cycle", maximum=0.4),
        case(
            "torch",
            one_cycle(max_lr=0.4, pct_start=0.25, div_factor=10, final_div_factor=100, anneal_strategy="linear"),
            "one_cycle", maximum=0.4, rise=0.25, start_factor=10.0, end_factor=100.0, shape="linear",
        ),
        case(
            "torch",
            by_torch(L.CyclicLR, base_lr=0.05, max_lr=0.4, step_size_up=8, mode="triangular2", cycle_momentum=False),
            "triangular", minimum=0.05, maximum=0.4, period=4.0, decay=0.5,
        ),
        case(
            "torch", plateau(falling, min_lr=0.06, **cooling),
            "on_plateau", "falling", initial=0.4, minimum=0.06, **cooling,
        ),
        case(
            "torch", plateau(rising, mode="max", **cooling),
            "on_plateau", "rising", initial=0.4, mode="max", **cooling,
        ),
        case(
            "scikit-learn", adaptive(falling, 1e-2, 2), "adaptive", "falling",
            initial=0.4, tolerance=1e-2, patience=2, monitor="validation_loss",
        ),
    ]  # fmt: skip


def main():
    falling = np.exp(-0.4 * np.minimum(np.arange(24), 6)) + 0.02 * np.random.default_rng(11).normal(size=24)
    found = cases(falling, 2 - falling)
    peers = ("torch", "optax", "jax", "keras", "scikit-learn", "thinc", "transformers")
    np.savez_compressed(
        Path(__file__).with_name("schedules.npz"),
        versions=np.array([f"{peer} {version(peer)}" for peer in peers]),
        cases=np.array([key for key, *_ in found]),
        peers=np.array([peer for _, peer, *_ in found]),
        figures=np.array([figures for *_, figures in found]),
        falling=falling, rising=2 - falling,
        **{f"rates.{i}": rates for i, (_, _, rates, _) in enumerate(found)},
    )  # fmt: skip


if __name__ == "__main__":
    main()
