"""What Keras, PyTorch and scikit-learn call the keys of a spec, and what they are called here.

Names are compared by their letters and digits alone, in small letters.
"""

from __future__ import annotations

from collections.abc import Collection

from zoo_core.errors import letters, nearest

KEYS = {  # the names here of a key: what it is called elsewhere
    "learning_rate": "lr lrate lrmax maxlr learningrateinit eta eta0 stepsize baselr initiallr initlr learnrate rate",
    "epochs": "maxiter nepochs nepoch numepochs nbepoch maxepochs iterations niter numiterations steps "
    "numtrainepochs trainepochs ntrainepochs maxepoch nrounds",
    "batch_size": "batch minibatch minibatchsize bs trainbatchsize perdevicetrainbatchsize",
    "seed": "randomstate randomseed rngseed rng manualseed setseed",
    "optimizer": "solver optim",
    "loss": "criterion lossfunction lossfn objective cost costfunction",
    "units": "neurons nneurons nodes size nunits numunits outfeatures hiddensize hiddenunits width outputdim "
    "dim hiddendim hiddennodes numneurons outdim nodescount",
    "activation": "activationfunction activations activationfn actfn act nonlinearity transferfunction",
    "initializer": "kernelinitializer weightinitializer init initialization weightinit initmethod weightsinit",
    "bias": "usebias addbias",
    "metrics": "scoring score",
    "validation": "validationsplit validationfraction valsplit valsize validationsize val dev devsplit valid "
    "validfraction validationratio valratio evalsplit",
    "test": "testsize testsplit testfraction testratio holdout",
    "train": "trainsize trainsplit trainfraction training",
    "path": "file filename filepath csv url source datafile paths",
    "target": "label labels y targetcolumn labelcolumn classcolumn output outputs targets class outcome "
    "targetname labelname response dependentvariable yname",
    "features": "x columns inputs input featurecolumns predictors featurenames featurecols xcols independentvariables",
    "delimiter": "sep separator delim fieldseparator",
    "skip_lines": "skiprows",
    "missing": "navalues na nan missingvalues nullvalues nastrings",
    "preprocessor": "scaler scaling preprocessing preprocess normalization transform transforms",
    "target_preprocessor": "targetscaler targetscaling scaletargets scaletarget targettransform targettransformer "
    "yscaler scaley ytransform targetnormalization normalizetargets normalizetarget transformer labelscaler",
    "stratify": "stratified",
    "folds": "kfold kfolds nfolds cv nsplits crossvalidation",
    "epsilon": "eps fuzz",
    "rate": "p prob probability dropoutrate droprate",
    "strength": "alpha lambda lambd l l1 l2 coefficient weight factor",
    "slope": "alpha negativeslope leak",
    "nesterov": "nesterovsmomentum",
    "patience": "niternochange earlystoppingrounds",
    "min_delta": "tol tolerance",
    "restore": "restorebestweights",
    "initial": "initiallearningrate initiallr base learningrate lr",
    "name": "type kind classname title",
    "header": "hasheader headerrow",
    "encoding": "charset",
    "decimal": "decimalseparator decimalpoint",
    "thousands": "thousandsseparator",
    "comment": "commentchar",
    "weights": "sampleweights weightcolumn",
    "callbacks": "callback",
    "shuffle": "shuffledata shuffletrain",
    "threads": "nthreads numthreads ncores",
    "dtype": "precision floattype datatype floatx",
    "data": "dataset",
    "model": "network net architecture mlp",
    "training": "train fit trainer run",
    "regularizers": "regularizer kernelregularizer regularization regularisation",
    "normalizer": "normalization norm",
}
_LAYERS = "write a table [[model.layers]] with units for each layer, the output layer last"
_INPUTS = "leave it out: the data and the layer before tell the number of inputs"
_STOPPING = "write early_stopping = { patience = 10 } in [training]"
_SCALING = 'write preprocessor = "standard" in [data]'
_SPLITS = "write a fraction for each: train = 0.7, validation = 0.15, test = 0.15"
_CLIP = 'an optimizer around another does it: optimizer = { name = "clip", base = "adam" }'
_CHECKPOINTS = "leave it out: checkpoints are kept anyway; early_stopping with restore = true keeps the best epoch"
NO_KEY = {  # what is no key here: the way to get it
    "dropout": 'write regularizers = [{ name = "dropout", rate = 0.5 }] in a layer',
    "l2": 'write regularizers = [{ name = "l2", strength = 1e-4 }] in a layer, or in [model] for all',
    "l1": 'write regularizers = [{ name = "l1", strength = 1e-4 }] in a layer, or in [model] for all',
    "alpha": 'for a penalty on the weights write regularizers = [{ name = "l2", strength = 1e-4 }]',
    "weightdecay": 'optimizer "adamw" has it, and regularizers = [{ name = "l2", strength = 1e-4 }] is like it',
    "betas": "write each by itself: beta1 = 0.9, beta2 = 0.999",
    "name": "leave it out",
    "type": "leave it out: all layers are dense, and a part is chosen by its name",
    "momentum": 'optimizer "sgd" has it: name = "sgd", momentum = 0.9',
    "decay": 'let a schedule lower the rate: learning_rate = { name = "exponential", initial = 1e-2 }',
    "schedule": 'the learning rate is the schedule: learning_rate = { name = "cosine", initial = 1e-2 }',
    "warmup": 'a schedule has it: learning_rate = { name = "cosine", initial = 1e-2, warmup = 1 }',
    "batchnorm": 'write normalizer = "batch_norm" in a layer',
    "batchnormalization": 'write normalizer = "batch_norm" in a layer',
    "layernorm": 'write normalizer = "layer_norm" in a layer',
    **dict.fromkeys(("hiddenlayersizes", "layersizes", "hidden", "hiddenlayers", "dense", "layer1", "layer2"), _LAYERS),
    **dict.fromkeys(("infeatures", "inputshape", "inputdim", "inputsize"), _INPUTS),
    **dict.fromkeys(("patience", "niternochange"), _STOPPING),
    **dict.fromkeys(("normalize", "standardize", "scale"), _SCALING),
    **dict.fromkeys(("split", "splits"), _SPLITS),
    "verbose": "leave it out: it belongs to the command, not to the spec",
    "device": "leave it out: all runs on the processor",
    "gpu": "leave it out: all runs on the processor",
    "numworkers": "leave it out; threads in [training] is the number of threads that share products",
    "njobs": "leave it out; threads in [training] is the number of threads that share products",
    "classweight": 'write loss = { name = "cross_entropy", class_weights = "balanced" }',
    "classweights": 'write loss = { name = "cross_entropy", class_weights = "balanced" }',
    "sampleweight": "weights in [data] names a column with a weight for each row",
    **dict.fromkeys(("clipnorm", "clipvalue", "gradclip", "gradientclipping", "maxgradnorm", "clip"), _CLIP),
    **dict.fromkeys(("modelcheckpoint", "checkpoint", "savebestonly", "checkpoints"), _CHECKPOINTS),
    **dict.fromkeys(("logdir", "tensorboard", "logging", "loglevel"), "leave it out: the model file holds the history"),
    **dict.fromkeys(("amp", "mixedprecision", "fp16"), 'leave it out: dtype is "float32" or "float64"'),
    "classes": "leave it out: the data tell the classes",
    "numclasses": "leave it out: the data tell the classes, and the last layer has as many units",
    "nclasses": "leave it out: the data tell the classes, and the last layer has as many units",
}
_OF_FAMILIAR: dict[str, list[str]] = {}
for _own, _names in KEYS.items():
    for _name in _names.split():
        _OF_FAMILIAR.setdefault(_name, []).append(_own)


