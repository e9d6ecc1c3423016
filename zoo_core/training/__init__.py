"""Training: the loop, its batches, its events and what it measures.

`Trainer.events()` in `_trainer.py` is a generator; `_stepping.py` takes it step by step. `_gradient_steps.py` has a
step: `_learning_rate.py` gives the rate; `_batch_loader.py` loads and augments a batch, which `_row_loader.py` reads;
`nn.Objective` computes the gradient; the optimizer updates, by `_updates.py` in blocks, or by `_fused_steps.py` in one
pass. `_metrics.py` measures an epoch. `_callback_run.py` calls the callbacks, which see the run through `_run_view.py`.
`_diagnostics.py` explains losses that are not finite. Two more modules are public: `training.events` and
`training.explain`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zoo_core import _lazy_names

if TYPE_CHECKING:
    from zoo_core.training._batch_loader import batches_of as batches_of
    from zoo_core.training._explanation import Change as Change, Explanation as Explanation, LayerPass as LayerPass
    from zoo_core.training._interval import DEFAULT_INTERVAL as DEFAULT_INTERVAL, Interval as Interval
    from zoo_core.training._lint import check_monitors as check_monitors, lint_spec as lint_spec
    from zoo_core.training._one_thread import (
        with_named_parts as with_named_parts,
        with_one_blas_thread as with_one_blas_thread,
    )
    from zoo_core.training._position import TrainingPosition as TrainingPosition
    from zoo_core.training._preflight import parts_of_others as parts_of_others
    from zoo_core.training._trainer import Trainer as Trainer

_MODULES = {
    "_batch_loader": "batches_of",
    "_explanation": "Change Explanation LayerPass",
    "_interval": "DEFAULT_INTERVAL Interval",
    "_lint": "check_monitors lint_spec",
    "_one_thread": "with_named_parts with_one_blas_thread",
    "_position": "TrainingPosition",
    "_preflight": "parts_of_others",
    "_trainer": "Trainer",
}
__all__, __dir__, __getattr__ = _lazy_names(__name__, _MODULES)
