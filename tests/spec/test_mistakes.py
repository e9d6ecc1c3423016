"""Each mistake that beginners make in a spec leads to its remedy."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.helpers.specs import small_spec
from zoo_core.basics._familiar_keys import NO_KEY
from zoo_core.basics._familiar_parts import NO_PART, PARTS
from zoo_core.errors import PluginError, SpecError, UsageError
from zoo_core.registry import Registry
from zoo_core.spec import Spec, read_part, read_spec

GOOD = """name = "m"
seed = 1

[data]
name = "glyphs"
rows = 100
validation = 0.2

[model]
loss = "cross_entropy"

[[model.layers]]
units = 8
activation = "relu"

[[model.layers]]
units = 10
activation = "softmax"

[optimizer]
name = "adam"
learning_rate = 0.01

[training]
epochs = 2
batch_size = 50
shuffle = true
"""

MISTAKES = [
    ('"relu"', "relu", "14", 'put a text in quotes: "relu"'),
    ('"glyphs"', "glyphs", "5", 'put a text in quotes: "glyphs"'),
    ("units = 8", "units 8", "13", "write = between key and value: units = 8"),
    ("units = 8", "units: 8", "13", "write = instead of : between key and value"),
    ("units = 8", "units := 8", "13", "write = between key and value"),
    ("units = 8", "units == 8", "13", "write one = between key and value"),
    ("units = 8", "units =", "13", "write a value after ="),
    ("units = 8", "units", "13", "write a value after the key: units = ..."),
    ("0.01", "0,01", "22", "write a decimal point: 0.01"),
    ("0.01", ".01", "22", "write a digit before the point: 0.01"),
    ("0.01", "1.", "22", "write a digit after the point: 1.0"),
    ("seed = 1", "seed = 007", "2", "write a number without zeros before it: 7"),
    ("shuffle = true", "shuffle = True", "27", "write true or false, in small letters"),
    ("shuffle = true", "shuffle = None", "27", "leave the key out"),
    ("shuffle = true", "shuffle = null # all", "27", "leave the key out"),
    ('"relu"', "\u201crelu\u201d", "14", "write straight quotes"),
    ('"relu"', "\u2018relu\u2019", "14", "write straight quotes"),
    ('"relu"', '"relu', "14", "close the text with the quote that begins it"),
    ('"glyphs"', '"csv"\npath = "C:\\data\\x.csv"', "6", "write / instead of \\ in a path"),
    ("seed = 1", "// my spec", "2", "a comment begins with #"),
    ("seed = 1", "random seed = 1", "2", "write a key without blanks"),
    ("[training]", "[optimizer]", "24", "each key and each [table] stands once"),
    ("seed = 1", 'name = "n"', "2", "each key and each [table] stands once"),
    ("[training]", "[training", "24", "close the bracket"),
    ("[[model.layers]]", "[[model.layers]", "12", "close the brackets: [[...]]"),
    ("validation = 0.2", "validation = 20%", "7", "such as 0.2 for 20%"),
    ("epochs = 2", "epochs = 2 batch = 3", "25", "the next key on a line of its own"),
    ("epochs = 2", "metrics = (accuracy)", "25", "write a list in square brackets"),
    ("epochs = 2", "metrics = [accuracy]", "25", 'put a text in quotes: "accuracy"'),
    ('"relu"', "{ name = relu }", "14", 'put a text in quotes: "relu"'),
    ("[[model.layers]]", "[model.layers]", "16", "each key and each [table] stands once; for one of several layers"),
    ("units = 8", 'units = "8"', "13", "must be a whole number: write it without quotes"),
    ("0.01", '"1e-3"', "22", "write it without quotes"),
    ("shuffle = true", 'shuffle = "true"', "27", "must be true or false: write it without quotes"),
    ("seed = 1", "learning_rate = 0.1", "2", "unknown key; did you mean 'optimizer.learning_rate'?"),
    ("seed = 1", "epochs = 3", "2", "unknown key; did you mean 'training.epochs'?"),
    ("seed = 1", "epoch = 3", "2", "unknown key; did you mean 'training.epochs'?"),
    ("batch_size = 50", "learningrate = 0.1", "26", "unknown key; did you mean 'optimizer.learning_rate'?"),
    ("seed = 1", "loss = 'mse'", "2", "unknown key; did you mean 'model.loss'?"),
    ("seed = 1", "rows = 20", "2", "unknown key; did you mean 'data.rows'?"),
    ("batch_size = 50", "units = 3", "26", "unknown key; did you mean 'model.layers.0.units'?"),
    ("batch_size = 50", "metrics = 'accuracy'", "26", "must be a list"),
    ('"relu"', '"rellu"', "14", "did you mean 'relu'?"),
    ("0.01", "10^-2", "22", "write 1e-2"),
    ("0.01", "1/100", "22", "write the result of a calculation"),
    ("0.01", "0.01f", "22", "write a number without letters after it: 0.01"),
    ("seed = 1", "seed = 1;", "2", "write nothing after the value: 1"),
    ('"glyphs"', '"glyphs",', "5", 'write nothing after the value: "glyphs"'),
    ("epochs = 2", "epochs = 2 000", "25", "write a number without blanks"),
    ("seed = 1", "/* mine */", "2", "a comment begins with #"),
    ("[[model.layers]]", "[ [model.layers] ]", "12", "write the brackets side by side"),
    ("seed = 1", "---", "2", "a spec is TOML, not YAML"),
    ("seed = 1", "seed => 1", "2", "write = between key and value"),
    ("seed = 1", "seed = NaN", "2", "write a finite number"),
    ("validation = 0.2", "validation = 20", "7", "for 20% of the rows write 0.2"),
    ("validation = 0.2", 'validation = "15%"', "7", "for 15% of the rows write 0.15"),
    ("validation = 0.2", "validation = 0", "7", "for no rows leave the key out"),
    ("epochs = 2", "early_stopping = true", "25", "must be a table such as { patience = 10 }"),
    ("units = 8", 'units = 8\nregularizers = "dropout"', "14", """not 'dropout': write ["dropout"]"""),
    ('"glyphs"', '"iris.csv"', "5", 'a file is named by its path: name = "csv", path = "iris.csv"'),
    ('name = "glyphs"\nrows = 100', 'path = "x.csv"', "4", 'needs a name, such as name = "csv"'),
    ("learning_rate", "lr", "22", "'lr' is called 'learning_rate' here"),
    ("learning_rate", "learning_rate_init", "22", "'learning_rate_init' is called 'learning_rate' here"),
    ("0.01", "0.01\nbetas = [0.9, 0.99]", "23", "write each by itself: beta1 = 0.9, beta2 = 0.999"),
    ("0.01", "0.01\nmomentum = 0.9", "23", 'optimizer "sgd" has it'),
    ("seed = 1", "lr = 0.1", "2", "'lr' is called 'optimizer.learning_rate' here"),
    ("seed = 1", "random_state = 1", "2", "'random_state' is called 'seed' here"),
    ("epochs = 2", "max_iter = 2", "25", "'max_iter' is called 'epochs' here"),
    ("batch_size = 50", "batch = 50", "26", "'batch' is called 'batch_size' here"),
    ("epochs = 2", "validation_split = 0.2", "25", "'validation_split' is called 'data.validation' here"),
    ("epochs = 2", "patience = 3", "25", "write early_stopping = { patience = 10 } in [training]"),
    ("epochs = 2", "seed = 3", "25", "'seed' belongs to the whole spec: write it before the first [table]"),
    ("epochs = 2", 'optimizer = "adam"', "25", "write it as a table of its own, [optimizer]"),
    ("units = 8", "neurons = 8", "13", "'neurons' is called 'units' here"),
    ("units = 8", "units = 8\ndropout = 0.5", "14", 'write regularizers = [{ name = "dropout", rate = 0.5 }]'),
    ("units = 8", "units = 8\ninput_shape = [4]", "14", "leave it out"),
    ("units = 8", 'units = 8\nname = "dense"', "14", "unknown key; leave it out"),
    ("[training]", "[train]", "24", "'train' is called 'training' here"),
    ("[model]", "[network]", "9", "'network' is called 'model' here"),
    ('loss = "cross', 'hidden_layer_sizes = [8]\nloss = "cross', "10", "write a table [[model.layers]]"),
    ('"relu"', '"ReLU"', "14", "did you mean 'relu'?"),
    ('"relu"', '"nn.ReLU()"', "14", "did you mean 'relu'?"),
    ('"relu"', '"leakyrelu"', "14", "did you mean 'leaky_relu'?"),
    ('"relu"', '"linear"', "14", "it is called 'identity' here"),
    ('"relu"', '"none"', "14", "it is called 'identity' here"),
    ('"relu"', '"dropout"', "14", 'it belongs among the regularizers: [{ name = "dropout", rate = 0.5 }]'),
    ('"cross_entropy"', '"categorical_crossentropy"', "10", "it is called 'cross_entropy' here"),
    ('"cross_entropy"', '"SparseCategoricalCrossentropy"', "10", "it is called 'cross_entropy' here"),
    ('"cross_entropy"', '"BCEWithLogitsLoss"', "10", "it is called 'binary_cross_entropy' here"),
    ('"cross_entropy"', '"MSELoss"', "10", "did you mean 'mse'?"),
    ('"cross_entropy"', '"log_loss"', "10", "it is called 'cross_entropy' here"),
    ('"adam"', '"adma"', "21", "did you mean 'adam'?"),
    ('"adam"', '"torch.optim.SGD"', "21", "did you mean 'sgd'?"),
    ('"adam"', '"Adam(lr=0.1)"', "21", 'options stand in a table: { name = "adam", ... }'),
    ('"adam"', '"momentum"', "21", 'it is an option of sgd: name = "sgd", momentum = 0.9'),
    ("epochs = 2", 'metrics = ["acc"]', "25", "it is called 'accuracy' here"),
    ("epochs = 2", 'metrics = ["loss"]', "25", "the loss is always measured, so leave it out"),
    ("rows = 100", 'preprocessor = "StandardScaler"', "6", "did you mean 'standard'?"),
]


@pytest.mark.parametrize(("right", "wrong", "line", "words"), MISTAKES)
def test_a_mistake_leads_to_its_remedy(tmp_path: Path, right: str, wrong: str, line: str, words: str) -> None:
    assert right in GOOD
    path = tmp_path / "s.toml"
    path.write_text(GOOD.replace(right, wrong, 1))
    with pytest.raises(SpecError) as caught:
        read_spec(path)
    assert f"s.toml:{line}:" in str(caught.value)
    assert words in str(caught.value)
    assert caught.value.exit_code == 3


def test_a_quote_that_nothing_closes_has_its_line(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(GOOD.replace('"glyphs"', "'glyphs"))
    with pytest.raises(SpecError, match=r"s\.toml:5: .*close the text with the quote that begins it"):
        read_spec(path)


def test_an_unknown_key_of_a_layer_does_not_know_the_keys_of_data(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(GOOD.replace("units = 8", "units = 8\nspam = 1"))
    known = "(known: activation, bias, bias_initializer, initializer, normalizer, regularizers, units)"
    with pytest.raises(SpecError, match=re.escape(known)):
        read_spec(path)


def test_every_familiar_name_leads_to_a_part_that_is_there() -> None:
    registry = Registry()
    for kind, names in PARTS.items():
        assert set(names.values()) <= set(registry.names(kind))
        for name in names:
            with pytest.raises(PluginError, match=r"is called|did you mean"):
                registry.get(kind, name)


@pytest.mark.parametrize("way", [*NO_KEY.values(), *NO_PART.values()])
def test_every_remedy_can_be_written_as_it_stands(way: str) -> None:
    for table in re.findall(r"(\w+) = \[?(\{ name = [^.}]*\})", way):
        kind = {"learning_rate": "schedule", "regularizers": "regularizer"}.get(table[0], table[0])
        value = tomllib.loads(f"part = {table[1]}")["part"]
        read_part(kind, value.pop("name"), [f"{key}={item!r}" for key, item in value.items()], Registry())


def test_one_table_where_there_are_several_layers(tmp_path: Path) -> None:
    before, _, after = GOOD.partition('activation = "relu"\n\n[[model.layers]]\nunits = 10\n')
    path = tmp_path / "s.toml"
    path.write_text((before + after).replace("[[model.layers]]", "[model.layers]"))
    with pytest.raises(SpecError, match=r"model\.layers: must be a list, not one table: write \[\[model\.layers\]\]"):
        read_spec(path)


def test_tabs_are_blanks(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(GOOD.replace("units = 8", "\tunits\t=\t8\t# many"))
    assert read_spec(path).model.layers[0].units == 8


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ("learning_rate=1", "optimizer.learning_rate"),
        ("epochs=5", "training.epochs"),
        ("batch_size=5", "training.batch_size"),
        ("loss=mse", "model.loss"),
        ("optimizer.epochs=5", "training.epochs"),
        ("training.learning_rate=1", "optimizer.learning_rate"),
        ("beta1=0.5", "optimizer.beta1"),
    ],
)
def test_an_override_of_a_key_that_stands_elsewhere(change: str, place: str) -> None:
    with pytest.raises(UsageError, match=f"did you mean '{place}'"):
        read_spec("glyphs-quickstart", [change])


def test_a_table_in_place_of_a_list_of_numbers_is_told_to_be_a_list() -> None:
    loss = {"name": "cross_entropy", "class_weights": {"cat": 1, "dog": 2}}
    with pytest.raises(SpecError) as caught:
        Spec.parse(small_spec(model={"loss": loss}))
    assert str(caught.value) == (
        "spec: model.loss.class_weights: must be 'balanced' or a list, not a table: write the values alone, in their "
        "order, such as [1.0, 2.0]"
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("model.layers[0].units=5", "the keys of a path are joined by dots; write model.layers.0.units"),
        ("training/epochs=5", "write training.epochs"),
        ("--training.epochs=5", "write training.epochs"),
        ("learning rate=5", "write learning_rate"),
        ("layers.0.units=5", "did you mean 'model.layers.0.units'?"),
        ("model.layers.9.units=5", "there is no model.layers.9 in the spec; model.layers has 2 items, 0 to 1"),
        ("model.layers.-1.units=5", "model.layers has 2 items, 0 to 1"),
        ("model.layers.last.units=5", "model.layers has 2 items, 0 to 1"),
        ("model.layers=8,3", "write a table for each layer: [{ units = 8 }, { units = 3 }]"),
        ("model.layers=[8]", "model.layers.0: must be a table, not 8: write { units = 8 }"),
        ("training.epochs=1e3", "must be a whole number, not 1000.0: write 1000"),
        ("training.epochs=2.5", "must be a whole number, not 2.5"),
        ("training.epochs=", "write a number after ="),
        ("training.epochs==5", "write one =, and then 5"),
        ("training.epochs=5,training.batch_size=8", "give each change by itself"),
        ("training.epochs=5 training.batch_size=8", "give each change by itself"),
        ("optimizer.beta1=0,9", "write a decimal point: 0.9"),
        ("optimizer.learning_rate=0,01", "write a number with a decimal point, such as 0.01"),
        ("data.validation=0,2", "write a decimal point: 0.2"),
        ("training.metrics=accuracy,f1", 'write ["accuracy", "f1"]'),
        ("model.regularizers=[l2(0.01)]", 'options in a table: [{ name = "l2", strength = 1e-4 }]'),
    ],
)
def test_a_change_that_is_wrong_leads_to_a_right_one(change: str, words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        read_spec("glyphs-quickstart", [change])


def test_quotes_that_a_shell_removed_are_not_needed_inside_brackets() -> None:
    changes = [
        "training.metrics=[accuracy, f1]",
        "optimizer={name=sgd, momentum=0.9, nesterov=true}",
        "model.regularizers=[{name=l2,strength=1e-3}]",
        "description=[a draft",
    ]
    spec = read_spec("glyphs-quickstart", changes)
    assert [metric.name for metric in spec.training.metrics or []] == ["accuracy", "f1"]
    assert (spec.optimizer.name, spec.optimizer.nesterov) == ("sgd", True)  # type: ignore[attr-defined]
    assert spec.model.regularizers[0].strength == 1e-3  # type: ignore[attr-defined]
    assert spec.description == "[a draft"


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("optimizer", "nag", "nesterov = true"),
        ("loss", "sigmoid", 'a loss for classes is "cross_entropy"'),
        ("regularizer", "ClipNorm", '{ name = "clip", base = "adam" }'),
        ("callback", "TensorBoard", "the history of a model holds every epoch"),
        ("callback", "swa", 'optimizer = "ema"'),
        ("preprocessor", "SimpleImputer", "it is called 'table' here"),
        ("preprocessor", "RobustScaler", "make the columns in the file"),
        ("dataset", "parquet", "save the table as CSV"),
        ("dataset", "hdf5", "numpy.savez"),
        ("dataset", "ImageFolder", "make one array of the pictures"),
        ("dataset", "titanic", 'path = "titanic.csv"'),
        ("schedule", "warmup", "warmup = 1"),
        ("generator", "default_rng", "it is called 'pcg64' here"),
        ("activation", "lrelu", "it is called 'leaky_relu' here"),
    ],
)
def test_what_other_libraries_have_and_the_zoo_does_in_another_way(kind: str, name: str, words: str) -> None:
    with pytest.raises(PluginError, match=re.escape(words)):
        Registry().get(kind, name)


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("learning_rate", "lrate", "'lrate' is called 'learning_rate' here"),
        ("epochs", "num_train_epochs", "'num_train_epochs' is called 'epochs' here"),
        ("epochs", "nrounds", "'nrounds' is called 'epochs' here"),
        ("batch_size", "train_batch_size", "'train_batch_size' is called 'batch_size' here"),
        ("seed = 1", "manual_seed = 1", "'manual_seed' is called 'seed' here"),
        ("units = 8", "hidden_dim = 8", "'hidden_dim' is called 'units' here"),
        ("activation", "activation_fn", "'activation_fn' is called 'activation' here"),
        ("validation", "val_ratio", "'val_ratio' is called 'validation' here"),
        ("batch_size = 50", "clipnorm = 1.0", '{ name = "clip", base = "adam" }'),
        ("batch_size = 50", "save_best_only = true", "checkpoints are kept anyway"),
        ("batch_size = 50", "log_dir = 'x'", "the model file holds the history"),
        ("batch_size = 50", "cv = 5", "'cv' is called 'data.folds' here"),
        ("batch_size = 50", "mixed_precision = true", 'dtype is "float32" or "float64"'),
        ("batch_size = 50", "n_threads = 2", "'n_threads' is called 'threads' here"),
    ],
)
def test_keys_of_other_libraries(tmp_path: Path, right: str, wrong: str, words: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(GOOD.replace(right, wrong, 1))
    with pytest.raises(SpecError, match=re.escape(words)):
        read_spec(path)
