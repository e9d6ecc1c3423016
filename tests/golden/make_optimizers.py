"""Makes optimizers.npz: the parameters after each step of each optimizer, by independent implementations in float64.

Run it with a Python that has torch, optax, jax, keras, schedulefree and pytorch-optimizer. Most of them minimize
f(p) = sum(cosh(a p - b)) + (p_0 p_1 - p_2)^2 / 2, which is smooth and has no zero gradient on the way. Optimizers that
use arrays train the weights, shape (inputs, units), and biases of a small network; L-BFGS minimizes Rosenbrock's
function.
"""

import os

os.environ["KERAS_BACKEND"] = "jax"

import functools
import json
from importlib.metadata import version
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytorch_optimizer
import schedulefree
import torch

jax.config.update("jax_enable_x64", val=True)
torch.set_default_dtype(torch.float64)
import keras  # noqa: E402 - its numbers follow the lines above

keras.backend.set_floatx("float64")

STEPS = 20
A, B, START = (np.array(v) for v in ([0.5, 1.0, 1.5], [0.2, -0.4, 0.6], [1.4, -1.1, 0.7]))
SHAPES = {"layers.0.weights": (3, 5), "layers.0.bias": (5,), "layers.1.weights": (5, 2), "layers.1.bias": (2,)}
RNG = np.random.default_rng(5)
ARRAYS = {path: RNG.normal(0, 0.7, shape) for path, shape in SHAPES.items()}
X, Y = RNG.normal(size=(8, 3)), RNG.normal(size=(8, 2))
torch.Tensor.bfloat16 = torch.Tensor.clone  # PyTorch's Muon rounds to bfloat16; its formulas in full precision


def valley(p, math):
    return math.cosh(A * p - B).sum() + (p[0] * p[1] - p[2]) ** 2 / 2


def net(p, math):
    hidden = math.tanh(X @ p["layers.0.weights"] + p["layers.0.bias"])
    return ((hidden @ p["layers.1.weights"] + p["layers.1.bias"] - Y) ** 2).mean()


# ------------------------------------------------------------------ the steps of each peer


def by_torch(make, start=START, turned=False, **options):
    """Run a torch optimizer; `turned` gives it matrices in PyTorch's shape, (units, inputs)."""
    arrays = start if isinstance(start, dict) else {"": start}
    turn = [turned and a.ndim == 1 for a in arrays.values()], [turned and a.ndim == 2 for a in arrays.values()]
    leaves = [
        torch.tensor(a[:, None] if column else a.T if matrix else a).contiguous().requires_grad_()
        for a, column, matrix in zip(arrays.values(), *turn, strict=True)
    ]
    optimizer, found = make(leaves, **options), []

    def back(p, column, matrix):
        return p[:, 0] if column else p.T if matrix else p

    for _ in range(STEPS):
        optimizer.zero_grad()
        views = [back(*item) for item in zip(leaves, *turn, strict=True)]
        loss = torch_net(dict(zip(arrays, views, strict=True))) if isinstance(start, dict) else torch_valley(views[0])
        loss.backward()
        optimizer.step()
        found.append(flat([back(p.detach(), *t).numpy() for p, *t in zip(leaves, *turn, strict=True)]))
    return np.array(found)


def torch_valley(p):
    return torch.cosh(torch.tensor(A) * p - torch.tensor(B)).sum() + (p[0] * p[1] - p[2]) ** 2 / 2


def torch_net(p):
    hidden = torch.tanh(torch.tensor(X) @ p["layers.0.weights"] + p["layers.0.bias"])
    return ((hidden @ p["layers.1.weights"] + p["layers.1.bias"] - torch.tensor(Y)) ** 2).mean()


def flat(arrays):
    return np.concatenate([np.ravel(a) for a in arrays])


def by_optax(transformation, start=START):
    slope = jax.grad(functools.partial(net if isinstance(start, dict) else valley, math=jnp))
    p = jax.tree.map(jnp.asarray, start)
    state, found = transformation.init(p), []
    for _ in range(STEPS):
        updates, state = transformation.update(slope(p), state, p)
        p = optax.apply_updates(p, updates)
        found.append(flat([p[path] for path in start]) if isinstance(start, dict) else np.array(p))
    return np.array(found)


def by_keras(optimizer):
    slope = jax.grad(functools.partial(valley, math=jnp))
    p, found = keras.Variable(START, dtype="float64"), []
    optimizer.build([p])
    for _ in range(STEPS):
        optimizer.apply([slope(p.value)], [p])
        found.append(np.array(p.value))
    return np.array(found)


