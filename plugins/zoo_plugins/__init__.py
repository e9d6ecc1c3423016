"""The built-in parts: an ordinary plugin that ships with the core.

`PARTS_BY_KIND` lists them all: for each kind, the modules and the names of the parts in each.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from zoo_core.hookspecs import Exporter, LazyParts, hookimpl

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

PARTS_BY_KIND = {
    "activation": {
        "activations.basic": "identity sigmoid tanh relu leaky_relu elu silu softplus",
        "activations.hard": "relu6 hard_sigmoid hard_tanh hard_silu hard_mish sparse_plus sparse_sigmoid",
        "activations.softmax": "softmax log_softmax sparsemax",
        "activations.smooth": "selu celu mish softsign exponential log_sigmoid squareplus dish",
        "activations.gelu": "gelu quick_gelu",
        "activations.thresholds": "hard_shrink soft_shrink tanh_shrink threshold clipped_linear",
        "activations.gated": "prelu rrelu maxout glu swiglu geglu reglu",
        "notebook": "notebook_relu notebook_tanh",
    },
    "normalizer": {
        "normalizers.basic": "batch_norm layer_norm rms_norm",
    },
    "regularizer": {
        "regularizers.weights": "l1 l2 l1_l2 orthogonal max_norm unit_norm min_max_norm non_neg",
        "regularizers.batches": "label_smoothing mixup",
        "regularizers.noise": "dropout alpha_dropout gaussian_dropout gaussian_noise activity_l1 activity_l2",
        "notebook": "notebook_dropout",
    },
    "loss": {
        "losses.classification": "cross_entropy kl_divergence binary_cross_entropy focal",
        "losses.ordinal": "ordinal",
        "losses.margin": "hinge squared_hinge categorical_hinge tversky dice",
        "losses.regression": "mse mae huber log_cosh mape msle poisson quantile cosine",
        "notebook": "notebook_error",
    },
    "metric": {
        "metrics.classification": "accuracy subset_accuracy top_k_accuracy",
        "metrics.class_counts": "confusion_matrix balanced_accuracy precision recall f1",
        "metrics.probability": "log_loss brier expected_calibration_error roc_auc",
        "metrics.regression": "mse rmse mae r2",
    },
    "optimizer": {
        "optimizers.parameter_groups": "frozen groups",
        "optimizers.lbfgs": "lbfgs",
        "optimizers.basic": "sgd adam adamw rmsprop",
        "optimizers.adagrad": "adagrad adadelta ftrl",
        "optimizers.adam_variants": "adamax nadam radam adabelief",
        "optimizers.layerwise": "lars lamb",
        "optimizers.matrix": "muon adafactor",
        "optimizers.momentum": "lion adan schedule_free_adamw",
        "optimizers.wrappers": "sam clip accumulate ema",
        "notebook": "notebook_repeated",
    },
    "schedule": {
        "schedules.decay": "constant step piecewise exponential compounding inverse_time inverse_scaling inverse_sqrt",
        "schedules.annealing": "cosine cosine_restarts polynomial warmup_linear wsd one_cycle triangular",
        "schedules.reactive": "on_plateau adaptive",
    },
    "initializer": {
        "initializers.basic": "zeros ones constant identity uniform normal truncated_normal sparse",
        "initializers.variance_scaling": (
            "variance_scaling glorot_uniform glorot_normal he_uniform he_normal lecun_uniform lecun_normal orthogonal"
        ),
        "initializers.by_network": "lsuv depth_scaled",
        "notebook": "notebook_uniform",
    },
    "generator": {
        "generators.pcg64": "pcg64",
        "notebook": "notebook_mt19937",
    },
    "dataset": {
        "datasets.idx_files": "mnist fashion_mnist idx",
        "datasets.npy_files": "npy",
        "datasets.tables": "csv",
        "datasets.npz_files": "npz",
        "datasets.glyphs": "glyphs",
        "datasets.arrays": "arrays",
    },
    "preprocessor": {
        "preprocessors.scaling": "none pixels standard weighted_standard min_max fixed",
        "preprocessors.one_hot": "one_hot",
        "preprocessors.dates": "date_parts",
        "preprocessors.table": "table",
        "preprocessors.ranks": "rank",
    },
    "callback": {
        "callbacks.stopping": "early_stopping stop_at stop_on_nan time_limit",
        "notebook": "notebook_log",
    },
}
EXPORTERS = {
    ".c": "c_source:write_c",
    ".js": "javascript_source:write_javascript",
    ".onnx": "onnx_file:write_onnx",
    ".py": "python_source:write_python",
    ".safetensors": "safetensors:write_safetensors",
    "/": "hub_folder:write_folder",
}


@hookimpl
def zoo_parts() -> Iterable[LazyParts]:
    """Return the built-in parts. Each module is imported when one of its parts is first used."""
    return [
        LazyParts(kind, f"{__name__}.{module}", names)
        for kind, modules in PARTS_BY_KIND.items()
        for module, names in modules.items()
    ]


@hookimpl
def zoo_models() -> Traversable:
    """Return the folder of the shipped models."""
    import zoo_models

    folder = Path(zoo_models.__path__[0])
    if folder.is_dir():
        return folder
    from importlib.resources import files  # late: its import takes long

    return files("zoo_models")


@hookimpl
def zoo_exporters() -> Iterable[Exporter]:
    """Return the built-in exporters."""
    return [Exporter(ending, f"{__name__}.exporters.{target}") for ending, target in EXPORTERS.items()]
