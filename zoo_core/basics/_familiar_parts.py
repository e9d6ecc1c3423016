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
            "tanh": "tanhyperbolic hyperbolictangent tansig",
            "leaky_relu": "lrelu leakyrectify leakyrectifiedlinearunit",
            "gelu": "gelunew gelutanh geluapproximate gelufast",
            "softmax": "softargmax normalizedexponential",
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
            "focal": "sigmoidfocal categoricalfocalcrossentropy binaryfocalcrossentropy",
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
            "balanced_accuracy": "balancedacc macroaccuracy",
        }
    ),
    "optimizer": _by_familiar(
        {
            "sgd": "gradientdescent gd stochasticgradientdescent batchgradientdescent steepestdescent backpropagation "
            "minibatchgradientdescent backprop sgdmomentum momentumsgd",
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
            "identity": "eye",
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
    "generator": _by_familiar({"pcg64": "pcg default defaultrng random numpy", "notebook_mt19937": "mersennetwister"}),
    "callback": _by_familiar({"stop_on_nan": "terminateonnan", "time_limit": "maxtime timer"}),
    "dataset": _by_familiar({"csv": "table dataframe pandas tsv text tabular file csvfile readcsv"}),
}
_OWN = 'name a file of your own: name = "csv", path = "{}.csv"'
_NESTEROV = 'it is an option of sgd: name = "sgd", momentum = 0.9, nesterov = true'
_LOSS_OF_OUTPUT = (
    'it is an activation; a loss for classes is "cross_entropy", for two of them also "binary_cross_entropy"'
)
_CLIP = 'an optimizer around another does it: optimizer = { name = "clip", base = "adam" }'
_LOGS = ("tensorboard", "csvlogger", "wandb", "logger", "mlflow")
_COLUMNS = ("robust", "maxabs", "quantile", "power", "log", "polynomialfeatures", "ordinal", "tfidf", "yeojohnson")
_TABLES = ("json", "parquet", "sql", "sqlite", "database", "feather")
_ARRAYS = ("hdf5", "h5", "mat", "pickle", "array", "arrays", "numpyarray", "ndarray", "pt")
_FOLDER = 'make one array of the pictures, save it with numpy.savez, and name it: name = "npz", path = "my.npz"'
NO_PART = {  # what has no part here: the way to get it
    ("metric", "loss"): "the loss is always measured, so leave it out",
    **{("dataset", name): 'save the sheet as CSV: name = "csv", path = "my.csv"' for name in ("excel", "xlsx")},
    ("optimizer", "momentum"): 'it is an option of sgd: name = "sgd", momentum = 0.9',
    ("optimizer", "nesterov"): 'it is an option of sgd: name = "sgd", momentum = 0.9, nesterov = true',
    **dict.fromkeys((("optimizer", "nag"), ("optimizer", "nesterovmomentum")), _NESTEROV),
    **dict.fromkeys((("loss", "softmax"), ("loss", "sigmoid")), _LOSS_OF_OUTPUT),
    **{("regularizer", name): _CLIP for name in ("clipnorm", "clipgradnorm", "gradientclipping", "clipvalue")},
    **{("callback", name): _CLIP for name in ("gradientclipping", "clipgradnorm")},
    ("regularizer", "earlystopping"): "write early_stopping = { patience = 10 } in [training]",
    **{("callback", name): "the history of a model holds every epoch, so leave it out" for name in _LOGS},
    **{("callback", name): "the display is there anyway, so leave it out" for name in ("progbar", "tqdm")},
    **{("callback", name): 'average the weights with optimizer = "ema"' for name in ("ema", "swa", "movingaverage")},
    **{("preprocessor", name): "there is none; make the columns in the file" for name in _COLUMNS},
    **{("dataset", name): 'save the table as CSV: name = "csv", path = "my.csv"' for name in _TABLES},
    **{("dataset", name): _FOLDER for name in ("folder", "imagefolder", "images", "pictures", "jpg", "png")},
    **{("dataset", name): 'save the arrays with numpy.savez: name = "npz", path = "my.npz"' for name in _ARRAYS},
    **{("dataset", name): _OWN.format(name) for name in ("titanic", "wine", "boston", "housing", "penguins")},
    ("dataset", "digits"): 'the ten digits here are "glyphs", drawn anew, and "mnist"',
    ("schedule", "warmup"): 'schedules have it: learning_rate = { name = "cosine", initial = 1e-2, warmup = 1 }',
    ("schedule", "none"): "write a number, such as 1e-3",
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
    ("dataset", "iris"): _OWN.format("iris"),
}
ENDINGS = re.compile(
    "(loss|score|scaler|layer|regularizer|optimizer|scheduler|lr|encoder|activation|classifier|regressor|initializer)$"
)
DATA_FILE = re.compile(r".*\.(csv|tsv|txt|npy|npz)", re.IGNORECASE)


def familiar_part(kind: str, name: str) -> str:
    """Return what a part that has another name elsewhere is called here, or ''."""
    return PARTS.get(kind, {}).get(letters(name), "")


def suggest_part(kind: str, name: str, known: Collection[str], other_kinds: Sequence[str] = ()) -> str:
    """Return what to do about the unknown name of a part, such as "; it is called 'relu' here", or ''.

    `known` are the names of its kind, `other_kinds` those that have a part of this name.
    """
    if kind == "schedule" and name.strip("-+.")[:1].isdigit():  # a learning rate that is no number
        return f"; write a number with a decimal point, such as {_with_point(name)}"
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


def _with_point(number: str) -> str:
    """Return a number with a point instead of its comma, or an example."""
    return number.replace(",", ".") if re.fullmatch(r"\d+,\d+", number) else "0.01"


def _table_of(name: str, bracket: str, inner: str) -> str:
    """Return how the options of a part are written, if its name came with some in round brackets."""
    return f'; options stand in a table: {{ name = "{name}", ... }}' if bracket and inner.strip(" )") else ""
