"""`python -m zoo_core` is the command `zoo`."""

import os
import sys

if not sys.flags.safe_path and sys.path[:1] == [os.getcwd()]:  # noqa: PTH109 - pathlib would be imported from there
    del sys.path[0]  # a file of the user, such as random.py, is no module of the zoo

from zoo_core.cli import main

main()
