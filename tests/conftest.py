"""What several test modules share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import mnist


@pytest.fixture(scope="session")
def mnist_dir() -> Path:
    """Return a folder that holds mnist/ with its four files; without one skip, or fail where CI is "true"."""
    found = mnist.folder()
    if found is not None:
        return found
    reason = f"the MNIST files are in none of {', '.join(map(str, mnist.places()))}; set ZOO_DATA_DIR"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)
