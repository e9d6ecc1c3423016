"""`python -m zoo_core` and the script `zoo` are the command `zoo`."""

import os
import sys

if not sys.flags.safe_path and sys.path[:1] == [os.getcwd()]:  # noqa: PTH109 - pathlib would be imported from there
    del sys.path[0]  # a file of the user, such as random.py, is no module of the zoo

import signal

if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # until `main` handles it, Ctrl-C ends the process without a traceback

from zoo_core.cli import main

if __name__ == "__main__":
    main()
