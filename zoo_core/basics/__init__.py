"""What all packages stand on: arrays, locks, threads of BLAS, and names that other libraries use.

`_arrays.py` makes aligned arrays, `_locks.py` a lock that a forked process finds free, `_blas.py` keeps BLAS at one
thread, `_directions.py` compares values of metrics. `_familiar_keys.py` and `_familiar_parts.py` know what Keras,
PyTorch and scikit-learn call a thing. Second doors: `workers` has the threads that share work, `typed_values` reads
plain values as types say, and `pydantic_ready` is imported before the first pydantic model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.basics._arrays import (
        aligned as aligned,
        aligned_like as aligned_like,
        plain_numbers as plain_numbers,
        row_slices as row_slices,
    )
    from zoo_core.basics._blas import ONE_BLAS_THREAD as ONE_BLAS_THREAD
    from zoo_core.basics._directions import direction as direction, is_better as is_better
    from zoo_core.basics._familiar_keys import (
        NO_KEY as NO_KEY,
        familiar_keys as familiar_keys,
        suggest_key as suggest_key,
    )
    from zoo_core.basics._familiar_parts import familiar_part as familiar_part, suggest_part as suggest_part
    from zoo_core.basics._locks import ThreadLock as ThreadLock

_MODULES = {
    "_arrays": "aligned aligned_like plain_numbers row_slices",
    "_blas": "ONE_BLAS_THREAD",
    "_directions": "direction is_better",
    "_familiar_keys": "NO_KEY familiar_keys suggest_key",
    "_familiar_parts": "familiar_part suggest_part",
    "_locks": "ThreadLock",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _MODULES)
