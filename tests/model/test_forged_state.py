"""Files with right digests whose preprocessors or names no training could have left are refused with the place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import zoo_core
from tests.helpers.plugins import registry_with
from tests.robustness import forge
from tests.robustness.forgery_sources import Kept, Powers, Source, sources
from zoo_core.errors import ModelFileError, NumericError, PluginError
from zoo_core.parts import Preprocessor

Change = Callable[[dict[str, Any], dict[str, np.ndarray]], object]
BY_NAME = {source.name: source for source in sources()}
TABLE, VALUES, CLASSES = BY_NAME["categories and dates"], BY_NAME["two targets"], BY_NAME["classes"]


def loaded(source: Source, change: Change) -> zoo_core.Model:
    header = {key: value for key, value in source.header.items() if key != "arrays"}
    header, arrays = {**header, "about": dict(header["about"])}, dict(source.arrays)
    change(header, arrays)
    return zoo_core.load(forge.model(header, arrays), source.registry)


def put(name: str, value: Callable[[np.ndarray], Any]) -> Change:
    return lambda header, arrays: arrays.update({name: np.asarray(value(arrays[name]))})


def tell(key: str, value: Any) -> Change:
    return lambda header, arrays: header["about"].update({key: value})


def first(value: float) -> Callable[[np.ndarray], np.ndarray]:
    def changed(array: np.ndarray) -> np.ndarray:
        new = array.copy()
        new.flat[0] = value
        return new

    return changed


SCALE, QUANTILES = "target_preprocessor.scale", "preprocessor.quantiles_found"
ARRAYS: list[tuple[Source, str, Callable[[np.ndarray], Any], str]] = [
    (VALUES, SCALE, first(0), r"holds 0 at \[0\], and is above 0"),
    (VALUES, SCALE, first(-2.5), r"holds -2.5 at \[0\], and is above 0"),
    (VALUES, SCALE, lambda a: a.astype(np.float32), r"has shape \(2,\) and dtype float32, not .* float64"),
    (VALUES, SCALE, lambda a: a[None], r"has shape \(1, 2\)"),
    (VALUES, SCALE, lambda a: a[:1], r"has shape \(1,\)"),
    (VALUES, SCALE, lambda a: a[0], r"has shape \(\)"),
    (VALUES, QUANTILES, lambda a: a[::-1].copy(), "is ascending"),
    (VALUES, QUANTILES, lambda a: a[:1], "holds 1 quantiles, and has 2 to 1000"),
    (VALUES, QUANTILES, lambda a: a[:, :3].copy(), r"not shape \(any number, 4\)"),
    (TABLE, "preprocessor.number.scale", first(0), "is above 0"),
    (TABLE, "preprocessor.date.scale", first(-1), "is above 0"),
    (TABLE, "preprocessor.date.kept", first(5), "is ascending"),
    (TABLE, "preprocessor.kept", lambda a: a + 7, r"holds 7 at \[0\], and has indices from 0 to 1"),
    (TABLE, "preprocessor.kept", lambda a: a.astype(np.int32), "dtype int32"),
    (TABLE, "preprocessor.fill", lambda a: a[:1], r"not shape \(2,\)"),
    (TABLE, "preprocessor.category.sizes", first(-1), "is from 0 to 10000"),
    (TABLE, "preprocessor.category.sizes", first(4), "adds up to 4, and there are 3 values"),
    (TABLE, "preprocessor.category.missing", first(2), "is 0 or 1"),
    (TABLE, "preprocessor.category.values", first(2), "ascends in column 0"),
    (TABLE, "preprocessor.category.values", first(-0.5), "column 'sort' has 4 categories"),
]


@pytest.mark.parametrize(("source", "name", "value", "words"), ARRAYS)
def test_an_array_that_was_not_learnt_is_refused_by_name(
    source: Source, name: str, value: Callable[[np.ndarray], Any], words: str
) -> None:
    with pytest.raises(ModelFileError, match=rf"^the given file: array '{name}' .*{words}"):
        loaded(source, put(name, value))


def names(count: int) -> list[str]:
    return [f"n{i}" for i in range(count)]


def columns(**changes: Any) -> list[dict[str, Any]]:
    return [{**c, **(changes if c["name"] == "sort" else {})} for c in TABLE.header["about"]["columns"]]


@pytest.mark.parametrize(
    ("source", "change", "words"),
    [
        (CLASSES, tell("class_names", ["a", "b", "a"]), "class_names holds 'a' twice"),
        (VALUES, tell("target_names", ["a", "a"]), "target_names holds 'a' twice"),
        (VALUES, tell("feature_names", ["a", "b", "b", "c"]), "feature_names holds 'b' twice"),
        (VALUES, tell("baseline", [1.0]), r"about.baseline has 1 numbers, and the model has 2 targets"),
        (CLASSES, tell("baseline", [1.0]), r"about.baseline has 1 numbers, and the model has 3 classes"),
        (CLASSES, tell("baseline", [1.0, 1.0, -1.0]), "about.baseline holds -1, which is no share"),
        (CLASSES, tell("baseline", [0.1, 0.1, 0.1]), "add up to 0.3"),
        (TABLE, tell("columns", [{f"k{i}": 0 for i in range(101)}]), "about.columns.0: a table of 101 keys"),
        (TABLE, tell("columns", columns(categories=["u", "v"])), "category.values' of .* holds 2 at .*'sort'"),
        (TABLE, tell("columns", columns(kind="date", categories=[])), "category.values' of .* is there, and"),
    ],
)  # fmt: skip
def test_names_shares_and_columns_that_do_not_fit_are_refused(source: Source, change: Change, words: str) -> None:
    with pytest.raises(ModelFileError, match=words):
        loaded(source, change)


@pytest.mark.parametrize("name", ["preprocessor.fill", "preprocessor.number.scale", "preprocessor.date.kept"])
def test_an_array_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(ModelFileError, match=f"array '{name}' of preprocessor 'table' is missing"):
        loaded(TABLE, lambda header, arrays: arrays.pop(name))


def test_a_preprocessor_inside_another_that_has_learnt_nothing_is_named() -> None:
    with pytest.raises(ModelFileError, match=r"array 'preprocessor.number.shift' of preprocessor 'table' is missing"):
        loaded(TABLE, lambda header, arrays: [arrays.pop(f"preprocessor.number.{key}") for key in ("scale", "shift")])


def test_values_beyond_all_numbers_are_told_when_they_are_predicted() -> None:
    model = loaded(VALUES, put(SCALE, lambda a: a * 0 + 1.7e308))
    for use in (model.outputs, model.predict, lambda x: model.evaluate(x, VALUES.y)):
        with pytest.raises(NumericError, match="not finite in the units of its targets; its target_preprocessor"):
            use(1e3 * VALUES.x)


def test_a_preprocessor_of_a_plugin_that_cannot_use_its_arrays_is_named_with_them() -> None:
    powers, kept = BY_NAME["own powers"], BY_NAME["own choice"]
    place = r"cannot use its arrays 'preprocessor.mean', 'preprocessor.largest' \(.*Powers.transform, line \d+\)"
    with pytest.raises(ModelFileError, match=place):
        loaded(powers, put("preprocessor.mean", lambda a: a[:3]))
    with pytest.raises(ModelFileError, match=r"by its arrays 'preprocessor.kept', no column is left"):
        loaded(kept, put("preprocessor.kept", lambda a: a[:0]))


def test_a_preprocessor_of_a_plugin_may_check_its_own_state() -> None:
    class Checked(Powers):
        """Powers that know what they have learnt."""

        def check_state(self, inputs: int) -> None:
            """Check the largest value."""
            if not self.largest > 0:
                raise ValueError(f"largest is {self.largest:g}, and must be above 0")
            if self.mean.shape != (inputs,):
                raise ValueError("shapes differ")
            if self.mean[0] > 1000:
                self.mean.add_up()  # type: ignore[attr-defined]

    source, registry = BY_NAME["own powers"], registry_with(Checked, Kept)
    for name, value, words in (
        ("preprocessor.largest", 0.0, "array 'preprocessor.largest' of .* is 0, and must be above 0"),
        ("preprocessor.mean", np.ones(3), "cannot use its arrays 'preprocessor.mean', "),
        ("preprocessor.mean", np.full(4, 2000.0), r"cannot use its arrays .*Checked.check_state, line \d+\); get"),
    ):
        header = {key: item for key, item in source.header.items() if key != "arrays"}
        with pytest.raises(ModelFileError, match=words):
            zoo_core.load(forge.model(header, {**source.arrays, name: np.asarray(value)}), registry)


def test_before_training_a_preprocessor_that_raises_is_at_fault_and_no_file() -> None:
    class Raising(Preprocessor):
        """Raises for rows of zeros."""

        name = "raising"
        state = ("nothing",)
        nothing = 0.0

        def transform(self, x: np.ndarray, out: np.ndarray) -> None:
            """Divide."""
            out[...] = 1 // int(abs(x).sum())

    registry, source = registry_with(Raising), BY_NAME["classes"]
    spec = {**source.header["spec"], "data": {"name": "arrays", "preprocessor": "raising"}}
    for state in (("nothing",), ()):
        Raising.state = state
        with pytest.raises(PluginError, match=r"Raising.transform, line \d+\) raised ZeroDivisionError"):
            zoo_core.train(spec, data=(abs(source.x) + 1, np.arange(60) % 3), registry=registry)


def test_a_part_that_the_list_of_plugins_leaves_out_is_told_as_such() -> None:
    powers = BY_NAME["own powers"]
    with pytest.raises(ModelFileError, match=r"^the given file: its spec uses .*leaves out; get another file$"):
        loaded(powers, lambda header, arrays: header.update(plugins=[]))


def test_a_run_whose_state_is_none_is_refused_with_its_place() -> None:
    def change(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        header["run"] = {**header["run"], "opt.steps": {"integer": "x"}}

    with pytest.raises(ModelFileError, match=r"header.run: 'opt.steps' is no state of a run"):
        loaded(CLASSES, change).to_bytes()


def test_a_loss_that_is_none_is_told_when_it_is_asked_for() -> None:
    def change(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        header["spec"] = {**header["spec"], "model": {**header["spec"]["model"], "loss": {"name": "mse", "odd": 1}}}

    with pytest.raises(ModelFileError, match=r"loss\.odd: unknown"):
        _ = loaded(CLASSES, change).loss


@pytest.mark.parametrize("value", [5, True, "abc", {"a": 1}, [None], []])
def test_other_options_of_data_than_texts_of_missing_values_are_not_taken_for_such(value: Any) -> None:
    row = np.array([[1.5, "u", None, "2020-01-01"]], object)

    def change(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        spec = header["spec"]
        header["spec"] = spec | {"data": spec["data"] | {"missing": value}}

    expected = loaded(TABLE, lambda header, arrays: None).predict(row)
    np.testing.assert_array_equal(loaded(TABLE, change).predict(row), expected)


def test_a_table_of_too_many_keys_is_refused_without_naming_them() -> None:
    with pytest.raises(ModelFileError, match=r"a table of 1[0-9]{2} keys"):
        loaded(CLASSES, lambda header, arrays: header["about"].update({f"key{i}": 1 for i in range(101)}))


def test_a_loss_with_an_unknown_option_is_refused_where_it_is_needed() -> None:
    def change(header: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        model = dict(header["spec"]["model"], loss={"name": "cross_entropy", "sharpness": 2})
        header["spec"] = {**header["spec"], "model": model}

    model = loaded(CLASSES, change)
    with pytest.raises(ModelFileError, match="sharpness"):
        model.predict(np.zeros((1, model.about.inputs)))
