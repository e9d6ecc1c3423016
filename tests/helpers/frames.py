"""Data frames of several libraries with the same rows."""

from __future__ import annotations

import pandas as pd
import polars as pl


def polars_frame(frame: pd.DataFrame) -> pl.DataFrame:
    """Return a frame of polars with the rows of one of pandas; its own conversion would need pyarrow."""
    columns = {name: frame[name].astype(object).where(frame[name].notna(), None) for name in frame}
    return pl.DataFrame({str(name): column.tolist() for name, column in columns.items()})
