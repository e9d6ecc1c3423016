"""Specs are validated as a whole: one message has every error, with its place and a hint."""

import json
import re
from dataclasses import dataclass
from types import SimpleNamespace

import jsonschema
import numpy as np
import pytest

import zoo_core
from tests.helpers.specs import small_spec
from zoo_core.errors import PluginError, SpecError, UsageError
from zoo_core.parts import Schedule
from zoo_core.registry import Registry
from zoo_core.spec import Spec
from zoo_core.spec.schema import spec_schema

GOOD = """name = "m"
[data]
name = "glyphs"
rows = 100
[model]
loss = "cross_entropy"
[[model.layers]]
units = 8
activation = { name = "leaky_relu" }
regularizers = [{ name = "dropout", rate = 0.5 },
  { name = "l2", strength = 1e-4 }]
[[model.layers]]
units = 10
activation = "softmax"
[optimizer]
name = "adam"
learning_rate = { name = "cosine", initial = 1e-3 }
"""


def read(tmp_path, text, *overrides, name="s.toml"):
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return zoo_core.read_spec(file, overrides)


def test_plain_data_of_a_spec_give_an_equal_spec(tmp_path):
    spec = read(tmp_path, GOOD)
    again = zoo_core.Spec.parse(json.loads(json.dumps(spec.to_dict())))
    assert again.to_dict() == spec.to_dict()
    assert read(tmp_path, json.dumps(spec.to_dict()), name="s.json").to_dict() == spec.to_dict()


def test_one_message_has_all_errors_with_line_and_column(tmp_path):
    text = (
        GOOD.replace("units = 8", "unts = 8").replace("rate = 0.5", "rate = 1.5").replace("rows = 100", "rows = true")
    )
    with pytest.raises(SpecError) as caught:
        read(tmp_path, text)
    places = set(re.findall(r"s\.toml:(\d+:\d+): ([\w.]+):", str(caught.value)))
    assert {
        ("8:1", "model.layers.0.unts"),
        ("10:37", "model.layers.0.regularizers.0.rate"),
        ("4:1", "data.rows"),
    } <= places
    assert "did you mean 'units'?" in str(caught.value)


def test_an_unknown_part_has_the_place_of_its_name(tmp_path):
    text = GOOD.replace("[optimizer]", "[optimizer]\n# a comment").replace('name = "adam"', 'name = "adm"')
    with pytest.raises(SpecError) as caught:
        read(tmp_path, text)
    line = text.splitlines().index('name = "adm"') + 1
    assert f"s.toml:{line}:1: optimizer: unknown optimizer 'adm'; did you mean 'adam'?" in str(caught.value)


def test_the_types_of_a_union_share_a_line(tmp_path):
    text = (
        GOOD.replace('"cross_entropy"', '{ name = "cross_entropy", class_weights = CW }')
        + "[training]\nbatch_size = BS"
    )
    for values, line in {
        ('"even"', '"some"'): "class_weights: must be 'balanced' or a list, not 'even'",
        ("[1, -2]", '"some"'): "class_weights.1: must be above 0, not -2",
    }.items():
        with pytest.raises(SpecError) as caught:
            read(tmp_path, text.replace("CW", values[0]).replace("BS", values[1]))
        lines = str(caught.value).splitlines()
        assert [line.partition(": ")[2] for line in lines] == [
            f"model.loss.{line}",
            "training.batch_size: must be a whole number or 'all', not 'some'",
        ]


def test_errors_are_in_the_order_of_the_file_and_a_missing_key_has_a_place(tmp_path):
    with pytest.raises(SpecError) as caught:
        read(tmp_path, 'nam = "m"\nseed = -1\n[data]\nname = "glyphs"\nrows = 0\n')
    places = re.findall(r"s\.toml:(\d+:\d+): (\w+)", str(caught.value))
    assert places == [("1:1", "model"), ("1:1", "nam"), ("1:1", "optimizer"), ("2:1", "seed"), ("5:1", "data")]


