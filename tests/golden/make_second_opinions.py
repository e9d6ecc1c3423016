"""Makes second_opinions.npz: results in float64, by libraries that have the function.

They are for the parts whose formula the other scripts write out in PyTorch, and for many others. Keras and optax are
differentiated by JAX, modules of transformers and timm by autograd; thinc has its own derivatives. Run it with a Python
that has these libraries and scikit-learn. Of timm, the file timm/layers/activations.py is enough: $TIMM_ACTIVATIONS is
its path and $TIMM its version.
"""

import os

os.environ["KERAS_BACKEND"] = "jax"

import importlib.util
import json
from importlib.metadata import version
from pathlib import Path

import jax
import jax.numpy as jnp
import make_optimizers as walks
import numpy as np
import optax
import pytorch_optimizer
import torch
from sklearn.calibration import calibration_curve
from sklearn.metrics import mean_pinball_loss
from sklearn.preprocessing import StandardScaler
from thinc.api import NumpyOps
from transformers.activations import ACT2FN

jax.config.update("jax_enable_x64", val=True)
import keras  # noqa: E402 - its numbers follow the line above

keras.config.set_floatx("float64")
keras.config.set_epsilon(1e-300)  # Keras adds it to logarithms, norms and divisors; its default hides small differences
# Keras computes means and tanh of float64 in float32; this makes it use full precision.
keras.src.backend.jax.numpy.dtypes.result_type = lambda *types: str(np.result_type(*map(np.dtype, types)))

RNG = np.random.default_rng(7)
X = np.concatenate([RNG.normal(0, 2, (3, 6)), [[-9.0, 9.0, -4.5, 4.5, -0.01, 0.02]]])
C = RNG.normal(size=(4, 6))
W = RNG.normal(size=(5, 3))
Z = RNG.normal(0, 2, (6, 4))
P, T = (RNG.dirichlet(np.full(4, 2.0), 6) for _ in range(2))
BITS = (RNG.random((6, 4)) > 0.5).astype(np.float64)
ONES = np.eye(4)[[0, 3, 1, 2, 2, 1]]
Y = RNG.uniform(0.1, 3, (6, 4))
ops, A, L = NumpyOps(), keras.activations, keras.losses


def key(name, **options):
    return f"{name} {json.dumps(options)}" if options else name


# ------------------------------------------------------------------ activations: x, c -> y, gradient


def by_jax(function):
    """Return f(x) and the gradient of sum(c f(x)), by JAX."""
    y = function(jnp.asarray(X))
    c = C[:, : y.shape[1]]
    return np.asarray(y), np.asarray(jax.grad(lambda x: (c * function(x)).sum())(jnp.asarray(X)))


def by_torch(function):
    x = torch.tensor(X, requires_grad=True)
    y = function(x)
    (torch.tensor(C) * y).sum().backward()
    return y.detach().numpy(), x.grad.numpy()


def by_thinc(name, **options):
    forward, backward = getattr(ops, name), getattr(ops, f"backprop_{name}")
    return forward(X.copy(), **options), backward(C.copy(), X.copy(), **options)


def timm():
    place = importlib.util.spec_from_file_location("timm_activations", os.environ["TIMM_ACTIVATIONS"])
    module = importlib.util.module_from_spec(place)
    place.loader.exec_module(module)
    return module


CLIPPED = {"slope": 0.5, "offset": 0.25}
FLOWS = {
    **{("keras", name): by_jax(getattr(A, name)) for name in (
        "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "log_sigmoid", "mish",
        "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softplus", "softsign", "sparse_plus",
        "sparse_sigmoid", "squareplus", "tanh", "tanh_shrink", "softmax", "log_softmax", "celu", "glu",
    )},
    ("optax", "sparsemax"): by_jax(jax.vmap(optax.projections.projection_simplex)),
    ("keras", key("squareplus", b=0.5)): by_jax(lambda x: A.squareplus(x, b=0.5)),
    ("keras", key("threshold", threshold=-0.7, value=3.0)): by_jax(lambda x: A.threshold(x, -0.7, 3.0)),
    ("keras", key("gelu", approximate="tanh")): by_jax(lambda x: A.gelu(x, approximate=True)),
    ("keras", key("leaky_relu", slope=0.3)): by_jax(lambda x: A.leaky_relu(x, 0.3)),
    ("thinc", "dish"): by_thinc("dish"),
    ("thinc", key("clipped_linear", **CLIPPED, minimum=-1.0, maximum=2.0)): by_thinc(
        "clipped_linear", **CLIPPED, min_val=-1.0, max_val=2.0
    ),
    ("transformers", "quick_gelu"): by_torch(ACT2FN["quick_gelu"]),
    ("timm", "hard_mish"): by_torch(timm().hard_mish),
}  # fmt: skip

