"""Saves model files in children that stop first, so that a tracer can take hold of each save and of nothing else.

    saver.py FILE replace|new

For each line of standard input it makes a child, prints the child's number, and later its wait status. The child goes
on when it gets SIGCONT and writes the file. It ends with 0, with the code of the zoo's error, or with 99 for any other
exception.
"""

from __future__ import annotations

import os
import signal
import sys

import numpy as np

from zoo_core import storage
from zoo_core.errors import ZooError

ARRAYS = {"w": np.arange(2000.0)}
FOREIGN = 99


def save(path: str, overwrite: bool) -> int:
    """Return the exit code of one save."""
    try:
        storage.write_model_file(path, {}, ARRAYS, overwrite=overwrite)
    except ZooError as error:
        return error.exit_code
    except BaseException:
        return FOREIGN
    return 0


def main(path: str, overwrite: bool) -> None:
    """Serve until standard input ends."""
    storage.write_model_file(path + ".warm", {}, ARRAYS)  # imports what the first save imports
    os.unlink(path + ".warm")  # noqa: PTH108
    for _ in sys.stdin:
        child = os.fork()
        if not child:
            os.kill(os.getpid(), signal.SIGSTOP)
            os._exit(save(path, overwrite))
        print(child, flush=True)
        print(os.waitpid(child, 0)[1], flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] == "replace")