@pytest.mark.parametrize("base", ['base = "sgd"', 'base = { name = "adam", beta1 = 0.5 }', ""])
def test_an_option_of_an_inner_part_gets_its_path_as_a_hint(tmp_path, base):
    text = GOOD.replace('name = "adam"', f'name = "sam"\n{base}')
    with pytest.raises(SpecError, match=r"optimizer\.learning_rate: unknown key; did you mean 'base\.learning_rate'"):
        read(tmp_path, text)


def test_unknown_parts_alone_are_a_plugin_error(tmp_path):
    with pytest.raises(PluginError, match=r"s\.toml:14:1.*'xyzzy'; install the plugin that brings it") as caught:
        read(tmp_path, GOOD.replace('"softmax"', '"xyzzy"'))
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("name", ["softmx", "mlp-zoo:softmx", "Softmax"])
def test_a_misspelt_part_is_an_error_of_the_spec_and_the_nearest_names_are_shown(tmp_path, name):
    with pytest.raises(SpecError, match=r"s\.toml:14:1.*did you mean '(mlp-zoo:)?softmax'") as caught:
        read(tmp_path, GOOD.replace('"softmax"', f'"{name}"'))
    assert caught.value.exit_code == 3
    assert str(caught.value).count(",") < 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("units = 8", "units = 0"), "must be at least 1, not 0"),
        (("units = 8", "units = 1000000000"), "must be at most 1000000, not 1000000000"),
        (("1e-4", "nan"), "finite"),
        (("1e-4", "true"), "number"),
        (('name = "m"', 'name = "m'), r"s\.toml:1"),
        (('name = "m"', 'name = "m"\nname = "n"'), r"s\.toml:2"),
        (('name = "m"', 'name = "../m"'), r"'../m' is no name: it has letters"),
        (("rows = 100", "rows = 100\ntrain = 1.5"), r"s\.toml:5:1: data\.train: must be a slice .*, not 1\.5"),
        (("rows = 100", "rows = 100\nvalidation = '::2'"), r"data\.validation: must be a slice .*, not '::2'"),
        (("1e-3", '"high"'), r"s\.toml:17:36: optimizer\.learning_rate\.initial: must be a number, not 'high'"),
        (("units = 10", 'units = 10\nbias = "no"'), r"model\.layers\.1\.bias: must be true or false, not 'no'"),
        (('{ name = "leaky_relu" }', "{ slope = 0.1 }"), r'needs a name, such as name = "relu"'),
        (('"cross_entropy"', '"cross_entropy"\nregularizers = "l2"'), "must be a list, not 'l2'"),
        (("[optimizer]", "[optimiser]"), "did you mean 'optimizer'"),
        (("\nloss", "\n# loss"), r"model\.loss: is required"),
    ],
)
def test_the_message_about_a_wrong_value(tmp_path, change, message):
    with pytest.raises(SpecError, match=message):
        read(tmp_path, GOOD.replace(*change))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"\xef\xbb\xbfname = 1", "byte order mark"),
        (b'name = "\xff"', "UTF-8"),
        (b"#" * 70_000, "64 KiB"),
        (b"x = " + b"[" * 40 + b"]" * 40, "deep"),
        (b"", "data: is required"),
    ],
)
def test_text_that_is_no_spec(tmp_path, raw, message):
    with pytest.raises(SpecError, match=message):
        read(tmp_path, raw)


@pytest.mark.parametrize(
    ("raw", "message"),
    [('{"a": 1, "a": 2}', "twice"), ('{"seed": NaN}', "NaN"), ("{", r"s\.json:1:2"), ("[]", "table")],
)
def test_json_that_is_no_spec(tmp_path, raw, message):
    with pytest.raises(SpecError, match=message):
        read(tmp_path, raw, name="s.json")


@pytest.mark.parametrize(
    "value",
    [
        '{"name": "sgd", "learning_rate": 0.5}',
        '{ name = "sgd", learning_rate = 0.5 }', "{name = sgd, learning_rate=0.5}",
        "{'name': 'sgd', 'learning_rate': 0.5}", "{name: sgd, learning_rate: 0.5}",
    ],
)  # fmt: skip
def test_a_part_with_options_is_set_as_toml_or_json(value):
    spec = zoo_core.read_spec("glyphs-quickstart", [f"optimizer={value}"])
    assert (spec.optimizer.name, spec.optimizer.learning_rate) == ("sgd", 0.5)