def sam(rho, **options):
    """Foret et al. (2021), algorithm 1, around PyTorch's SGD."""
    p = torch.tensor(START, requires_grad=True)
    optimizer, found = torch.optim.SGD([p], **options), []
    for _ in range(STEPS):
        (gradient,) = torch.autograd.grad(torch_valley(p), p)
        climbed = (p + rho * gradient / gradient.norm()).detach().requires_grad_()
        (p.grad,) = torch.autograd.grad(torch_valley(climbed), climbed)
        optimizer.step()
        found.append(p.detach().numpy().copy())
    return np.array(found)


def lbfgs():
    p = torch.tensor([-1.2, 1.0], requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [p], lr=1, max_iter=1, max_eval=1000, tolerance_grad=0, tolerance_change=1e-9,
        line_search_fn="strong_wolfe", history_size=5,
    )  # fmt: skip
    found = []

    def closure():
        optimizer.zero_grad()
        value = 100 * (p[1] - p[0] ** 2) ** 2 + (1 - p[0]) ** 2
        value.backward()
        return value

    for _ in range(35):
        optimizer.step(closure)
        found.append(p.detach().numpy().copy())
    return np.array(found)


def ema(decay):
    """PyTorch's AveragedModel after each step of its SGD."""
    model = torch.nn.Linear(3, 1, bias=False)
    model.weight.data[...] = torch.tensor(START)
    average = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(decay))
    optimizer, found = torch.optim.SGD(model.parameters(), lr=0.05), []
    for _ in range(STEPS):
        optimizer.zero_grad()
        torch_valley(model.weight[0]).backward()
        optimizer.step()
        average.update_parameters(model)
        found.append(average.module.weight.detach().numpy()[0].copy())
    return np.array(found)


def schedule_free(**options):
    """The parameters to use after each step, which schedulefree calls those of `eval`."""
    p = torch.tensor(START, requires_grad=True)
    optimizer, found = schedulefree.AdamWScheduleFree([p], foreach=False, **options), []
    for _ in range(STEPS):
        optimizer.train()
        optimizer.zero_grad()
        torch_valley(p).backward()
        optimizer.step()
        optimizer.eval()
        found.append(p.detach().numpy().copy())
    return np.array(found)


def accumulate(every, **options):
    """PyTorch's own way: gradients of parts of the loss are added until the step."""
    p = torch.tensor(START, requires_grad=True)
    optimizer, found = torch.optim.SGD([p], **options), []
    for step in range(1, STEPS + 1):
        (torch_valley(p) / every).backward()
        if step % every == 0:
            optimizer.step()
            optimizer.zero_grad()
        found.append(p.detach().numpy().copy())
    return np.array(found)


def groups():
    """PyTorch's parameter groups: AdamW without decay for the biases, a frozen matrix, and SGD for the rest."""
    leaves = {path: torch.tensor(a, requires_grad=True) for path, a in ARRAYS.items()}
    biases = [leaves["layers.0.bias"], leaves["layers.1.bias"]]
    optimizers = [
        torch.optim.AdamW(biases, lr=0.03, weight_decay=0),
        torch.optim.SGD([leaves["layers.1.weights"]], lr=0.1, momentum=0.8),
    ]
    found = []
    for _ in range(STEPS):
        for leaf in leaves.values():
            leaf.grad = None
        torch_net(leaves).backward()
        for optimizer in optimizers:
            optimizer.step()
        found.append(flat([leaf.detach().numpy() for leaf in leaves.values()]))
    return np.array(found)


# ------------------------------------------------------------------ the traces

T, P, K = torch.optim, pytorch_optimizer, keras.optimizers
SGD = {"name": "sgd", "learning_rate": 0.05}
PATHS = {"*.bias": {"name": "adamw", "learning_rate": 0.03, "weight_decay": 0.0}, "layers.0.weights": "frozen"}
SMALL, MATCH = optax.sgd(0.05), "match_rms_adamw"


def case(peer, trace, name, **options):
    """Return a case's key (a part's name and options), its peer and its parameters after each step."""
    return f"{name} {json.dumps(options)}", peer, trace


