"""What a server answers to a client; predictions are compared with those of the model."""

from __future__ import annotations

import json

import numpy as np
import pytest
from starlette.testclient import TestClient

import zoo_core
from zoo_core.registry import Registry
from zoo_core.serving import make_app
from zoo_core.serving._served_model import ServedModel

ROWS = {
    "age": [3.0, 12.0, None, 7.0],
    "color": ["black", "white", "red", None],
    "born": ["2020-01-31", None, "2015-06-01", "2019-12-24"],
}
INFER = "/v2/models/{}/infer"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with models of several kinds."""
    found = tmp_path_factory.mktemp("models")
    rng = np.random.default_rng(0)
    n = 60
    table = {
        "age": rng.integers(1, 15, n).astype(float),
        "color": rng.choice(["black", "white", "red"], n),
        "born": np.array([f"20{10 + i % 15}-0{1 + i % 9}-1{i % 10}" for i in range(n)]),
        "kind": rng.choice(["cat", "dog", "<b>emu</b>"], n),
    }
    table["age"][5] = np.nan
    layers = [{"units": 6, "activation": "tanh"}, {"units": 3, "activation": "softmax"}]
    columns = {"age": "number", "color": "category", "born": "date"}
    spec = {
        "name": "pets", "data": {"columns": columns}, "model": {"loss": "cross_entropy", "layers": layers},
        "optimizer": "adam", "training": {"epochs": 3, "batch_size": 20},
    }  # fmt: skip
    zoo_core.train(spec, data=table, target="kind", output=found / "pets.npz")
    values = {k: v for k, v in spec.items() if k != "data"} | {
        "name": "line", "model": {"loss": "mse", "layers": [{"units": 2, "activation": "identity"}]},
    }  # fmt: skip
    x = rng.normal(size=(n, 3))
    zoo_core.train(values, data=(x, 1000 + 50 * x @ rng.normal(size=(3, 2))), output=found / "line.npz")
    return found


@pytest.fixture(scope="module")
def client(folder):
    registry = Registry()
    models = [ServedModel(f.stem, str(f), registry, 2**28) for f in sorted(folder.glob("*.npz"))]
    models.append(ServedModel("glyphs", "glyphs-quickstart", registry, 2**28))
    with TestClient(make_app(models, max_bytes=300_000, hosts=["testserver", "localhost"])) as found:
        yield found


def tensor(name, values, datatype="FP64"):
    array = np.array(values, object)
    return {"name": name, "shape": list(array.shape), "datatype": datatype, "data": array.ravel().tolist()}


def pets(**changes):
    rows = ROWS | changes
    kinds = {"color": "BYTES", "born": "BYTES"}
    return {"inputs": [tensor(name, values, kinds.get(name, "FP64")) for name, values in rows.items()]}


def outputs(response):
    assert response.status_code == 200, response.text
    return {o["name"]: np.array(o["data"]).reshape(o["shape"]) for o in response.json()["outputs"]}


# ------------------------------------------------------------------ answers


def test_images_are_predicted_as_by_the_model(client):
    x = np.random.default_rng(1).integers(0, 256, (5, 28, 28))
    model = zoo_core.load("glyphs-quickstart")
    for datatype in ("UINT8", "FP32", "INT64"):
        found = outputs(client.post(INFER.format("glyphs"), json={"inputs": [tensor("input", x, datatype)]}))
        assert found["label"].tolist() == model.predict(x.astype(np.float32)).tolist()
        assert np.array_equal(found["probabilities"].astype(np.float32), model.predict_proba(x.astype(np.float32)))


def test_columns_are_matched_by_name_and_null_is_a_missing_value(client, folder):
    request = pets()
    request["inputs"].reverse()
    found = outputs(client.post(INFER.format("pets"), json=request))
    model = zoo_core.load(folder / "pets.npz")
    frame = {name: np.array([np.nan if v is None else v for v in values], object) for name, values in ROWS.items()}
    frame["age"] = frame["age"].astype(float)
    frame["color"][3] = frame["born"][1] = ""
    assert found["label"].tolist() == model.predict(frame).tolist()
    assert np.allclose(found["probabilities"], model.predict_proba(frame), rtol=0, atol=1e-7)


def test_values_come_in_the_units_of_the_targets(client, folder):
    x = np.random.default_rng(2).normal(size=(4, 3))
    found = outputs(client.post(INFER.format("line"), json={"inputs": [tensor("input", x)]}))
    assert found["values"].shape == (4, 2)
    assert np.array_equal(found["values"], zoo_core.load(folder / "line.npz").predict(x))
    assert found["values"].mean() > 500


def test_the_data_of_a_tensor_may_be_nested(client):
    x = np.zeros((2, 28, 28), int)
    flat = outputs(client.post(INFER.format("glyphs"), json={"inputs": [tensor("input", x)]}))
    nested = {"name": "input", "shape": [2, 28, 28], "datatype": "FP64", "data": x.tolist()}
    assert (
        outputs(client.post(INFER.format("glyphs"), json={"inputs": [nested]}))["label"].tolist()
        == flat["label"].tolist()
    )


def test_only_the_wanted_outputs_come(client):
    request = pets() | {"id": "a7", "outputs": [{"name": "label"}]}
    answer = client.post(INFER.format("pets"), json=request).json()
    assert (answer["id"], answer["model_name"]) == ("a7", "pets")
    assert [output["name"] for output in answer["outputs"]] == ["label"]
    assert answer["outputs"][0]["datatype"] == "BYTES"


def test_a_request_made_from_the_metadata_is_answered_as_the_metadata_say(client):
    for name in client.get("/v2/models").json()["models"]:
        about = client.get(f"/v2/models/{name}").json()
        inputs = [
            {**{k: t[k] for k in ("name", "datatype")}, "shape": [2, *t["shape"][1:]],
             "data": (["2020-01-01"] if t["datatype"] == "BYTES" else [1]) * int(2 * np.prod(t["shape"][1:]))}
            for t in about["inputs"]
        ]  # fmt: skip
        answer = client.post(INFER.format(name), json={"inputs": inputs}).json()
        promised = [(o["name"], o["datatype"], [2, *o["shape"][1:]]) for o in about["outputs"]]
        assert [(o["name"], o["datatype"], o["shape"]) for o in answer["outputs"]] == promised


def test_health_and_the_server_itself_are_told(client):
    assert client.get("/v2/health/live").json()["live"] is True
    assert client.get("/v2/health/ready").json()["ready"] is True
    assert client.get("/v2/models/pets/ready").json() == {"name": "pets", "ready": True}
    assert client.get("/v2").json()["name"] == "zoo"


def test_requests_and_rows_are_counted(client):
    def figure(key):
        lines = client.get("/metrics").text.splitlines()
        return float(next(line for line in lines if line.startswith(key)).split()[-1])

    keys = ('zoo_requests_total{model="line",status="2xx"}', 'zoo_requests_total{model="line",status="4xx"}',
            'zoo_rows_total{model="line"}', 'zoo_request_seconds_bucket{model="line",le="+Inf"}')  # fmt: skip
    before = [figure(key) for key in keys]
    client.post(INFER.format("line"), json={"inputs": [tensor("input", np.zeros((7, 3)))]})
    client.post(INFER.format("line"), json={"inputs": []})
    assert [figure(key) - old for key, old in zip(keys, before, strict=True)] == [1, 1, 7, 2]


def test_the_page_may_load_nothing_from_elsewhere(client):
    page = client.get("/")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for name in ("page.js", "page.css"):
        assert client.get(f"/page/{name}").status_code == 200
        assert "http" not in client.get(f"/page/{name}").text.replace("location.origin", "")


# ------------------------------------------------------------------ what is refused


def one(**changes):
    return {"inputs": [tensor("input", np.zeros((1, 3))) | changes]}


def one_number(text):
    return f'{{"inputs": [{{"name": "input", "shape": [1, 3], "datatype": "FP64", "data": [1, 2, {text}]}}]}}'.encode()


BAD = [
    ("no JSON", b"{", 400, "no JSON"),
    ("no text", b"\xff\xfe\x00", 400, "no JSON"),
    ("deep", b"[" * 100_000, 400, "no JSON"),
    ("a list", [], 400, "no JSON object"),
    ("empty", b"", 400, "no JSON"),
    ("no inputs", {}, 400, "inputs: must be a list"),
    ("inputs are texts", {"inputs": ["a"]}, 400, "inputs[0]: must be an object"),
    ("a number as id", one() | {"id": 7}, 400, "id: must be a text"),
    ("unknown datatype", one(datatype="FP128"), 400, "'FP128' is none of"),
    ("shape of another size", one(shape=[2, 3]), 400, "3 values do not have the shape [2, 3]"),
    ("huge shape", one(shape=[2**30, 2**30]), 400, "do not have the shape"),
    ("negative shape", one(shape=[-1, 3]), 400, "shape: must be a list"),
    ("a bool as shape", one(shape=[True, 3]), 400, "shape: must be a list"),
    ("a text among numbers", one(data=[1, 2, "x"]), 400, "not all of datatype FP64"),
    ("null among numbers", one(data=[1, 2, None]), 400, "the model takes no missing values"),
    ("not finite", one_number("NaN"), 400, "no JSON"),
    ("infinite", one_number("1e999"), 400, "infinity"),
    ("infinite as float32", one(datatype="FP32", data=[1, 2, 1e300]), 400, "infinite as FP32"),
    ("outside a range", one(datatype="UINT8", data=[1, 2, 300]), 400, "outside the range of UINT8"),
    ("fractions as integers", one(datatype="INT32", data=[1, 2, 0.5]), 400, "not all of datatype INT32"),
    ("a deep tensor", b'{"inputs": [' + b"[" * 1000 + b"]" * 1000 + b"]}", 400, "inputs[0]: must be an object, not [["),
    ("a deep type", json.dumps(one(datatype="?")).replace('"?"', "[" * 999 + "]" * 999).encode(), 400, "is none of"),
    ("ragged rows", one(data=[[1, 2], [3]]), 400, "differ in length"),
    ("no rows", one(shape=[0, 3], data=[]), 400, "no rows"),
    ("too few columns", one(shape=[1, 2], data=[1, 2]), 400, "inputs[0].shape: is [1, 2]; the model takes [rows, 3]"),
    ("an input twice", {"inputs": one()["inputs"] * 2}, 400, "is there twice"),
    ("an unknown input", one(name="x"), 400, "'x' is unknown"),
    ("one dimension", one(shape=[3]), 400, "inputs[0].shape: is [3]; the model takes [rows, 3]"),
    ("no shape", one(shape=None), 400, "whole numbers from 0, not null"),
    ("texts for numbers", one(datatype="BYTES", data=["1", "2", "3"]), 400, "inputs[0].datatype: is BYTES, and"),
    ("bools for numbers", one(data=[True, True, False]), 400, "not all of datatype FP64, such as true"),
    ("parameters are a list", one(parameters=[]), 400, "inputs[0].parameters: must be an object, not []"),
    ("raw bytes beside data", one(data=None, parameters={"binary_data_size": 24}), 400, "has data, and a binary"),
    ("raw form of an output", one() | {"parameters": {"binary_data_output": "yes"}}, 400, "must be true or false"),
    ("outputs are texts", one() | {"outputs": ["values"]}, 400, "outputs: must be a list such as"),
    ("deep objects", b'{"a":' * 40_000 + b"1" + b"}" * 40_000, 400, "no JSON: depth limit"),
    ("the last of two keys counts", b'{"inputs": [], "inputs": [{"name": "a"}]}', 400, "inputs[0].datatype: null"),
    ("a byte order mark", b"\xef\xbb\xbf{}", 400, "no JSON"),
    ("an unknown output", one() | {"outputs": [{"name": "labels"}]}, 400, "the model has no 'labels'; it has 'values'"),
    ("too long", b" " * 300_001, 413, "longer than 300,000 bytes"),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "status", "told"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_requests_get_one_clear_sentence(client, request_, status, told):
    body = request_ if isinstance(request_, bytes) else json.dumps(request_).encode()
    answer = client.post(INFER.format("line"), content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert told in answer.json()["error"]
    assert len(answer.text) < 700


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"born": ["soon", "2020-01-01", "2020-01-01", "2020-01-01"]}, "born"),
        ({"age": [1, 2, 3]}, ""),
        ({"color": [1, 2, 3, 4]}, "inputs[1].data: 1 is no text"),
        ({"age": [1, 2]}, "inputs: 'age' has 2 rows, and 'color' has 4"),
    ],
)
def test_bad_columns_are_named(client, changes, told):
    answer = client.post(INFER.format("pets"), json=pets(**changes))
    assert answer.status_code == 400
    assert told in answer.json()["error"]


def test_a_missing_column_is_named(client):
    request = {"inputs": pets()["inputs"][:2]}
    assert "'born' is missing" in client.post(INFER.format("pets"), json=request).json()["error"]


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("POST", INFER.format("nothing"), {}, 404),
        ("POST", INFER.format("line"), {"Content-Type": "text/plain"}, 415),
        ("POST", INFER.format("line"), {"Content-Encoding": "gzip"}, 415),
        ("POST", INFER.format("line"), {"Host": "evil.example"}, 421),
        ("POST", INFER.format("line"), {"Content-Type": "", "Origin": "http://evil.example"}, 415),
        ("POST", INFER.format("line"), {"Inference-Header-Content-Length": "9"}, 400),
        ("POST", INFER.format("line"), {"Inference-Header-Content-Length": "-1"}, 400),
        ("POST", "/v2/models/line/versions/1/infer", {}, 404),
        ("GET", INFER.format("line"), {}, 405),
        ("POST", "/v2/models/line", {}, 405),
        ("GET", "/v2/nothing", {}, 404),
        ("GET", "/page/../_app.py", {}, 404),
        ("GET", "/page/%2e%2e/_app.py", {}, 404),
        ("GET", "/page//etc/passwd", {}, 404),
        ("DELETE", "/", {}, 405),
    ],
)
def test_other_requests_are_refused_in_the_same_form(client, method, path, headers, status):
    answer = client.request(method, path, headers={"Content-Type": "application/json"} | headers, content=b"{}")
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert answer.json()["error"]


def test_a_bug_is_counted_as_an_error_of_the_server(client, monkeypatch):
    monkeypatch.setattr("zoo_core.serving._infer.answer", lambda *_: [][0])
    with pytest.raises(IndexError):
        client.post(INFER.format("line"), json=one())
    assert 'zoo_requests_total{model="line",status="5xx"} 1\n' in client.get("/metrics").text


# ------------------------------------------------------------------ raw bytes, as NVIDIA's client sends them


def raw(client, name, tensors, tail, **more):
    """Send tensors whose bytes follow the JSON; return the JSON and the bytes of the answer."""
    head = json.dumps({"inputs": tensors, **more}).encode()
    headers = {"Inference-Header-Content-Length": str(len(head))}
    found = client.post(INFER.format(name), content=head + tail, headers=headers)
    length = int(found.headers.get("Inference-Header-Content-Length", len(found.content)))
    return found.status_code, json.loads(found.content[:length]), found.content[length:]


def test_raw_bytes_give_what_json_gives(client, folder):
    x = np.random.default_rng(3).normal(size=(5, 3))
    tensor_ = {"name": "input", "shape": [5, 3], "datatype": "FP64", "parameters": {"binary_data_size": 120}}
    wanted = {"parameters": {"binary_data_output": True}}
    status, found, tail = raw(client, "line", [tensor_], x.astype("<f8").tobytes(), **wanted)
    assert status == 200
    assert found["outputs"][0]["parameters"] == {"binary_data_size": len(tail)}
    values = np.frombuffer(tail, "<f8").reshape(found["outputs"][0]["shape"])
    assert np.array_equal(values, zoo_core.load(folder / "line.npz").predict(x))


def test_texts_are_raw_bytes_behind_their_lengths(client):
    tensors, tail = [], b""
    for given in pets(age=[1, 2, 3, 4], color=["red", "", "\u00e9", "black"], born=["2020-01-31"] * 4)["inputs"]:
        if given["datatype"] == "BYTES":
            texts = [text.encode() for text in given.pop("data")]
            own = b"".join(len(text).to_bytes(4, "little") + text for text in texts)
            given["parameters"], tail = {"binary_data_size": len(own)}, tail + own
        tensors.append(given)
    outputs_ = [{"name": "label", "parameters": {"binary_data": True}}]
    status, found, answered = raw(client, "pets", tensors, tail, outputs=outputs_)
    assert status == 200, found
    json_request = pets(age=[1, 2, 3, 4], color=["red", "", "\u00e9", "black"], born=["2020-01-31"] * 4)
    labels = outputs(client.post(INFER.format("pets"), json=json_request))["label"].tolist()
    assert answered == b"".join(len(text).to_bytes(4, "little") + text.encode() for text in labels)


@pytest.mark.parametrize(
    ("datatype", "size", "tail", "told"),
    [
        ("FP64", 24, bytes(23), "binary_data_size: is 24, and 23 bytes are left"),
        ("FP64", 24, bytes(25), "1 bytes follow that no tensor has"),
        ("FP64", 23, bytes(23), "23 is no multiple of the 8 bytes of a FP64"),
        ("FP64", 16, bytes(16), "2 values do not have the shape [1, 3]"),
        ("FP64", 24, b"\xff" * 24, "not finite"),
        ("FP64", -1, b"", "must be a whole number, not -1"),
        ("BYTES", 5, b"\xff\xff\xff\xffa", "text 0 (from 0) goes beyond the bytes"),
        ("BYTES", 5, b"\x01\0\0\0\xff", "text 0 (from 0) is no UTF-8"),
    ],
)
def test_bad_raw_bytes_get_one_clear_sentence(client, datatype, size, tail, told):
    tensor_ = {"name": "input", "shape": [1, 3], "datatype": datatype, "parameters": {"binary_data_size": size}}
    status, found, _ = raw(client, "line", [tensor_], tail)
    assert status == 400
    assert told in found["error"]


# ------------------------------------------------------------------ a new file


def test_a_replaced_file_is_served_and_a_damaged_one_is_not(folder, tmp_path, monkeypatch):
    path = tmp_path / "m.npz"
    path.write_bytes((folder / "line.npz").read_bytes())
    served = ServedModel("m", str(path), Registry(), 2**28)
    assert not served.is_replaced()
    new = tmp_path / "new.npz"
    new.write_bytes((folder / "pets.npz").read_bytes())
    new.replace(path)
    assert served.is_replaced()
    assert served.reload() == ""
    assert served.model.name == "pets"
    path.write_bytes(b"PK damaged")
    assert served.is_replaced()
    assert str(path.name) in served.reload()
    assert served.model.name == "pets"
    assert not served.is_replaced()
    monkeypatch.setattr("zoo_core.serving._served_model.load", lambda *_, **__: [][0])  # a bug of a part
    assert served.reload() == "IndexError: list index out of range"
    path.unlink()
    assert not served.is_replaced()
