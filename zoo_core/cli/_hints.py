"""What to do about an error, in the words of the command line."""

from __future__ import annotations

import re
import shlex

from zoo_core.errors import Hint, ZooError

CLI_HINTS = {  # the keys are those of `zoo_core.errors.HINTS`
    "overwrite": "use --force to replace it, or name another file",
    "force": "use --force to replace it, or name another file",
    "export_folder": "use --force to replace the files of an earlier export, or name another folder",
    "occupied": "use --force to replace it, or move it away",
    "limit": "if you trust it, raise the limit: --max-size {mib}",
    "model_name": "check the name, or see `zoo list models`",
    "train_spec": "train it first: zoo train {path} -o NEW.npz",
    "shipped_models": "'zoo list' shows the shipped models",
    "train_shipped": "train them: zoo train {name}",
    "data_dir": "--data-dir names a folder to look in",
    "stored_path": (
        "if you trust it, name the folder of the file with --data-dir, or for evaluate the file with --data"
    ),
    "split": "choose one with --split",
    "data_file": "give a file instead: --data FILE",
    "table_option": "say --set data.{option}={value} or --set data.{other}",
    "column_kind": "or write {name} = \"{kind}\" in [data.columns], as with --set 'data.columns.{name}={kind}'",
    "table": "write a spec for it: zoo new NAME --data {path}",
    "target": "name it with --set data.target=COLUMN",
    "arrays": (
        "for training name a data set in the table 'data' of the spec, as --set data=csv --set data.path=FILE; "
        "evaluate on a file: --data FILE"
    ),
    "no_probabilities": "leave out --proba",
    "earlier_model": "name it with --from",
    "keep_optimizer": "train it with --set training.keep_optimizer=true",
    "table_rows": "name the model first: zoo predict MODEL {path}, or zoo evaluate MODEL --data {path}",
    "part_name": "see it: zoo show {name}",
    "spec_ending": (
        "a spec is TOML in a file that ends in .toml, or JSON in one that ends in .json; 'zoo new NAME' writes one"
    ),
    "labels": "write plain numbers, or say --task classification if they are labels",
    "begin": "'zoo train SPEC -o {path}' begins a run",
    "train_further": "to train it further: zoo train {path} --from {path} -o NEW.npz --set training.epochs=N",
    "start_from": (
        "use the spec and data that the run began with, or start a new run with its weights: "
        "zoo train SPEC --from {path}"
    ),
    "unfinished": "go on with: zoo resume {path}, or start a new run with --force",
    "resume": "the last checkpoint is kept: {checkpoint}; go on with: zoo resume {path}",
    "diverged": (
        "the last checkpoint is kept: {checkpoint}; to go on from its weights with another spec: "
        "zoo train {checkpoint} --from {checkpoint} -o NEW.npz --set KEY=VALUE"
    ),
}
OVERRIDE = re.compile("^override ", re.MULTILINE)  # how messages on a spec name a value that --set has changed


def error_text(error: ZooError) -> str:
    """Return the message of an error, with its hint as the command line words it."""
    return OVERRIDE.sub("--set ", error.worded(None if error.hint is None else note_text(error.hint)))


def note_text(note: str) -> str:
    """Return a note of an error as the command line words it."""
    if not isinstance(note, Hint):
        return note
    values = {key: shlex.quote(str(value)) for key, value in note.values.items()}
    if note.key == "column_kind":
        values["name"] = _column_key(str(note.values["name"]))
    return CLI_HINTS[note.key].format(**values)


def _column_key(name: str) -> str:
    """Return the key of a column in a spec and in --set: in quotes where it has dots or blanks."""
    from zoo_core.data.columns import column_line

    return column_line(name, "").removesuffix(' = ""')
