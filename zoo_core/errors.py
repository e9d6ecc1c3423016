"""The errors that a user can cause or meet, each with the exit code of the command that meets it.

Everything the zoo raises on purpose is a `ZooError`; the command line catches that class once, prints the
message and leaves with the code. A message names the culprit, the place and the way out.
"""

from __future__ import annotations

from collections.abc import Iterable


class ZooError(Exception):
    """Root of all errors raised on purpose; its text is the whole message for the user."""

    exit_code = 1


class UsageError(ZooError):
    """The call itself is wrong: an option, a name, an output that exists."""

    exit_code = 2


class SpecError(ZooError):
    """A spec that cannot be read or is not valid; lists every problem with its place."""

    exit_code = 3


class ModelFileError(ZooError):
    """A model file that is damaged, unsafe, or of a form that this version does not read."""

    exit_code = 3


class DataError(ZooError):
    """Data that is missing, damaged or unlike what the model needs."""

    exit_code = 3


class PluginError(ZooError):
    """A part, or the plugin that should bring it, is missing or broken."""

    exit_code = 4


class ResourceError(ZooError):
    """Disk, permission, lock, memory or network."""

    exit_code = 5


class NumericError(ZooError):
    """A computation left the finite numbers."""

    exit_code = 6


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint such as "; did you mean 'relu'?" for an unknown name, or '' when nothing is close."""
    import difflib  # late: most runs misspell nothing

    match = difflib.get_close_matches(name.lower(), sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {match[0]!r}?" if match else ""
