"""The libraries and the machine that the bits of a result depend on."""

from __future__ import annotations

import platform
from functools import cache
from typing import Any

import numpy as np


@cache
def _blas() -> str:
    """Return name, version and kernels of the BLAS that NumPy uses; to find it takes longer than a small run."""
    from threadpoolctl import threadpool_info

    found = [i for i in threadpool_info() if i["user_api"] == "blas"]
    own = next((i for i in found if "numpy" in i["filepath"]), found[0] if found else {})  # SciPy brings another BLAS
    return " ".join(str(own[key]) for key in ("internal_api", "version", "architecture") if own.get(key))


def environment() -> dict[str, Any]:
    """Return the versions of NumPy and BLAS and the kind of machine."""
    return {"numpy": np.__version__, "blas": _blas() or "unknown", "machine": platform.machine()}
