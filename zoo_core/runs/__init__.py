"""Runs: from a spec to a saved model, with checkpoints on the way.

`_run.py` has `train`, `resume`, `prepare` and `follow`. `_defaults.py` fills in what a spec leaves open, `_output.py`
owns the files of a run, `_checkpoint.py` and `_run_state.py` save and restore it.
"""

from __future__ import annotations

from zoo_core.runs._compare import compare_runs, differences, flatten
from zoo_core.runs._evaluation import evaluation_table
from zoo_core.runs._output import Output
from zoo_core.runs._run import follow, prepare, prepare_resumed, resume, train

__all__ = [
    "Output",
    "compare_runs",
    "differences",
    "evaluation_table",
    "flatten",
    "follow",
    "prepare",
    "prepare_resumed",
    "resume",
    "train",
]
