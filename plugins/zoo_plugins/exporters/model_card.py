"""The model card: what people should know before they use a model, with the front matter that the hub reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

from zoo_core.errors import printable
from zoo_plugins.exporters._card_columns import inputs, number, outputs
from zoo_plugins.exporters._card_figures import constant_figures, figures, saved_epoch
from zoo_plugins.exporters._card_metadata import data_name, front_matter
from zoo_plugins.exporters._markup import code, prose, table

MODEL = "model.npz"
REQUIREMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.+!_-]+")  # what may stand in a command
LIMITS = (
    "The model answers every row, also one that is unlike all training rows, and does not say so.",
    "The figures are of rows from the same source as the training rows. Other data may give worse ones. "
    f"`zoo evaluate {MODEL} --data FILE` measures them.",
    "The card knows of no comparison of the errors between groups of people, and of no test with rows that are made to "
    "mislead the model.",
    "The files hold names of columns, categories and classes, hashes of up to 1,024 training rows, and the place where "
    "the data lay. Read `config.json` before you publish them.",
)
TASKS = {"classification": "a class", "multilabel": "several labels a row", "regression": "values"}


def model_card(model: Any, sha256: str, curves: str = "") -> str:
    """Return the card of a model, as Markdown with a front matter.

    Args:
        model: the model.
        sha256: of the model file beside the card.
        curves: the name of a picture of the learning curves beside the card, or "".
    """
    sections = {
        "": _summary(model),
        "Inputs": inputs(model),
        "Outputs": outputs(model),
        "Figures": _figures(model, curves),
        "Training": _training(model),
        "Warnings and limits": _limits(model),
        "Use": _use(model, sha256),
        "Cite": _cite(model, sha256),
    }
    texts = [front_matter(model), f"# {prose(model.name)}"]
    for title, blocks in sections.items():
        texts += [f"## {title}"] if title else []
        texts += blocks
    return "\n\n".join(texts) + "\n"


def _summary(model: Any) -> Iterator[str]:
    if model.spec.description:
        yield f"{prose(model.spec.description.rstrip('.'))}."
    layers = [f"{layer.stages[-1].width:,} {layer.activation.name}" for layer in model.network.layers]
    chain = " -> ".join(dict.fromkeys([f"{model.about.inputs:,}", f"{model.network.inputs:,}"]))
    chain, size = code(" -> ".join([chain, *layers])), f"{model.network.layout.size:,} parameters"
    yield (
        f"A multi-layer perceptron that predicts {TASKS[model.about.task]}: {chain}, with {size} in "
        f"{model.spec.dtype}. It was made by mlp-zoo, and computes with NumPy."
    )


def _figures(model: Any, curves: str) -> Iterator[str]:
    found, constant = figures(model), constant_figures(model)
    names = list(dict.fromkeys(name for own in found.values() for name in own))
    if not names:
        yield "The file holds no figures of validation or test rows."
    else:
        heads = ["figure", *found, "baseline"]
        cells = [[code(name), *(_figure(own, name) for own in (*found.values(), constant))] for name in names]
        yield table(heads, cells)
        yield " ".join(_meaning(model, found))
    if curves:
        yield f"![The loss of each split over the epochs]({curves})"


def _meaning(model: Any, found: dict[str, Any]) -> Iterator[str]:
    """Yield what the figures are of, and what they are not."""
    answer = "the mean" if model.about.task == "regression" else "the most frequent class"
    yield f"The figures are of the weights that the model holds, those of epoch {saved_epoch(model)}."
    if constant_figures(model):
        yield f"The last column is the baseline: {answer} for each row, measured on the rows of the training split."
    if "test" not in found:
        yield "No test rows were measured. Where the validation rows chose the model, their figures are too good."


def _figure(own: dict[str, float], name: str) -> str:
    return number(own[name]) if name in own else ""


def _training(model: Any) -> Iterator[str]:
    spec = model.spec
    epochs, planned = len(model.history), spec.training.epochs
    sources = sorted({f"{source['distribution']} {source['version']}" for source in model.plugins})
    environment = [str(model.environment[key]) for key in ("blas", "machine") if key in model.environment]
    numpy = f"numpy {model.environment.get('numpy', '')}"
    facts = {
        "data": code(data_name(model)),
        "splits": _splits(model),
        "digest of the data": code(model.about.data_sha256) if model.about.data_sha256 else "",
        "loss": code(spec.model.loss.name),
        "optimizer": code(spec.optimizer.name),
        "epochs": f"{epochs:,} of {planned:,}; the weights are those of epoch {saved_epoch(model):,}",
        "seed": str(spec.seed),
        "plugins": ", ".join(map(code, sources)),
        "environment": ", ".join(map(code, [numpy, *environment])),
        "begun with the weights of": code(model.started_from) if model.started_from else "",
    }
    yield table(["", ""], ([key, value] for key, value in facts.items() if value))
    yield "The whole spec. `zoo train spec.json` reads it from a file of that name:"
    yield f"<details><summary>Spec</summary>\n\n```json\n{_json(spec.to_dict())}\n```\n\n</details>"


def _splits(model: Any) -> str:
    """Return which rows the splits have, where the spec says it."""
    data = model.spec.to_dict()["data"]
    given = {split: data.get(split) for split in ("train", "validation", "test")}
    return ", ".join(f"{split} {code(str(rows))}" for split, rows in given.items() if rows is not None)


def _json(value: Any) -> str:
    """Return JSON that people can read: only letters that do not show are escapes. No line of it begins with a mark."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return "".join(letter if printable(letter) == letter else json.dumps(letter)[1:-1] for letter in text)


