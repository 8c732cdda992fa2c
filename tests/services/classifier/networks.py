"""Networks for the tests: small ones that do something wrong, or take long."""

import hashlib
from itertools import pairwise

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tests.services.classifier.process import rewrite


def replace_network(folder, onnx_bytes):
    """Put another network into a model folder, with its right hash."""
    (folder / "model.onnx").write_bytes(onnx_bytes)
    rewrite(folder / "model.json", onnx_sha256=hashlib.sha256(onnx_bytes).hexdigest())


def mean_of(channels: int, input_name: str = "input") -> bytes:
    """Return a network that answers with the wrong number of labels."""
    nodes = [
        helper.make_node("GlobalAveragePool", [input_name], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["logits"]),
    ]
    return _saved(nodes, [], channels, input_name)


def nan_when_dark() -> bytes:
    """Return a network that answers, but not with numbers when a photo is dark."""
    weights = numpy_helper.from_array(np.ones((3, 11), np.float32), "w")
    nodes = [
        helper.make_node("GlobalAveragePool", ["input"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["colour"]),
        helper.make_node("Sqrt", ["colour"], ["root"]),
        helper.make_node("MatMul", ["root", "w"], ["logits"]),
    ]
    return _saved(nodes, [weights])


def slow_network(rounds: int) -> bytes:
    """Return a network that convolves its input many times before it answers."""
    weights = numpy_helper.from_array(np.full((24, 24, 3, 3), 1e-3, np.float32), "w")
    first = numpy_helper.from_array(np.full((24, 3, 3, 3), 1e-3, np.float32), "first")
    last = numpy_helper.from_array(np.full((24, 11), 1e-3, np.float32), "last")
    names = ["input", *(f"h{number}" for number in range(rounds + 1))]
    nodes = [
        helper.make_node("Conv", [one, "first" if not at else "w"], [other], pads=[1, 1, 1, 1])
        for at, (one, other) in enumerate(pairwise(names))
    ]
    nodes += [
        helper.make_node("GlobalAveragePool", [names[-1]], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("MatMul", ["flat", "last"], ["logits"]),
    ]
    return _saved(nodes, [weights, first, last])


def _saved(nodes, weights, labels: int = 11, input_name: str = "input") -> bytes:
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info(input_name, TensorProto.FLOAT, ["N", 3, 224, 224])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["N", labels])],
        weights,
    )
    opset = [helper.make_opsetid("", 13)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
