"""How much memory this process holds, as Linux tells it."""

from __future__ import annotations

import re
from pathlib import Path


def megabytes(field: str) -> float:
    """Return a field of /proc/self/status in MB (10^6 bytes), such as VmHWM, the peak; 0 where there is none."""
    status = Path("/proc/self/status")
    found = re.search(rf"{field}:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) * 1024 / 1e6 if found else 0.0
