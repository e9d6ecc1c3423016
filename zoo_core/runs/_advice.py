"""What a user can do when a run cannot begin, was stopped or diverged: words of errors and of their notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from zoo_core.errors import Hint, ModelFileError, UsageError, ZooError
from zoo_core.runs._compare import difference_lines

if TYPE_CHECKING:
    from zoo_core.runs._output import Output
    from zoo_core.training import Trainer


def no_checkpoint(output: Output, damaged: Sequence[ModelFileError]) -> ModelFileError | UsageError:
    """Return the error for an output without a whole checkpoint; `damaged` says what is wrong with each."""
    if damaged:
        return ModelFileError("\n".join([*map(str, damaged), "No checkpoint is whole"]))
    path = output.path
    if path.is_file():
        message = f"{path}: has no checkpoints, so it is finished and there is nothing to resume"
        return UsageError(message, Hint("train_further", path=str(path)))
    return UsageError(f"{path}: there is neither such a file nor a checkpoint of it", Hint("begin", path=str(path)))


def unfinished_run(output: Output, spec: Mapping[str, Any]) -> UsageError:
    """Return the error for an output where an unfinished run stands, as a run of `spec` is to begin there."""
    message = f"{output.path}: an unfinished run has checkpoints here ({output.checkpoints()[0]})"
    changes = "\n  ".join(_spec_changes(output, spec))
    if changes:
        message = f"{message}. Its spec is another:\n  {changes}"
    return UsageError(message, Hint("unfinished", path=str(output.path)))


def _spec_changes(output: Output, spec: Mapping[str, Any]) -> list[str]:
    """Return how the spec of the unfinished run differs from `spec`; what a spec leaves open is no difference."""
    with suppress(ZooError):
        lines = difference_lines(output.latest()[0].header.get("spec", {}), spec)
        return [line for line in lines if not line.endswith("is None")]
    return []


def notes_after_stop(output: Output) -> Iterator[str]:
    """Yield how a run that was stopped can go on; there is none where the run has taken no step."""
    if found := output.latest_progress():
        yield Hint("resume", checkpoint=str(found), path=str(output.path))


def notes_after_divergence(output: Output, trainer: Trainer) -> Iterator[str]:
    """Save the best weights of a run that diverged, and yield what is left of it; resumed, it would diverge again."""
    best = output.path.with_name(f"{output.path.stem}.best{output.path.suffix}")
    if trainer.callback_run.finish():
        trainer.model.save(best)
        yield f"the best weights so far are kept: {best}"
    if found := output.latest_progress():
        yield Hint("diverged", checkpoint=str(found))
