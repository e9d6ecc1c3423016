"""What users of other tools type, and what is typed here: commands, options, kinds of files."""

from __future__ import annotations

FAMILIAR_COMMANDS = {  # a command: what it is called elsewhere
    "train": "fit learn run build",
    "evaluate": "test eval score measure",
    "predict": "infer classify inference apply transform",
    "new": "init create start generate",
    "plot": "draw graph chart curves visualize history",
    "show": "info describe summary inspect view cat print help_part",
    "compare": "diff",
    "resume": "continue restart",
    "export": "convert save",
    "validate": "check lint",
    "list": "ls models parts names",
    "data fetch": "download fetch get",
    "data": "dataset datasets",
    "plugins": "plugin install",
    "env": "environment doctor system",
    "--help": "help man usage",
    "--version": "version ver",
}
FILES = {  # the first argument is a file: what is done with such a file
    ".toml": "zoo train {0}",
    ".json": "zoo train {0}",
    ".csv": "zoo new NAME --data {0}",
    ".tsv": "zoo new NAME --data {0}",
    ".npz": "zoo evaluate {0}",
}
SPEC_KEYS = {  # keys of a spec that are taken for options
    "epochs": "training.epochs",
    "batch_size": "training.batch_size",
    "metrics": "training.metrics",
    "early_stopping": "training.early_stopping",
    "patience": "training.early_stopping.patience",
    "learning_rate": "optimizer.learning_rate",
    "momentum": "optimizer.momentum",
    "optimizer": "optimizer",
    "loss": "model.loss",
    "units": "model.layers.0.units",
    "activation": "model.layers.0.activation",
    "validation": "data.validation",
    "path": "data.path",
    "target": "data.target",
    "features": "data.features",
    "delimiter": "data.delimiter",
    "decimal": "data.decimal",
    "header": "data.header",
    "task": "data.task",
}
_DENSE = "all layers are dense: write a table [[model.layers]] with units for each"
_ONLY_DENSE = "the zoo has dense layers alone"
NO_LAYER = {  # layers and models of other libraries: what stands for them here
    **dict.fromkeys(("dense", "layer", "layers", "sequential", "mlp", "fullyconnected", "fc"), _DENSE),
    **dict.fromkeys(("mlpclassifier", "mlpregressor", "perceptron", "neuralnetwork", "network"), _DENSE),
    **dict.fromkeys(("conv", "conv1d", "conv2d", "conv3d", "cnn", "maxpool2d", "maxpooling2d"), _ONLY_DENSE),
    **dict.fromkeys(("lstm", "gru", "rnn", "transformer", "attention", "embedding"), _ONLY_DENSE),
    "flatten": "it is not needed: pictures are rows of pixels already",
}
_NO_OUTPUT = "it writes no file; send what it prints to one: > FILE"
IN_ANOTHER_WAY = {  # a command and an option that it lacks: what is written instead
    ("predict", "data"): "name the file as an argument: zoo predict MODEL FILE",
    ("train", "data"): "the spec names its data: write one with zoo new NAME --data FILE.csv, or --set data.path=FILE",
    ("train", "name"): "name the file of the model with -o FILE.npz",
    ("train", "resume"): "go on with a stopped run: zoo resume FILE",
    ("train", "verbose"): "it shows its progress anyway; -q silences it",
    ("train", "v"): "it shows its progress anyway; -q silences it",
    ("compare", "o"): _NO_OUTPUT,
    ("compare", "output"): _NO_OUTPUT,
    ("plot", "data"): "it draws the model's own data: --split; to measure it on a file: zoo evaluate MODEL --data FILE",
    ("plot", "title"): "the picture has a title; to choose its file: -o FILE.png",
    ("plot", "show"): "it writes a picture to a file: -o FILE.png",
    ("plot", "size"): "write a .svg or .pdf, which has any size: -o FILE.svg",
    ("plot", "metric"): "name the metric with --what",
    ("evaluate", "metrics"): "the spec names them: zoo train SPEC --set 'training.metrics=[\"accuracy\"]'",
    ("evaluate", "metric"): "the spec names them: zoo train SPEC --set 'training.metrics=[\"accuracy\"]'",
    ("new", "output"): "the name says it: NAME.toml",
    ("new", "o"): "the name says it: NAME.toml",
}
OUTPUTS = {  # the endings of what a command writes with -o
    "train": (".npz",),
    "predict": (".csv", ".npy"),
    "export": (".safetensors", ".onnx", ".h5"),
    "schema": (".json",),
}
DATA_EXAMPLES = {"zoo data fetch": "zoo data fetch mnist", "zoo data verify": "zoo data verify mnist"}
