"""ONNX Runtime: the network as a graph of Gemm, Relu and Softmax; it only predicts."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.benchmarks import data
from tests.benchmarks.contract import Array, Competitor
from tests.benchmarks.workloads import Workload


class OnnxRuntime(Competitor):
    """onnxruntime.InferenceSession."""

    title = "ONNX Runtime"
    package = "onnxruntime"
    trains = False

    def prepare(self, work: Workload, threads: int) -> None:
        """Write the graph and open a session on it."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(
            graph(work).SerializeToString(), options, providers=["CPUExecutionProvider"]
        )

    def probabilities(self, x: Array) -> Array:
        """Run the session."""
        found: Array = self._session.run(None, {"x": x})[0]
        return found


def graph(work: Workload) -> Any:
    """Return the network with its starting weights as an ONNX model."""
    from onnx import TensorProto, helper, numpy_helper

    nodes, arrays, last = [], [], len(work.shapes) - 1
    for i, weights in enumerate(data.starting_weights(work)):
        bias = np.zeros(weights.shape[1], np.float32)
        arrays += [numpy_helper.from_array(weights, f"w{i}"), numpy_helper.from_array(bias, f"b{i}")]
        nodes.append(helper.make_node("Gemm", [f"a{i}" if i else "x", f"w{i}", f"b{i}"], [f"z{i}"]))
        nodes.append(helper.make_node("Softmax" if i == last else "Relu", [f"z{i}"], [f"a{i + 1}"]))
    x, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", width])
        for name, width in (("x", work.widths[0]), (f"a{last + 1}", work.widths[-1]))
    )
    made = helper.make_graph(nodes, "network", [x], [y], arrays)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