# ------------------------------------------------------------------ losses: at, targets -> value, gradient


def loss(function, at, targets):
    """Return the loss of each row and the gradient of their sum, by JAX."""
    value, slope = function(targets, jnp.asarray(at)), jax.grad(lambda y: function(targets, y).sum())(jnp.asarray(at))
    return at, targets, np.asarray(value), np.asarray(slope)


def overlap(alpha, beta, smooth):
    """optax's loss of columns for each row: each row is a picture with one class, and optax takes logits."""

    def function(targets, p):
        logits = jnp.log(p / (1 - p))
        return optax.losses.dice_loss(
            logits[..., None], jnp.asarray(targets)[..., None], alpha=alpha, beta=beta, smooth=smooth
        )

    return function


def focal(gamma):
    return lambda t, z: L.categorical_focal_crossentropy(t, z, alpha=1.0, gamma=gamma, from_logits=True)


LOSSES = {
    ("keras", "rows", "mse"): loss(L.mean_squared_error, Z, Y),
    ("keras", "rows", "mae"): loss(L.mean_absolute_error, Z, Y),
    ("keras", "rows", key("huber", delta=1.5)): loss(lambda t, y: L.huber(t, y, delta=1.5), Z, Y),
    ("keras", "rows", "log_cosh"): loss(L.log_cosh, Z, Y),
    ("keras", "rows", "mape"): loss(L.mean_absolute_percentage_error, Z, Y),
    ("keras", "rows", "msle"): loss(L.mean_squared_logarithmic_error, Y[::-1], Y),
    ("keras", "rows", "poisson"): loss(L.poisson, Y[::-1], Y),
    ("keras", "rows", "hinge"): loss(L.hinge, Z, BITS),
    ("keras", "rows", "squared_hinge"): loss(L.squared_hinge, Z, 2 * BITS - 1),
    ("keras", "rows", "categorical_hinge"): loss(L.categorical_hinge, Z, ONES),
    ("keras", "rows", "kl_divergence"): loss(L.kl_divergence, P, T),
    ("optax", "rows", "cosine"): loss(lambda t, y: optax.losses.cosine_distance(y, t), Z, Y),
    ("keras", "fused rows", "cross_entropy"): loss(
        lambda t, z: L.categorical_crossentropy(t, z, from_logits=True), Z, T
    ),
    ("keras", "fused rows", "binary_cross_entropy"): loss(
        lambda t, z: L.binary_crossentropy(t, z, from_logits=True), Z, BITS
    ),
    ("keras", "fused rows", key("focal", gamma=2.0)): loss(focal(2.0), Z, ONES),
    ("keras", "fused rows", key("focal", gamma=3.5)): loss(focal(3.5), Z, T),
    ("optax", "rows", "dice"): loss(overlap(0.5, 0.5, 5e-8), P, T),  # half of the 1e-7 for twice the products
    ("optax", "rows", key("tversky", alpha=0.3, beta=0.7)): loss(overlap(0.3, 0.7, 1e-7), P, ONES),
    ("scikit-learn", "rows", key("quantile", q=0.9)): (
        Z, Y, np.array([mean_pinball_loss(t, z, alpha=0.9) for t, z in zip(Y, Z, strict=True)]), np.empty(0),
    ),
}  # fmt: skip

# ------------------------------------------------------------------ penalties: weights -> value, gradient


def penalty(function):
    return float(function(jnp.asarray(W))), np.asarray(jax.grad(function)(jnp.asarray(W)))


def activity(**options):
    """What Keras's layer adds to the loss."""
    layer = keras.layers.ActivityRegularization(**options, dtype="float64")
    layer(W)
    return float(layer.losses[0]), np.empty(0)


R = keras.regularizers
PENALTIES = {
    ("keras", key("l1", strength=0.01)): penalty(R.L1(0.01)),
    ("keras", key("l2", strength=0.01)): penalty(R.L2(0.01)),
    ("keras", key("l1_l2", l1=0.03, l2=0.02)): penalty(R.L1L2(0.03, 0.02)),
    ("keras", "orthogonal"): penalty(R.OrthogonalRegularizer(0.01, mode="rows")),
    ("keras", key("orthogonal", mode="columns")): penalty(R.OrthogonalRegularizer(0.01, mode="columns")),
    ("keras", key("activity_l1", strength=0.3)): activity(l1=0.3),
    ("keras", key("activity_l2", strength=0.3)): activity(l2=0.3),
}

