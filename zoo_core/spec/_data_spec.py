"""The table `[data]` of a spec: the data set, its preparation and its splits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from annotated_types import Ge, Le
from pydantic import (
    Field,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

from zoo_core.data import SLICE_PATTERN, is_split
from zoo_core.parts import (
    Dataset,
    Preprocessor,
)
from zoo_core.spec._limits import Fraction, Seed
from zoo_core.spec._options import dump
from zoo_core.spec._part_field import PartField, remember_known_keys
from zoo_core.spec._spec_table import ForTraining, SpecTable, dump_field

SplitSize = Annotated[str, Field(pattern=SLICE_PATTERN)] | Fraction | None


def _meant_split(value: Any) -> str:
    """Return how to write what a value that is no split is likely to mean, or ''."""
    if value == 0 and not isinstance(value, bool):
        return "; for no rows leave the key out"
    text = value.strip().removesuffix("%") if isinstance(value, str) else "" if isinstance(value, bool) else str(value)
    if re.fullmatch(r"0,\d+", text):
        return f"; write a decimal point: {text.replace(',', '.')}"
    percent = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
    return f"; for {percent}% of the rows write {percent / 100:g}" if 0 < percent <= 100 else ""


def _fold_error(folds: int | None, fold: int | None, test: str | float | None) -> str:
    """Return why the keys of folds contradict each other, or ''."""
    if folds is None:
        return "" if fold is None else "fold says which of the folds is the test split; say folds too"
    if fold is None:
        return "folds needs fold, the number of the test fold from 1; to train all folds leave both out of the spec"
    if fold > folds:
        return f"fold is {fold}, and there are {folds} folds"
    return "" if test is None else "the fold is the test split; leave test out"


class DataSpec(SpecTable):
    """`[data]`: a data set, its options beside its name, how its inputs are scaled and its rows are split."""

    preprocessor: Annotated[Preprocessor | None, PartField()] = Field(
        None,
        description="how inputs are scaled; fitted on the training split; default: what suits the data set",
    )
    target_preprocessor: Annotated[Preprocessor | None, PartField()] = Field(
        None,
        description="how targets of a regression are scaled for the network; predictions and metrics keep the units "
        "of the data; default: standard if the loss suits it and the last activation is identity, else none",
    )
    source: Annotated[Dataset, PartField(), ForTraining] = Field(description="the data set")
    train: SplitSize = Field(
        None, description="rows to learn from: a slice such as ':50000' or a fraction; default: the rest"
    )
    validation: SplitSize = Field(None, description="rows for decisions during training: a slice or a fraction")
    test: SplitSize = Field(None, description="rows for the final metrics; default: the data set's own test part")
    stratify: bool = Field(False, description="keep the shares of the classes in each split drawn at random")
    in_order: bool = Field(False, description="take the rows of fractions and folds in their order: the last are tests")
    folds: Annotated[int, Ge(2), Le(1000)] | None = Field(
        None, description="parts for cross-validation; each is the test split of one of the runs"
    )
    fold: Annotated[int, Ge(1), Le(1000)] | None = Field(
        None, description="which of the folds is the test split, from 1"
    )
    split_seed: Seed | None = Field(
        None, description="draws the rows of fractions and folds; default: the seed of the spec"
    )

    @field_validator("train", "validation", "test", mode="before")
    @classmethod
    def _check_split(cls, value: Any) -> Any:
        if isinstance(value, bool) or not (value is None or is_split(value)):
            rule = "must be a slice such as ':50000', or a fraction above 0 and at most 1"
            shown = str(value).lower() if isinstance(value, bool) else repr(value)[:60]
            raise PydanticCustomError("rule", "{text}", {"text": f"{rule}, not {shown}{_meant_split(value)}"})
        return value

    @model_validator(mode="before")
    @classmethod
    def _gather_source(cls, value: Any, info: ValidationInfo) -> Any:
        """Move the data set's own options, which stand beside its name, into one table."""
        if isinstance(value, str):
            value = {"name": value}
        if not isinstance(value, Mapping) or "source" in value:
            return value
        remember_known_keys(value, {*cls.model_fields, "name"} - {"source"}, info)
        own = {key: item for key, item in value.items() if key in cls.model_fields}
        return {**own, "source": {key: item for key, item in value.items() if key not in own}}

    @model_validator(mode="after")
    def _check_folds(self) -> DataSpec:
        """Refuse folds that do not say which rows are the test split."""
        text = _fold_error(self.folds, self.fold, self.test)
        if text:
            raise PydanticCustomError("rule", "{text}", {"text": text})
        return self

    @model_serializer
    def _dump(self) -> dict[str, Any]:
        source = dump(self.source)
        own = {name: dump_field(getattr(self, name)) for name in type(self).model_fields if name != "source"}
        if own["target_preprocessor"] is None:
            del own["target_preprocessor"]  # no target is scaled, and older versions read the spec
        return {**({"name": source} if isinstance(source, str) else source), **own}
