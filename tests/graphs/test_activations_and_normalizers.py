"""Each activation and normalizer is written down: in both precisions, for extreme inputs."""

from __future__ import annotations

import numpy as np
import pytest

from tests.graphs.networks import OPTIONS, extreme_rows, network_with
from tests.helpers.builtin import PARTS
from zoo_core.graphs import evaluate, record_model

CASES = [
    pytest.param(part.kind, part.name, options, id=f"{part.name}{options or ''}")
    for part in PARTS
    if part.kind in ("activation", "normalizer")
    for options in [{}, *OPTIONS.get(part.name, [])]
]
CLOSE = {"float32": 2e-6, "float64": 1e-13}


@np.errstate(all="ignore")
def expected(model, x):
    for stage in model.network.stages:
        y = np.empty((len(x), stage.width), model.network.dtype)
        stage.transform.infer(x, y)
        x = y
    return x


@np.errstate(all="ignore")
def assert_close(found, wanted, dtype):
    apart = np.abs(found.astype(np.float64) - wanted) / np.maximum(1, np.abs(wanted))
    assert found.dtype == wanted.dtype
    assert ((apart <= CLOSE[dtype]) | (found == wanted)).all(), np.nanmax(apart)


@pytest.mark.parametrize(("kind", "name", "options"), CASES)
def test_the_graph_computes_what_the_part_does(kind, name, options):
    for dtype in ("float32", "float64"):
        model = network_with(kind, name, options, dtype, "hidden")
        x = extreme_rows(model.about.inputs, dtype)
        assert_close(evaluate(record_model(model), x)["values"], expected(model, x), dtype)
