"""A spec file that names no data set, for data that the caller gives."""

import pytest

import zoo_core

TEXT = """[model]
loss = "cross_entropy"
layers = [{ units = 3, activation = "softmax" }]
[optimizer]
name = "sgd"
"""


def test_such_a_file_is_read_where_data_are_given(tmp_path):
    (tmp_path / "s.toml").write_text(TEXT)
    spec = zoo_core.read_spec(tmp_path / "s.toml", ["training.epochs=2", "data.preprocessor=none"], data_given=True)
    model = zoo_core.train(spec, data=([[0.0], [1.0], [2.0]], [0, 1, 2]))
    assert (len(model.history), model.spec.data.source.name, model.preprocessor.name) == (2, "arrays", "none")
    with pytest.raises(zoo_core.ZooError, match="data: is required"):
        zoo_core.read_spec(tmp_path / "s.toml")


def test_a_file_with_a_data_set_keeps_it():
    plain, given = (zoo_core.read_spec("glyphs-quickstart", data_given=known) for known in (False, True))
    assert plain == given
