"""Makes the first pydantic model, so that a damaged distribution cannot make the first one of ours fail.

With its first model, pydantic looks for plugins of its own in every installed distribution. If one cannot be read, that
model fails and the next does not.
"""

from __future__ import annotations

from contextlib import suppress

from pydantic import create_model

with suppress(Exception):
    create_model("First")
