"""What a user can do when a run cannot begin: words of errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zoo_core.errors import Hint, ModelFileError, UsageError
from zoo_core.runs._compare import difference_lines


def no_checkpoint(path: Path, damaged: Sequence[ModelFileError]) -> ModelFileError | UsageError:
    """Return the error for an output without a whole checkpoint; `damaged` says what is wrong with each."""
    if damaged:
        return ModelFileError("\n".join([*map(str, damaged), "No checkpoint is whole"]))
    if path.is_file():
        message = f"{path}: has no checkpoints, so it is finished and there is nothing to resume"
        return UsageError(message, Hint("train_further", path=str(path)))
    return UsageError(f"{path}: there is neither such a file nor a checkpoint of it", Hint("begin", path=str(path)))


def unfinished_run(path: Path, checkpoint: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> UsageError:
    """Return the error where a run of the spec `new` is to begin, and an unfinished run of `old` has checkpoints."""
    message = f"{path}: an unfinished run has checkpoints here ({checkpoint})"
    changes = [line for line in difference_lines(old, new) if not line.endswith("is None")]  # not yet filled in
    if changes:
        message = "\n  ".join([f"{message}. Its spec is another:", *changes])
    return UsageError(message, Hint("unfinished", path=str(path)))
