"""A command line that is wrong is answered with one that is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from zoo_core.cli._usage_words import FAMILIAR_COMMANDS, IN_ANOTHER_WAY

MISTAKES = [
    ("fit my.toml", "did you mean: zoo train"),
    ("test my.npz", "did you mean: zoo evaluate"),
    ("trian my.toml", "did you mean: zoo train"),
    ("help", "did you mean: zoo --help"),
    ("help train", "did you mean: zoo train --help"),
    ("version", "did you mean: zoo --version"),
    ("-v", "did you mean --version?"),
    ("--train my.toml", "did you mean: zoo train"),
    ("--seed 3 train my.toml", "write options after the command: zoo train ..."),
    ("my.toml", "for a file: zoo train my.toml"),
    ("my.csv", "for a file: zoo new NAME --data my.csv"),
    ("my.npz", "for a file: zoo evaluate my.npz"),
    ("frobnicate", "all commands: zoo --help"),
    ("data mnist", "to download: zoo data fetch mnist"),
    ("data download mnist", "to download: zoo data fetch mnist"),
    ("data fetch", "for example: zoo data fetch mnist"),
    ("plugins install zoo-x", "pip install zoo-x"),
    ("train", "for example: zoo train glyphs-quickstart"),
    ("new --data my.csv", "for example: zoo new mine --data my.csv"),
    ("export my.npz", "for example: zoo export glyphs.npz -o glyphs.onnx"),
    ("train -help", "did you mean --help?"),
    ("train my.toml --epochs 5", "change the spec: --set training.epochs=5"),
    ("train my.toml --epochs=5", "change the spec: --set training.epochs=5"),
    ("train my.toml --lr 0.1", "change the spec: --set optimizer.learning_rate=0.1"),
    ("train my.toml -lr 0.1", "No such option: -lr; change the spec: --set optimizer.learning_rate=0.1"),
    ("train my.toml --batch-size 8", "change the spec: --set training.batch_size=8"),
    ("train my.toml --optimizer sgd", "change the spec: --set optimizer=sgd"),
    ("train my.toml --validation-split 0.2", "change the spec: --set data.validation=0.2"),
    ("train my.toml --dropout 0.5", 'regularizers = [{ name = "dropout", rate = 0.5 }]'),
    ("train my.toml --out m.npz", "did you mean --output?"),
    ("train my.toml --data my.csv", "zoo new NAME --data FILE.csv"),
    ("train my.toml --what loss", "it is an option of zoo plot"),
    ("train my.toml m.npz", "name the output with -o m.npz"),
    ("train a.toml b.toml", "zoo train takes one spec"),
    ("train my.toml --set training.epochs 5", "write a change without blanks: --set KEY=VALUE"),
    ("train my.toml --set training.epochs = 5", "write a change without blanks: --set KEY=VALUE"),
    ("train my spec.toml", "put a name with blanks in quotes: 'my spec.toml'"),
    ("train my.toml --seed abc", "'--seed': must be a whole number"),
    ("train my.toml --seed -1", "'--seed': must be 0 or more"),
    ("train my.toml --threads many", "(env var: 'ZOO_THREADS'): must be a whole number"),
    ("explain my.toml --rows 100", "'--rows': must be 50 or less"),
    ("new a --data my.csv --task classify", "did you mean 'classification'?"),
    ("new a my.csv", "name the data with --data my.csv"),
    ("new a --data my.csv --epochs 5", "zoo train NAME.toml --set training.epochs=5"),
    ("list activations", "zoo list parts --kind activation"),
    ("list losses", "zoo list parts --kind loss"),
    ("list relu", "zoo list parts relu"),
    ("list model", "did you mean 'models'?"),
    ("predict m.npz --data my.csv", "zoo predict MODEL FILE"),
    ("predict m.npz my.csv out.csv", "name the output with -o out.csv"),
    ("predict m.npz 5.1 3.5 1.4", "echo 1,2,3 | zoo predict MODEL -"),
    ("evaluate m.npz my.csv", "name the data with --data my.csv"),
    ("evaluate a.npz b.npz", "zoo compare a.npz b.npz"),
    ("evaluate --model m.npz", "write it without an option; for example: zoo evaluate glyphs.npz"),
    ("train my.toml -s training.epochs=5", "did you mean: --set training.epochs=5"),
    ("train my.toml training.epochs=5", "give each change with --set: --set training.epochs=5"),
    ("train my.toml set training.epochs=5", "give each change with --set: --set training.epochs=5"),
    ("train my.toml --set", "for example: --set training.epochs=5"),
    ("train my.toml -o my new.npz", "put a name with blanks in quotes: -o 'my new.npz'"),
    ("list parts relu tanh", "zoo list takes WHAT and PATTERN"),
    ("plot m.npz --kind confusion --data my.csv", "zoo evaluate MODEL --data FILE"),
    ("plot m.npz --show", "it writes a picture to a file: -o FILE.png"),
    ("plot m.npz --kind loss", "curves of a metric: --what loss"),
    ("compare --exact m.npz", "--exact compares two models"),
    ("evaluate m.npz -o x.csv", "add --report"),
    ("compare a.npz b.npz -o x.csv", "send what it prints to one: > FILE"),
]


@pytest.mark.parametrize(("words", "way"), MISTAKES)
def test_a_wrong_command_line_leads_to_a_right_one(run_zoo, tmp_path: Path, words: str, way: str) -> None:
    (tmp_path / "my spec.toml").write_text("name = 'a'\n")
    code, out, err = run_zoo(*words.split())
    assert code == 2
    assert way in err
    assert not out
    for jargon in ("Input should", "Value error", "parse string"):
        assert jargon not in err


def test_the_words_name_commands_and_lack_options_that_are_there(run_zoo) -> None:
    for command in FAMILIAR_COMMANDS:
        assert run_zoo(*command.split(), *([] if command.startswith("--") else ["--help"]))[0] == 0
    for command, option in IN_ANOTHER_WAY:
        assert f"--{option} " not in run_zoo(command, "--help")[1]
