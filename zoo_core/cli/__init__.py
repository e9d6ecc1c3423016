"""The command `zoo`: the only package that prints or exits. Each command is a module in `commands/`.

Nothing here imports numpy or matplotlib before a command needs it, so that `zoo --help` starts at once.
`_main.py` runs a command and reports its errors, and `_app.py` puts the commands together. `_options.py` has the
options that they share, `_inputs.py` and `_output.py` what they read and print, `_hints.py` the advice in errors.
"""

from __future__ import annotations

from zoo_core.cli._main import main, run

__all__ = ["main", "run"]
