"""What Keras, PyTorch and scikit-learn call the parts of a spec, and what they are called here.

Names are compared by their letters and digits alone, without module, call and case: `nn.LeakyReLU()` is `leakyrelu`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence

from zoo_core.errors import letters, nearest_name


def _by_familiar(ours: Mapping[str, str]) -> dict[str, str]:
    """Turn "ours: familiar ones, with blanks between them" around."""
    return {familiar: own for own, names in ours.items() for familiar in names.split()}


PARTS = {  # kind: what a part is called elsewhere, by its name here
    "activation": _by_familiar(
        {
            "identity": "linear none nothing null passthrough",
            "sigmoid": "logistic sigm expit",
            "silu": "swish",
            "hard_silu": "hardswish",
            "relu": "rectifier rectifiedlinear rectifiedlinearunit ramp",
            "soft_shrink": "softshrinkage",
            "tanh": "tanhyperbolic hyperbolictangent",
        }
    ),
    "loss": _by_familiar(
        {
            "cross_entropy": "categoricalcrossentropy sparsecategoricalcrossentropy softmaxcrossentropy logloss nll "
            "negativeloglikelihood logistic softmaxcrossentropywithlogits ce deviance",
            "binary_cross_entropy": "binarycrossentropy bce bcewithlogits sigmoidcrossentropy binary",
            "mse": "meansquarederror squarederror squared l2 quadratic leastsquares rss rmse meansquared sse",
            "mae": "meanabsoluteerror absoluteerror l1 meanabsolute",
            "mape": "meanabsolutepercentageerror",
            "msle": "meansquaredlogarithmicerror",
            "huber": "smoothl1",
            "kl_divergence": "kldiv kld kl kullbackleiblerdivergence kldivergence",
            "hinge": "svm margin",
            "log_cosh": "logcosh",
            "cosine": "cosinesimilarity cosineembedding",
            "quantile": "pinball",
            "poisson": "poissonnll",
        }
    ),
    "metric": _by_familiar(
        {
            "accuracy": "acc categoricalaccuracy sparsecategoricalaccuracy binaryaccuracy multiclassaccuracy",
            "mse": "meansquarederror negmeansquarederror",
            "rmse": "rootmeansquarederror negrootmeansquarederror",
            "mae": "meanabsoluteerror negmeanabsoluteerror",
            "r2": "rsquared rsquare coefficientofdetermination",
            "f1": "f1macro f1weighted f1micro fmeasure fscore fbeta",
            "roc_auc": "auc aucroc auroc areaunderthecurve",
            "top_k_accuracy": "topk top5 topkcategoricalaccuracy top5accuracy",
            "recall": "sensitivity truepositiverate",
            "log_loss": "crossentropy categoricalcrossentropy neglogloss binarycrossentropy",
            "expected_calibration_error": "ece",
            "brier": "negbrier",
            "confusion_matrix": "confusion",
        }
    ),
    "optimizer": _by_familiar(
        {
            "sgd": "gradientdescent gd stochasticgradientdescent batchgradientdescent steepestdescent backpropagation "
            "minibatchgradientdescent backprop",
            "lbfgs": "bfgs lbfgsb",
            "rmsprop": "rms",
            "groups": "paramgroups",
        }
    ),
    "initializer": _by_familiar(
        {
            "glorot_uniform": "xavier xavieruniform glorot",
            "glorot_normal": "xaviernormal",
            "he_normal": "kaiming kaimingnormal he msra",
            "he_uniform": "kaiminguniform",
            "lecun_normal": "lecun",
            "normal": "random randomnormal gaussian randn",
            "uniform": "randomuniform rand",
            "zeros": "zero",
            "ones": "one",
            "truncated_normal": "truncnormal",
        }
    ),
    "normalizer": _by_familiar(
        {
            "batch_norm": "batchnormalization batchnorm1d batch bn",
            "layer_norm": "layernormalization layer ln",
            "rms_norm": "rmsnormalization rms",
        }
    ),
    "regularizer": _by_familiar(
        {
            "l2": "ridge weightdecay l2regularization tikhonov",
            "l1": "lasso l1regularization",
            "l1_l2": "elasticnet l1l2",
            "max_norm": "maxnormconstraint",
            "non_neg": "nonneg nonnegative",
            "gaussian_noise": "noise",
        }
    ),
    "preprocessor": _by_familiar(
        {
            "standard": "zscore standardize standardise standardization normalize normalization normalise scale",
            "min_max": "rescale rescaling minmaxscale normalizer",
            "pixels": "divideby255 images",
            "none": "identity passthrough null nothing raw",
            "one_hot": "onehot dummies getdummies dummy",
            "table": "columns columntransformer imputer simpleimputer",
        }
    ),
    "schedule": _by_familiar(
        {
            "on_plateau": "reducelronplateau plateau reduceonplateau",
            "cosine": "cosineannealing cosinedecay",
            "cosine_restarts": "cosineannealingwarmrestarts cosinedecayrestarts sgdr",
            "exponential": "exponentialdecay",
            "step": "multistep stepdecay",
            "one_cycle": "onecycle",
            "polynomial": "polynomialdecay linear",
            "piecewise": "piecewiseconstantdecay",
            "inverse_time": "inversetimedecay",
            "inverse_scaling": "invscaling",
            "triangular": "cyclic",
        }
    ),
    "callback": _by_familiar({"stop_on_nan": "terminateonnan", "time_limit": "maxtime timer"}),
    "dataset": _by_familiar({"csv": "table dataframe pandas tsv text tabular file csvfile readcsv"}),
}
NO_PART = {  # what has no part here: the way to get it
    ("metric", "loss"): "the loss is always measured, so leave it out",
    **{("dataset", name): 'save the sheet as CSV: name = "csv", path = "my.csv"' for name in ("excel", "xlsx")},
    ("optimizer", "momentum"): 'it is an option of sgd: name = "sgd", momentum = 0.9',
    ("optimizer", "nesterov"): 'it is an option of sgd: name = "sgd", momentum = 0.9, nesterov = true',
    ("optimizer", "scheduler"): 'a schedule is a learning_rate, such as { name = "cosine", initial = 1e-2 }',
    ("callback", "modelcheckpoint"): "checkpoints are saved anyway, so leave it out",
    ("callback", "history"): "the history is kept anyway, so leave it out",
    ("callback", "reducelronplateau"): (
        'the learning rate is a schedule: learning_rate = { name = "on_plateau", initial = ... }'
    ),
    ("callback", "learningratescheduler"): 'the learning rate is a schedule: learning_rate = { name = "cosine", ... }',
    ("preprocessor", "label"): "labels may be texts as they are, so leave it out",
    ("preprocessor", "pca"): "there is none; make the columns in the file",
    ("activation", "dropout"): 'it belongs among the regularizers: [{ name = "dropout", rate = 0.5 }]',
    ("schedule", "auto"): "write a number, such as 1e-3, or leave learning_rate out",
    ("dataset", "iris"): 'name a file of your own: name = "csv", path = "iris.csv"',
}
ENDINGS = re.compile(
    "(loss|score|scaler|layer|regularizer|optimizer|scheduler|lr|encoder|activation|classifier|regressor|initializer)$"
)
DATA_FILE = re.compile(r".*\.(csv|tsv|txt|npy|npz)", re.IGNORECASE)


def suggest_part(kind: str, name: str, known: Collection[str], other_kinds: Sequence[str] = ()) -> str:
    """Return what to do about the unknown name of a part, such as "; it is called 'relu' here", or ''.

    `known` are the names of its kind, `other_kinds` those that have a part of this name.
    """
    called, bracket, inner = name.partition("(")
    bare = called.rpartition(".")[2].strip() or called
    short = ENDINGS.sub("", letters(bare))
    if kind == "dataset" and (file := DATA_FILE.fullmatch(name)):
        reader = file[1].lower() if file[1].lower() in ("npy", "npz") else "csv"
        return f'; a file is named by its path: name = "{reader}", path = {json.dumps(name)}'
    for text in (letters(bare), short):
        if (kind, text) in NO_PART:
            return f"; {NO_PART[kind, text]}"
        if (own := PARTS.get(kind, {}).get(text, "")) in known:
            return f"; it is called {own!r} here{_table_of(own, bracket, inner)}"
    found = nearest_name(bare, known)
    if other_kinds and letters(found) != letters(bare):
        return f"; {name!r} is the name of a part of another kind: {' and '.join(other_kinds)}"
    found = found or nearest_name(short, known)
    return f"; did you mean {found!r}?{_table_of(found, bracket, inner)}" if found else ""


def _table_of(name: str, bracket: str, inner: str) -> str:
    """Return how the options of a part are written, if its name came with some in round brackets."""
    return f'; options stand in a table: {{ name = "{name}", ... }}' if bracket and inner.strip(" )") else ""
