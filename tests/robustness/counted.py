"""The command line, which also keeps the number of the last step taken in a file: counted.py FILE ARGUMENT...

What a process has written to a file outlives it, however it ends.
"""

from __future__ import annotations

import os
import sys

from zoo_core.cli import run
from zoo_core.training import Trainer


def main(path: str, arguments: list[str]) -> int:
    """Run a command, counting its steps."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    end_step = Trainer.end_step

    def counted(trainer: Trainer, rate: float) -> None:
        end_step(trainer, rate)
        os.pwrite(file, b"%12d" % trainer.optimizer.steps, 0)

    Trainer.end_step = counted  # type: ignore[method-assign]
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
