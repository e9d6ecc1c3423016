"""`python -m zoo_core` is the command `zoo`."""

from zoo_core.cli import main

main()
