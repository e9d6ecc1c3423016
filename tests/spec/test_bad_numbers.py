"""Numbers and brackets that only an attacker writes: refused with the right code, on every road to a spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import zoo_core
from tests.helpers.specs import small_spec
from zoo_core.errors import SpecError, UsageError
from zoo_core.spec import read_spec

LONG, HEX, DEEP = "9" * 5000, "0x" + "f" * 5000, "[" * 5000 + "]" * 5000
SPEC = """[data]
name = "glyphs"
[model]
loss = "cross_entropy"
[[model.layers]]
units = 10
activation = "softmax"
[optimizer]
name = "sgd"
"""


@pytest.mark.parametrize(
    ("value", "words"),
    [(LONG, "more than 64 bits"), (HEX, "more than 64 bits"), (DEEP, "nested too deeply"), ("-" + LONG, "64 bits")],
)
def test_a_spec_file(tmp_path: Path, value: str, words: str) -> None:
    toml, json = tmp_path / "s.toml", tmp_path / "s.json"
    toml.write_text(f"seed = {value}\n{SPEC}")
    json.write_text(f'{{"seed": {value if value != HEX else LONG}}}')
    for path in (toml, json):
        with pytest.raises(SpecError, match=words) as caught:
            read_spec(path)
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("key", ["seed", "training.epochs", "optimizer.learning_rate", "data.rows", "name"])
@pytest.mark.parametrize("value", [LONG, HEX, DEEP, f"[{LONG}]", f"{{ a = {HEX} }}"])
def test_an_override(key: str, value: str) -> None:
    with pytest.raises(UsageError, match=r"64 bits|nested too deeply") as caught:
        read_spec("glyphs-quickstart", [f"{key}={value}"])
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("text", "value"),
    [(".25", 0.25), ("5.", 5.0), ("+.5", 0.5), ("1.e-3", 1e-3), (".5E1", 5.0), ("0.5", 0.5), (" .125 ", 0.125)],
)
def test_a_number_without_a_digit_beside_its_point_is_a_number(text: str, value: float) -> None:
    spec = read_spec("glyphs-quickstart", [f"optimizer.learning_rate={text}"])
    assert spec.to_dict()["optimizer"]["learning_rate"] == value
    spec = read_spec("glyphs-quickstart", [f"optimizer={{ name = adam, learning_rate = {text} }}"])
    assert spec.to_dict()["optimizer"]["learning_rate"] == value


@pytest.mark.parametrize("text", ["v1.", ".", "1.2.", "..5", "'.5'"])
def test_other_texts_with_points_stay_texts(text: str) -> None:
    assert read_spec("glyphs-quickstart", [f"description={text}"]).description == text.strip("'")


def test_an_index_of_an_override_with_many_digits() -> None:
    with pytest.raises(UsageError, match=r"there is no model\.layers\.9"):
        read_spec("glyphs-quickstart", [f"model.layers.{LONG}.units=3"])


@pytest.mark.parametrize("value", [10**5000, -(10**5000), 2**64], ids=["long", "negative", "65 bits"])
def test_a_mapping(value: int) -> None:
    for spec in (small_spec(seed=value), small_spec(optimizer={"name": "sgd", "learning_rate": value})):
        with pytest.raises(SpecError, match="64 bits"):
            zoo_core.train(spec)


def test_a_mapping_that_holds_itself() -> None:
    spec: dict[str, Any] = small_spec()
    spec["model"]["layers"][0]["regularizers"] = spec["model"]["layers"]
    with pytest.raises(SpecError, match="nested too deeply"):
        zoo_core.Spec.parse(spec)