def test_a_list_with_tables_is_set_as_json():
    change = 'training.metrics=["accuracy", {"name": "f1", "per_class": true}]'
    assert [m.name for m in zoo_core.read_spec("glyphs-quickstart", [change]).training.metrics] == ["accuracy", "f1"]
    path = zoo_core.read_spec("glyphs-quickstart", ['description=[{"a": "b:c", "d": 1}'])
    assert path.description == '[{"a": "b:c", "d": 1}'


@pytest.mark.parametrize("value", ['{"name": "sgd"', '{name = "sgd" learning_rate = 1}', '{"name": "sgd"} x'])
def test_a_table_that_is_neither_toml_nor_json_is_told_how_to_write(value):
    with pytest.raises(UsageError, match=r"override optimizer=.*: is no table; write {name = "):
        zoo_core.read_spec("glyphs-quickstart", [f"optimizer={value}"])


def test_an_override_changes_one_value_and_is_named_in_errors(tmp_path):
    spec = read(tmp_path, GOOD, "training.epochs=7", "model.layers.0.units=9", "optimizer.learning_rate=0.5")
    assert (spec.training.epochs, spec.model.layers[0].units, spec.optimizer.learning_rate) == (7, 9, 0.5)
    with pytest.raises(UsageError, match=r"override training\.epochs=-1: training\.epochs"):
        read(tmp_path, GOOD, "training.epochs=-1")
    with pytest.raises(UsageError, match=r"^override optimizer=.*: optimizer\.learning_rate\.initial: must be above 0"):
        read(tmp_path, GOOD, 'optimizer={name="adam", learning_rate={name="cosine", initial=-1}}')
    longer = read(tmp_path, GOOD, "model.layers.2.units=3", 'model.layers.2.activation="tanh"')
    assert [layer.units for layer in longer.model.layers] == [8, 10, 3]
    lists = read(tmp_path, GOOD, 'training.metrics=["f1", {name="top_k_accuracy", k=2}]', 'data={name="glyphs"}')
    assert [metric.name for metric in lists.training.metrics] == ["f1", "top_k_accuracy"]
    with pytest.raises(UsageError, match=r"no model\.layers\.5"):
        read(tmp_path, GOOD, "model.layers.5.units=1")


def test_a_name_that_is_neither_file_nor_model():
    with pytest.raises(UsageError, match="did you mean 'glyphs-quickstart'"):
        zoo_core.read_spec("glyph-quickstart")


@pytest.fixture(scope="module")
def validator():
    return jsonschema.Draft7Validator(spec_schema(Registry()))


