"""What every export says about its model, and in which stages its code is arranged."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from zoo_core.errors import printable

MARKS = {'"': "'", "`": "'", "*/": "* /", "/*": "/ *", "</": "< /", "\u2028": " ", "\u2029": " "}


def facts(model: Any) -> dict[str, Any]:
    """Return plain values about a model by name, without those that are empty."""
    about = model.about
    columns = [{"name": c.name, "kind": c.kind, "categories": list(c.categories)} for c in about.described_columns]
    found = {
        "name": model.name,
        "description": model.spec.description,
        "task": about.task,
        "inputs": about.inputs,
        "class_names": [] if about.task == "regression" else [str(label) for label in model.labels().tolist()],
        "target_names": about.target_names,
        "feature_names": about.feature_names,
        "columns": columns,
        "image_shape": about.image_shape,
        "made_by": f"mlp-zoo {version('mlp-zoo')}",
        "model_sha256": model.sha256,
    }
    return {key: value for key, value in found.items() if value not in ("", [], None)}


def sentences(model: Any) -> list[str]:
    """Return what people should know of a model, a sentence each, as it may stand in a comment of any language."""
    about = model.about
    labels = [] if about.task == "regression" else [str(label) for label in model.labels().tolist()]
    gives = {
        "classification": f"one of {len(labels)} classes",
        "multilabel": f"which of {len(labels)} labels apply",
        "regression": "values: " + ", ".join(about.target_names) if about.target_names else "values",
    }[about.task]
    found = [f"{model.name} predicts {gives}, from {about.inputs} numbers a row."]
    found += [f"{model.spec.description.rstrip('.')}."] if model.spec.description else []
    if model.sha256:
        found.append(f"Made by mlp-zoo {version('mlp-zoo')} from the model file with sha256 {model.sha256}.")
    return [plain(sentence) for sentence in found]


def plain(text: str) -> str:
    """Return a text that ends no comment and no text of Python, JavaScript or C: a model file may come from anyone."""
    text = printable(text).replace("\\", "/")  # first, since a mark may hold a stroke
    for mark, other in MARKS.items():
        text = text.replace(mark, other)
    return " ".join(text.split())