def familiar_keys(key: str) -> list[str]:
    """Return the names here of a key that has another name elsewhere; the likeliest is first."""
    return _OF_FAMILIAR.get(letters(key), [])


def suggest_key(key: str, here: Collection[str], elsewhere: Collection[str]) -> str:
    """Return what to do about an unknown key, such as "; 'lr' is called 'learning_rate' here", or ''.

    `here` are the keys of its table. `elsewhere` are the places of this key, and of those that it may stand for, or
    else of one that is like it. A place that begins with a dot is a key of the whole spec.
    """
    if own := next((own for own in familiar_keys(key) if own in here), ""):
        return f"; {key!r} is called {own!r} here"
    for own in [key, *familiar_keys(key)]:
        for place in (p for p in elsewhere if p.rpartition(".")[2] == own):
            if place.startswith("."):
                return f"; {own!r} belongs to the whole spec: {_top(own)}"
            return f"; did you mean {place!r}?" if own == key else f"; {key!r} is called {place!r} here"
    if way := NO_KEY.get(letters(key)):
        return f"; {way}"
    near = nearest(key, here)
    return near or next((f"; did you mean {place!r}?" for place in elsewhere if not place.startswith(".")), "")


def _top(key: str) -> str:
    tables = ("data", "model", "optimizer", "training")
    return f"write it as a table of its own, [{key}]" if key in tables else "write it before the first [table]"
