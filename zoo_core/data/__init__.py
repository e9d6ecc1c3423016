"""Data: folders of files, downloads, splits and batches.

A data set gets its files from a `DataFolder` and reads them with `data.readers`, which has a module for each format;
`data.labels` gives class labels their indices. `checked_data` checks what the data set loaded, `make_splits` divides
its rows by a `SplitRule`, and `Batches` draws their order for each epoch; a `Prefetcher` reads rows ahead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.data._batches import Batches as Batches, count_rows as count_rows, take_rows as take_rows
    from zoo_core.data._draws import SplitRule as SplitRule
    from zoo_core.data._folder import DataFolder as DataFolder, cache_folder as cache_folder
    from zoo_core.data._origin import Origin as Origin
    from zoo_core.data._prefetch import Prefetcher as Prefetcher
    from zoo_core.data._row_sketch import SKETCH_SIZE as SKETCH_SIZE, RowSketch as RowSketch, row_hashes as row_hashes
    from zoo_core.data._splits import (
        SLICE_PATTERN as SLICE_PATTERN,
        SplitRows as SplitRows,
        is_split as is_split,
        make_splits as make_splits,
        select_rows as select_rows,
        split_rows as split_rows,
    )
    from zoo_core.data._validation import checked_data as checked_data

_MODULES = {
    "_batches": "Batches count_rows take_rows",
    "_draws": "SplitRule",
    "_folder": "DataFolder cache_folder",
    "_origin": "Origin",
    "_prefetch": "Prefetcher",
    "_row_sketch": "SKETCH_SIZE RowSketch row_hashes",
    "_splits": "SLICE_PATTERN SplitRows is_split make_splits select_rows split_rows",
    "_validation": "checked_data",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _MODULES)