class TestSchema:
    """The JSON schema that editors complete with agrees with the validation."""

    def test_it_is_a_schema_and_takes_every_shipped_spec(self, validator):
        import tomllib

        from zoo_core.registry import shipped_models

        validator.check_schema(validator.schema)
        for model in shipped_models(Registry()).values():
            assert not list(validator.iter_errors(tomllib.loads(model.spec.read_text()))), model.name

    @pytest.mark.parametrize(
        "change",
        [
            ("units = 8", "units = 0"),
            ("rate = 0.5", "rat = 0.5"),
            ('"softmax"', '"softmx"'),
            ("rows = 100", 'rows = "x"'),
        ],
    )
    def test_it_refuses_what_validation_refuses(self, change, validator):
        import tomllib

        assert validator.is_valid(tomllib.loads(GOOD))
        assert not validator.is_valid(tomllib.loads(GOOD.replace(*change)))

    @pytest.mark.parametrize(
        ("change", "place", "words"),
        [
            (("initial = 1e-3", "initial = -1"), ["optimizer", "learning_rate", "initial"], "-1 is less than"),
            (('{ name = "cosine", initial = 1e-3 }', "-1"), ["optimizer", "learning_rate"], "-1 is less than"),
            (("units = 8", 'units = 8\nnormalizer = "bach_norm"'), ["model", "layers", 0, "normalizer"], "'bach_norm'"),
            (("rows = 100", "rows = 100\ntrain = '::2'"), ["data", "train"], None),
            (('name = "leaky_relu"', 'name = "leaky_relu", slop = 1'), ["model", "layers", 0, "activation"], "'slop'"),
            (("[optimizer]", "[training]\nmetrics = [7]\n[optimizer]"), ["training", "metrics", 0], "7 is not of type"),
        ],
    )
    def test_it_says_once_what_is_wrong_and_where(self, change, place, words, validator):
        """An editor shows the schema's messages: 'not valid under any of the given schemas' helps nobody."""
        import tomllib

        assert change[0] in GOOD
        (error,) = validator.iter_errors(tomllib.loads(GOOD.replace(*change)))
        assert list(error.absolute_path) == place
        assert words is None or error.message.startswith(words) or words in error.message

    def test_a_json_spec_may_name_it(self, validator, tmp_path):
        import tomllib

        value = {"$schema": "zoo.schema.json", **tomllib.loads(GOOD)}
        assert validator.is_valid(value)
        assert read(tmp_path, json.dumps(value), name="s.json").to_dict() == read(tmp_path, GOOD).to_dict()
        with pytest.raises(SpecError, match="schema: unknown key"):
            read(tmp_path, '"$schema" = "zoo.schema.json"\n' + GOOD)

    def test_it_takes_what_validation_takes(self, validator, tmp_path):
        """Also the short forms, and the nulls and defaults of a whole dump."""
        import tomllib

        short = tomllib.loads(GOOD) | {"data": "glyphs", "optimizer": "adam"}
        assert validator.is_valid(short)
        assert validator.is_valid(zoo_core.Spec.parse(short).to_dict())
        assert validator.is_valid(tomllib.loads(GOOD + "[training]\nearly_stopping = { patience = 3 }"))


def test_a_batch_augmentation_is_refused_in_a_layer(tmp_path):
    text = GOOD.replace('{ name = "l2", strength = 1e-4 }', '"mixup"')
    with pytest.raises(SpecError, match=r"layers\.0\.regularizers.*'mixup' changes.*among model\.regularizers"):
        read(tmp_path, text)


def test_the_message_about_a_wrong_optional_part(tmp_path):
    with pytest.raises(SpecError, match=r"training\.early_stopping: must be a table such as \{ patience = 10 \}"):
        read(tmp_path, GOOD + "[training]\nearly_stopping = 3")


def test_a_frozen_part_keeps_the_name_of_its_distribution(tmp_path):
    @dataclass(frozen=True)
    class Fixed(Schedule):
        """The same rate at all times."""

        name = "fixed"

        def at(self, progress, initial):
            return 0.1

    registry = Registry()
    registry.add(SimpleNamespace(zoo_parts=zoo_core.hookimpl(lambda: [Fixed])), "zoo-fixed", "1.0")
    value = json.loads(json.dumps(read(tmp_path, GOOD).to_dict()))
    value["optimizer"]["learning_rate"] = "zoo-fixed:fixed"
    spec = zoo_core.Spec.parse(value, registry)
    assert spec.to_dict()["optimizer"]["learning_rate"] == "zoo-fixed:fixed"
    assert Fixed().spec_name == ""


def test_a_spec_read_twice_is_equal_and_one_with_another_option_is_not():
    spec = zoo_core.read_spec("glyphs-quickstart")
    assert spec == zoo_core.read_spec("glyphs-quickstart") == Spec.parse(spec.to_dict())
    assert spec != zoo_core.read_spec("glyphs-quickstart", ["optimizer.learning_rate=0.5"])
    assert spec != spec.to_dict()


@pytest.mark.parametrize("dtype", ["float64", np.float64, np.dtype("float64"), np.dtype("f8")])
def test_types_of_numpy_stand_for_their_names(dtype):
    assert Spec.parse(small_spec(dtype=dtype)).dtype == "float64"
