"""`watch`: trains a prepared run and shows it, in a notebook or on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from zoo_core.contract import naming_parts
from zoo_core.display.progress import show, show_html
from zoo_core.errors import UsageError
from zoo_core.runs import Output, follow, model_in_errors

if TYPE_CHECKING:
    from zoo_core.model import Model
    from zoo_core.training import Interval, Trainer


@naming_parts
def watch(trainer: Trainer, output: Output | None = None, interval: Interval | None = None) -> Model:
    """Train a prepared run and show it meanwhile: as HTML in a notebook, else as `zoo train` does.

    In a notebook nothing but IPython is needed. The view is drawn at most four times a second and takes at most 5 % of
    the time. It ends with the final state, also after an error.

    Args:
        trainer: what `prepare` returned, or a run that has begun.
        output: where to save checkpoints and the model, as for `follow`. Default: nothing is saved.
        interval: how often to save a checkpoint, as for `follow`.

    Returns:
        The trained model, `trainer.model`.

    Raises:
        UsageError: `trainer` is no prepared run.
        PluginError, NumericError, ResourceError: as `follow`. An error after the first step, also KeyboardInterrupt,
            has an attribute `model`: the model with the weights so far.

    Example:
        model = zoo_core.watch(zoo_core.prepare("glyphs-quickstart"))
    """
    if not hasattr(trainer, "position"):
        raise UsageError(f"watch takes a prepared run, as in watch(prepare(spec)), not {type(trainer).__name__}")
    with model_in_errors(trainer, output):
        events = follow(trainer, output, interval)
        if shows_html():
            show_html(events, results=sys.stdout)
        else:
            from rich.console import Console  # late: a notebook does without

            show(events, console=Console(stderr=True), results=sys.stdout)
    return trainer.model


def shows_html() -> bool:
    """Return whether the code runs where IPython displays HTML: in a notebook, not on a terminal."""
    if "IPython" not in sys.modules:  # whoever runs inside of IPython has imported it
        return False
    from IPython import get_ipython
    from IPython.core.displaypub import DisplayPublisher

    shell = get_ipython()
    return shell is not None and type(shell.display_pub) is not DisplayPublisher  # which prints texts alone