def traces():
    return [
        case("torch", by_torch(T.SGD, lr=0.05), "sgd", learning_rate=0.05),
        case("torch", by_torch(T.SGD, lr=0.05, momentum=0.8), "sgd", learning_rate=0.05, momentum=0.8),
        case(
            "torch", by_torch(T.SGD, lr=0.05, momentum=0.8, nesterov=True),
            "sgd", learning_rate=0.05, momentum=0.8, nesterov=True,
        ),
        case("torch", by_torch(T.Adam, lr=0.1), "adam", learning_rate=0.1),
        case(
            "torch", by_torch(T.Adam, lr=0.1, amsgrad=True, betas=(0.9, 0.9)),
            "adam", learning_rate=0.1, amsgrad=True, beta2=0.9,
        ),
        case("torch", by_torch(T.AdamW, lr=0.1, weight_decay=0.2), "adamw", learning_rate=0.1, weight_decay=0.2),
        case("torch", by_torch(T.RMSprop, lr=0.02, alpha=0.95), "rmsprop", learning_rate=0.02, rho=0.95),
        case(
            "torch", by_torch(T.RMSprop, lr=0.01, centered=True, momentum=0.5),
            "rmsprop", learning_rate=0.01, centered=True, momentum=0.5,
        ),
        case(
            "torch", by_torch(T.Adagrad, lr=0.2, initial_accumulator_value=0.1),
            "adagrad", learning_rate=0.2, initial=0.1,
        ),
        case("torch", by_torch(T.Adadelta, lr=5.0, rho=0.95), "adadelta", learning_rate=5.0, rho=0.95),
        case("torch", by_torch(T.Adamax, lr=0.1), "adamax", learning_rate=0.1),
        case("torch", by_torch(T.NAdam, lr=0.1), "nadam", learning_rate=0.1),
        case("torch", by_torch(T.RAdam, lr=0.1), "radam", learning_rate=0.1),
        case("optax", by_optax(optax.lion(0.02, weight_decay=0.1)), "lion", learning_rate=0.02, weight_decay=0.1),
        case("optax", by_optax(optax.adabelief(0.1)), "adabelief", learning_rate=0.1),
        case(
            "pytorch-optimizer", by_torch(P.Adan, lr=0.1, weight_decay=0.2),
            "adan", learning_rate=0.1, weight_decay=0.2,
        ),
        case(
            "schedulefree", schedule_free(lr=0.1, weight_decay=0.1),
            "schedule_free_adamw", learning_rate=0.1, weight_decay=0.1,
        ),
        case(
            "keras",
            by_keras(
                K.Ftrl(
                    0.2, initial_accumulator_value=0.1, l1_regularization_strength=0.3,
                    l2_regularization_strength=0.2, beta=0.5,
                )
            ),
            "ftrl", learning_rate=0.2, initial=0.1, l1=0.3, l2=0.4, beta=0.5,
        ),
        case(
            "optax", by_optax(optax.lars(2.0, weight_decay=0.01, trust_coefficient=0.02), ARRAYS),
            "lars", learning_rate=2.0, weight_decay=0.01, trust=0.02,
        ),
        case(
            "optax", by_optax(optax.lars(2.0, trust_coefficient=0.02, nesterov=True, momentum=0.5), ARRAYS),
            "lars", learning_rate=2.0, trust=0.02, nesterov=True, momentum=0.5,
        ),
        case(
            "optax", by_optax(optax.lamb(0.05, weight_decay=0.1), ARRAYS),
            "lamb", learning_rate=0.05, weight_decay=0.1,
        ),
        case(
            "torch", by_torch(T.Muon, ARRAYS, turned=True, lr=0.02, weight_decay=0.1),
            "muon", learning_rate=0.02, weight_decay=0.1,
        ),
        case(
            "torch",
            by_torch(
                T.Muon, ARRAYS, turned=True, lr=0.02, weight_decay=0, nesterov=False, adjust_lr_fn=MATCH, ns_steps=3
            ),
            "muon", learning_rate=0.02, nesterov=False, adjust=MATCH, iterations=3,
        ),
        case(
            "torch", by_torch(T.Adafactor, ARRAYS, lr=0.1, weight_decay=0.1),
            "adafactor", learning_rate=0.1, weight_decay=0.1,
        ),
        case("torch", lbfgs(), "lbfgs", history=5),
        case("torch", sam(0.1, lr=0.05, momentum=0.8), "sam", base=SGD | {"momentum": 0.8}, rho=0.1),
        case("optax", by_optax(optax.chain(optax.clip_by_global_norm(0.7), SMALL), ARRAYS), "clip", base=SGD, norm=0.7),
        case("optax", by_optax(optax.chain(optax.clip(0.2), SMALL), ARRAYS), "clip", base=SGD, value=0.2),
        case("keras", by_keras(K.SGD(0.05, clipnorm=0.4)), "clip", base=SGD, array_norm=0.4),
        case("torch", accumulate(3, lr=0.05), "accumulate", base=SGD, every=3),
        case("torch", ema(0.9), "ema", base=SGD, decay=0.9),
        case("torch", groups(), "groups", base=SGD | {"learning_rate": 0.1, "momentum": 0.8}, paths=PATHS),
    ]  # fmt: skip


def main():
    found = traces()
    peers = ("torch", "optax", "jax", "keras", "schedulefree", "pytorch-optimizer")
    np.savez_compressed(
        Path(__file__).with_name("optimizers.npz"),
        versions=np.array([f"{peer} {version(peer)}" for peer in peers]),
        cases=np.array([key for key, _, _ in found]),
        peers=np.array([peer for _, peer, _ in found]),
        x=X, y=Y,
        **ARRAYS,
        **{f"trace.{i}": trace for i, (_, _, trace) in enumerate(found)},
    )  # fmt: skip


if __name__ == "__main__":
    main()
