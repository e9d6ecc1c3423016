"""The errors that a user can cause or meet, each with the exit code of the command that meets it.

    ZooError            1   the root: everything the zoo raises on purpose
      UsageError        2   the call is wrong: an option, a name, an output that exists
      SpecError         3   a spec that cannot be read or is not valid
      ModelFileError    3   a model file that is damaged, unsafe or of an unknown form
      DataError         3   data that is missing, damaged or unlike what the model needs
      PluginError       4   a part, its plugin or what an extra installs is missing or broken
      ResourceError     5   disk, permission, lock, memory or network
      NumericError      6   a computation left the finite numbers

Those with the codes 2 and 3 say that a value which the caller gave is wrong, so each is a `ValueError` as well.

The command line catches `ZooError` once, prints the message and exits with the code. A message names the culprit and
the place. What to do about it may stand in a `Hint`, because Python and the command line word it differently.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

# What to do about an error, for users of Python. `zoo_core/cli/_hints.py` words the same keys for the command line.
HINTS = {
    "overwrite": "pass overwrite=True to replace it, or name another file",
    "force": "pass force=True to replace it, or name another file",
    "export_folder": "pass overwrite=True to replace the files of an earlier export, or name another folder",
    "occupied": "pass force=True to replace it, or move it away",
    "limit": "if you trust it, pass limit={bytes}",
    "model_name": "check the name",
    "train_spec": "zoo_core.train({path!r}) trains it",
    "shipped_models": "the shipped models are {names}",
    "train_shipped": "train them: zoo_core.train({name!r})",
    "data_dir": "data_dir names a folder to look in",
    "stored_path": "if you trust it, name the folder of the file with data_dir, or train with a spec of your own",
    "split": "choose one of these",
    "data_file": "give a file instead",
    "table_option": "say {option}={value} or {other}",
    "column_kind": "or say what it is in data.columns: {{{name!r}: {kind!r}}}",
    "table": "name it in the table 'data' of a spec: {{'name': 'csv', 'path': {path!r}, 'target': ...}}",
    "target": "pass target='name of the column', or give (x, y)",
    "arrays": "pass them again: data=(x, y), or data=frame with target='name of the column'",
    "no_probabilities": "use predict, or outputs for the raw scores",
    "earlier_model": "pass start_from=model",
    "keep_optimizer": "train it with training.keep_optimizer = true, or pass the model that `train` returned",
    "table_rows": "load the model that is to read it, and give it the rows of the table",
    "part_name": "parts stand in specs; zoo_core.read_spec reads one",
    "spec_ending": "a spec is TOML in a file that ends in .toml, or JSON in one that ends in .json",
    "labels": "write plain numbers, or say task = 'classification' if they are labels",
    "begin": "zoo_core.train(spec, output={path!r}) begins a run",
    "train_further": "to train it further, pass start_from={path!r} to zoo_core.train, with another output",
    "start_from": (
        "use the spec and data that the run began with, or start a new run with its weights: pass start_from={path!r}"
    ),
    "unfinished": "zoo_core.resume({path!r}) goes on; force=True starts a new run",
    "resume": "the last checkpoint is kept: {checkpoint}; zoo_core.resume({path!r}) goes on",
    "diverged": (
        "the last checkpoint is kept: {checkpoint}; to go on from its weights with another spec, pass "
        "start_from={checkpoint!r} to zoo_core.train"
    ),
}


JOINERS = "\u200c\u200d"  # Persian, Indian scripts and emoji need them


class Hint(str):
    """What to do about an error: a text for users of Python, with the key and values to word it in another way."""

    key: str
    values: dict[str, Any]

    def __new__(cls, key: str, **values: Any) -> Hint:
        """Make the hint of a key in `HINTS`; `values` fill its placeholders."""
        hint = super().__new__(cls, HINTS[key].format(**values))
        hint.key, hint.values = key, values
        return hint

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        """Return the arguments of `__new__`, so that an error can be pickled."""
        return (self.key,), self.values


class ZooError(Exception):
    """Root of all errors raised on purpose; its text is the whole message for the user."""

    exit_code = 1

    def __init__(self, message: str = "", hint: Hint | None = None) -> None:
        super().__init__(message)
        self.hint = hint

    def __str__(self) -> str:
        """Return the message and the hint for users of Python."""
        return self.worded(self.hint)

    def worded(self, hint: str | None) -> str:
        """Return the message with a hint after it, on a line of its own where the message has several."""
        message = super().__str__()
        return message if hint is None else f"{message}{chr(10) if chr(10) in message else '; '}{hint}"


class UsageError(ZooError, ValueError):
    """The call itself is wrong: an option, a name, an output that exists."""

    exit_code = 2


class SpecError(ZooError, ValueError):
    """A spec that cannot be read or is not valid; lists every problem with its place."""

    exit_code = 3


class ModelFileError(ZooError, ValueError):
    """A model file that is damaged, unsafe, or of a form that this version does not read."""

    exit_code = 3


class DataError(ZooError, ValueError):
    """Data that is missing, damaged or unlike what the model needs."""

    exit_code = 3


class PluginError(ZooError):
    """A part, or the plugin that should provide it, is missing or broken."""

    exit_code = 4


class ResourceError(ZooError):
    """Disk, permission, lock, memory or network."""

    exit_code = 5


class NumericError(ZooError):
    """A computation left the finite numbers."""

    exit_code = 6


def exception_text(error: BaseException) -> str:
    """Return the type and the text of any exception on one line. It never raises, whatever the exception does."""
    name, text = type(error).__name__, message_text(error)
    return f"{name}: {text}" if text else name


def message_text(error: BaseException) -> str:
    """Return the text of any exception on one line, at most 2,000 characters; "" if it has none."""
    try:
        text = str(error)
    except KeyboardInterrupt:
        raise
    except BaseException:  # `__str__` of a class in a plugin may raise, or return what is no text
        return "its text cannot be read, because its __str__ fails"
    return " ".join(text[:2000].split())


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a suggestion such as "; did you mean 'relu'?" for an unknown name, or '' when nothing is close."""
    match = nearest_name(name, known)
    return f"; did you mean {match!r}?" if match else ""


