"""The front matter of a model card: what the hub sorts and searches by.

Source: Hugging Face, hub-docs, "modelcard.md".
"""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import Any

from zoo_plugins.exporters._card_figures import figures
from zoo_plugins.exporters._markup import yaml

LICENSES = "https://huggingface.co/docs/hub/repositories-licenses"
DATASETS = {"mnist": "ylecun/mnist", "fashion_mnist": "zalando-datasets/fashion_mnist"}  # where the hub has them
METRICS = {"r2": "r_squared"}  # that the hub calls otherwise
UNTOLD = "other"  # values of an image: the hub has no such task


def front_matter(model: Any) -> str:
    """Return the front matter of a card, between its two lines of dashes. The license is left to the owner."""
    lines = ["---", f"# license: mit  # name yours: {LICENSES}", *yaml(_metadata(model)), "---"]
    return "\n".join(lines)


def task_of(model: Any) -> str:
    """Return the task of a model by its name on the hub."""
    is_image = bool(model.about.image_shape)
    if model.about.task == "regression":
        return UNTOLD if is_image else "tabular-regression"
    return "image-classification" if is_image else "tabular-classification"


def data_name(model: Any) -> str:
    """Return how the data are called: by the name of their file, or of the data set."""
    data = model.spec.to_dict()["data"]
    path = data.get("path")
    return PurePath(re.sub(r".*[/\\\\]", "", path)).name if isinstance(path, str) and path else str(data["name"])


def _metadata(model: Any) -> dict[str, Any]:
    task, data = task_of(model), model.spec.to_dict()["data"]["name"]
    kinds = ["multi-label"] if model.about.task == "multilabel" else []
    found: dict[str, Any] = {"library_name": "mlp-zoo"}
    found |= {"pipeline_tag": task} if task != UNTOLD else {}
    found["tags"] = ["mlp-zoo", "multi-layer-perceptron", "numpy", *kinds, *([task] if task != UNTOLD else [])]
    found |= {"datasets": [DATASETS[data]]} if data in DATASETS else {}
    results = [_result(model, split, own) for split, own in figures(model).items()]
    names = [metric["type"] for result in results for metric in result["metrics"] if metric["type"] != "loss"]
    found |= {"metrics": list(dict.fromkeys(names))} if names else {}
    return found | ({"model-index": [{"name": model.name, "results": results}]} if results else {})


def _result(model: Any, split: str, own: dict[str, float]) -> dict[str, Any]:
    """Return the figures of a split, in the order of the schema."""
    data = model.spec.to_dict()["data"]["name"]
    metrics = [
        {"type": METRICS.get(name, name), "value": value, "name": f"{name} ({split})", "verified": False}
        for name, value in own.items()
    ]
    dataset = {"name": data_name(model), "type": DATASETS.get(data, data), "split": split}
    return {"task": {"type": task_of(model)}, "dataset": dataset, "metrics": metrics}
