"""Names of the arrays in a model file, and what each array holds.

Arrays of the network are named by their place, such as "layers.0.weights" or "input.regularizers.0.mask".
"""

from __future__ import annotations

from collections.abc import Mapping

from zoo_core.parts import Array

PREPROCESSOR = "preprocessor"  # what the names of its fitted state begin with
TARGET_PREPROCESSOR = "target_preprocessor"  # likewise, of the one that scales the targets of a regression
FINGERPRINTS = "trace"  # name of the table of fingerprints
TRAINING_ROWS = "training_rows"  # name of the sketch of the rows that were trained on
_PREPROCESSORS = (f"{PREPROCESSOR}.", f"{TARGET_PREPROCESSOR}.")
_NETWORK = ("layers.", "input.")
_RUN = ("opt.", "run.")  # state of the optimizer and of the rest of a run; only in a checkpoint


def belongs_to_network(name: str) -> bool:
    """Return whether an array belongs to the network: parameters and running state."""
    return name.startswith(_NETWORK)


def tells_of_run(name: str) -> bool:
    """Return whether an array tells how a model came to be: predicting and going on need it not."""
    return name in (FINGERPRINTS, TRAINING_ROWS)


def belongs_to_run(name: str) -> bool:
    """Return whether an array belongs to a run that is not over; only a checkpoint has such arrays."""
    return name.startswith(_RUN)


def preprocessor_state(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """Return the arrays of both preprocessors and of the parts inside them."""
    return {name: array for name, array in arrays.items() if name.startswith(_PREPROCESSORS)}
