"""Types and limits of a spec that hold for a stored network too, which is read without pydantic."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

SPEC_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"
MAX_PARTS = 100  # in one list of parts
Units = Annotated[int, Ge(1), Le(1_000_000)]
Seed = Annotated[int, Ge(0), Le(2**32 - 1)]
Dtype = Literal["float32", "float64"]
Fraction = Annotated[float, Gt(0), Le(1)]
