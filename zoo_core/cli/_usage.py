"""What to do about a command line that is wrong: an option, an argument or a command that there is not."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from zoo_core.basics import NO_KEY, familiar_keys
from zoo_core.cli._usage_words import (
    DATA_EXAMPLES,
    FAMILIAR_COMMANDS,
    FILES,
    IN_ANOTHER_WAY,
    OUTPUTS,
    SPEC_KEYS,
)
from zoo_core.errors import letters, nearest_name

BOUND = re.compile(r"Input should be (greater|less) than or equal to (\S+)")
CHOICE = re.compile(r"Value error, '(.*)' is not one of (.*)\.$")
TYPES = {"integer": "a whole number", "number": "a number", "boolean": "true or false"}


def show_usage_error(error: Any, arguments: Sequence[str]) -> None:
    """Print an error of the command-line library, with what to do about it, on standard error."""
    context = getattr(error, "ctx", None)
    text = _text(error, context, list(arguments))
    if not text:
        error.show()
        return
    if context is not None:
        print(f"{context.get_usage()}\nTry '{context.command_path} -h' for help.\n", file=sys.stderr)
    print(f"Error: {text}", file=sys.stderr)


def _text(error: Any, context: Any, arguments: list[str]) -> str:
    """Return the message, or '' where that of the library says enough."""
    kind, message = type(error).__name__, str(getattr(error, "message", ""))
    if kind == "NoSuchOption":
        typed = _as_typed(error.option_name, arguments)
        return f"No such option: {typed}{_option_way(error.option_name, context, arguments)}"
    if message.startswith("Got unexpected extra argument"):
        return f"{message}{_argument_way(message, context, arguments)}"
    if found := re.match(r"No such command '(.*?)'\.", message):
        return f"No such command {found[1]!r}{_command_way(found[1], context, arguments)}"
    if kind == "MissingParameter":
        return f"{error.format_message().rstrip('.')}{_example(context, arguments)}"
    if kind == "BadParameter":
        return f"{error.format_message().removesuffix(message)}{_value_rule(message, error)}"
    if re.match("Option '--set' requires", error.format_message()):
        return f"{error.format_message().rstrip('.')}; for example: --set training.epochs=5"
    return ""


# ------------------------------------------------------------------ options


def _option_way(option: str, context: Any, arguments: list[str]) -> str:
    """Return how an option that there is not is written."""
    own = [name for parameter in context.command.get_params(context) for name in parameter.opts]
    words, command = [name[2:] for name in own if name.startswith("--")], context.command.name
    typed = _as_typed(option, arguments)
    word = typed.lstrip("-").replace("-", "_")
    if option == "-s" and "--set" in own:
        return f"; did you mean: --set {_value_of(option, arguments)}"
    if typed != option and word in words:
        return f"; did you mean --{word}?"
    if context.command_path == "zoo":
        return _before_command(word, context, arguments)
    if way := IN_ANOTHER_WAY.get((command, word)):
        return f"; {way}"
    if word in (*own, "model", "file", "spec", "config", "input"):
        return f"; write it without an option{_example(context, [])}"
    near = nearest_name(word, words) if len(word) > 1 else ""
    if near and letters(near).startswith(letters(word)[:3]):
        return f"; did you mean --{near}?"
    return _spec_way(word, _value_of(typed, arguments), command, "--set" in own) or _others_way(option, near)


def _as_typed(option: str, arguments: list[str]) -> str:
    """Return the argument that holds an option of one letter, such as -lr for -l; others as they are."""
    single = (a for a in arguments if re.match("-[A-Za-z]{2,}", a) and option[1:] in a)
    return next(single, option) if len(option) == 2 else option


def _spec_way(word: str, value: str, command: str, has_set: bool) -> str:
    """Return how a key of a spec that was taken for an option is changed, or ''."""
    key = next((SPEC_KEYS[key] for key in (word, *familiar_keys(word)) if key in SPEC_KEYS), "")
    if not has_set or not (key or letters(word) in NO_KEY):
        return ""
    if not key:
        return f"; in the spec: {NO_KEY[letters(word)]}"
    if command == "new" and not key.startswith("data."):
        return f"; train the new spec with it: zoo train NAME.toml --set {key}={value}"
    return f"; change the spec: --set {key}={value}"


def _others_way(option: str, near: str) -> str:
    """Return which commands have an option, or else the option that is nearest."""
    others = [name for name, options in _options_of_all() if option in options]
    if others:
        return f"; it is an option of {' and '.join(f'zoo {name}' for name in others[:3])}"
    return f"; did you mean --{near}?" if near else ""


def _before_command(word: str, context: Any, arguments: list[str]) -> str:
    """Return what to do about an option that stands before a command, or instead of one."""
    if word in ("v", "V"):
        return "; did you mean --version?"
    if word in context.command.list_commands(context):
        return f"; did you mean: zoo {word}"
    command = next((a for a in arguments if a in context.command.list_commands(context)), "")
    return f"; write options after the command: zoo {command} ..." if command else ""


def _value_of(option: str, arguments: list[str]) -> str:
    """Return the value that was given to an option, or VALUE."""
    for i, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == option:
            following = arguments[i + 1] if i + 1 < len(arguments) else ""
            value = value if equals else "" if following.startswith("-") else following
            return shlex.quote(value) if value else "VALUE"
    return "VALUE"


def _options_of_all() -> Iterator[tuple[str, list[str]]]:
    """Yield each command with its options."""
    import typer

    from zoo_core.cli._app import application

    group: Any = typer.main.get_command(application())
    for name, command in group.commands.items():
        yield name, [option for parameter in command.params for option in parameter.opts]


# ------------------------------------------------------------------ arguments


def _argument_way(message: str, context: Any, arguments: list[str]) -> str:
    """Return what was meant by an argument too many."""
    extra = message.partition("(s) (")[2].removesuffix(")")
    first, command = extra.split(" ")[0], context.command.name
    options = [name for parameter in context.command.params for name in parameter.opts]
    change = next((i for i, a in enumerate(arguments[:-1]) if a == "--set" and "=" not in arguments[i + 1]), None)
    if "--set" in options and re.match(r"[a-z_]+(\.\w+)*=", word := extra.split(" ")[-1]):
        return f"; give each change with --set: --set {shlex.quote(word)}"
    if "--set" in options and (change is not None or first.startswith("=")):
        return "; write a change without blanks: --set KEY=VALUE"
    if split := _split_name(arguments):
        return f"; put a name with blanks in quotes: {shlex.quote(split)}"
    if output := _split_output(arguments, extra):
        return f"; put a name with blanks in quotes: -o {shlex.quote(output)}"
    if Path(first).suffix in OUTPUTS.get(command, ()):
        return f"; name the output with -o {first}"
    if command == "evaluate" and Path(first).suffix == ".npz":
        return f"; set models side by side: zoo compare {' '.join(map(shlex.quote, arguments[1:]))}"
    if "--data" in options and Path(first).suffix in (".csv", ".tsv", ".npz", ".npy", ".txt"):
        return f"; name the data with --data {shlex.quote(first)}"
    if command == "predict":
        return "; give the rows in a file, or on standard input: echo 1,2,3 | zoo predict MODEL -"
    wanted = [p.metavar or p.name for p in context.command.params if p.param_type_name == "argument"]
    takes = f"one {wanted[0]}" if len(wanted) == 1 else " and ".join(map(str.upper, wanted)) or "none"
    return f"; {context.command_path} takes {takes}"


def _split_name(arguments: list[str]) -> str:
    """Return the name of a file that stands in the arguments in several words, or ''."""
    for i in range(len(arguments)):
        for j in range(i + 2, min(len(arguments), i + 8) + 1):
            name = " ".join(arguments[i:j])
            if len(name) < 250 and Path(name).is_file():
                return name
    return ""


def _split_output(arguments: list[str], extra: str) -> str:
    """Return the name of an output that stands in the arguments in several words, or ''."""
    at = next((i for i, a in enumerate(arguments[:-2]) if a in ("-o", "--output")), -1)
    words = arguments[at + 1 :] if at >= 0 and not Path(arguments[at + 1]).suffix else []
    return " ".join(words) if extra and " ".join(words[1:]) == extra else ""


def _example(context: Any, arguments: list[str]) -> str:
    """Return an example of a command: the one with the options that were given."""
    found = re.findall(r"^ +(zoo .*)$", context.command.epilog or "", re.MULTILINE)
    given = {a for a in arguments if a.startswith("-")}
    best = max(found, key=lambda example: len(given & set(example.split())), default="")
    return f"; for example: {best or DATA_EXAMPLES.get(context.command_path, '')}".removesuffix("; for example: ")


def _value_rule(message: str, error: Any) -> str:
    """Return in plain words what a value must be."""
    if found := BOUND.match(message):
        return f"must be {found[2]} or {'more' if found[1] == 'greater' else 'less'}"
    if found := re.match(r"Input should be a valid (\w+)", message):
        return f"must be {TYPES.get(found[1], found[1])}"
    if found := CHOICE.match(message):
        known = re.findall("'(.*?)'", found[2])
        return f"{found[1]!r} is none of: {', '.join(known)}{_meant(found[1], known, error)}"
    return message


def _meant(value: str, known: list[str], error: Any) -> str:
    """Return which of the known values was meant, or what `zoo list` is told instead."""
    if near := nearest_name(value, known):
        return f"; did you mean {near!r}?"
    if error.ctx is None or error.ctx.command.name != "list":
        return ""
    from zoo_core.parts import KINDS

    kind = value if value in KINDS else nearest_name(value, KINDS) if value.endswith("s") else ""
    return (
        f"; the parts of a kind: zoo list parts --kind {kind}"
        if kind
        else f"; a part: zoo list parts {shlex.quote(value)}"
    )


# ------------------------------------------------------------------ commands


def _command_way(name: str, context: Any, arguments: list[str]) -> str:
    """Return which command was meant."""
    path, rest = context.command_path, " ".join(map(shlex.quote, arguments[arguments.index(name) + 1 :]))
    if way := FILES.get(Path(name).suffix):
        return f"; for a file: {way.format(shlex.quote(name))}"
    if path == "zoo plugins" and name in ("install", "add"):
        return f"; plugins are installed as any distribution is: pip install {rest or 'NAME'}"
    if path == "zoo data":
        return f"; to download: zoo data fetch {'mnist' if name in ('download', 'get') else shlex.quote(name)}"
    found = next((own for own, names in FAMILIAR_COMMANDS.items() if name.lower() in names.split()), "")
    if path == "zoo" and found == "--help" and rest:
        return f"; did you mean: zoo {rest} --help"
    if path == "zoo" and found:
        return f"; did you mean: zoo {found}"
    near = nearest_name(name, context.command.list_commands(context))
    return f"; did you mean: {path} {near}" if near else f"; all commands: {path} --help"