def _limits(model: Any) -> Iterator[str]:
    if model.warnings:
        yield "The training warned:"
        yield "\n".join(f"- {prose(text)}" for text in model.warnings.values())
    yield "\n".join(f"- {text}" for text in LIMITS)
    yield "To be written by the owner: what the model is for, what it must not be used for, and a license."


def _use(model: Any, sha256: str) -> Iterator[str]:
    rows = "digit.png" if model.about.image_shape else "rows.csv"
    decision = model.decision
    proba = decision.gives_probabilities or decision.gives_label_probabilities
    more = "; `--proba` gives probabilities" if proba else ""
    kind = rows.rpartition(".")[2].upper()
    yield f"It needs Python 3.11 or later. `zoo predict` takes {kind} files and others{more}:"
    needs = " ".join(f"'{one}'" for one in _requirements(model))
    yield f"```sh\npip install {needs}\nzoo show {MODEL}\nzoo predict {MODEL} {rows}\n```"
    yield "From Python, where the digest makes sure that it is this file:"
    what = "rows of pixels, or images" if model.about.image_shape else "an array, or a data frame with these columns"
    load = f'model = zoo_core.load("{MODEL}", sha256="{sha256}")'
    yield f"```python\nimport zoo_core\n\n{load}\nmodel.predict(x)  # x: {what}\n```"
    yield (
        f"To use it without mlp-zoo, `zoo export {MODEL} -o model.onnx` writes it for ONNX Runtime, and `-o model.py` "
        "as source code that needs NumPy alone, both with preparation and labels; `.js` and `.c` are other languages. "
        "`model.safetensors` has the arrays."
    )
    yield "A model file runs no code: it names parts, which the installed packages have."


def _requirements(model: Any) -> list[str]:
    """Return what to install: the zoo, and each plugin with its version."""
    own = {f"{source['distribution']}=={source['version']}" for source in model.plugins}
    found = sorted({f"mlp-zoo=={version('mlp-zoo')}", *(one for one in own if not one.startswith("mlp-zoo=="))})
    return [one for one in found if REQUIREMENT.fullmatch(one)]


def _cite(model: Any, sha256: str) -> Iterator[str]:
    versions = [source["version"] for source in model.plugins if source["distribution"] == "mlp-zoo"]
    made = next((one for one in versions if REQUIREMENT.fullmatch(f"mlp-zoo=={one}")), version("mlp-zoo"))
    title = "mlp-zoo: a plugin-based zoo of NumPy multi-layer perceptrons"
    yield f"Name the model, its sha256 {code(sha256)}, and the version of mlp-zoo that made it:"
    yield f"```bibtex\n@software{{mlp-zoo,\n  title = {{{title}}},\n  version = {{{made}}}\n}}\n```"
