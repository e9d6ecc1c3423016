"""A model card says what a model is, in the schema of the hub; texts of a model file stay texts in it."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from markdown_it import MarkdownIt

import zoo_core
from tests.graphs.test_outputs import CASES, X
from tests.helpers.specs import small_spec
from zoo_core.errors import printable

EVIL = [
    "a|b`c", "a | b", "<script>alert(1)</script>", "![x](http://evil.org/a.png)", "---\nlicense: mit\n---", "1. list",
    "www.evil.org", "```\n# title\n```", "*a* _b_ ~~c~~ $d$", "q\"\\: {x}", "\u202e\x1b[31m\x85\u2028\U0001f600",
    "http://evil.org/ me@evil.org", "&lt;b&gt; <!-- -->", "</summary></details>", "- # item", "true", "",
    "[a]: http://evil.org", "\u00e4 \u6f22",
]  # fmt: skip
TITLES = ["Inputs", "Outputs", "Figures", "Training", "Warnings and limits", "Use", "Cite"]


def exported(model, folder):
    """Return the front matter, as a reader of YAML reads it, and the text of a card."""
    zoo_core.export(model, f"{folder}/")
    yaml = pytest.importorskip("yaml")
    _, front, text = (folder / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), text


def tokens(text):
    """Yield the tokens of Markdown, with links found in bare addresses; entities and escapes are resolved."""
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        yield token
        yield from token.children or []


def shown(text):
    """Return what a reader sees of a card."""
    return " ".join(token.content for token in tokens(text) if token.type in ("text", "code_inline", "fence"))


def test_the_folder_of_a_shipped_model_is_that_model(tmp_path):
    from zoo_core.registry import Registry, find_model

    metadata, text = exported("glyphs-quickstart", tmp_path / "f")
    model = zoo_core.load(tmp_path / "f" / "model.npz")
    assert (tmp_path / "f" / "model.npz").read_bytes() == find_model("glyphs-quickstart", Registry()).read_bytes()
    zoo_core.export("glyphs-quickstart", tmp_path / "m.safetensors")
    assert (tmp_path / "m.safetensors").read_bytes() == (tmp_path / "f" / "model.safetensors").read_bytes()
    config = json.loads((tmp_path / "f" / "config.json").read_text())
    assert config["model_sha256"] == model.sha256
    assert config["spec"] == model.spec.to_dict()
    assert config["figures"]["test"]["accuracy"] == 0.971
    assert config["class_names"] == [str(digit) for digit in range(10)]
    assert metadata["pipeline_tag"] == "image-classification"
    assert metadata["metrics"] == ["accuracy"]
    assert "license" not in metadata
    for said in ("28 x 28", "| `accuracy` | 0.97 | 0.971 | 0.1028 |", "epoch 30", model.sha256, "![", "mlp-zoo==0.1.0"):
        assert said in text
    spec = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert json.loads(spec[1]) == model.spec.to_dict()


def test_the_hub_reads_the_card(tmp_path):
    hub = pytest.importorskip("huggingface_hub")
    zoo_core.export("glyphs-quickstart", f"{tmp_path}/f/")
    card = hub.ModelCard.load(tmp_path / "f" / "README.md")
    assert card.data.to_dict()["library_name"] == "mlp-zoo"
    found = {(one.dataset_split, one.metric_type): one.metric_value for one in card.data.eval_results}
    assert found["test", "accuracy"] == 0.971
    assert {one.task_type for one in card.data.eval_results} == {"image-classification"}
    assert len(found) == 4


@pytest.mark.parametrize(
    ("case", "tag", "words"),
    [
        ("texts", "tabular-classification", ["one of 3 classes", "probability of each class", "`accuracy`"]),
        ("one margin", "tabular-classification", ["one of 2 classes", "no probabilities"]),
        ("labels", "tabular-classification", ["which of 3 labels apply", "probability of each label"]),
        ("a value", "tabular-regression", ["1 value a row", "`rmse`", "`r2`"]),
        ("values", "tabular-regression", ["2 values a row"]),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_each_task_has_its_words(case, tag, words, tmp_path):
    described, y = CASES[case]
    data = {"validation": 0.25, **described["data"]}
    model = zoo_core.train(described | {"data": data}, data=(X, y))
    metadata, text = exported(model, tmp_path / "f")
    assert metadata["pipeline_tag"] == tag
    assert ("multi-label" in metadata["tags"]) == (case == "labels")
    (result,) = metadata["model-index"][0]["results"]
    last = {f"validation_{one['name'].split()[0]}": one["value"] for one in result["metrics"]}
    assert last == {key: value for key, value in model.history[-1].items() if key.startswith("validation")}
    for word in words:
        assert word in text
    assert "No test rows were measured" in text
    loaded = zoo_core.load(tmp_path / "f" / "model.npz")
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))


def test_the_baseline_is_that_of_the_training_rows(tmp_path):
    described, y = CASES["a value"]
    model = zoo_core.train(described | {"data": {"validation": 0.25, "preprocessor": "standard"}}, data=(X, y))
    text = exported(model, tmp_path / "f")[1]
    deviation = model.target_preprocessor.learnt(1)[0]["standard deviation"]
    assert re.search(rf"\| `rmse` \| .* \| {re.escape(f'{deviation:.4g}')} \|", text)
    assert re.search(r"\| `r2` \| .* \| 0 \|", text)


def hostile_model():
    """Return a model whose names, labels, description and warnings are marks of YAML, Markdown and HTML."""
    rng = np.random.default_rng(0)
    numbers = {f"{text} {at}": rng.normal(size=60) for at, text in enumerate(EVIL) if text}
    frame = {**numbers, "kind": np.array(EVIL[:10])[rng.integers(0, 10, 60)]}
    spec = small_spec(data={"preprocessor": "table"}) | {"description": "\n\n".join(EVIL)}
    spec["data"] = {"preprocessor": "table", "validation": 0.2}
    labels = np.array(["# <b>", "---\n- x", "`|"])[np.arange(60) % 3]
    spec["model"]["layers"][1]["units"] = 3
    model = zoo_core.train(spec, data=(frame, labels))
    model.warnings = {"a" * (at + 1): text for at, text in enumerate(EVIL) if text}
    return model, frame


def test_texts_of_strangers_stay_texts(tmp_path):
    model, frame = hostile_model()
    metadata, text = exported(model, tmp_path / "f")
    assert set(metadata) == {"library_name", "pipeline_tag", "tags", "metrics", "model-index"}
    assert text.isprintable() or all(c.isprintable() or c == "\n" for c in text)
    found = list(tokens(text))
    heads = [found[at + 1].content for at, token in enumerate(found) if token.type == "heading_open"]
    assert heads[1:] == TITLES
    kinds = {token.type for token in found}
    assert not kinds & {"link_open", "em_open", "strong_open", "s_open", "ordered_list_open", "html_inline", "hr"}
    blocks = [token.content.strip() for token in found if token.type == "html_block"]
    assert blocks == ["<details><summary>Spec</summary>", "</details>"]
    assert [token.attrs["src"] for token in found if token.type == "image"] == ["curves.png"]
    assert sum(token.type == "fence" for token in found) == 4
    inputs, seen = text[text.index("## Inputs") : text.index("## Outputs")], shown(text)
    assert {line.count("|") for line in inputs.splitlines() if line.startswith("|")} == {5}
    for name in frame:
        assert name.strip() == "16" or " ".join(printable(name).split()) in seen
    bare = re.sub(r"`[^`\n]*`", "", text.replace(_spec(text), ""))
    assert not re.search(r"https?://evil|www\.evil|me@evil", bare)
    assert json.loads(_spec(text)) == model.spec.to_dict()
    loaded = zoo_core.load(tmp_path / "f" / "model.npz")
    np.testing.assert_array_equal(loaded.predict(frame), model.predict(frame))


def test_a_small_number_is_a_number_for_every_reader_of_yaml(tmp_path):
    model = zoo_core.train(small_spec(training={"epochs": 1}))
    model.history[-1]["test_loss"] = 1e-05
    (result,) = exported(model, tmp_path / "f")[0]["model-index"][0]["results"]
    assert {"type": "loss", "value": 1e-05, "name": "loss (test)", "verified": False} in result["metrics"]


def test_a_picture_that_cannot_be_drawn_is_left_out(tmp_path, monkeypatch):
    from matplotlib.figure import Figure

    def fail(*arguments, **options):
        raise ValueError("no font")

    monkeypatch.setattr(Figure, "savefig", fail)
    zoo_core.export("glyphs-quickstart", f"{tmp_path}/f/")
    assert "![" not in (tmp_path / "f" / "README.md").read_text(encoding="utf-8")
    assert not (tmp_path / "f" / "curves.png").exists()


def _spec(text):
    return re.search(r"```json\n(.*?)```\n", text, re.DOTALL)[1]


def test_a_model_that_was_changed_is_written_anew(tmp_path):
    model = zoo_core.train(small_spec(training={"epochs": 1}))
    model.save(tmp_path / "m.npz")
    before = (tmp_path / "m.npz").read_bytes()
    zoo_core.export(model, f"{tmp_path}/same/")
    assert (tmp_path / "same" / "model.npz").read_bytes() == before
    model.arrays()["layers.0.weights"][:] += 1
    zoo_core.export(model, f"{tmp_path}/changed/")
    changed = zoo_core.load(tmp_path / "changed" / "model.npz")
    np.testing.assert_array_equal(changed.arrays()["layers.0.weights"], model.arrays()["layers.0.weights"])
    (tmp_path / "m.npz").unlink()
    zoo_core.export(zoo_core.load(before), f"{tmp_path}/bytes/")
    assert zoo_core.load(tmp_path / "bytes" / "model.npz").spec.to_dict() == model.spec.to_dict()