# ------------------------------------------------------------------ optimizers and wrappers: steps -> parameters


def sam():
    """optax's SAM around its SGD, with a normalized gradient times rho as its ascent."""
    slope, p, found = jax.grad(lambda p: walks.valley(p, jnp)), jnp.asarray(walks.START), []
    ascent = optax.chain(optax.contrib.normalize(), optax.sgd(0.1))
    rule = optax.contrib.sam(optax.sgd(0.05, momentum=0.8), ascent, sync_period=2, opaque_mode=True)
    state = rule.init(p)
    for _ in range(walks.STEPS):
        updates, state = rule.update(slope(p), state, p, grad_fn=lambda p, _: slope(p))
        p = optax.apply_updates(p, updates)
        found.append(np.array(p))
    return np.array(found)


def lookahead(leaves, **options):
    return pytorch_optimizer.Lookahead(torch.optim.SGD(leaves, **options), k=3, alpha=0.4)


def accumulated(every):
    """PyTorch's own way to accumulate gradients, over batches that differ: each step tilts the valley another way."""
    p = torch.tensor(walks.START, requires_grad=True)
    optimizer, found = torch.optim.SGD([p], lr=0.05), []
    for step in range(1, walks.STEPS + 1):
        ((walks.torch_valley(p) + (torch.tensor(TILTS[step - 1]) * p).sum()) / every).backward()
        if step % every == 0:
            optimizer.step()
            optimizer.zero_grad()
        found.append(p.detach().numpy().copy())
    return np.array(found)


OF_TORCH = torch.optim
TILTS = RNG.normal(size=(walks.STEPS, 3))
SGD = {"name": "sgd", "learning_rate": 0.05}
MOMENTUM = SGD | {"momentum": 0.8}
STEPS = {
    ("optax", key("sam", base=MOMENTUM, rho=0.1)): sam(),
    ("pytorch-optimizer", key("lookahead", base=MOMENTUM, sync_period=3, slow_step=0.4)): walks.by_torch(
        lookahead, lr=0.05, momentum=0.8
    ),
    # What the cases of make_optimizers.py do not cover: signs that change, an epsilon that matters, a rate that
    # changes, steps that are clipped.
    ("optax", key("lion", learning_rate=0.3, weight_decay=0.1)): walks.by_optax(optax.lion(0.3, weight_decay=0.1)),
    ("optax", key("lion", learning_rate=0.5, beta1=0.6, beta2=0.3)): walks.by_optax(
        optax.lion(0.5, b1=0.6, b2=0.3, weight_decay=0)
    ),
    ("optax", key("adabelief", learning_rate=0.1, epsilon=1e-3)): walks.by_optax(
        optax.adabelief(0.1, eps=1e-3, eps_root=1e-3)
    ),
    ("torch", key("adagrad", learning_rate=0.2, epsilon=0.1)): walks.by_torch(OF_TORCH.Adagrad, lr=0.2, eps=0.1),
    ("torch", key("adafactor", learning_rate=0.3, clip=1.5, decay=0.6)): walks.by_torch(
        OF_TORCH.Adafactor, walks.ARRAYS, lr=0.3, d=1.5, beta2_decay=-0.6, weight_decay=0
    ),
    ("schedulefree", key("schedule_free_adamw", learning_rate={"name": "constant", "initial": 0.1, "warmup": 5.0})): (
        walks.schedule_free(lr=0.1, warmup_steps=5)
    ),
    ("torch", key("accumulate", base=SGD, every=3)): accumulated(3),
}

# ------------------------------------------------------------------ mixing, dropout, calibration


def mixed():
    """Rows mixed by Keras's layer, as pictures of one pixel: share 0.25, partners 2, 0, 1."""
    chosen = {"mix_weight": np.full(3, 0.25), "permutation_order": np.array([2, 0, 1])}
    layer = keras.layers.MixUp(dtype="float64", data_format="channels_last")
    return np.asarray(layer.transform_images(W[:3, None, None, :], chosen))[:, 0, 0, :]


def alpha_dropped():
    """The output of Keras's layer for 0.5, dropped and kept."""
    layer = keras.layers.AlphaDropout(0.3, seed=0, dtype="float64")
    return np.unique(np.asarray(layer(np.full((40, 30), 0.5), training=True)))


