"""The libraries and the machine that the bits of a result depend on."""

from __future__ import annotations

import platform
from typing import Any

import numpy as np


def environment() -> dict[str, Any]:
    """Return the versions of NumPy and BLAS and the kind of machine; a run adds its number of threads."""
    from threadpoolctl import threadpool_info

    found = [i for i in threadpool_info() if i["user_api"] == "blas"]
    own = next((i for i in found if "numpy" in i["filepath"]), found[0] if found else {})  # SciPy brings another BLAS
    words = [str(own[key]) for key in ("internal_api", "version", "architecture") if own.get(key)]
    return {"numpy": np.__version__, "blas": " ".join(words) or "unknown", "machine": platform.machine()}