def nearest_figure(monitor: str, known: Collection[str]) -> str:
    """Return which figure of its split is meant by one that is not measured, or how to have it measured.

    `known` are the figures that are measured, such as "validation_loss"; some of the split are among them.
    """
    split, _, metric = monitor.partition("_")
    own = [key.removeprefix(f"{split}_") for key in known if key.startswith(f"{split}_")]
    if not own or not metric:
        return nearest(monitor, known)
    meant = nearest_name(metric, own)
    return f"; did you mean '{split}_{meant}'?" if meant else f"; name the metric in training.metrics: {metric}"


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Return the known name that an unknown one is likely to mean, or ''.

    First come names that differ in case and marks alone, or in the order of letters, then the only longer one.
    """
    import difflib  # late: most runs misspell nothing

    names, plain = {letters(other) or other: other for other in sorted(known, reverse=True)}, letters(name)
    exchanged = [other for other in names if sorted(other) == sorted(plain)]
    longer = [other for other in names if len(plain) > 2 and other.startswith(plain)]
    found = [plain] if plain in names else exchanged or (longer if len(longer) == 1 else [])
    found = found or difflib.get_close_matches(plain or name, sorted(names), n=1, cutoff=0.6)
    return names[found[0]] if found else ""


def letters(name: str) -> str:
    """Return the letters and digits of a name, in small letters: two names that differ only in marks share them."""
    return "".join(c for c in name.lower() if c.isalnum())


def printable(text: str) -> str:
    """Return text with control characters but line ends and tabs as escapes, so that no name steers the terminal."""
    return "".join(c if is_harmless(c) else ascii(c)[1:-1] for c in text)


def is_harmless(character: str) -> bool:
    """Return whether a character steers no terminal: it shows, or it is a space, a tab, a line end or a joiner."""
    if character.isprintable() or character in "\n\t" + JOINERS:
        return True
    import unicodedata  # late: few texts hold any other character

    return unicodedata.category(character) == "Zs"
