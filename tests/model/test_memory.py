"""What a model takes to predict and to draw is bounded by bytes, not by numbers of rows or of pixels."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo_core
from tests.helpers.specs import regression_spec
from zoo_core.display.plots import first_layer_weights
from zoo_core.nn import _network as network


@pytest.fixture
def wide(tmp_path: Path) -> Any:
    """A model of one layer of 200,000 units over a single input."""
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "t.npz", x=rng.normal(size=(4, 1)), y=rng.normal(size=4))
    layers = [{"units": 200_000, "activation": "relu"}, {"units": 1}]
    spec = regression_spec(
        tmp_path / "t.npz", model={"layers": layers}, optimizer={"name": "sgd", "learning_rate": 1e-9}
    )
    return zoo_core.train(spec)


def test_a_wide_layer_takes_few_rows_at_a_time(wide: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    x = np.linspace(-1, 1, 512)[:, None]
    tracemalloc.start()
    found = wide.outputs(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * network.INFERENCE_BYTES  # 512 rows at once would take 0.8 GB
    one_by_one = np.concatenate([wide.outputs(row[None, :]) for row in x[::64]])
    np.testing.assert_allclose(found[::64], one_by_one, rtol=1e-4, atol=1e-6)


def test_common_networks_take_512_rows_at_a_time() -> None:
    for name in ("glyphs-quickstart", "mnist-mlp"):
        assert zoo_core.load(name).network.inference_rows == network.INFERENCE_ROWS


@pytest.mark.parametrize("shape", [(2000, 1), (1, 2000)])
def test_weights_of_long_images_make_no_endless_picture(shape: tuple[int, int]) -> None:
    figure = first_layer_weights(np.ones((2000, 2)), shape)
    assert max(figure.get_size_inches()) <= 21