def calibration(scores, labels, bins):
    """The gap between scikit-learn's two curves, weighted by the rows of each bin."""
    confidence, right = scores.max(axis=1), scores.argmax(axis=1) == labels
    accuracy, mean = calibration_curve(right, confidence, n_bins=bins)
    rows = np.histogram(confidence, np.linspace(0, 1, bins + 1))[0]
    return float(np.abs(accuracy - mean) @ rows[rows > 0] / len(labels))


def moments(layer):
    """Mean and standard deviation of the output of Keras's layer for 4 million times 2."""
    noisy = np.asarray(layer(np.full((2000, 2000), 2.0), training=True))
    return np.array([noisy.mean(), noisy.std()])


def fresh(module):
    """The outputs of a new normalizer of PyTorch, in training and outside."""
    x = torch.tensor(W)
    return np.stack([module(x).detach().numpy(), type(module)(3, eps=1e-3).double().eval()(x).detach().numpy()])


def scaled():
    """Inputs scaled by scikit-learn with a given mean and standard deviation."""
    scaler = StandardScaler()
    scaler.mean_, scaler.scale_, scaler.n_features_in_ = np.full(3, 1.5), np.full(3, 0.3), 3
    return scaler.transform(W)


def warmed():
    """Two epochs of optax's linear rise, whose first rate is above 0, then its exponential decay; 4 steps an epoch."""
    rise, fall = optax.linear_schedule(0, 0.1, 8), optax.exponential_decay(0.1, 4, 0.8)
    return np.array([float(rise(k + 1)) if k < 8 else float(fall(k - 8)) for k in range(48)])


def plateau(mode):
    """PyTorch's rates in 12 epochs whose values change by less, and by more, than the threshold."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
    schedule, found = (
        torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode, factor=0.5, patience=1, threshold=0.1, eps=0),
        [],
    )
    for figure in FIGURES if mode == "min" else 1 / FIGURES:
        found.append(optimizer.param_groups[0]["lr"])
        schedule.step(figure)
    return np.array(found)


FIGURES = np.array([1.0, 0.95, 0.88, 0.85, 0.82, 0.79, 0.75, 0.74, 0.73, 0.6, 0.58, 0.57])
SCORES, LABELS = RNG.dirichlet(np.ones(4), 60), RNG.integers(0, 4, 60)


def numbered(kind, cases, *names):
    """Return the arrays of some cases, each named by kind, number and name."""
    return {
        f"{kind}.{i}.{name}": array
        for i, arrays in enumerate(cases.values())
        for name, array in zip(names, arrays, strict=True)
    }


def main():
    peers = (
        "keras",
        "jax",
        "optax",
        "torch",
        "pytorch-optimizer",
        "schedulefree",
        "thinc",
        "transformers",
        "scikit-learn",
    )
    np.savez_compressed(
        Path(__file__).with_name("second_opinions.npz"),
        versions=np.array([*(f"{peer} {version(peer)}" for peer in peers), f"timm {os.environ['TIMM']}"]),
        x=X, c=C, weights=W, scores=SCORES, labels=LABELS,
        flows=np.array(list(FLOWS)), losses=np.array(list(LOSSES)),
        penalties=np.array(list(PENALTIES)), steps=np.array(list(STEPS)), tilts=TILTS,
        mixup=mixed(), alpha_dropout=alpha_dropped(), fixed=scaled(), warmed=warmed(),
        figures=FIGURES, plateau_min=plateau("min"), plateau_max=plateau("max"),
        gaussian_dropout=moments(keras.layers.GaussianDropout(0.2, seed=0)),
        gaussian_noise=moments(keras.layers.GaussianNoise(0.8, seed=0)),
        batch_norm=fresh(torch.nn.BatchNorm1d(3, eps=1e-3).double()),
        layer_norm=fresh(torch.nn.LayerNorm(3, eps=1e-3).double()),
        rms_norm=fresh(torch.nn.RMSNorm(3, eps=1e-3).double()),
        calibration=np.array([calibration(SCORES, LABELS, bins) for bins in (15, 7)]),
        **numbered("flow", FLOWS, "y", "gradient"),
        **numbered("loss", LOSSES, "at", "targets", "value", "gradient"),
        **numbered("penalty", PENALTIES, "value", "gradient"),
        **{f"trace.{i}": trace for i, trace in enumerate(STEPS.values())},
    )  # fmt: skip


if __name__ == "__main__":
    main()
