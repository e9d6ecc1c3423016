"""Data: folders of files, downloads, splits and batches; `data.readers` has one module for each kind of file.

A data set asks its `DataFolder` for files. `make_splits` divides the rows, and `Batches` draws their order for each
epoch. Read `_folder.py`, `_download.py`, `_splits.py` and `_batches.py`, in this order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.data._batches import Batches as Batches, number_of as number_of, take_rows as take_rows
    from zoo_core.data._folder import DataFolder as DataFolder, cache_folder as cache_folder
    from zoo_core.data._prefetch import Prefetcher as Prefetcher
    from zoo_core.data._splits import SLICE as SLICE, is_split as is_split, make_splits as make_splits
    from zoo_core.data._validation import checked_data as checked_data

_HOMES = {
    "_batches": "Batches number_of take_rows",
    "_folder": "DataFolder cache_folder",
    "_prefetch": "Prefetcher",
    "_splits": "SLICE is_split make_splits",
    "_validation": "checked_data",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _HOMES)
